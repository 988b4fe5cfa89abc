#!/usr/bin/env python3
"""Installs the linters and the client generator into a folder of the build tree, as package-lock.json names them.

  install.py FOLDER      does nothing where they are there; takes half a minute where they are not, and a package registry
"""
import hashlib
import pathlib
import shutil
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent
FILES = ("package.json", "package-lock.json", ".npmrc")
# A registry that does not answer must not look like a test that hangs.
PATIENCE_SECONDS = 480


def wanted():
    version = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout
    return hashlib.sha256(b"".join((SOURCE / name).read_bytes() for name in FILES) + version.encode()).hexdigest()


def install(folder):
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is not installed: run scripts/deps test")
    stamp = folder / "installed"
    if stamp.is_file() and stamp.read_text() == wanted():
        return
    folder.mkdir(parents=True, exist_ok=True)
    stamp.unlink(missing_ok=True)
    for name in FILES:
        shutil.copy(SOURCE / name, folder / name)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    try:
        result = subprocess.run(command, cwd=folder, timeout=PATIENCE_SECONDS, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        sys.exit(f"npm ci did not end within {PATIENCE_SECONDS} s: is the package registry reachable?")
    if result.returncode != 0:
        sys.exit("npm ci failed. This test needs a package registry once, to install what package-lock.json names; "
                 "later runs need none.")
    stamp.write_text(wanted())


if __name__ == "__main__":
    install(pathlib.Path(sys.argv[1]).resolve())
