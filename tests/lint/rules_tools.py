"""Rules that a tool of its own knows: layout, shell, Lua, spelling."""
import collections
import os
import re
import subprocess

from tree import Rule

SPELLED = (".c", ".h", ".md", ".lua", ".py", ".scd")


def tool(tree, command, paths):
    """The tool's complaints about these files, line by line; none without files."""
    if not paths:
        return
    done = subprocess.run([*command, *paths], cwd=tree.root, capture_output=True, text=True, check=False)
    said = (done.stdout + done.stderr).strip().splitlines()
    if done.returncode != 0:
        yield from said or [f"{command[0]}: exit status {done.returncode}"]


def check_layout(tree):
    command = ["clang-format", f"--style=file:{tree.config}/.clang-format", "--dry-run", "-Werror"]
    places = collections.defaultdict(list)  # a line each, where the tool prints three for every change
    for line in tool(tree, command, tree.select([".c", ".h"], ("daemon/", "drivers/", "tests/"))):
        if found := re.match(r"([^:]+):(\d+):.*clang-format-violations", line):
            places[found.group(1)].append(int(found.group(2)))
    for path, lines in places.items():
        yield f"{path}:{lines[0]}: layout, {len(lines)} places: run `make format`"


def check_shell(tree):
    yield from tool(tree, ["shellcheck", "--format=gcc"], tree.scripts("(ba)?sh"))
    for path in tree.scripts("bash"):
        if "\nset -euo pipefail\n" not in tree.text(path):
            yield f"{path}: has no line: set -euo pipefail"


def check_lua(tree):
    command = ["luacheck", "--config", os.path.join(tree.config, ".luacheckrc"), "--no-color", "--codes", "-q", "--no-cache"]
    yield from tool(tree, command, tree.select([".lua"], ("protocols/", "rig-configs/")))


def check_spelling(tree):
    command = ["codespell", "--quiet-level=2", f"--ignore-words={tree.config}/tests/lint/words"]
    yield from tool(tree, command, [path for path in tree.select(SPELLED) if not path.startswith("tests/data/")])


RULES = [
    Rule("clang-format has nothing to change", check_layout, {"daemon/a.c": "int  a;\n"}, "daemon/a.c:1:"),
    Rule("shellcheck has nothing to say", check_shell, {"tests/a": "#!/bin/bash\nset -euo pipefail\necho $1\n"}, "SC2086"),
    Rule("luacheck has nothing to say", check_lua, {"protocols/a.lua": "local a = misspelt\n"}, "undefined variable 'misspelt'"),
    Rule("codespell has nothing to say", check_spelling, {"docs/a.md": "It is neccess" "ary.\n"}, "==> necessary"),
]
