#!/usr/bin/env python3
"""The layout lock: what released headers of the plugin ABI may never change.

  lock.py write  [--headers DIR] [--drafts] [--rewrite] LOCK   makes or extends LOCK from the headers
  lock.py assert LOCK OUTPUT.c                                 writes _Static_asserts for every line of LOCK
  lock.py check  [--headers DIR] LOCK                          names what is released but not locked

A header is a draft as long as an interface id in it contains ".draft."; drafts are left out unless --drafts is given.
`write` refuses to change or drop a line that is locked already, unless --rewrite says that nothing was released yet.

Each line of a lock is one fact, its words parted by tabs:
  struct  NAME  SIZE             SIZE is "grows" where the struct carries struct_size, so that it may be appended to
  member  STRUCT  PATH  OFFSET  C_TYPE
  type    NAME  C_TYPE
  const   NAME  VALUE
  id      NAME  "TEXT"
"""
import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
DEFAULT_HEADERS = HERE.parent / "include"
# Rises with each minor, so it is no part of the promise.
UNLOCKED_MACROS = {"NX_ABI_MINOR"}
UMBRELLA = "nexus.h"


class LockError(Exception):
    pass


def is_draft(path):
    return re.search(r'#define\s+NX_\w+_ID\s+"[^"]*\.draft\.', path.read_text()) is not None


def preprocessed(path, include):
    """The header's own text after preprocessing, without what it includes."""
    text = subprocess.run(["gcc", "-std=c11", "-E", f"-I{include}", "-x", "c", str(path)],
                          check=True, capture_output=True, text=True).stdout
    kept, own = [], False
    for line in text.splitlines():
        marker = re.match(r'# \d+ "([^"]+)"', line)
        if marker:
            own = pathlib.Path(marker.group(1)).name == path.name and "nexus" in marker.group(1)
        elif own:
            kept.append(line)
    return re.sub(r"\s+", " ", " ".join(kept))


def split_top(text, separator):
    """Parts of `text` between separators that stand outside every bracket."""
    parts, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += char in "({[" and 1 or char in ")}]" and -1 or 0
        if char == separator and depth == 0:
            parts.append(text[start:i].strip())
            start = i + 1
    if text[start:].strip():
        parts.append(text[start:].strip())
    return [part for part in parts if part]


def tidy_type(text):
    return re.sub(r"\s+", " ", re.sub(r"\s*\*", "*", text)).strip()


def declarator(text):
    """(name, type) of one member or typedef."""
    function = re.match(r"(.*?)\(\s*\*\s*(\w+)\s*\)\s*(\(.*\))$", text)
    if function:
        result, name, arguments = function.groups()
        return name, f"{tidy_type(result)} (*){tidy_type(arguments)}"
    plain = re.match(r"(.*[\s*])(\w+)$", text)
    if plain is None or "," in text or ":" in text or "[" in text:
        raise LockError(f"one plain member in each declaration, please: {text}")
    return plain.group(2), tidy_type(plain.group(1))


def members(body, prefix=""):
    found = []
    for text in split_top(body, ";"):
        nested = re.match(r"(?:union|struct) \{(.*)\} (\w+)$", text)
        if nested:
            found += members(nested.group(1), f"{prefix}{nested.group(2)}.")
        else:
            name, kind = declarator(text)
            found.append((prefix + name, kind))
    return found


def parse(path, include):
    """Facts of one header, without offsets."""
    facts = {"structs": {}, "types": {}, "constants": [], "ids": {}}
    for text in split_top(preprocessed(path, include), ";"):
        struct = re.match(r"typedef struct (\w+) \{(.*)\} (\w+)$", text)
        enum = re.match(r"enum(?: \w+)? \{(.*)\}$", text)
        if struct:
            facts["structs"][struct.group(3)] = members(struct.group(2))
        elif enum:
            facts["constants"] += [part.split("=")[0].strip() for part in split_top(enum.group(1), ",")]
        elif re.match(r"typedef struct (\w+) \1$", text):
            pass  # opaque
        elif text.startswith("typedef "):
            name, kind = declarator(text[len("typedef "):])
            facts["types"][name] = kind
    for name, value in re.findall(r"^#define (NX_\w+) (\S+)", path.read_text(), re.MULTILINE):
        if value.startswith('"'):
            facts["ids"][name] = value
        elif re.match(r"\(?-?[0-9]", value) and name not in UNLOCKED_MACROS:
            facts["constants"].append(name)
    return facts


