#!/usr/bin/env python3
"""Installs the SDK, builds a plugin outside the tree with it, and asks the plugin's route in a real panel.

  package_test.py --cmake CMAKE --build BUILD_FOLDER --panel NEXUSPANEL
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
START_SECONDS = 20


def run(*command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(str(word) for word in command)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def expect(what, condition, shown=""):
    if not condition:
        raise SystemExit(f"expected: {what}\n{shown}")


def install(cmake, build, folder):
    """Installed in one place and moved to another, as a package is."""
    run(cmake, "--install", build, "--component", "sdk", "--prefix", folder / "staged")
    (folder / "staged").rename(folder / "sdk")
    installed = [path.relative_to(folder / "sdk") for path in (folder / "sdk").rglob("*") if path.is_file()]
    others = [path for path in installed if path.parts[:2] != ("include", "nexus") and "NexusSDK" not in path.parts]
    expect("nothing but headers and the CMake package", not others, others)
    for header in (ROOT / "sdk/include").rglob("*.h"):
        expect(f"{header.name} is installed", header.relative_to(ROOT / "sdk") in installed)
    for path in installed:
        text = (folder / "sdk" / path).read_text()
        for place in (ROOT, build, folder / "staged"):
            expect(f"{path} does not know {place}", f"{place}/" not in text)
    return folder / "sdk"


def build_plugin(cmake, sdk, folder):
    shutil.copytree(HERE / "visitors", folder / "project")
    run(cmake, "-S", folder / "project", "-B", folder / "build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
        f"-DCMAKE_PREFIX_PATH={sdk}")
    run(cmake, "--build", folder / "build")
    plugin = folder / "build/visitors.so"
    symbols = run("nm", "--dynamic", "--defined-only", plugin).split("\n")
    expect("one exported symbol", [line.split()[-1] for line in symbols if line] == ["nexus_plugin_entry"], symbols)
    plugins = folder / "plugins"
    plugins.mkdir(mode=0o755)
    shutil.copy(plugin, plugins)
    return plugins


def free_port():
    for port in range(20000 + os.getpid() % 8000, 32000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise SystemExit("no port is free")


def request(port, method, path, language=None):
    message = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
    if language:
        message.add_header("Accept-Language", language)
    try:
        with urllib.request.urlopen(message, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def wait_until_ready(panel, port):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and panel.poll() is None:
        try:
            if request(port, "GET", "/readyz")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.05)
    panel.kill()
    raise SystemExit(f"the panel is not ready:\n{panel.communicate()[0]}")


def check_routes(port):
    status, first = request(port, "POST", "/api/v1/visitors")
    expect("the first visit, in Chinese", (status, first) == (
        201, {"code": 201, "message": "欢迎光临", "data": {"visits": 1, "settings": {"door": "front"}}}), first)
    status, second = request(port, "POST", "/api/v1/visitors", "en")
    expect("the second visit, in English", (status, second["message"], second["data"]["visits"]) == (201, "Welcome", 2),
           second)
    status, refused = request(port, "POST", "/api/v1/visitors?colour=red")
    expect("its OpenAPI document validates", (status, refused["code"]) == (400, 40000), refused)
    document = request(port, "GET", "/api/v1/openapi.json")[1]
    expect("its route is documented", document["paths"]["/api/v1/visitors"]["post"]["operationId"] == "addVisit")


def check_in_panel(program, plugins, folder):
    setting = ("--set", f"plugins.path=[{plugins}]")
    table = run(program, "plugin", "list", *setting)
    expect("plugin list shows it", ["visitors", "1.2.3", "registered", "1", "-"] in [
        line.split() for line in table.split("\n")], table)
    port = free_port()
    panel = subprocess.Popen([program, "serve", "--listen", f"127.0.0.1:{port}", "--data-dir", folder / "data", *setting],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        wait_until_ready(panel, port)
        check_routes(port)
        panel.send_signal(signal.SIGTERM)
        log = panel.communicate(timeout=20)[0]
    finally:
        panel.kill()
    expect("it ends with 0", panel.returncode == 0, log)


def main():
    arguments = argparse.ArgumentParser()
    for name in ("cmake", "build", "panel"):
        arguments.add_argument(f"--{name}", required=True)
    given = arguments.parse_args()
    os.umask(0o022)  # the panel refuses a plugin that others may change
    with tempfile.TemporaryDirectory(prefix="nexus-sdk-") as name:
        folder = pathlib.Path(name).resolve()
        sdk = install(given.cmake, pathlib.Path(given.build), folder)
        plugins = build_plugin(given.cmake, sdk, folder)
        check_in_panel(given.panel, plugins, folder)


if __name__ == "__main__":
    main()
