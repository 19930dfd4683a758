#!/usr/bin/python3 -B
"""What the real-time thread can reach, by gcc's call graph; and that the walk finds each kind of offence."""
import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
loader = importlib.machinery.SourceFileLoader("graph", os.path.join(HERE, "graph"))
spec = importlib.util.spec_from_loader("graph", loader)
graph = importlib.util.module_from_spec(spec)
sys.modules["graph"] = graph  # its dataclasses look for it there
loader.exec_module(graph)

HEADER = """#define RT_SAFE
struct ops { void (*step)(int); };
__attribute__((noinline)) void tick(int) RT_SAFE;
__attribute__((noinline)) void safe(int) RT_SAFE;
__attribute__((noinline)) void plain(int);
extern int sink;
"""
LIST = "root tick\nstack 4096\ntable daemon/a.c step ops\n"
CASES = [  # name, source, list, what must be said ("": nothing)
    ("a function that keeps its promise passes", "void tick(int n) { safe(n); }\nvoid safe(int n) { sink = n; }\n", LIST, ""),
    (
        "a function without the promise is found",
        "void tick(int n) { plain(n); }\nvoid plain(int n) { sink = n; }\n",
        LIST,
        "plain is not RT_SAFE in a header; tick calls it",
    ),
    ("a listed function passes", "void tick(int n) { plain(n); }\nvoid plain(int n) { sink = n; }\n", LIST + "call plain\n", ""),
    (
        "a function of the C library is found",
        "#include <stdlib.h>\nvoid tick(int n) { sink = malloc(n) != 0; }\n",
        LIST,
        "tick calls malloc, which is not in the list",
    ),
    (
        "what a static function does is its caller's",
        "#include <stdlib.h>\n__attribute__((noinline)) static void inner(int n) { free((void *)(long)n); sink++; }\n"
        "void tick(int n) { inner(n); inner(n + 1); }\n",
        LIST,
        "daemon/a.c:inner calls free, which is not in the list",
    ),
    (
        "recursion is found",
        "void tick(int n) { safe(n); }\nvoid safe(int n) { if (n > sink) tick(n - 1); sink++; }\n",
        LIST,
        "recursion: tick -> safe -> tick",
    ),
    (
        "a stack of unknown size is found",
        "void tick(int n) { char x[n]; plain((int)(long)x); sink = x[n - 1]; }\n",
        LIST + "call plain\n",
        "tick has a stack of unknown size",
    ),
    (
        "a deep stack is found",
        "void tick(int n) { char x[5000]; plain((int)(long)x); sink = x[n]; }\n",
        LIST + "call plain\n",
        "expected at most 4096: tick",
    ),
    (
        "a call through a pointer that is in no table is found",
        "void (*go)(int);\nvoid tick(int n) { go(n); sink++; }\n",
        LIST,
        "tick calls through a pointer that is in no listed table",
    ),
    (
        "a call through a table leads to all its functions",
        "static void one(int n) { plain(n); sink++; }\nconst struct ops a_ops = {.step = one};\n"
        "const struct ops *chosen;\nvoid tick(int n) { chosen->step(n); sink++; }\n",
        LIST,
        "daemon/a.c:one calls plain, which is not in the list",
    ),
    ("a root that is not there is found", "void safe(int n) { sink = n; }\n", LIST, "root tick: no such function"),
]


def problems_of(source, listed):
    """What the walk says of a tree of one file."""
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.makedirs(f"{folder}/daemon")
        os.makedirs(f"{folder}/build/daemon")
        os.makedirs(f"{folder}/drivers")
        for path, text in (("daemon/a.h", HEADER), ("daemon/a.c", '#include "a.h"\n' + source), ("list", listed)):
            with open(f"{folder}/{path}", "w", encoding="utf-8") as file:
                file.write(text)
        os.chdir(folder)
        try:
            command = ["gcc", "-O1", "-Wno-pointer-to-int-cast", "-fcallgraph-info=su,da", "-c", "daemon/a.c"]
            subprocess.run([*command, "-o", "build/daemon/a.o"], check=True)
            return graph.graph_check("build", "list")[0]
        finally:
            os.chdir(here)


def main():
    build = os.environ.get("BUILD", "build/release")
    problems, n_bytes, names, n_functions = graph.graph_check(build, "tests/pure/allowed-calls")
    print(f"# {n_functions} functions; the deepest stack has {n_bytes} bytes: {' -> '.join(names)}")
    failed = bool(problems) or n_functions < 100
    print("\n".join([*problems, f"{'not ok' if failed else 'ok'} everything that a tick reaches is real-time"]))
    for name, source, listed, says in CASES:
        found = problems_of(source, listed)
        good = not found if says == "" else any(says in problem for problem in found)
        print("\n".join([] if good else found), end="" if good or not found else "\n")
        print(f"{'ok' if good else 'not ok'} {name}")
        failed |= not good
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
