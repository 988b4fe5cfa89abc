"""Rows of the benchmark about who is calling: a flood of log-ins, and the list of many users.

The SQL of the list is run directly on the same file, by the sqlite3 module of Python, in turns with the requests.
"""
import http.client
import os
import re
import sqlite3
import statistics
import subprocess
import tempfile
import time

USERS = 100_000
PAGE_SIZE = 20
REQUESTS = 100  # of one measurement; the slowest of them is its p99
ROUNDS = 5
FLOOD_SECONDS = 5
FLOOD_CONNECTIONS = 64
# What a person at the panel may wait while strangers guess (security requirement of a login storm).
FLOOD_BUDGET_MS = 300.0

# Each connection tries names that nobody has: the panel hashes for them as it does for known ones.
FLOOD_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local number = 0
function request()
  number = number + 1
  return wrk.format(nil, nil, nil, string.format('{"username":"nobody%d","password":"not the password"}', number))
end
"""

COLUMNS = ("id, username, email, avatar, role, status, language, created_us, updated_us, last_login_us, "
           "password_changed_us")


def percentile_ms(work, times=REQUESTS):
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        spent.append((time.perf_counter() - began) * 1000)
    return sorted(spent)[int(0.99 * (times - 1))]


class Client:
    """One connection that is kept."""

    def __init__(self, port, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"Authorization": "Bearer " + token}

    def get(self, path):
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:200]}")


def flood_row(panel):
    """The p99 of an authenticated GET during a flood of log-ins, over the budget; and what it is at rest."""
    client = Client(panel.port, panel.token())
    get = lambda: client.get("/api/v1/users/me")
    percentile_ms(get)
    at_rest = percentile_ms(get, 500)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(FLOOD_SCRIPT)
        script.flush()
        flood = subprocess.Popen(["wrk", "-t1", f"-c{FLOOD_CONNECTIONS}", f"-d{FLOOD_SECONDS}s", "-s", script.name,
                                  panel.base + "/api/v1/auth/login"], stdout=subprocess.PIPE, text=True)
        time.sleep(0.5)
        during = []
        while flood.poll() is None:
            during.append(percentile_ms(get))
    attempts = int(re.search(r"(\d+) requests in", flood.stdout.read()).group(1))
    if attempts < FLOOD_SECONDS * 5 or len(during) < 2:
        raise RuntimeError(f"the flood did not happen: {attempts} attempts, {len(during)} measurements")
    during = during[:-1]  # the flood ended within the last one
    yield {"row": "flood", "ours": statistics.median(during), "peer": FLOOD_BUDGET_MS,
           "ratio": statistics.median(during) / FLOOD_BUDGET_MS}
    yield {"row": "flood-rest", "ours": statistics.median(during), "peer": at_rest, "ratio": statistics.median(during) / at_rest}


def fill(path):
    database = sqlite3.connect(path)
    now = int(time.time() * 1_000_000)
    rows = ((f"person{i:06}", f"person{i:06}", f"person{i:06}@example.com", f"person{i:06}@example.com", "-", "user", "active",
             "zh-CN", now + i, now, now) for i in range(USERS))
    with database:
        database.executemany("INSERT INTO users_accounts (username, username_key, email, email_key, password_hash, role, status, "
                             "language, created_us, updated_us, password_changed_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    database.close()


def direct(path, condition, arguments, offset):
    """The two statements of a page, on a connection with the panel's settings."""
    database = sqlite3.connect(path)
    database.executescript("PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY")

    def run():
        database.execute("SELECT COUNT(*) FROM users_accounts" + condition, arguments).fetchone()
        rows = database.execute(f"SELECT {COLUMNS} FROM users_accounts{condition} ORDER BY created_us DESC, id DESC LIMIT ? OFFSET ?",
                                (*arguments, PAGE_SIZE, offset)).fetchall()
        if len(rows) != PAGE_SIZE:
            raise RuntimeError("a short page")

    return run


def list_rows(panel, path):
    client = Client(panel.port, panel.token())
    condition = " WHERE (username_key LIKE ? ESCAPE '!' OR email_key LIKE ? ESCAPE '!')"
    pages = {
        "users-1": ("/api/v1/users?page=1", direct(path, "", (), 0)),
        "users-4000": ("/api/v1/users?page=4000", direct(path, "", (), 3999 * PAGE_SIZE)),
        "users-search": ("/api/v1/users?search=son0421", direct(path, condition, ("%son0421%", "%son0421%"), 0)),
    }
    for name, (target, sql) in pages.items():
        get = lambda: client.get(target)
        get(), sql()
        ours, peer = zip(*[(percentile_ms(get), percentile_ms(sql)) for _ in range(ROUNDS)])
        ratios = [a / b for a, b in zip(ours, peer)]
        yield {"row": name, "ours": statistics.median(ours), "peer": statistics.median(peer), "ratio": statistics.median(ratios),
               "pairs": ratios, "spread": max(peer) / min(peer)}


def rows(build, make_panel):
    with tempfile.TemporaryDirectory(prefix="nexus-bench-") as data:
        panel = make_panel(build, data)
        yield from flood_row(panel)
        panel.stop()
        path = os.path.join(data, "nexuspanel.db")
        fill(path)
        panel = make_panel(build, data)
        try:
            yield from list_rows(panel, path)
        finally:
            panel.stop()
