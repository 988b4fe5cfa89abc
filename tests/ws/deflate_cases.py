"""Cases of permessage-deflate (RFC 7692)."""
import itertools
import random
import threading
import zlib

from cases import INVALID_UTF8, MOST, UNICODE, exchange, fragments, is_echoed
from client import BINARY, CLOSE, CONTINUATION, DEFLATE, PING, PONG, TEXT, Client, check, close_data, deflated, frame, inflated

PACKED = 4  # RSV1
NEITHER = "server_no_context_takeover; client_no_context_takeover"
AGREED = f"{DEFLATE}; {NEITHER}"
WORDS = b"the quick brown fox jumps over the lazy dog, and the lazy dog does not care. "


def on_deflate(*sent, then, offer=DEFLATE):
    def run(port):
        with Client(port, offer=offer) as client:
            check(client.agreed, "no compression was agreed on")
            for piece in sent:
                client.send(piece)
            then(client)
    return run


def packed(opcode, data, **named):
    return frame(opcode, deflated(data, **named), rsv=PACKED)


def packed_parts(opcode, parts, between=b""):
    out = [frame(CONTINUATION if number else opcode, part, fin=number == len(parts) - 1, rsv=0 if number else PACKED)
           for number, part in enumerate(parts)]
    return between.join(out)


def closed(*codes):
    return lambda client: client.expect_close(*codes)


