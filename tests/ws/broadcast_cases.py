"""Cases of broadcasts, with the example rooms_ws. Each yields pairs of a name and a function that gets a port."""
from client import BINARY, DEFLATE, TEXT, Client, check, close_data, frame

FEW, MANY = 3, 60
LONG = b"n" * 4096  # the endpoint's longest message
SLOW_BUFFER = 4096


def enter(port, room, **options):
    return Client(port, path=f"/api/v1/rooms-ws/{room}", **options)


def leave_all(clients):
    for client in clients:
        client.leave()
        client.socket.close()


def rooms():
    def everyone_hears(port):
        members = [enter(port, "one") for _ in range(FEW)]
        with enter(port, "other") as elsewhere:
            for number, member in enumerate(members):
                member.send_frame(TEXT, b"%d" % number)
                for each in members:
                    each.expect(TEXT, b"%d" % number)
            elsewhere.echo(TEXT, b"what is said elsewhere is not heard here")
            elsewhere.leave()
        leave_all(members)
    yield "what one says reaches everyone in the room, and nobody else", everyone_hears

    def in_order(port):
        members = [enter(port, "burst") for _ in range(MANY)]
        members[0].send(b"".join(frame(TEXT, b"%d" % number) for number in range(100)))
        for member in members:
            for number in range(100):
                member.expect(TEXT, b"%d" % number)
        leave_all(members)
    yield "a burst reaches everyone whole and in order", in_order

    def both_ways_of_packing(port):
        with enter(port, "mixed") as plain, enter(port, "mixed", offer=DEFLATE) as packed:
            for member in (plain, packed):
                member.send_frame(TEXT, LONG)
                plain.expect(TEXT, LONG)
                packed.expect(TEXT, LONG)
            plain.leave()
            packed.leave()
    yield "members with and without permessage-deflate", both_ways_of_packing

    def slow_one(port):
        with enter(port, "slow") as speaker, enter(port, "slow", receive_buffer=SLOW_BUFFER) as slow:
            said = 0
            for _ in range(20_000):
                speaker.echo(TEXT, LONG)
                said += 1
                if said * len(LONG) > 16 << 20:
                    break
            heard = 0
            while True:
                got = slow.read_frame()
                if got.opcode != TEXT:
                    break
                heard += 1
            check(got.data[:2] == close_data(4008), "expected a close with 4008 but got", got)
            check(0 < heard < said, "heard", heard, "of", said)
            speaker.leave()
    yield "who does not keep up is told so, and holds nobody up", slow_one

    def bytes_are_refused(port):
        with enter(port, "text") as member:
            member.send_frame(BINARY, b"\0")
            member.expect_close(1003)
    yield "bytes in a room of texts", bytes_are_refused


ALL = (rooms,)
