"""Rows of the terminal: the panel beside npm ws + ssh2, ttyd with the system's ssh, and that ssh alone, with the same sshd, shell and client."""
import base64
import json
import os
import subprocess
import tempfile

from ssh_rows import Sshd

ROWS = {"21", "22", "22-ssh", "23", "23-ttyd"}
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


def measure(peers, speech, url, path, *token):
    command = ["node", os.path.join(peers, "terminal_client.js"), speech, url, path, *token]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def ttyd_command(peers, port, sshd):
    subprocess.run([os.path.join(peers, "ttyd.sh"), peers], check=True)
    return [os.path.join(peers, "ttyd"), "-p", str(port), "-i", "127.0.0.1", "-W", "ssh", "-F", f"{sshd.folder}/ssh_config", "-tt", "127.0.0.1"]


def rows(build, peers, panel_of, process_of, fetch, free_port, pairs, row):
    with tempfile.TemporaryDirectory(prefix="nexus-bench-terminal-") as folder:
        os.makedirs(f"{folder}/data", mode=0o700)
        path = f"{folder}/output"
        with open(path, "wb") as out:
            out.write(base64.b64encode(os.urandom(OUTPUT_BYTES * 3 // 4))[:OUTPUT_BYTES])
        sshd = Sshd(folder, free_port())
        panel = panel_of(build, f"{folder}/data")
        port, ttyd_port = free_port(), free_port()
        proxy = process_of(["node", os.path.join(peers, "ssh_proxy.js"), str(port), str(sshd.port), "root", f"{folder}/id"],
                           f"http://127.0.0.1:{port}/")
        ttyd = process_of(ttyd_command(peers, ttyd_port, sshd), f"http://127.0.0.1:{ttyd_port}/")
        try:
            token = panel.token()
            server = add_server(panel, token, fetch, sshd)
            url = panel.base.replace("http", "ws") + f"/api/v1/servers/{server}/terminal?cols=80&rows=24"
            ours = lambda: measure(peers, "panel", url, path, token)
            column = lambda runs, name: [run[name] for run in runs]
            mine, theirs = pairs(ours, lambda: measure(peers, "bare", f"ws://127.0.0.1:{port}/", path))
            yield row("21", column(mine, "p50"), column(theirs, "p50"))
            yield row("23", column(mine, "rate"), column(theirs, "rate"))
            mine, theirs = pairs(ours, lambda: measure(peers, "ttyd", f"ws://127.0.0.1:{ttyd_port}/ws", path))
            yield row("22", column(mine, "p99"), column(theirs, "p99"))
            yield row("23-ttyd", column(mine, "rate"), column(theirs, "rate"))
            mine, theirs = pairs(ours, lambda: measure(peers, "ssh", f"{sshd.folder}/ssh_config", path))
            yield row("22-ssh", column(mine, "p99"), column(theirs, "p99"))
        finally:
            ttyd.stop(), proxy.stop(), panel.stop(), sshd.stop()
