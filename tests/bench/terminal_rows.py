"""Rows of the terminal: the panel beside npm ws + ssh2, with the same sshd, shell and client. ttyd is not in Debian 12: its figures are those
recorded on a machine like this one (ttyd 1.7.7 -> ssh -> sshd: echo p99 1,110 us, 62 MB/s)."""
import base64
import json
import os
import subprocess
import tempfile

from ssh_rows import Sshd

ROWS = {"21", "22", "23", "23-ttyd"}
RECORDED_TTYD_P99_US = 1110.0
RECORDED_TTYD_RATE = 62.0
OUTPUT_BYTES = 100_000_000


def add_server(panel, token, fetch, sshd):
    with open(f"{sshd.folder}/id") as key:
        added = fetch(panel.base + "/api/v1/ssh-keys", token, {"name": "bench", "private_key": key.read()})
    body = {"name": "bench", "host": "127.0.0.1", "port": sshd.port, "ssh_user": "root", "ssh_key_id": added["data"]["ssh_key"]["id"]}
    server = fetch(panel.base + "/api/v1/servers", token, body)["data"]["server"]["id"]
    tested = fetch(panel.base + f"/api/v1/servers/{server}/test-connection", token, {})
    if not tested["data"]["connected"]:
        raise RuntimeError("the panel cannot reach its sshd")
    return server


def measure(peers, url, path, token=None):
    command = ["node", os.path.join(peers, "terminal_client.js"), url, path] + ([token] if token else [])
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def rows(build, peers, panel_of, process_of, fetch, free_port, pairs, row):
    with tempfile.TemporaryDirectory(prefix="nexus-bench-terminal-") as folder:
        os.makedirs(f"{folder}/data", mode=0o700)
        path = f"{folder}/output"
        with open(path, "wb") as out:
            out.write(base64.b64encode(os.urandom(OUTPUT_BYTES * 3 // 4))[:OUTPUT_BYTES])
        sshd = Sshd(folder, free_port())
        panel = panel_of(build, f"{folder}/data")
        port = free_port()
        proxy = process_of(["node", os.path.join(peers, "ssh_proxy.js"), str(port), str(sshd.port), "root", f"{folder}/id"],
                           f"http://127.0.0.1:{port}/")
        try:
            token = panel.token()
            server = add_server(panel, token, fetch, sshd)
            url = panel.base.replace("http", "ws") + f"/api/v1/servers/{server}/terminal?cols=80&rows=24"
            ours, theirs = pairs(lambda: measure(peers, url, path, token), lambda: measure(peers, f"ws://127.0.0.1:{port}/", path))
            column = lambda runs, name: [run[name] for run in runs]
            yield row("21", column(ours, "p50"), column(theirs, "p50"))
            yield row("22", column(ours, "p99"), [RECORDED_TTYD_P99_US] * len(ours))
            yield row("23", column(ours, "rate"), column(theirs, "rate"))
            yield row("23-ttyd", column(ours, "rate"), [RECORDED_TTYD_RATE] * len(ours))
        finally:
            proxy.stop(), panel.stop(), sshd.stop()
