"""Cases of RFC 6455. Each yields pairs of a name and a function that gets a port."""
import itertools
import random
import threading
import time

from client import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Client, check, close_data, frame

MOST = 1 << 20  # the endpoint's limit
UNICODE = "Hello-µ@ßöäüàá-UTF-8!! 水 𝄞".encode()


def content(opcode, size):
    return (b"*" * size) if opcode == TEXT else random.Random(size).randbytes(size)


def exchange(*sent, then):
    """Sends bytes in pieces, then looks at what comes."""
    def run(port):
        with Client(port) as client:
            for piece in sent:
                client.send(piece)
            then(client)
    return run


def is_closed(*codes):
    return lambda client: client.expect_close(*codes)


def is_echoed(opcode, data, before=()):
    def look(client):
        for pong in before:
            client.expect_frame(PONG, pong)
        client.expect(opcode, data)
        client.leave()
    return look


def fragments(opcode, parts, between=b""):
    """A message in these parts, with whole frames between them."""
    out = []
    for number, part in enumerate(parts):
        out.append(frame(CONTINUATION if number else opcode, part, fin=number == len(parts) - 1))
    return between.join(out)


def framing():
    for opcode, size in itertools.product((TEXT, BINARY), (0, 1, 2, 125, 126, 127, 128, 65535, 65536, 65537, MOST)):
        data = content(opcode, size)
        yield f"opcode {opcode} of {size} bytes", exchange(frame(opcode, data), then=is_echoed(opcode, data))
    for size in (0, 1, 125, 126, 300):
        data = content(TEXT, size)
        yield f"{size} bytes, each sent alone", exchange(*(bytes([byte]) for byte in frame(TEXT, data)), then=is_echoed(TEXT, data))
    whole = frame(BINARY, content(BINARY, 70000))
    for cut in range(1, 16):
        yield f"the header of 70000 bytes cut at {cut}", exchange(whole[:cut], whole[cut:], then=is_echoed(BINARY, content(BINARY, 70000)))
    for piece in (997, 1536, 65536):
        data = content(BINARY, MOST)
        pieces = frame(BINARY, data)
        pieces = [pieces[at:at + piece] for at in range(0, len(pieces), piece)]
        yield f"1 MiB in pieces of {piece}", exchange(*pieces, then=is_echoed(BINARY, data))
    for mask in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x00\x01\x02\x03", b"\x80\x00\x00\x00"):
        data = content(BINARY, 1003)
        yield f"the mask {mask.hex()}", exchange(frame(BINARY, data, mask=mask), then=is_echoed(BINARY, data))
    for size, length_bytes in ((0, 2), (125, 2), (0, 8), (125, 8), (126, 8), (65535, 8)):
        yield f"a length of {length_bytes} bytes for {size}", exchange(
            frame(BINARY, content(BINARY, size), length_bytes=length_bytes), then=is_closed(1002))


def unmasked():
    for opcode, data in ((TEXT, b"x"), (BINARY, b""), (PING, b"x"), (PONG, b""), (CLOSE, close_data(1000))):
        yield f"opcode {opcode} without a mask", exchange(frame(opcode, data, mask=None), then=is_closed(1002))
    yield "a second part without a mask", exchange(
        frame(TEXT, b"a", fin=False), frame(CONTINUATION, b"b", mask=None), then=is_closed(1002))


