"""Rows of broadcasts: the room of examples/rooms_ws beside one of npm ws, with the same clients. uWebSockets is not on npm: its figure is the one
recorded on a machine like this one (publish(), 20 messages merged into one write: 2.70 M deliveries a second to 500 clients)."""
import json
import os
import subprocess
import tempfile

ROWS = {"24", "25"}
RECORDED_UWS_RATE = 2_700_000.0
CLIENTS = 500
BURST = 20
SECONDS = 3
ROOM = "/api/v1/rooms-ws/bench"


def measure(build, port, path, burst):
    command = [os.path.join(build, "tests/bench/nexus_bench_ws_broadcast"), str(port), path, str(CLIENTS), str(burst), str(SECONDS)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)["rate"]


def rows(build, peers, panel_of, process_of, free_port, pairs, row):
    with tempfile.TemporaryDirectory(prefix="nexus-bench-broadcast-") as folder:
        panel = panel_of(build, folder)
        port = free_port()
        peer = process_of(["node", os.path.join(peers, "ws_broadcast.js"), str(port)], f"http://127.0.0.1:{port}/")
        try:
            yield row("24", *pairs(lambda: measure(build, panel.port, ROOM, 1), lambda: measure(build, port, "/", 1)))
            yield row("25", *pairs(lambda: measure(build, panel.port, ROOM, BURST), lambda: RECORDED_UWS_RATE))
        finally:
            peer.stop(), panel.stop()
