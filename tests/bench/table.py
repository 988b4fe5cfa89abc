"""Runs the benchmark programs and prints the table: row, ours, peer, ratio, target, verdict.

Every ratio is the median of interleaved pairs from one run. Where the peer itself varied by more than half, the machine was too busy for that:
such a row gets a verdict only by its worst pair. Usage: table.py BUILD_DIR [row ...]
"""
import json
import os
import re
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import broadcast_rows
import identity_rows
import ssh_rows
import terminal_rows
import ws_rows

HERE = os.path.dirname(os.path.abspath(__file__))
PAIRS = 5
WRK_SECONDS = 3
MAX_PEER_SPREAD = 1.5
# eventpp's EventQueue is not in Debian: the best rate recorded for it on a machine like this one (2 vCPU, gcc 12 -O2).
RECORDED_EVENTPP = 1_960_000

# row -> (what, unit, "<=" or ">=", target, moonshot)
ROWS = {
    "12": ("one command on 50 servers, cold, over pssh -p50", "s", "<=", 0.3, 0.15),
    "13": ("one command on 50 servers, cold, over 50 ssh at once, same key exchange", "s", "<=", 0.8, 0.6),
    "14": ("one command on 50 servers, warm, over ssh ControlMaster, 50 at once", "s", "<=", 0.6, 0.35),
    "15": ("one command on 50 servers, warm, over ansible raw -f50, warm", "s", "<=", 0.1, 0.04),
    "16": ("connect, log in, one command, p50 over plain libssh2", "ms", "<=", 0.7, 0.5),
    "17": ("JWT GET over fastify + jwt", "req/s", ">=", 2.0, 3.5),
    "17-sql": ("JWT GET with one SQL read over fastify + jwt without", "req/s", ">=", 1.0, 2.0),
    "18": ("JWT GET p99 over fastify + jwt", "ms", "<=", 0.5, 0.25),
    "19": ("JWT GET over bare Pistache keep-alive", "req/s", ">=", 0.9, 1.3),
    "20": ("token check, remembered, over Poco::JWT verify", "ns", "<=", 0.1, 0.02),
    "20-verify": ("token check, first time, over Poco::JWT verify", "ns", "<=", 1.0, 0.5),
    "21": ("terminal echo p50 over npm ws + ssh2", "us", "<=", 0.9, 0.7),
    "22": ("terminal echo p99 over ttyd -> ssh", "us", "<=", 0.5, 0.25),
    "22-ssh": ("terminal echo p99 over ssh alone, behind pipes", "us", "<=", 1, 0.8),
    "23": ("terminal output of 100 MB, every byte counted, over npm ws + ssh2", "MB/s", ">=", 0.8, 1.1),
    "23-ttyd": ("the same over ttyd -> ssh", "MB/s", ">=", 1.7, 2.0),
    "24": ("broadcast to 500 WebSockets, one message per write, over npm ws", "msg/s", ">=", 1.5, 2.0),
    "25": ("broadcast to 500 WebSockets, bursts of 20 merged, over uWebSockets publish() as recorded", "msg/s", ">=", 0.3, 0.9),
    "26": ("bus publish, 10 subscribers, over Poco::BasicEvent", "ns", "<=", 0.3, 0.13),
    "27": ("bus events/s, 1 to 1 thread, over eventpp as recorded", "ev/s", ">=", 2.0, 6.0),
    "28": ("get by id through storage over raw sqlite3", "us", "<=", 1.3, 1.05),
    "29": ("batched insert through storage over raw sqlite3", "rows/s", ">=", 0.8, 0.95),
    "30-rss": ("idle memory, all plugins, over fastify hello", "MB", "<=", 0.5, 0.25),
    "30-start": ("start to first 200 over fastify hello", "ms", "<=", 0.3, 0.1),
    "flood": ("p99 of a JWT GET during a login flood, over the budget", "ms", "<=", 1.0, 0.1),
    "flood-rest": ("p99 of a JWT GET during a login flood, over the same at rest", "ms", "<=", 5.0, 2.0),
    "users-1": ("list of 100,000 users, page 1, p99 over its SQL run directly", "ms", "<=", 2.0, 1.3),
    "users-4000": ("list of 100,000 users, page 4,000, p99 over its SQL run directly", "ms", "<=", 1.5, 1.1),
    "users-search": ("list of 100,000 users, search, p99 over its SQL run directly", "ms", "<=", 1.3, 1.1),
    "ws-idle": ("memory of an idle WebSocket, 2,000 of them, over the budget", "KB", "<=", 1.0, 0.5),
    "ssh-idle": ("memory of an idle SSH connection, 1,000 of them, over the budget", "KB", "<=", 1.0, 0.8),
    "sdk_route": ("route through the SDK, time above a direct call", "ns", "<=", 1000.0, 300.0),
}