def fragmentation():
    text = "aä水".encode()
    for cuts in range(1 << (len(text) - 1)):
        places = [0] + [at for at in range(1, len(text)) if cuts >> (at - 1) & 1] + [len(text)]
        parts = [text[a:b] for a, b in zip(places, places[1:])]
        yield f"text cut in {parts}", exchange(fragments(TEXT, parts), then=is_echoed(TEXT, text))
        yield f"bytes cut in {parts}, sent one by one", exchange(
            *(frame(CONTINUATION if n else BINARY, part, fin=n == len(parts) - 1) for n, part in enumerate(parts)),
            then=is_echoed(BINARY, text))
        yield f"{parts} with a ping between each", exchange(
            fragments(TEXT, parts, frame(PING, b"here")), then=is_echoed(TEXT, text, [b"here"] * (len(parts) - 1)))
    for where in itertools.product((b"", b"x"), repeat=3):
        yield f"empty parts: {list(where)}", exchange(fragments(TEXT, where), then=is_echoed(TEXT, b"".join(where)))
    for part in (1000, 4096, 65535, 65536, 500000):
        data = content(BINARY, MOST)
        parts = [data[at:at + part] for at in range(0, MOST, part)]
        yield f"1 MiB in parts of {part}", exchange(fragments(BINARY, parts), then=is_echoed(BINARY, data))
    yield "a thousand empty parts", exchange(fragments(TEXT, [b""] * 1000 + [b"x"]), then=is_echoed(TEXT, b"x"))
    wrong = {
        "a continuation of nothing": frame(CONTINUATION, b"x"),
        "a first part that continues nothing": frame(CONTINUATION, b"x", fin=False),
        "a continuation behind a whole message": frame(TEXT, b"") + frame(CONTINUATION, b"x"),
        "text within text": frame(TEXT, b"a", fin=False) + frame(TEXT, b"b"),
        "bytes within text": frame(TEXT, b"a", fin=False) + frame(BINARY, b"b"),
        "a first part within a message": frame(BINARY, b"a", fin=False) + frame(BINARY, b"b", fin=False),
        "a continuation behind a message in parts": fragments(TEXT, [b"", b""]) + frame(CONTINUATION, b"", fin=False),
    }
    for name, data in wrong.items():
        def look(client, echoes=name.count("behind")):
            if echoes:
                client.expect(TEXT, b"")
            client.expect_close(1002)
        yield name, exchange(data, then=look)


def control():
    for opcode in (PING, PONG):
        for size in (0, 1, 124, 125):
            data = content(BINARY, size)
            before = [data] if opcode == PING else []
            yield f"opcode {opcode} of {size} bytes", exchange(
                frame(opcode, data), frame(TEXT, b"x"), then=is_echoed(TEXT, b"x", before))
    for opcode in (PING, PONG, CLOSE):
        for size, length_bytes in ((126, 2), (127, 2), (65536, 8), (125, 2)):
            yield f"opcode {opcode} of {size} bytes in a long frame", exchange(
                frame(opcode, b"\x03\xe8" + b"x" * (size - 2), length_bytes=length_bytes), then=is_closed(1002))
        yield f"opcode {opcode} in parts", exchange(frame(opcode, b"", fin=False), then=is_closed(1002))
        yield f"opcode {opcode} in parts, within a message", exchange(
            frame(TEXT, b"a", fin=False), frame(opcode, b"", fin=False), then=is_closed(1002))
    yield "ten pings in one write", exchange(
        b"".join(frame(PING, b"%d" % n) for n in range(10)) + frame(TEXT, b"x"),
        then=is_echoed(TEXT, b"x", [b"%d" % n for n in range(10)]))
    yield "a ping, each byte sent alone", exchange(
        *(bytes([byte]) for byte in frame(PING, b"alone") + frame(TEXT, b"x")), then=is_echoed(TEXT, b"x", [b"alone"]))
    yield "a pong that nobody asked for, within a message", exchange(
        fragments(TEXT, [b"a", b"b"], frame(PONG, b"why")), then=is_echoed(TEXT, b"ab"))

    def answered_at_once(port):
        with Client(port) as client:
            client.send_frame(TEXT, b"a", fin=False)
            client.send_frame(PING, b"now")
            client.expect_frame(PONG, b"now")
            client.send_frame(CONTINUATION, b"b")
            client.expect(TEXT, b"ab")
            client.leave()
    yield "a ping within a message is answered before its end", answered_at_once
    yield "a close within a message", exchange(
        frame(TEXT, b"a", fin=False), frame(CLOSE, close_data(1000)), then=is_closed(1000))


def reserved():
    for rsv in range(1, 8):
        for opcode, data in ((TEXT, b"x"), (BINARY, b""), (PING, b"x"), (PONG, b""), (CLOSE, close_data(1000))):
            yield f"reserved bits {rsv} on opcode {opcode}", exchange(frame(opcode, data, rsv=rsv), then=is_closed(1002))
        yield f"reserved bits {rsv} on a second part", exchange(
            frame(TEXT, b"a", fin=False), frame(CONTINUATION, b"b", rsv=rsv), then=is_closed(1002))
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        yield f"opcode {opcode}", exchange(frame(opcode), then=is_closed(1002))
        yield f"opcode {opcode} with data", exchange(frame(opcode, b"x" * 20), then=is_closed(1002))
        yield f"opcode {opcode} within a message", exchange(
            frame(TEXT, b"a", fin=False), frame(opcode, b"x"), then=is_closed(1002))

        def behind(client):
            client.expect(TEXT, b"first")
            client.expect_close(1002)
        yield f"opcode {opcode} behind a message", exchange(frame(TEXT, b"first") + frame(opcode), then=behind)


