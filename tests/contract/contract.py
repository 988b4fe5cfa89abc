#!/usr/bin/env python3
"""The OpenAPI document of a real panel as programs see it: linters, a generated client, real answers, the examples of the
API's specification.

  contract.py --panel PROGRAM --modules FOLDER      FOLDER: where install.py put the Node modules
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

SOURCE = pathlib.Path(__file__).resolve().parent
# With sanitizers and a busy machine a panel takes a few seconds.
START_SECONDS = 60
STOP_SECONDS = 30
STEP_SECONDS = 120
SHOWN = 40
ADMIN_PASSWORD = "Adm1n-of-the-Panel"
FREE = {"general_per_minute": 0, "auth_per_minute": 0}


class Failed(Exception):
    pass


class Panel:
    """A panel with a data folder of its own, on a port that the system chose."""

    def __init__(self, program, **config):
        self.folder = tempfile.TemporaryDirectory(prefix="nexus-contract-")
        root = pathlib.Path(self.folder.name)
        # JSON is YAML.
        (root / "panel.yaml").write_text(json.dumps(config))
        self.output, self.errors = root / "stdout", root / "stderr"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NEXUS_")}
        environment["NEXUS_ADMIN_PASSWORD"] = ADMIN_PASSWORD
        command = [program, "serve", "--config", str(root / "panel.yaml"), "--listen", "127.0.0.1:0", "--data-dir", str(root / "data")]
        with self.output.open("wb") as output, self.errors.open("wb") as errors:
            self.process = subprocess.Popen(command, stdout=output, stderr=errors, stdin=subprocess.DEVNULL, env=environment)
        self.url = None

    def __enter__(self):
        try:
            self.wait_until_ready()
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        return self

    def wait_until_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            found = re.search(r"listening on (http://\S+)", self.output.read_text())
            if found and answers(found.group(1) + "/readyz"):
                self.url = found.group(1)
                return
            time.sleep(0.02)
        raise Failed("the panel is not ready:\n" + self.errors.read_text())

    def __exit__(self, kind, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        errors = self.errors.read_text(errors="replace")
        self.folder.cleanup()
        if kind is None and (status != 0 or "Sanitizer" in errors or "runtime error:" in errors):
            raise Failed(f"the panel ended with {status}:\n{errors}")

    def document(self):
        with urllib.request.urlopen(self.url + "/api/v1/openapi.json", timeout=START_SECONDS) as answer:
            return answer.read()


def answers(url):
    with contextlib.suppress(OSError):
        return urllib.request.urlopen(url, timeout=START_SECONDS).status == 200
    return False


class Workshop:
    """A fresh folder beside the Node modules, where everything is made and run."""

    def __init__(self, modules):
        if not (modules / "installed").is_file():
            raise Failed(f"{modules} has no Node modules: run {SOURCE / 'install.py'} {modules}")
        self.tools = modules / "node_modules" / ".bin"
        self.folder = modules / "work"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        for name in [*SOURCE.glob("*.ts"), *SOURCE.glob("*.yaml"), SOURCE / "tsconfig.json", SOURCE / "seed_examples.json"]:
            shutil.copy(name, self.folder)

    def run(self, *command, **variables):
        # Nothing here has to tell anybody that it ran.
        quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}
        return subprocess.run(command, cwd=self.folder, env={**os.environ, **quiet, **variables}, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=STEP_SECONDS)

    def must(self, *command, **variables):
        result = self.run(*command, **variables)
        if result.returncode != 0:
            raise Failed(result.stdout + result.stderr)
        return result.stdout

    def tool(self, name):
        return str(self.tools / name)


def report_of(result):
    try:
        return json.loads(result.stdout)
    except ValueError:
        raise Failed("there is no report:\n" + result.stdout + result.stderr) from None


# A warning counts, so what they print is read, and not only how they end.
def expect_clean(result, problems):
    if problems or result.returncode != 0:
        more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
        raise Failed("\n".join([*problems[:SHOWN], *more]) or result.stderr)


def lint_with_redocly(shop, file):
    result = shop.run(shop.tool("redocly"), "lint", "--config", "redocly.yaml", "--format", "json", "--max-problems", "1000", file)
    expect_clean(result, [f'{problem["severity"]} {problem["ruleId"]} {problem["location"][0].get("pointer", "")}: {problem["message"]}'
                          for problem in report_of(result)["problems"]])


def lint_with_spectral(shop, file):
    result = shop.run(shop.tool("spectral"), "lint", "--ruleset", "spectral.yaml", "--quiet", "--fail-severity", "hint", "--format", "json", file)
    expect_clean(result, [f'{problem["code"]} #/{"/".join(map(str, problem["path"]))}: {problem["message"]}' for problem in report_of(result)])


def generate_client(shop, file):
    # A member with a default may be left out of a request.
    shop.must(shop.tool("openapi-typescript"), file, "--output", "schema.d.ts", "--default-non-nullable", "false")
    shop.must(shop.tool("tsc"), "--project", "tsconfig.json")


def run_program(shop, panel, *command):
    print(shop.must("node", *command, PANEL_URL=panel.url, CONTRACT_DOCUMENT=str(shop.folder / "openapi.json"),
                    NEXUS_ADMIN_PASSWORD=ADMIN_PASSWORD).strip(), flush=True)


def changes_with_the_plugins(all_plugins, fewer):
    paths, left = (set(json.loads(document)["paths"]) for document in (all_plugins, fewer))
    gone = {path for path in paths if path.startswith("/api/v1/servers")}
    if not gone or not left < paths or gone & left:
        raise Failed(f"without the plugin servers, its paths are still there, or others are not: {sorted(paths ^ left)}")
    if "/api/v1/users" not in left or b"ServerSummary" in fewer:
        raise Failed("the document of users and auth alone is not theirs alone")


def step(name, work, *arguments):
    start = time.monotonic()
    try:
        work(*arguments)
    except Failed as failed:
        print(f"FAILED {name}\n{failed}", flush=True)
        return False
    except subprocess.TimeoutExpired as late:
        print(f"FAILED {name}: {late}", flush=True)
        return False
    print(f"passed {name} ({time.monotonic() - start:.1f} s)", flush=True)
    return True


def all_steps(program, shop):
    with Panel(program, rate_limits=FREE) as panel:
        document = panel.document()
        (shop.folder / "openapi.json").write_bytes(document)
        yield step("Redocly's recommended rules", lint_with_redocly, shop, "openapi.json")
        yield step("Spectral's recommended rules", lint_with_spectral, shop, "openapi.json")
        compiled = step("a client compiles with the generated types", generate_client, shop, "openapi.json")
        yield compiled
        if not compiled:
            return
        yield step("the client uses the panel", run_program, shop, panel, "built/client.js")
        yield step("every operation answers as described", run_program, shop, panel, "built/sweep.js")
        yield step("API tokens open what the document says", run_program, shop, panel, "built/tokens.js")
        yield step("the examples, and those of the specification", run_program, shop, panel, "built/examples.js")
    with Panel(program, rate_limits={**FREE, "auth_per_minute": 3}, plugins={"enabled": ["users", "auth"]}) as panel:
        yield step("the document changes with the plugins", changes_with_the_plugins, document, panel.document())
        yield step("the client is held back", run_program, shop, panel, "built/client.js", "limited")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--panel", required=True)
    parser.add_argument("--modules", type=pathlib.Path, required=True)
    options = parser.parse_args()
    shop = Workshop(options.modules.resolve())
    results = list(all_steps(options.panel, shop))
    return 0 if all(results) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(f"FAILED {failed}")