def free_port():
    for _ in range(100):
        port = 20000 + secrets.randbelow(10000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError("no free port")


def fetch(url, token=None, body=None):
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode())
    if body is not None:
        request.add_header("Content-Type", "application/json")
    if token:
        request.add_header("Authorization", "Bearer " + token)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


def wait_for(url, deadline=20.0, step=0.02):
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(step)
    raise RuntimeError(url + " does not answer")


def rss_mb(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1)) / 1024


class Process:
    """A server that this run started; ended by its pid."""

    def __init__(self, command, url, **options):
        self.started = time.monotonic()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **options)
        wait_for(url, step=0.001)
        self.first_answer_ms = (time.monotonic() - self.started) * 1000

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Panel(Process):
    PASSWORD = "bench-" + secrets.token_hex(8)

    def __init__(self, build, data_dir, examples=True):
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        folders = [os.path.join(build, "lib/nexuspanel/plugins")]
        if examples:
            folders.append(os.path.join(build, "examples"))
        config = os.path.join(data_dir, "bench.yaml")
        with open(config, "w") as out:
            out.write(f"http: {{listen: '127.0.0.1:{self.port}'}}\nlog: {{level: warning}}\n"
                      "rate_limits: {general_per_minute: 0, auth_per_minute: 0, websockets_per_user: 0}\n"
                      "terminal: {grace_seconds: 0}\n"  # a client that goes is not waited for
                      f"plugins: {{path: {json.dumps(folders)}}}\n")
        super().__init__([os.path.join(build, "bin/nexuspanel"), "serve", "--config", config, "--data-dir", data_dir],
                         self.base + "/readyz", env={**os.environ, "NEXUS_ADMIN_PASSWORD": self.PASSWORD})

    def token(self):
        return fetch(self.base + "/api/v1/auth/login", body={"username": "admin", "password": self.PASSWORD})["data"]["access_token"]


def wrk(url, token=None, headers=()):
    command = ["wrk", "-t1", "-c64", f"-d{WRK_SECONDS}s", "--latency"]
    if token:
        command += ["-H", "Authorization: Bearer " + token]
    for header in headers:
        command += ["-H", header]
    text = subprocess.run(command + [url], capture_output=True, text=True, check=True).stdout
    if re.search(r"Non-2xx|Socket errors", text):
        raise RuntimeError("errors while measuring " + url + ":\n" + text)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    return rate, float(value) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


def pairs(ours, peer):
    """One warm-up and PAIRS interleaved measurements of both."""
    ours(), peer()
    return zip(*[(ours(), peer()) for _ in range(PAIRS)])


def row(name, ours, peer):
    ratios = [a / b for a, b in zip(ours, peer)]
    return {"row": name, "ours": statistics.median(ours), "peer": statistics.median(peer), "ratio": statistics.median(ratios),
            "pairs": ratios, "spread": max(peer) / min(peer)}


def install_peers(build):
    folder = os.path.join(build, "bench-peers")
    os.makedirs(folder, exist_ok=True)
    for name in ("package.json", "fastify_jwt.js", "ssh_proxy.js", "terminal_client.js", "ttyd.sh", "ws_broadcast.js"):
        shutil.copy(os.path.join(HERE, "peers", name), folder)
    if not all(os.path.isdir(os.path.join(folder, "node_modules", name)) for name in ("fastify", "ws", "ssh2")):
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--omit=optional"], cwd=folder, check=True)
    return folder


def start_fastify(build):
    port = free_port()
    process = Process(["node", os.path.join(install_peers(build), "fastify_jwt.js"), str(port)], f"http://127.0.0.1:{port}/hello")
    return process, f"http://127.0.0.1:{port}", process.process.stdout.readline().strip()