VALID_UTF8 = [UNICODE, "κόσμε".encode()] + [chr(point).encode() for point in (
    0, 0x7F, 0x80, 0x7FF, 0x800, 0xFFF, 0xD7FF, 0xE000, 0xFDD0, 0xFFFD, 0xFFFE, 0xFFFF, 0x10000, 0x1FFFE, 0x3FFFF, 0x40000, 0x10FFFF)]
INVALID_UTF8 = [bytes.fromhex(text) for text in (
    "80", "bf", "8080", "c0", "c0af", "c080", "c1bf", "c2", "c220", "c2c2", "e0", "e080", "e08080", "e09fbf", "e0a0", "e0a020",
    "e4bd", "eda080", "edafbf", "edb080", "edbfbf", "eda080edb080", "ef", "efbf", "f0", "f08080af", "f08fbfbf", "f090", "f09080",
    "f0908020", "f4908080", "f5808080", "f880808080", "fc8080808080", "fe", "ff", "feff", "fffe")]


def utf8():
    for data in VALID_UTF8:
        yield f"valid {data.hex()}", exchange(frame(TEXT, data), then=is_echoed(TEXT, data))
    for cut in range(1, len(UNICODE)):
        yield f"valid, cut in parts at {cut}", exchange(fragments(TEXT, [UNICODE[:cut], UNICODE[cut:]]), then=is_echoed(TEXT, UNICODE))
    yield "valid, each byte a part", exchange(
        fragments(TEXT, [bytes([byte]) for byte in UNICODE]), then=is_echoed(TEXT, UNICODE))
    whole = frame(TEXT, UNICODE)
    yield "valid, each byte sent alone", exchange(*(bytes([byte]) for byte in whole), then=is_echoed(TEXT, UNICODE))
    for bad in INVALID_UTF8:
        yield f"invalid {bad.hex()}", exchange(frame(TEXT, b"before" + bad), then=is_closed(1007))
        yield f"invalid {bad.hex()} in the middle", exchange(frame(TEXT, b"a" + bad + b"z"), then=is_closed(1007))
        yield f"invalid {bad.hex()}, each byte a part", exchange(
            fragments(TEXT, [bytes([byte]) for byte in b"a" + bad]), then=is_closed(1007))
        yield f"{bad.hex()} as bytes", exchange(frame(BINARY, bad), then=is_echoed(BINARY, bad))
    # At once: neither the rest of the message nor that of the frame is waited for.
    for bad in ("ff", "c0af", "eda080", "f4908080", "f8", "e4bd20"):
        bad = bytes.fromhex(bad)
        yield f"{bad.hex()} in a first part ends it at once", exchange(frame(TEXT, b"a" + bad, fin=False), then=is_closed(1007))
        yield f"{bad.hex()} in a second part ends it at once", exchange(
            frame(TEXT, b"a", fin=False), frame(CONTINUATION, bad + b"b", fin=False), then=is_closed(1007))
        yield f"{bad.hex()} in an unfinished frame ends it at once", exchange(
            frame(TEXT, b"a" + bad + b"b" * 3000)[:-1000], then=is_closed(1007))
    yield "half a character at the end of the last part", exchange(
        fragments(TEXT, [b"a", b"\xe4\xbd"]), then=is_closed(1007))

    def as_python_says(port):
        source = random.Random(6455)
        alphabet = b"a\x7f\x80\xbf\xc1\xc2\xdf\xe0\x9f\xa0\xed\xef\xf0\x8f\x90\xf4\xf5\xff"
        for _ in range(150):
            data = bytes(source.choices(alphabet, k=source.randint(1, 4)))
            try:
                data.decode()
                is_valid = True
            except UnicodeDecodeError:
                is_valid = False
            with Client(port) as client:
                client.send_frame(TEXT, data)
                got = client.read_frame()
                check((got.opcode == TEXT) == is_valid, data, "was answered with", got)
    yield "150 random strings as Python judges them", as_python_says


