"""Rows of the WebSockets: what a socket costs that only waits."""
import resource
import socket
import tempfile
import time

ROWS = {"ws-idle"}
IDLE = 2000
BUDGET_KB = 40.0
UPGRADE = ("GET /api/v1/echo-ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n").encode()
# "hi", masked with zeros.
MESSAGE = b"\x81\x82\0\0\0\0hi"


def upgraded(port):
    """A socket that has said something and been answered, so that nothing is put off until first use."""
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(UPGRADE)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += client.recv(4096)
    if not answer.startswith(b"HTTP/1.1 101"):
        raise RuntimeError(answer.decode(errors="replace"))
    client.sendall(MESSAGE)
    if not client.recv(64):
        raise RuntimeError("no echo")
    return client


def rows(build, panel_of, rss_mb):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, IDLE + 256)), hard))
    with tempfile.TemporaryDirectory(prefix="nexus-bench-ws-") as folder:
        panel = panel_of(build, folder)
        try:
            clients = [upgraded(panel.port) for _ in range(50)]  # threads and caches
            time.sleep(1)
            before = rss_mb(panel.process.pid)
            clients += [upgraded(panel.port) for _ in range(IDLE)]
            time.sleep(1)
            grown_kb = (rss_mb(panel.process.pid) - before) * 1024 / IDLE
            for client in clients:
                client.close()
            yield {"row": "ws-idle", "ours": grown_kb, "peer": BUDGET_KB, "ratio": grown_kb / BUDGET_KB}
        finally:
            panel.stop()