def http_rows(build):
    with tempfile.TemporaryDirectory(prefix="nexus-bench-") as data:
        panel = Panel(build, data)
        token = panel.token()
        fastify, fastify_url, fastify_token = start_fastify(build)
        port = free_port()
        pistache = Process([os.path.join(build, "tests/bench/bare_pistache"), str(port)], f"http://127.0.0.1:{port}/hello")
        try:
            hello, note = panel.base + "/api/v1/hello", panel.base + "/api/v1/hello/notes/1"
            peer = lambda: wrk(fastify_url + "/jwt", fastify_token)
            ours, theirs = pairs(lambda: wrk(hello, token), peer)
            yield row("17", [r for r, _ in ours], [r for r, _ in theirs])
            yield row("18", [p for _, p in ours], [p for _, p in theirs])
            ours, theirs = pairs(lambda: wrk(note, token), peer)
            yield row("17-sql", [r for r, _ in ours], [r for r, _ in theirs])
            ours, theirs = pairs(lambda: wrk(hello, token),
                                 lambda: wrk(f"http://127.0.0.1:{port}/hello", headers=["Connection: Keep-Alive"]))
            yield row("19", [r for r, _ in ours], [r for r, _ in theirs])
        finally:
            for process in (panel, fastify, pistache):
                process.stop()


def footprint_rows(build):
    install_peers(build)
    memory, start = ([], []), ([], [])
    with tempfile.TemporaryDirectory(prefix="nexus-bench-") as data:
        Panel(build, data, examples=False).stop()  # the first start makes tables and keys
        for _ in range(PAIRS):
            panel = Panel(build, data, examples=False)
            fastify, _, _ = start_fastify(build)
            time.sleep(1)
            for values, one in zip(memory, (panel, fastify)):
                values.append(rss_mb(one.process.pid))
            for values, one in zip(start, (panel, fastify)):
                values.append(one.first_answer_ms)
            panel.stop(), fastify.stop()
    yield row("30-rss", *memory)
    yield row("30-start", *start)


def program_rows(build):
    for name in ("nexus_bench_bus", "nexus_bench_sdk_call", "nexus_bench_sql", "nexus_bench_token", "nexus_bench_identity"):
        program = os.path.join(build, "tests/bench", name)
        if not os.path.exists(program):
            continue
        text = subprocess.run([program], capture_output=True, text=True, check=True, cwd=tempfile.gettempdir()).stdout
        for line in text.splitlines():
            if line.startswith("{"):
                yield json.loads(line)


def verdict(result, comparison, target, moonshot):
    ratio, uncertain = result["ratio"], result.get("spread", 1.0) > MAX_PEER_SPREAD
    if uncertain and "pairs" in result:
        ratio = (max if comparison == "<=" else min)(result["pairs"])
    reached = lambda limit: ratio <= limit if comparison == "<=" else ratio >= limit
    if uncertain and not ("pairs" in result and reached(target)):
        return "too busy"
    return "moonshot" if reached(moonshot) else "reached" if reached(target) else "MISSED"


def number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def main():
    build, wanted = os.path.abspath(sys.argv[1]), set(sys.argv[2:])
    load = os.getloadavg()[0]
    print(f"load average before: {load:.2f}\n")
    print("| row | what | ours | peer | ratio | target | moonshot | verdict |\n| --- | --- | --- | --- | --- | --- | --- | --- |")
    # With the rows that each gives; None: too many to name, and quick.
    sources = ((program_rows, None), (http_rows, {"17", "17-sql", "18", "19"}), (footprint_rows, {"30-rss", "30-start"}),
               (lambda folder: identity_rows.rows(folder, Panel), {"flood", "flood-rest", "users-1", "users-4000", "users-search"}),
               (lambda folder: ssh_rows.rows(folder, free_port, pairs, row), ssh_rows.ROWS),
               (lambda folder: terminal_rows.rows(folder, install_peers(folder), Panel, Process, fetch, free_port, pairs, row),
                terminal_rows.ROWS),
               (lambda folder: broadcast_rows.rows(folder, install_peers(folder), Panel, Process, free_port, pairs, row), broadcast_rows.ROWS),
               (lambda folder: ws_rows.rows(folder, Panel, rss_mb), ws_rows.ROWS))
    for source, names in sources:
        if wanted and names is not None and not wanted & names:
            continue
        for result in source(build):
            name = str(result["row"])
            if name == "27":
                result["peer"], result["ratio"] = RECORDED_EVENTPP, result["ours"] / RECORDED_EVENTPP
            if "above_ns" in result:  # the target is a difference, not a ratio
                result["ratio"] = result["above_ns"]
            if name not in ROWS or (wanted and name not in wanted):
                continue
            what, unit, comparison, target, moonshot = ROWS[name]
            peer = "-" if result.get("peer") is None else number(result["peer"]) + " " + unit
            print(f"| {name} | {what} | {number(result['ours'])} {unit} | {peer} | {result['ratio']:.3g} | "
                  f"{comparison} {target:g} | {comparison} {moonshot:g} | {verdict(result, comparison, target, moonshot)} |", flush=True)


if __name__ == "__main__":
    main()
