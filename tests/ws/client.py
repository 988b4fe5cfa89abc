"""A WebSocket client that sends exactly what it is told, and looks at every rule that a server's frames must keep."""
import base64
import hashlib
import os
import socket
import struct
import zlib

TEXT, BINARY, CONTINUATION, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
PATH = "/api/v1/echo-ws"
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
PATIENCE_SECONDS = 20
TAIL = b"\x00\x00\xff\xff"
DEFLATE = "permessage-deflate"


class Failed(Exception):
    pass


def check(is_so, *what):
    if not is_so:
        raise Failed(" ".join(shown(part) for part in what))


def shown(value):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) < 200 else text[:200] + f"... ({len(text)} characters)"


def masked(data, mask):
    if not data:
        return data
    size = len(data)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")


def frame(opcode, data=b"", fin=True, rsv=0, mask=b"\x37\xfa\x21\x3d", length_bytes=None, length=None):
    """One frame of a client. `mask=None` sends none; `length_bytes` writes the length longer than needed, `length` another."""
    length = len(data) if length is None else length
    if length_bytes is None:
        length_bytes = 0 if length < 126 else 2 if length < 65536 else 8
    word = {0: length, 2: 126, 8: 127}[length_bytes]
    out = bytes([fin << 7 | rsv << 4 | opcode, (mask is not None) << 7 | word])
    out += length.to_bytes(length_bytes, "big") if length_bytes else b""
    return out + (data if mask is None else mask + masked(data, mask))


def close_data(code, reason=b""):
    return struct.pack("!H", code) + reason


def deflated(data, level=6, window_bits=15, flush=zlib.Z_SYNC_FLUSH, window=None):
    """A message as permessage-deflate carries it; `window` is what came before."""
    arguments = [level, zlib.DEFLATED, -window_bits, 8, zlib.Z_DEFAULT_STRATEGY] + ([window] if window else [])
    packer = zlib.compressobj(*arguments)
    out = packer.compress(data) + packer.flush(flush)
    return out[:-4] if out.endswith(TAIL) else out


def inflated(data, window_bits=15):
    """A message unpacked with a fresh window of that size: that none is taken over is part of what was agreed."""
    unpacker, out, left = zlib.decompressobj(-window_bits), b"", data + TAIL
    # In small pieces, because zlib looks farther back than the window where it has just written that itself.
    while left:
        piece = unpacker.decompress(left, 256)
        out, left = out + piece, unpacker.unconsumed_tail
        if not piece:
            break
    return out + unpacker.flush()


class Answer:
    def __init__(self, head):
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:] if line)]

    def field(self, name):
        values = [value for found, value in self.fields if found == name.lower()]
        check(len(values) < 2, "the answer has", name, "twice")
        return values[0] if values else None


class Frame:
    def __init__(self, opcode, data, fin, rsv):
        self.opcode, self.data, self.fin, self.rsv = opcode, data, fin, rsv

    def __repr__(self):
        return f"<opcode {self.opcode} fin {self.fin} rsv {self.rsv} {shown(self.data)}>"


