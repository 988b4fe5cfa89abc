#!/usr/bin/env python3
"""House rules as checks over the tree. Each prints what is wrong and where; an empty list is a pass.

  checks.py CHECK [--root DIR] [--modules DIR ...]      CHECK: one of the functions in CHECKS below, or "all"
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

MAX_LINES = 500
# Files that may be longer, each with the reason.
LONG_FILES = {}
CODE_FOLDERS = ("sdk", "storage", "api", "core", "plugins", "examples", "tests")
SOURCE_ENDINGS = {".c", ".cpp", ".h", ".hpp"}
# Words that say "not finished" or name the machine on which something was written; in pieces, so as not to find them here.
FORBIDDEN = {
    "TO" + "DO": "unfinished work",
    "FIX" + "ME": "unfinished work",
    "/wo" + "rk/": "a path of one machine",
    "/ho" + "me/": "a path of one machine",
    "/far" + "m/": "a path of one machine",
}


def tracked(root):
    """Paths that belong to the repository; every file of a folder that is no repository (a test's sample)."""
    if (root / ".git").exists():
        listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], check=True, capture_output=True, text=True)
        paths = [pathlib.PurePosixPath(name) for name in listed.stdout.split("\0") if name]
    else:
        paths = [pathlib.PurePosixPath(path.relative_to(root).as_posix()) for path in root.rglob("*") if path.is_file()]
    return sorted(path for path in paths if (root / path).is_file())


def sources(root):
    return [path for path in tracked(root) if path.suffix in SOURCE_ENDINGS and path.parts[0] in CODE_FOLDERS]


# -- layering: the include table of ARCHITECTURE.md

def area_of_file(path):
    if path.parts[0] == "sdk":
        return "sdk testing" if "testing" in path.parts else "sdk cpp" if "cpp" in path.parts else "sdk C"
    if path.parts[0] == "plugins" and "tests" not in path.parts:
        return "plugins"
    if path.parts[0] == "examples" and "tests" not in path.parts:
        return "examples"
    return "tests" if "tests" in path.parts else path.parts[0]


def area_of_include(name):
    for prefix, area in (("nexus/cpp/", "sdk cpp"), ("nexus/testing/", "sdk testing"), ("nexus/storage/", "storage"),
                         ("nexus/api/", "api"), ("nexus/", "sdk C"), ("core/", "core"), ("plugins/", "another plugin"),
                         ("storage/", "storage"), ("api/", "api"), ("examples/", "another plugin"), ("tests/", "tests")):
        if name.startswith(prefix):
            return area
    return None


MAY_INCLUDE = {
    "sdk C": {"sdk C"},
    "sdk cpp": {"sdk C", "sdk cpp"},
    "sdk testing": {"sdk C", "sdk cpp", "sdk testing"},
    "storage": {"sdk C", "sdk cpp", "storage"},
    "api": {"sdk C", "sdk cpp", "api"},
    "core": {"sdk C", "sdk cpp", "storage", "api", "core"},
    "plugins": {"sdk C", "sdk cpp"},
    "examples": {"sdk C", "sdk cpp"},
}
# Of the C++ face, the lower layers know errors as values, and nothing that calls a host.
VALUES_ONLY = {"nexus/cpp/result.h", "nexus/cpp/status.h", "nexus/cpp/str.h"}


def layering(root):
    problems = []
    for path in sources(root):
        area = area_of_file(path)
        if area == "tests":
            continue
        for number, line in enumerate((root / path).read_text().splitlines(), 1):
            found = re.match(r'\s*#\s*include\s+[<"]([^>"]+)[>"]', line)
            target = found and area_of_include(found.group(1))
            if not target:
                continue
            where = f"{path}:{number}: includes {found.group(1)}"
            if target not in MAY_INCLUDE[area]:
                problems.append(f"{where}: {area} must not include {target}")
            elif area in ("storage", "api") and target == "sdk cpp" and found.group(1) not in VALUES_ONLY:
                problems.append(f"{where}: {area} may include only result.h and status.h of sdk cpp")
            elif ".." in found.group(1).split("/"):
                problems.append(f"{where}: no way out of the folder by \"..\"")
    return problems


