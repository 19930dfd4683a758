"""Rules on how the parts fit: who includes whom, headers that stand alone, names that the linker sees."""
import collections
import concurrent.futures
import os
import re
import subprocess

from tree import Rule

# Who may include whom, first match by the including file. Paths as written between the quotes.
ENGINE = "engine/"
MAY_INCLUDE = [
    ("daemon/engine/", (ENGINE,)),
    ("drivers/", ("drivers/", "engine/frame.h", "engine/base/")),
    ("daemon/realtime/", ("realtime/", ENGINE, "drivers/driver.h", "wire/", "log.h")),
    ("daemon/planner/", ("planner/", ENGINE, "drivers/driver.h", "log.h")),
    ("daemon/session/", ("session/", ENGINE, "wire/", "realtime/ring.h", "drivers/driver.h", "log.h")),
    ("daemon/link/", ("link/", ENGINE, "wire/", "realtime/ring.h", "log.h")),
    ("daemon/viewer/", ("viewer/", ENGINE, "wire/", "realtime/ring.h", "log.h")),
    ("daemon/wire/", ("wire/", ENGINE, "realtime/ring.h")),
    (
        "daemon/cli/",
        ("cli/", ENGINE, "realtime/", "planner/", "session/", "link/", "viewer/", "wire/", "drivers/driver.h", "log.h"),
    ),
    ("daemon/host.", ("host.h", "planner/", "session/", "realtime/", ENGINE, "wire/", "log.h")),
    ("daemon/log.", ("log.h", "engine/base/")),
    ("daemon/main.", ("",)),
    ("tests/", ("",)),
]
# What the engine may have of the C library: nothing that does input, output, time or threads. Text is made in error.c.
ENGINE_HEADERS = "assert errno float inttypes limits math stdalign stdarg stdbool stddef stdint string".split()
ENGINE_ALSO = {"daemon/engine/base/error.c": {"stdio.h"}}
INCLUDE = re.compile(r"^\s*#\s*include\s+([<\"])([^>\"]+)[>\"]", re.MULTILINE)


def includes(tree, path):
    for found in INCLUDE.finditer(tree.text(path)):
        yield tree.text(path).count("\n", 0, found.start(2)) + 1, found.group(1), found.group(2)


def check_includes(tree):
    for path in tree.select([".c", ".h"], ("daemon/", "drivers/", "tests/")):
        allowed = next((allowed for start, allowed in MAY_INCLUDE if path.startswith(start)), None)
        if allowed is None:
            yield f"{path}: this folder has no row in tests/lint/rules_structure.py"
            continue
        for number, kind, header in includes(tree, path):
            if kind == '"' and not header.startswith(allowed):
                yield f"{path}:{number}: {header}: expected one of {', '.join(allowed)}"


def check_engine_headers(tree):
    pure = {f"{name}.h" for name in ENGINE_HEADERS}
    for path in tree.select([".c", ".h"], ["daemon/engine/"]):
        for number, kind, header in includes(tree, path):
            if kind == "<" and header not in pure | ENGINE_ALSO.get(path, set()):
                yield f"{path}:{number}: <{header}>: expected only headers of pure computation"


def check_headers(tree):
    lua = subprocess.run(["pkg-config", "--cflags", "lua5.4"], capture_output=True, text=True, check=False).stdout.split()

    def compile_alone(path):
        dialect = ["-std=c17", "-pedantic"] if path.startswith("daemon/engine/") else ["-std=gnu17", "-D_GNU_SOURCE", *lua]
        command = ["gcc", *dialect, "-I.", "-Idaemon", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c", "-"]
        # twice, for a header that is not guarded; and something, for a header of macros only
        text = f'#include "{path}"\n#include "{path}"\nextern int something;\n'
        done = subprocess.run(command, cwd=tree.root, input=text, capture_output=True, text=True, check=False)
        return [f"{path}: does not compile alone:\n{done.stderr.rstrip()}"] if done.returncode else []

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for problems in pool.map(compile_alone, tree.select([".h"], ("daemon/", "drivers/", "tests/"))):
            yield from problems


def global_symbols(tree):
    """(source path, symbol) of everything that the release build's objects export."""
    sources = tree.select([".c"], ("daemon/", "drivers/"))
    objects = {os.path.join(tree.root, "build/release", path[:-2] + ".o"): path for path in sources}
    objects = {path: source for path, source in objects.items() if os.path.exists(path)}
    if not objects:
        return
    command = ["nm", "--print-file-name", "--extern-only", "--defined-only", *objects]
    for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines():
        path, rest = line.rsplit(":", 1)
        yield objects[path], rest.split()[-1]


def check_objects(tree):
    sources = tree.select([".c"], ("daemon/", "drivers/"))
    for path in sources:
        if not os.path.exists(os.path.join(tree.root, "build/release", path[:-2] + ".o")):
            yield f"{path}: has no object in build/release, so its symbols were not looked at"


def check_duplicates(tree):
    homes = collections.defaultdict(set)
    for source, symbol in global_symbols(tree):
        homes[symbol].add(source)
    for symbol, sources in sorted(homes.items()):
        if len(sources) > 1:
            yield f"{symbol}: defined in {' and '.join(sorted(sources))}"


def check_prefixes(tree):
    for source, symbol in global_symbols(tree):
        folder, stem = os.path.split(source[:-2])
        parts = stem.split("_")
        # a module in several files: table_print.c exports table_* if table.h stands beside it
        heads = ["_".join(parts[:n]) for n in range(1, len(parts))]
        modules = [stem] + [head for head in heads if f"{folder}/{head}.h" in tree.paths]
        modules += [os.path.basename(folder)]
        if symbol != "main" and not any(symbol == module or symbol.startswith(module + "_") for module in modules):
            yield f"{source}: {symbol}: expected {' or '.join(module + '_...' for module in modules)}"


BAD_INCLUDE = {"daemon/engine/a.c": '#include "engine/b.h"\n#include "realtime/clock.h"\n'}
RULES = [
    Rule("folders include only what they may", check_includes, BAD_INCLUDE, "daemon/engine/a.c:2: realtime/clock.h"),
    Rule(
        "the engine includes only pure headers",
        check_engine_headers,
        {"daemon/engine/a.c": "#include <math.h>\n#include <time.h>\n"},
        "daemon/engine/a.c:2: <time.h>",
    ),
    Rule("every header compiles alone", check_headers, {"daemon/a.h": "#pragma once\nuint8_t a(void);\n"}, "daemon/a.h: does"),
    Rule("every source was built", check_objects, {"daemon/a.c": "int a;\n"}, "daemon/a.c: has no object"),
    Rule(
        "no two files define one symbol",
        check_duplicates,
        {"daemon/a.c": "int same;\n", "drivers/b.c": "int same;\n"},
        "same: defined in daemon/a.c and drivers/b.c",
        needs_objects=True,
    ),
    Rule(
        "symbols start with their module's name",
        check_prefixes,
        {"drivers/sim/mouse.c": "int mouse_a, sim_b, main, cat_c;\n"},
        "drivers/sim/mouse.c: cat_c: expected",
        needs_objects=True,
    ),
]