class Client:
    """One connection. `offer` is its Sec-WebSocket-Extensions; what was agreed on is looked at, and then allowed."""

    def __init__(self, port, offer=None, upgrade=True, receive_buffer=None, path=PATH, **handshake):
        self.path = path
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE_SECONDS)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = bytearray()
        self.agreed, self.window_bits = None, 15
        if upgrade:
            self.upgrade(offer, **handshake)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, fields, method="GET", version="HTTP/1.1", body=b""):
        lines = [f"{method} {self.path} {version}"] + [f"{name}: {value}" for name, value in fields]
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        head = b""
        while b"\r\n\r\n" not in self.received:
            check(self.fill(), "the connection ended before an answer")
        head, _, rest = bytes(self.received).partition(b"\r\n\r\n")
        self.received = bytearray(rest)
        return Answer(head)

    def upgrade(self, offer=None, protocols=None, key=None):
        key = key or base64.b64encode(os.urandom(16)).decode()
        fields = [("Host", "a"), ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", key),
                  ("Sec-WebSocket-Version", "13")]
        fields += [("Sec-WebSocket-Extensions", value) for value in ([offer] if isinstance(offer, str) else offer or [])]
        fields += [("Sec-WebSocket-Protocol", protocols)] if protocols else []
        self.answer = self.ask(fields)
        check(self.answer.status == 101, "the upgrade was answered with", self.answer.status)
        wanted = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()
        check(self.answer.field("Sec-WebSocket-Accept") == wanted, "a wrong Sec-WebSocket-Accept")
        check(self.answer.field("Upgrade").lower() == "websocket", "a wrong Upgrade")
        check(self.answer.field("Connection").lower() == "upgrade", "a wrong Connection")
        self.agreed = self.answer.field("Sec-WebSocket-Extensions")
        check(offer or self.agreed is None, "an extension that nobody offered:", self.agreed)

    def send(self, data):
        try:
            self.socket.sendall(data)
        except ConnectionError:
            raise Failed("the connection ended while something was sent") from None

    def send_frame(self, *arguments, **named):
        self.send(frame(*arguments, **named))

    def fill(self):
        try:
            data = self.socket.recv(1 << 18)
        except TimeoutError:
            raise Failed("nothing came in time") from None
        except ConnectionError:
            return False
        self.received += data
        return bool(data)

    def take(self, size):
        while len(self.received) < size:
            check(self.fill(), "the connection ended within a frame, or instead of one")
        out = bytes(self.received[:size])
        del self.received[:size]
        return out

    def read_frame(self):
        first, second = self.take(2)
        fin, rsv, opcode, size = bool(first & 0x80), first >> 4 & 7, first & 15, second & 127
        check(not second & 0x80, "the server masks")
        check(opcode in (TEXT, BINARY, CLOSE, PING, PONG), "a frame of opcode", opcode)
        check(rsv == 0 or (rsv == 4 and self.agreed and opcode in (TEXT, BINARY)), "reserved bits", rsv)
        check(opcode < 8 or (fin and size < 126), "a control frame that is long or in parts")
        if size > 125:
            length = 2 if size == 126 else 8
            size = int.from_bytes(self.take(length), "big")
            check(size > (125 if length == 2 else 65535), "a length of", length, "bytes for", size)
        return Frame(opcode, self.take(size), fin, rsv)

    def read_message(self):
        """The opcode and the content of a whole message; the server sends none in parts."""
        got = self.read_frame()
        check(got.opcode in (TEXT, BINARY) and got.fin, "no message:", got)
        if got.rsv:
            got.data = inflated(got.data, self.window_bits)
        if got.opcode == TEXT:
            got.data.decode()
        return got.opcode, got.data

    def expect(self, opcode, data):
        found = self.read_message()
        check(found == (opcode, data), "expected", (opcode, data), "but got", found)

    def expect_frame(self, opcode, data):
        got = self.read_frame()
        check((got.opcode, got.data) == (opcode, data), "expected", (opcode, data), "but got", got)

    def echo(self, opcode, data):
        self.send_frame(opcode, data)
        self.expect(opcode, data)

    def expect_close(self, *codes):
        """A close frame with one of the codes, and then the end."""
        got = self.read_frame()
        check(got.opcode == CLOSE, "expected a close with", codes, "but got", got)
        code = struct.unpack("!H", got.data[:2])[0] if got.data else None
        got.data[2:].decode()
        check(code in codes, "expected a close with", codes, "but got", code)
        try:
            self.socket.sendall(frame(CLOSE, got.data))
        except OSError:
            pass  # who broke a rule is not waited for
        self.expect_end()

    def expect_end(self):
        check(not self.received, "something came behind the close:", bytes(self.received))
        check(not self.fill(), "something came behind the close:", bytes(self.received))

    def leave(self):
        self.send_frame(CLOSE, close_data(1000))
        self.expect_close(1000)
