#!/usr/bin/env python3
"""RFC 6455, RFC 7692 and broadcasts against a real panel with the examples echo_ws and rooms_ws, in raw frames.

  conformance.py --panel PROGRAM --plugins FOLDER [--only WORDS]      FOLDER: where the examples are
"""
import argparse
import pathlib
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(SOURCE.parent / "contract"))

import broadcast_cases
import cases
import deflate_cases
from client import TEXT, Client, Failed, shown
from contract import FREE, Panel

MOST_SHOWN = 30


def all_cases(only):
    for prefix, groups in (("", cases.ALL), ("deflate ", deflate_cases.ALL), ("broadcast ", broadcast_cases.ALL)):
        for group in groups:
            for name, run in group():
                title = f"{prefix}{group.__name__}: {name}"
                if only in title:
                    yield prefix + group.__name__, title, run


def outcome(run, port):
    """None, or what went wrong; a case that finds a mistake of its own fails as well."""
    try:
        run(port)
    except Failed as failed:
        return str(failed)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def run_all(port, only):
    passed, failures, kinds = 0, [], {}
    for kind, title, run in all_cases(only):
        start = time.monotonic()
        wrong = outcome(run, port)
        tally = kinds.setdefault(kind, [0, 0, 0.0])
        tally[0] += 1
        tally[1] += wrong is None
        tally[2] += time.monotonic() - start
        passed += wrong is None
        if wrong is not None:
            failures.append(f"FAILED {shown(title)}: {wrong}")
    for kind, (count, good, seconds) in kinds.items():
        print(f"{kind}: {good} of {count} ({seconds:.1f} s)")
    print("\n".join(failures[:MOST_SHOWN]))
    print(f"{passed} of {passed + len(failures)} cases passed", flush=True)
    return passed != 0 and not failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--panel", required=True)
    parser.add_argument("--plugins", type=pathlib.Path, required=True)
    parser.add_argument("--only", default="", help="cases whose name has these words")
    options = parser.parse_args()
    limits = {**FREE, "websockets_per_user": 0}
    with Panel(options.panel, rate_limits=limits, plugins={"path": [str(options.plugins.resolve())], "enabled": ["echo_ws", "rooms_ws"]}) as panel:
        port = int(panel.url.rpartition(":")[2])
        good = run_all(port, options.only)
        with Client(port) as client:
            client.echo(TEXT, b"the panel lives")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
