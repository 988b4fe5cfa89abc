#!/usr/bin/env python3
"""Compiles each header of the SDK alone: C headers as C11, C++17 and C++20, the C++ face as C++20, with every compiler.

  headers_alone.py [--include DIR] [--defines ...] COMPILER_PAIR ...     for example gcc:g++ clang:clang++

A compiler that is not installed is skipped with a message; none at all is a failure.
"""
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wundef", "-Wcast-qual", "-Werror"]


def jobs_of(include, c_compiler, cxx_compiler):
    for path in sorted((include / "nexus").rglob("*.h")):
        name = path.relative_to(include)
        if len(name.parts) == 2:
            yield [c_compiler, "-std=c11", "-x", "c"], name
            yield [cxx_compiler, "-std=c++17", "-x", "c++"], name
        yield [cxx_compiler, "-std=c++20", "-x", "c++"], name


def compile_alone(include, command, name):
    # Twice, so that a missing include guard shows.
    source = f"#include <{name}>\n#include <{name}>\ntypedef int not_empty;\n"
    result = subprocess.run(command + WARNINGS + ["-fsyntax-only", f"-I{include}", "-"], input=source,
                            capture_output=True, text=True)
    return f"{' '.join(command)} {name}\n{result.stderr}" if result.returncode != 0 else None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("compilers", nargs="+")
    parser.add_argument("--include", type=pathlib.Path, default=ROOT / "sdk" / "include")
    options = parser.parse_args()
    jobs = []
    for pair in options.compilers:
        compilers = pair.split(":")
        if all(shutil.which(compiler) for compiler in compilers):
            jobs += jobs_of(options.include, *compilers)
        else:
            print(f"skipped: {pair} is not installed")
    if not jobs:
        print("no compiler", file=sys.stderr)
        return 1
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        failures = [text for text in pool.map(lambda job: compile_alone(options.include, *job), jobs) if text]
    print("\n".join(failures) or f"{len(jobs)} compilations passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
