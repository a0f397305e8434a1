#!/usr/bin/env python3
"""The include check: a room may include only the rooms below it, by their doors.

usage: layering.py ROOT [--self-test]

ROOM -> rooms it may include. Adding an arrow here is a decision: do it in a commit of its own that says why.
"""
import pathlib
import re
import sys
import tempfile

ARROWS = {
    "base": [],
    "columnar": ["base"],
    "storage": ["base"],
    "format": ["columnar", "base"],
    "decode": ["columnar", "base"],
    "buffer": ["format", "columnar", "base"],
    "table": ["format", "storage", "columnar", "base"],
    "spool": ["format", "storage", "columnar", "base"],
    "cdc": ["format", "storage", "columnar", "base"],
    "server": ["table", "spool", "cdc", "buffer", "decode", "format", "storage", "columnar", "base"],
    "cli": ["server", "table", "spool", "cdc", "buffer", "decode", "format", "storage", "columnar", "base"],
}

# Which libraries a room may name. "*" rooms may use what the C library offers; a library header belongs to one owner.
LIBRARIES = {
    "jansson.h": ["base"],
    "xxhash.h": ["base"],
    "libdeflate.h": ["base", "format"],
    "openssl/": ["base", "storage"],
    "pthread.h": ["base"],
    "curl/": ["storage"],
    "zstd.h": ["format"],
    "lz4": ["format"],
    "snappy-c.h": ["format"],
    "brotli/": ["format"],
    "libpq-fe.h": ["cdc"],
    "cmocka.h": [],
}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def allowed_public(room):
    """Public headers a room may include: its own and those of the rooms below. <room>_ops.h is for makers of a kind."""
    rooms = [room] + ARROWS[room]
    return {"weir/error.h", "weir/env.h", "weir/io.h", "weir/status.def"} | {
        f"weir/{r}{part}.h" for r in rooms for part in ("", "_ops")} | (
        {"weir/weir.h"} if room in ("cli", "server", "base") else set())


def check_source(root, path, problems):
    relative = path.relative_to(root / "src")
    room = relative.parts[0]
    if room not in ARROWS:
        problems.append(f"src/{relative}: room '{room}' is not in the table")
        return
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        kind, target = found.groups()
        where = f"src/{relative}:{number}"
        if ".." in target.split("/"):
            problems.append(f"{where}: '..' in include \"{target}\"")
        if kind == '"':
            other = target.split("/")[0]
            if "/" not in target:
                problems.append(f'{where}: include "{target}" does not name its room')
            elif other != room and other not in ARROWS[room]:
                problems.append(f"{where}: {room} may not include {other} ({target})")
            elif other != room and target != f"{other}/{other}.h":
                problems.append(f'{where}: "{target}" is private to {other}; include "{other}/{other}.h"')
        elif target.startswith("weir/"):
            if target not in allowed_public(room):
                problems.append(f"{where}: {room} may not include <{target}>")
        else:
            for library, owners in LIBRARIES.items():
                if target.startswith(library) and room not in owners:
                    problems.append(f"{where}: <{target}> belongs to {', '.join(owners) or 'the tests'}")
                if target.startswith(library) and path.suffix == ".h" and library != "pthread.h":
                    problems.append(f"{where}: library header <{target}> in a header")


def check_public(root, path, problems):
    own = {f"weir/{p.name}" for p in (root / "include/weir").glob("*")}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        kind, target = found.groups()
        if kind == '"' or (target not in own and "/" in target):
            problems.append(f"include/weir/{path.name}:{number}: public header includes {target}")


def check(root):
    problems = []
    for path in sorted((root / "src").rglob("*.[ch]")):
        check_source(root, path, problems)
    for path in sorted((root / "include/weir").glob("*.h")):
        check_public(root, path, problems)
    return problems


def self_test():
    """Each forbidden arrow, added by hand to a tiny tree, must be seen; the allowed ones must not."""
    bad = {
        'base: upward': ("src/base/x.c", '#include "table/table.h"\n'),
        'table: sideways': ("src/table/x.c", '#include "spool/spool.h"\n'),
        'table: not the door': ("src/table/x.c", '#include "storage/local.h"\n'),
        'columnar: format': ("src/columnar/x.c", '#include <weir/format.h>\n'),
        'table: library': ("src/table/x.c", '#include <curl/curl.h>\n'),
        'parent': ("src/table/x.c", '#include "../base/base.h"\n'),
        'no room': ("src/table/x.c", '#include "base.h"\n'),
        'header with library': ("src/format/x.h", '#include <zstd.h>\n'),
        'unknown room': ("src/attic/x.c", '#include <stdio.h>\n'),
    }
    good = ("src/table/x.c", '#include <weir/table.h>\n#include "base/base.h"\n#include "storage/storage.h"\n')
    failed = 0
    for name, (path, text) in list(bad.items()) + [("allowed", good)]:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "include/weir").mkdir(parents=True)
            file = root / path
            file.parent.mkdir(parents=True)
            file.write_text(text)
            problems = check(root)
            if bool(problems) != (name != "allowed"):
                print(f"self-test '{name}': found {problems}")
                failed += 1
    return failed


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    if "--self-test" in sys.argv[2:]:
        sys.exit(1 if self_test() else 0)
    problems = check(root)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


main()