# -- sizes, words

def file_size(root):
    problems = []
    for path in sources(root):
        lines = len((root / path).read_text().splitlines())
        if lines > MAX_LINES and str(path) not in LONG_FILES:
            problems.append(f"{path}: {lines} lines, more than {MAX_LINES}: make it two files")
    return problems


def words(root):
    problems = []
    for path in tracked(root):
        try:
            text = (root / path).read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for word, why in FORBIDDEN.items():
                # A path begins after something that is no part of a longer path.
                pattern = r"(?<![\w.~$}-])" + re.escape(word) if word.startswith("/") else r"\b" + word + r"\b"
                if re.search(pattern, line):
                    problems.append(f"{path}:{number}: {word} ({why})")
    return problems


# -- built plugins

def exports(modules):
    problems = []
    for folder in modules:
        for module in sorted(pathlib.Path(folder).glob("*.so")):
            listed = subprocess.run(["nm", "-D", "--defined-only", str(module)], check=True, capture_output=True, text=True)
            names = [line.split()[-1] for line in listed.stdout.splitlines() if line.strip()]
            if names != ["nexus_plugin_entry"]:
                shown = ", ".join(names[:5]) or "nothing"
                problems.append(f"{module.name}: exports {shown}; only nexus_plugin_entry may be exported")
    return problems


# -- catalogues and OpenAPI

def catalogue_pairs(root):
    folders = sorted({path.parent for path in tracked(root)
                      if path.parent.name == "i18n" and path.suffix == ".json" and path.parts[0] in CODE_FOLDERS})
    return [(folder, root / folder / "en.json", root / folder / "zh-CN.json") for folder in folders]


def read_json(path):
    """The document and the keys that it has twice."""
    twice = []

    def note(pairs):
        keys = [key for key, _ in pairs]
        twice.extend(key for key in set(keys) if keys.count(key) > 1)
        return dict(pairs)

    return json.loads(path.read_text(), object_pairs_hook=note), twice


def placeholders(text):
    return sorted(re.findall(r"\{(\w+)\}", text))


def catalogues(root):
    problems = []
    for folder, english_path, chinese_path in catalogue_pairs(root):
        if not english_path.is_file() or not chinese_path.is_file():
            problems.append(f"{folder}: needs en.json and zh-CN.json")
            continue
        (english, twice_en), (chinese, twice_zh) = read_json(english_path), read_json(chinese_path)
        problems += [f"{folder}: {key} stands twice" for key in sorted(twice_en + twice_zh)]
        for key in sorted(set(english) | set(chinese)):
            if key not in english or key not in chinese:
                problems.append(f"{folder}: {key} is missing in {'en' if key not in english else 'zh-CN'}")
            elif not str(english[key]).strip() or not str(chinese[key]).strip():
                problems.append(f"{folder}: {key} is empty")
            elif placeholders(english[key]) != placeholders(chinese[key]):
                problems.append(f"{folder}: {key} has other placeholders in zh-CN than in en")
        if folder.parts[0] == "plugins":
            wanted = folder.parts[1] + "."
            problems += [f"{folder}: {key} does not begin with {wanted}" for key in english if not key.startswith(wanted)]
    return problems


def openapi(root):
    problems, seen = [], {}
    for path in tracked(root):
        if path.name != "openapi.json" or path.parts[0] not in CODE_FOLDERS or "tests" in path.parts:
            continue
        document, _ = read_json(root / path)
        for url, item in document.get("paths", {}).items():
            for method, operation in item.items():
                where = f"{path}: {method.upper()} {url}"
                for member in ("operationId", "summary", "description", "tags", "responses"):
                    if not operation.get(member):
                        problems.append(f"{where} has no {member}")
                name = operation.get("operationId")
                if name in seen:
                    problems.append(f"{where}: operationId {name} is that of {seen[name]}")
                elif name:
                    seen[name] = where
        used = {tag for item in document.get("paths", {}).values() for operation in item.values() for tag in operation.get("tags", [])}
        described = {tag.get("name") for tag in document.get("tags", []) if tag.get("description")}
        problems += [f"{path}: tags do not describe {tag}" for tag in sorted(used - described)]
    return problems