def closing():
    for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4999):
        yield f"close with {code}", exchange(frame(CLOSE, close_data(code)), then=is_closed(code))
        yield f"close with {code} and a reason", exchange(frame(CLOSE, close_data(code, "bye 水".encode())), then=is_closed(code))
    for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 32768, 65535):
        yield f"close with {code}, which must not be sent", exchange(frame(CLOSE, close_data(code)), then=is_closed(1002))
    yield "close without a code", exchange(frame(CLOSE), then=is_closed(None, 1000))
    yield "close with half a code", exchange(frame(CLOSE, b"\x03"), then=is_closed(1002))
    yield "the longest reason", exchange(frame(CLOSE, close_data(1000, b"x" * 123)), then=is_closed(1000))
    yield "a reason that is too long", exchange(frame(CLOSE, close_data(1000, b"x" * 124)), then=is_closed(1002))
    for bad in ("ff", "c0af", "eda080", "e4bd"):
        yield f"a reason of {bad}", exchange(frame(CLOSE, close_data(1000, bytes.fromhex(bad))), then=is_closed(1002, 1007))
    for name, more in (("text", frame(TEXT, b"late")), ("a ping", frame(PING, b"late")), ("another close", frame(CLOSE, close_data(1001))),
                       ("what breaks a rule", frame(3, b"late"))):
        yield f"{name} behind a close is not looked at", exchange(frame(CLOSE, close_data(1000)) + more, then=is_closed(1000))

    def messages_first(client):
        for number in range(50):
            client.expect(TEXT, b"%d" % number)
        client.expect_close(4000)
    yield "what was asked before a close is answered before it", exchange(
        b"".join(frame(TEXT, b"%d" % n) for n in range(50)) + frame(CLOSE, close_data(4000)), then=messages_first)

    def goes(port):
        for _ in range(20):
            client = Client(port)
            client.send_frame(TEXT, b"x", fin=False)
            client.socket.close()
        with Client(port) as client:
            client.echo(TEXT, b"still there")
            client.leave()
    yield "clients that go without a close", goes


def limits():
    yield "one byte above the limit", exchange(frame(BINARY, bytes(MOST + 1)), then=is_closed(1009))
    yield "a header that announces too much", exchange(frame(BINARY, length=MOST + 1), then=is_closed(1009))
    yield "a header that announces 2^62 bytes", exchange(frame(BINARY, length=1 << 62), then=is_closed(1009))
    yield "a header that announces 2^63 bytes", exchange(frame(BINARY, length=1 << 63), then=is_closed(1002, 1009))
    half = MOST // 2
    yield "parts that make one byte above the limit", exchange(
        frame(BINARY, bytes(half), fin=False), frame(CONTINUATION, length=half + 1), then=is_closed(1009))
    yield "parts up to the limit, and an empty one", exchange(
        fragments(BINARY, [bytes(half), bytes(half), b""]), then=is_echoed(BINARY, bytes(MOST)))
    yield "small parts above the limit", exchange(
        *[frame(TEXT, b"x" * 65536, fin=False)] + [frame(CONTINUATION, b"x" * 65536, fin=False)] * 15,
        frame(CONTINUATION, b"x", fin=False), then=is_closed(1009))


def handshake():
    fields = {"Host": "a", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
              "Sec-WebSocket-Version": "13"}

    def asks(status, changes=(), more=(), **request):
        def run(port):
            with Client(port, upgrade=False) as client:
                sent = [(name, value) for name, value in {**fields, **dict(changes)}.items() if value is not None] + list(more)
                answer = client.ask(sent, **request)
                check(answer.status in (status if isinstance(status, tuple) else (status,)), "answered with", answer.status)
                if answer.status == 426:
                    check(answer.field("Sec-WebSocket-Version") == "13", "the answer does not name the version")
                if answer.status == 101:
                    client.echo(TEXT, b"hello")
                    client.leave()
        return run

    for name, value in (("none", None), ("an empty one", ""), ("15 bytes", "MTIzNDU2Nzg5MDEyMzQ1"), ("17 bytes", "MTIzNDU2Nzg5MDEyMzQ1Njc="),
                        ("no base64", "dGhlIHNhbXBsZSBub25jZ!=="), ("one = missing", "dGhlIHNhbXBsZSBub25jZQ="), ("words", "key")):
        yield f"a bad key: {name}", asks(426, {"Sec-WebSocket-Key": value})
    for value in (None, "", "0", "8", "12", "14", "013", "13, 8", "x"):
        yield f"the version {value}", asks(426, {"Sec-WebSocket-Version": value})
    for value in (None, "", "h2c", "websockets", "web socket"):
        yield f"Upgrade: {value}", asks(426, {"Upgrade": value})
    for value in (None, "", "keep-alive", "upgrades"):
        yield f"Connection: {value}", asks(426, {"Connection": value})
    yield "no Host", asks(400, {"Host": None})
    yield "HTTP/1.0", asks((400, 426), version="HTTP/1.0")
    for method in ("POST", "PUT", "DELETE", "HEAD"):
        yield f"the method {method}", asks((404, 405, 426), method=method)
    yield "with a body", asks(426, more=[("Content-Length", "5")], body=b"hello")
    yield "words in any case", asks(101, {"Upgrade": "WebSocket", "Connection": "uPGRADE"})
    yield "lists", asks(101, {"Upgrade": "h2c, websocket", "Connection": "keep-alive, Upgrade"})
    yield "unknown fields", asks(101, more=[("X-Anything", "x"), ("Origin", "http://elsewhere.example")])
    for offer in (";", ",", "a;", "a;b=", "a b", "a;;b", 'a;b="', 'a;b=""', 'a;b="c d"', "=x", "permessage-deflate;=8", "a,", ",a", "a/b"):
        yield f"extensions that are malformed: {offer}", asks(426, more=[("Sec-WebSocket-Extensions", offer)])

    def speaks(protocols, wanted):
        def run(port):
            with Client(port, protocols=protocols) as client:
                check(client.answer.field("Sec-WebSocket-Protocol") == wanted, client.answer.field("Sec-WebSocket-Protocol"))
                client.echo(TEXT, b"hello")
                client.leave()
        return run

    for protocols, wanted in ((None, None), ("echo", "echo"), ("other", None), ("other, echo", "echo"), ("echoes,xecho", None), ("Echo", None)):
        yield f"the subprotocols {protocols}", speaks(protocols, wanted)

    def at_once(port):
        with Client(port, upgrade=False) as client:
            head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
            client.send(f"GET /api/v1/echo-ws HTTP/1.1\r\n{head}\r\n".encode() + b"".join(frame(TEXT, b"%d" % n) for n in range(500)))
            while b"\r\n\r\n" not in client.received:
                check(client.fill(), "no answer")
            del client.received[:client.received.index(b"\r\n\r\n") + 4]
            for number in range(500):
                client.expect(TEXT, b"%d" % number)
            client.leave()
    yield "messages that come with the request", at_once