def readable(size, seed=7):
    """Text that shrinks, but not to nothing."""
    source = random.Random(seed)
    words = WORDS.split()
    out = b" ".join(source.choices(words, k=size // 4 + 1))
    return (out + b" " * size)[:size]


def negotiation():
    def agrees(offer, wanted):
        def run(port):
            with Client(port, offer=offer) as client:
                check(client.agreed == wanted, "agreed on", client.agreed, "instead of", wanted)
                client.echo(TEXT, WORDS * 40)
                if wanted:
                    client.send(packed(TEXT, WORDS * 40))
                    client.expect(TEXT, WORDS * 40)
                client.leave()
        return run

    plain = {DEFLATE: AGREED, f"{DEFLATE}; {NEITHER}": AGREED, f"{DEFLATE};client_max_window_bits": AGREED,
             f"{DEFLATE};client_max_window_bits=8": AGREED, f'{DEFLATE}; client_max_window_bits="10"': AGREED,
             f"{DEFLATE};server_max_window_bits=15": f"{AGREED}; server_max_window_bits=15",
             f'{DEFLATE} ; server_max_window_bits = "9"': f"{AGREED}; server_max_window_bits=9",
             f"{DEFLATE}; client_no_context_takeover": AGREED, f"{DEFLATE}; server_no_context_takeover": AGREED,
             f"x-other, {DEFLATE}": AGREED, f"x-other; a=1; b, {DEFLATE}; client_max_window_bits": AGREED}
    declined = ["x-webkit-deflate-frame", "permessage-bzip2", "Permessage-Deflate-2", f"{DEFLATE}; unknown", f"{DEFLATE}; unknown=1",
                f"{DEFLATE}; server_max_window_bits", f"{DEFLATE}; server_max_window_bits=7", f"{DEFLATE}; server_max_window_bits=16",
                f"{DEFLATE}; server_max_window_bits=8", f"{DEFLATE}; server_max_window_bits=09", f"{DEFLATE}; server_max_window_bits=1x",
                f"{DEFLATE}; server_max_window_bits=-9", f"{DEFLATE}; client_max_window_bits=7", f"{DEFLATE}; client_max_window_bits=16",
                f"{DEFLATE}; client_max_window_bits=010", f"{DEFLATE}; server_no_context_takeover=1", f"{DEFLATE}; client_no_context_takeover=true",
                f"{DEFLATE}; client_max_window_bits; client_max_window_bits=9", f"{DEFLATE}; {NEITHER}; server_no_context_takeover"]
    for offer, wanted in itertools.chain(plain.items(), ((offer, None) for offer in declined)):
        yield f"offered {offer}", agrees(offer, wanted)
    yield "the second offer, where the first cannot be met", agrees(f"{DEFLATE}; unknown, {DEFLATE}; server_max_window_bits=10",
                                                                   f"{AGREED}; server_max_window_bits=10")
    yield "the first of two that can be met", agrees(f"{DEFLATE}; server_max_window_bits=11, {DEFLATE}", f"{AGREED}; server_max_window_bits=11")
    yield "offers in two fields", agrees(["x-other", DEFLATE], AGREED)

    def unasked(port):
        with Client(port) as client:
            client.send(packed(TEXT, b"hello"))
            client.expect_close(1002)
    yield "a packed message that was not agreed on", unasked


def payloads():
    for opcode, size in itertools.product((TEXT, BINARY), (0, 1, 125, 126, 1023, 1024, 1025, 4096, 65535, 65536, 65537, MOST)):
        data = readable(size)
        yield f"opcode {opcode} of {size} bytes", on_deflate(packed(opcode, data), then=is_echoed(opcode, data))
        yield f"opcode {opcode} of {size} bytes, not packed", on_deflate(frame(opcode, data), then=is_echoed(opcode, data))
    noise = random.Random(1).randbytes(MOST)
    for size in (1, 1024, 5000, 65536, MOST):
        yield f"{size} bytes of noise", on_deflate(packed(BINARY, noise[:size]), then=is_echoed(BINARY, noise[:size]))
        yield f"{size} bytes of noise in stored blocks", on_deflate(packed(BINARY, noise[:size], level=0), then=is_echoed(BINARY, noise[:size]))
    for level, bits in itertools.product((1, 9), (9, 12, 15)):
        data = readable(50000, seed=bits)
        yield f"level {level}, window of {bits} bits", on_deflate(packed(TEXT, data, level=level, window_bits=bits), then=is_echoed(TEXT, data))
    samples = {"one stored block (RFC 7692, 7.2.3.3)": ("000500faff48656c6c6f00", b"Hello"),
               "one fixed block (7.2.3.1)": ("f248cdc9c90700", b"Hello"),
               "one final block (7.2.3.4)": ("f348cdc9c9070000", b"Hello"),
               "two blocks (7.2.3.5)": ("f248050000 00ffffcac9c90700", b"Hello"),
               "nothing (7.2.3.6)": ("00", b""), "nothing, otherwise": ("0200", b"")}
    for name, (text, data) in samples.items():
        raw = bytes.fromhex(text)
        yield f"the sample of {name}", on_deflate(frame(TEXT, raw, rsv=PACKED), then=is_echoed(TEXT, data))
    finals = b"".join(deflated(part, flush=zlib.Z_FINISH) for part in (b"one ", b"two ", b"three")) + b"\0"
    yield "three final blocks in a row", on_deflate(frame(TEXT, finals, rsv=PACKED), then=is_echoed(TEXT, b"one two three"))
    for data in (UNICODE, "水".encode() * 3000):
        yield f"text of {len(data)} bytes in UTF-8", on_deflate(packed(TEXT, data), then=is_echoed(TEXT, data))

    def is_packed_back(port):
        with Client(port, offer=DEFLATE) as client:
            for data, wanted in ((b"x" * 100, 0), (readable(20000), PACKED), (noise[:20000], 0), (readable(20000), PACKED)):
                client.send_frame(BINARY, data)
                got = client.read_frame()
                check(got.rsv == wanted, len(data), "bytes came back with reserved bits", got.rsv)
                check(len(got.data) <= len(data), "packing made it larger")
                if got.rsv:
                    check(inflated(got.data) == data, "other bytes came back")
            client.leave()
    yield "what shrinks comes back packed, and nothing else does", is_packed_back

    def window(bits):
        def run(port):
            with Client(port, offer=f"{DEFLATE}; server_max_window_bits={bits}") as client:
                client.window_bits = bits
                block = noise[:400]
                for data in (block + noise[1000:1000 + gap] + block + readable(3000) for gap in (100, 500, 5000, 20000)):
                    client.echo(BINARY, data)
                client.leave()
        return run
    for bits in range(9, 16):
        yield f"the server's window has {bits} bits", window(bits)

    def mixed(port):
        source = random.Random(2)
        with Client(port, offer=DEFLATE) as client:
            sent = [(source.choice((TEXT, BINARY)), readable(source.choice((0, 5, 300, 3000, 30000)), n), source.random() < 0.5)
                    for n in range(1500)]

            def write():
                for opcode, data, is_packed in sent:
                    client.send(packed(opcode, data) if is_packed else frame(opcode, data))
            writer = threading.Thread(target=write, daemon=True)
            writer.start()
            for opcode, data, _ in sent:
                client.expect(opcode, data)
            writer.join()
            client.leave()
    yield "1500 messages, packed or not, sent ahead", mixed


def parts():
    data = b"aa aa bb aa" + "水".encode()
    raw = deflated(data)
    for cut in range(len(raw) + 1):
        yield f"cut at {cut} of {len(raw)}", on_deflate(packed_parts(TEXT, [raw[:cut], raw[cut:]]), then=is_echoed(TEXT, data))
        yield f"cut at {cut}, with a ping between", on_deflate(
            packed_parts(TEXT, [raw[:cut], raw[cut:]], frame(PING, b"here")), then=is_echoed(TEXT, data, [b"here"]))
    yield "each byte a part", on_deflate(packed_parts(BINARY, [bytes([byte]) for byte in raw]), then=is_echoed(BINARY, data))
    yield "each byte sent alone", on_deflate(*(bytes([byte]) for byte in packed(TEXT, data)), then=is_echoed(TEXT, data))
    yield "empty parts around", on_deflate(packed_parts(TEXT, [b"", raw, b""]), then=is_echoed(TEXT, data))
    large = readable(MOST)
    raw_large = deflated(large)
    for part in (100, 4096, 65536):
        pieces = [raw_large[at:at + part] for at in range(0, len(raw_large), part)]
        yield f"1 MiB in parts of {part}", on_deflate(packed_parts(TEXT, pieces), then=is_echoed(TEXT, large))
    yield "parts that are not packed", on_deflate(fragments(TEXT, [b"a" * 2000, b"b" * 2000]), then=is_echoed(TEXT, b"a" * 2000 + b"b" * 2000))
    yield "the bit on a second part", on_deflate(
        frame(TEXT, raw[:3], fin=False, rsv=PACKED), frame(CONTINUATION, raw[3:], rsv=PACKED), then=closed(1002))
    yield "the bit on a second part only", on_deflate(
        frame(TEXT, b"a", fin=False), frame(CONTINUATION, raw, rsv=PACKED), then=closed(1002))
    for opcode, payload in ((PING, b"x"), (PONG, b""), (CLOSE, close_data(1000))):
        yield f"the bit on opcode {opcode}", on_deflate(frame(opcode, payload, rsv=PACKED), then=closed(1002))
    for rsv in (1, 2, 3, 5, 6, 7):
        yield f"reserved bits {rsv}", on_deflate(frame(TEXT, raw, rsv=rsv), then=closed(1002))
    yield "a continuation of nothing", on_deflate(frame(CONTINUATION, raw), then=closed(1002))
    yield "a message within a packed one", on_deflate(frame(TEXT, raw[:3], fin=False, rsv=PACKED), frame(TEXT, b"x"), then=closed(1002))
    yield "no mask", on_deflate(frame(TEXT, raw, rsv=PACKED, mask=None), then=closed(1002))
    yield "a length longer than needed", on_deflate(frame(TEXT, raw, rsv=PACKED, length_bytes=8), then=closed(1002))


def broken():
    raw = deflated(WORDS * 20)
    for name, bad in {"nothing at all": b"", "a block of no kind": b"\x07", "a stored block whose length is wrong": b"\0\x05\0\x05\0Hello\0",
                      "too many symbols": b"\xfc\xff\xff\xff", "a distance before the beginning": bytes.fromhex("03820000"),
                      "a final block without the byte behind it": deflated(b"Hello", flush=zlib.Z_FINISH), "noise": b"\xff" * 300}.items():
        yield name, on_deflate(frame(BINARY, bad, rsv=PACKED), then=closed(1007))
    for size in (1, len(raw) // 2, len(raw) - 2):
        yield f"{size} of {len(raw)} bytes", on_deflate(frame(TEXT, raw[:size], rsv=PACKED), then=closed(1007))
    for bad in INVALID_UTF8[::3]:
        yield f"packed text of {bad.hex()}", on_deflate(packed(TEXT, b"a" + bad), then=closed(1007))
        yield f"packed bytes of {bad.hex()}", on_deflate(packed(BINARY, b"a" + bad), then=is_echoed(BINARY, b"a" + bad))
    yield "text of bad UTF-8 that is not packed ends it at once", on_deflate(frame(TEXT, b"a\xff", fin=False), then=closed(1007))

    def taken_over(client):
        client.expect(TEXT, WORDS)
        client.expect_close(1007)
    yield "a window that was to be forgotten", on_deflate(
        packed(TEXT, WORDS), packed(TEXT, WORDS[10:], window=WORDS), then=taken_over)
    yield "a broken rule behind broken data", on_deflate(
        frame(TEXT, b"\x07", rsv=PACKED) + frame(CONTINUATION, b"of nothing"), then=closed(1007))
    yield "what follows broken data is not looked at", on_deflate(
        frame(TEXT, b"\x07", rsv=PACKED) + frame(TEXT, b"late") * 100, then=closed(1007))


def bombs():
    def zeros(size):
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        out = b"".join(packer.compress(bytes(MOST)) for _ in range(size // MOST)) + packer.compress(bytes(size % MOST))
        return (out + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]

    yield "1 MiB of zeros", on_deflate(frame(BINARY, zeros(MOST), rsv=PACKED), then=is_echoed(BINARY, bytes(MOST)))
    for size in (MOST + 1, 2 * MOST, 64 * MOST, 400 * MOST):
        yield f"{size} bytes of zeros", on_deflate(frame(BINARY, zeros(size), rsv=PACKED), then=closed(1009))
    raw = zeros(64 * MOST)
    yield "a bomb in parts", on_deflate(packed_parts(TEXT, [raw[at:at + 1000] for at in range(0, len(raw), 1000)]), then=closed(1009))
    yield "a bomb, and messages behind it", on_deflate(
        frame(BINARY, raw, rsv=PACKED) + frame(TEXT, b"late") * 100, then=closed(1009))
    yield "one byte above the limit, not packed", on_deflate(frame(BINARY, bytes(MOST + 1)), then=closed(1009))
    yield "two bytes of parts above the limit, not packed", on_deflate(
        *[frame(TEXT, b"x" * 65536, fin=False)] + [frame(CONTINUATION, b"x" * 65536, fin=False)] * 15,
        frame(CONTINUATION, b"xx"), then=closed(1009))
    yield "a header that announces 2 MiB", on_deflate(frame(BINARY, length=2 * MOST, rsv=PACKED), then=closed(1009))
    yield "a million blocks of nothing", on_deflate(frame(BINARY, b"\0\0\0\xff\xff" * 200_000 + b"\0", rsv=PACKED), then=is_echoed(BINARY, b""))
    yield "final blocks of nothing", on_deflate(frame(BINARY, b"\x03\0" * 500_000 + b"\0", rsv=PACKED), then=is_echoed(BINARY, b""))


ALL = (negotiation, payloads, parts, broken, bombs)