def lock_files(root):
    """Node packages come as the lock names them, from whichever registry the machine knows."""
    problems = []
    for path in (path for path in tracked(root) if path.name == "package-lock.json"):
        text = (root / path).read_text()
        if '"resolved"' in text or "registry." in text:
            problems.append(f"{path}: names where packages were downloaded from (see .npmrc beside it)")
        manifest = json.loads((root / path.parent / "package.json").read_text())
        wanted = {**manifest.get("dependencies", {}), **manifest.get("devDependencies", {})}
        problems += [f"{path.parent}/package.json: {name} {version} is no exact version"
                     for name, version in wanted.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)]
    return problems


# -- build files

def listed_sources(root):
    """Sources named in CMake files exist, and every source is named in a CMake file of its own folder or above."""
    problems, named = [], set()
    paths = tracked(root)
    for cmake in (path for path in paths if path.name == "CMakeLists.txt"):
        text = re.sub(r"#.*", "", (root / cmake).read_text())
        made = set(re.findall(r"configure_file\(\S+\s+([^\s)]+)", text)) | set(re.findall(r"OUTPUT\s+([^\s)]+)", text))
        for name in re.findall(r"[\w./${}-]+\.(?:cpp|c)(?![\w.])", text):
            if "$" in name or name.startswith("/"):
                name = name.replace("${CMAKE_CURRENT_SOURCE_DIR}/", "")
                if name.startswith("${PROJECT_SOURCE_DIR}/"):
                    named.add(name.replace("${PROJECT_SOURCE_DIR}/", ""))
                    continue
                if "$" in name:
                    continue
            path = pathlib.PurePosixPath(os.path.normpath(cmake.parent / name))
            if not (root / path).is_file() and name not in made:
                problems.append(f"{cmake}: names {name}, which does not exist")
            named.add(str(path))
        if "nexus_add_plugin(" in text:
            named.add(str(cmake.parent / "plugin.cpp"))
    for path in sources(root):
        if path.suffix in (".c", ".cpp") and str(path) not in named:
            problems.append(f"{path}: no CMakeLists.txt names it")
    return problems


# -- form

def formatting(root):
    tool = shutil.which("clang-format-14") or shutil.which("clang-format")
    if tool is None:
        print("skipped: clang-format is not installed")
        return []
    files = [str(path) for path in sources(root)]
    if not files:
        return []
    result = subprocess.run([tool, "--dry-run", "-Werror", *files], cwd=root, capture_output=True, text=True)
    found = sorted(set(re.findall(r"^([^:\n]+):\d+:\d+: error", result.stderr, re.MULTILINE)))
    return [f"{path}: not formatted (clang-format -i)" for path in found]


def scripts(root):
    problems = []
    for path in tracked(root):
        full = root / path
        with full.open("rb") as file:
            first = file.readline(80)
        if path.parts[0] not in ("scripts", ".ci") and not first.startswith(b"#!"):
            continue
        if path.suffix in (".md", ".py", ".json", ".lua", ".js") and not first.startswith(b"#!"):
            continue
        if not first.startswith(b"#!") and path.suffix == "":
            problems.append(f"{path}: no #! line")
        if first.startswith(b"#!") and not os.access(full, os.X_OK):
            problems.append(f"{path}: not executable")
        # A .sh without a first line of its own is one that scripts include.
        if re.match(rb"#!.*\b(ba)?sh\b", first) or path.suffix == ".sh":
            result = subprocess.run(["bash", "-n", str(full)], capture_output=True, text=True)
            if result.returncode != 0:
                problems.append(f"{path}: {result.stderr.strip()}")
    return problems


CHECKS = {check.__name__: check
          for check in (layering, file_size, words, exports, catalogues, openapi, lock_files, listed_sources, formatting, scripts)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("check", choices=[*CHECKS, "all"])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2])
    parser.add_argument("--modules", nargs="*", default=[])
    options = parser.parse_args()
    problems = []
    for name in CHECKS if options.check == "all" else [options.check]:
        problems += CHECKS[name](options.modules if name == "exports" else options.root)
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