def many():
    def pipelined(count, size, opcode, **options):
        def run(port):
            with Client(port, **options) as client:
                messages = [(b"%08d" % number + content(BINARY, max(0, size - 8)))[:size] for number in range(count)]
                if opcode == TEXT:
                    messages = [message.hex().encode() for message in messages]
                writer = threading.Thread(target=lambda: [client.send_frame(opcode, message) for message in messages], daemon=True)
                writer.start()
                for message in messages:
                    client.expect(opcode, message)
                writer.join()
                client.leave()
        return run

    yield "10000 messages of 8 bytes, sent ahead", pipelined(10000, 8, BINARY)
    yield "5000 texts of 1000 bytes, sent ahead", pipelined(5000, 500, TEXT)
    yield "500 messages of 64 KiB, sent ahead", pipelined(500, 65536, BINARY)
    yield "30 messages of 1 MiB, sent ahead", pipelined(30, MOST, BINARY)
    yield "a client that takes little at a time", pipelined(200, 65536, BINARY, receive_buffer=4096)

    def reads_late(port):
        with Client(port, receive_buffer=4096) as client:
            messages, sent = [content(BINARY, 131072 + number) for number in range(400)], []
            writer = threading.Thread(target=lambda: [client.send_frame(BINARY, message) or sent.append(1) for message in messages], daemon=True)
            writer.start()
            before = -1
            while len(sent) != before:
                before = len(sent)
                time.sleep(0.3)
            check(before < len(messages), "the panel took all that was sent, and nobody read its answers")
            for message in messages:
                client.expect(BINARY, message)
            writer.join()
            client.leave()
    yield "a client that reads only when it can send no more", reads_late

    def in_turn(port):
        with Client(port) as client:
            for number in range(2000):
                client.echo(TEXT, b"%d" % number)
            client.leave()
    yield "2000 messages, one at a time", in_turn

    def pings(port):
        with Client(port) as client:
            writer = threading.Thread(target=lambda: [client.send_frame(PING, b"%d" % n) for n in range(2000)], daemon=True)
            writer.start()
            for number in range(2000):
                client.expect_frame(PONG, b"%d" % number)
            writer.join()
            client.leave()
    yield "2000 pings, sent ahead", pings

    def side_by_side(port):
        clients = [Client(port) for _ in range(100)]
        for number, client in enumerate(clients):
            client.send_frame(TEXT, b"%d" % number)
        for number, client in enumerate(clients):
            client.expect(TEXT, b"%d" % number)
            client.leave()
            client.socket.close()
    yield "100 sockets side by side", side_by_side


ALL = (framing, unmasked, fragmentation, control, reserved, utf8, closing, limits, handshake, many)