def measure(facts, header_names, include):
    """Sizes, offsets and values, as a compiler sees them."""
    lines = ["#include <stdio.h>", "#include <stddef.h>"] + [f"#include <nexus/{name}>" for name in header_names]
    lines.append("int main(void) {")
    for struct, parts in facts["structs"].items():
        lines.append(f'  printf("%zu\\n", sizeof({struct}));')
        lines += [f'  printf("%zu\\n", offsetof({struct}, {path}));' for path, _ in parts]
    lines += [f'  printf("%lld\\n", (long long)({name}));' for name in facts["constants"]]
    lines.append("  return 0;\n}")
    with tempfile.TemporaryDirectory() as folder:
        source, program = pathlib.Path(folder, "measure.c"), pathlib.Path(folder, "measure")
        source.write_text("\n".join(lines))
        subprocess.run(["gcc", "-std=gnu11", f"-I{include}", str(source), "-o", str(program)], check=True)
        return iter(subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout.split())


def headers(include, drafts):
    paths = sorted(path for path in (include / "nexus").glob("*.h") if path.name != UMBRELLA)
    return [path for path in paths if drafts or not is_draft(path)]


def facts_of(include, drafts):
    """Every fact of the released headers as {key: line}."""
    paths = headers(include, drafts)
    merged = {"structs": {}, "types": {}, "constants": [], "ids": {}}
    for path in paths:
        facts = parse(path, include)
        for key, value in facts.items():
            merged[key] = merged[key] + value if isinstance(value, list) else {**merged[key], **value}
    numbers = measure(merged, [path.name for path in paths], include)
    lines = {}
    for struct, parts in merged["structs"].items():
        grows = any(path == "struct_size" for path, _ in parts)
        size = next(numbers)
        lines["struct", struct] = ("struct", struct, "grows" if grows else size)
        for path, kind in parts:
            lines["member", struct, path] = ("member", struct, path, next(numbers), kind)
    for name, kind in merged["types"].items():
        lines["type", name] = ("type", name, kind)
    for name in merged["constants"]:
        lines["const", name] = ("const", name, next(numbers))
    for name, value in merged["ids"].items():
        lines["id", name] = ("id", name, value)
    return lines


def read_lock(path):
    facts = {}
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            words = tuple(line.split("\t"))
            facts[words[:3] if words[0] == "member" else words[:2]] = words
    return facts


def write(include, drafts, rewrite, path):
    now = facts_of(include, drafts)
    if path.exists() and not rewrite:
        broken = [old for key, old in read_lock(path).items() if now.get(key) != old]
        if broken:
            raise LockError("locked already, and changed:\n" + "\n".join("  " + " ".join(line) for line in broken))
    title = "# What released headers promise. Written by sdk/abi/lock.py; see there for the format.\n"
    path.write_text(title + "".join("\t".join(line) + "\n" for line in now.values()))


def check(include, path):
    locked = read_lock(path)
    missing = [line for key, line in facts_of(include, False).items() if key not in locked]
    if missing:
        raise LockError("released but not locked (lock.py write):\n" + "\n".join("  " + " ".join(m) for m in missing))


def assertion(condition, text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'_Static_assert({condition}, "{escaped}");'


def assertions_of(fact):
    kind, name = fact[0], fact[1]
    if kind == "struct" and fact[2] != "grows":
        return [assertion(f"sizeof({name}) == {fact[2]}", f"{name} is frozen at {fact[2]} bytes")]
    if kind == "member":
        path, offset, c_type = fact[2:]
        return [assertion(f"offsetof({name}, {path}) == {offset}", f"{name}.{path} moved"),
                assertion(f"_Generic(&(({name}*)0)->{path}, __typeof__({c_type})*: 1, default: 0)",
                          f"{name}.{path} was {c_type}")]
    if kind == "type":
        return [assertion(f"_Generic(({name}*)0, __typeof__({fact[2]})*: 1, default: 0)", f"{name} was {fact[2]}")]
    if kind == "const":
        return [assertion(f"(long long)({name}) == {fact[2]}LL", f"{name} was {fact[2]}")]
    if kind == "id":
        return [assertion(f"__builtin_strcmp({name}, {fact[2]}) == 0", f"{name} was {fact[2]}")]
    return []


def write_assertions(path, output):
    lines = [f"/* Made from {path.name}: a line that does not compile names a broken promise of the ABI. */",
             "#include <nexus/nexus.h>", "#include <stddef.h>", ""]
    for fact in read_lock(path).values():
        lines += assertions_of(fact)
    lines += ["", "int main(void) { return 0; }", ""]
    output.write_text("\n".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["write", "assert", "check"])
    parser.add_argument("lock", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path, nargs="?")
    parser.add_argument("--headers", type=pathlib.Path, default=DEFAULT_HEADERS)
    parser.add_argument("--drafts", action="store_true")
    parser.add_argument("--rewrite", action="store_true")
    options = parser.parse_args()
    try:
        if options.command == "write":
            write(options.headers, options.drafts, options.rewrite, options.lock)
        elif options.command == "check":
            check(options.headers, options.lock)
        else:
            write_assertions(options.lock, options.output)
    except (LockError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
