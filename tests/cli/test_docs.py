#!/usr/bin/python3
"""The documents against the tree and the program: a line `ok CHECK` or `not ok CHECK` each, problems above it.

    tests/cli/test_docs.py      from the repository's root, with BUILD=build/<variant>

Each check is also tried on a small tree that breaks it (its offence), because a check that accepts everything is none.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from dataclasses import dataclass

DOCUMENTS = ("README.md", "CHANGELOG.md", "docs/*.md", "udev/*.md")
FOLDERS = "daemon drivers protocols rig-configs tests udev docs clients".split()
IN_DAEMON = "engine realtime planner session wire cli".split()  # headers name each other without `daemon/`


@dataclass
class Program:
    """What `phasic` says about itself."""

    version: str
    options: dict  # command -> its --options


def program_ask(path):
    def say(*words):
        return subprocess.run([path, *words], capture_output=True, text=True, check=True).stdout

    commands = re.findall(r"^  ([a-z-]+) ", say("--help"), re.MULTILINE)
    options = {command: set(re.findall(r"--[a-z-]+", say(command, "--help"))) for command in commands}
    return Program(re.match(r"phasic ([\d.]+)", say("--version")).group(1), options)


class Tree:
    """A checkout and its documents."""

    def __init__(self, root):
        self.root = root
        found = [path for pattern in DOCUMENTS for path in sorted(glob.glob(os.path.join(root, pattern)))]
        self.documents = [os.path.relpath(path, root) for path in found]

    def text(self, path):
        with open(os.path.join(self.root, path), encoding="utf-8") as file:
            return file.read()

    def exists(self, path):
        return bool(glob.glob(os.path.join(self.root, path)))


def without_code(text):
    """Markdown without its code blocks."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^(    |\t).*$", "", text, flags=re.MULTILINE)


def anchors(text):
    """The anchors that a page's headings make."""
    for heading in re.findall(r"^#+ (.*)$", without_code(text), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def check_links(tree, _):
    for path in tree.documents:
        for link in re.findall(r"\]\(([^)\s]+)\)", without_code(tree.text(path))):
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = link.partition("#")
            target = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
            if not tree.exists(target):
                yield f"{path}: {link}: no such file"
            elif anchor and anchor not in anchors(tree.text(target)):
                yield f"{path}: {link}: no such heading"


def check_paths(tree, _):
    for path in tree.documents:
        for word in re.findall(r"`([\w./*-]+(?:\.\[ch\])?)`", tree.text(path)):
            first, slash, _ = word.partition("/")
            homes = [""] if first in FOLDERS else ["daemon/"] if first in IN_DAEMON and "." in word else []
            if slash and homes and not any(tree.exists(home + word) for home in homes):
                yield f"{path}: `{word}`: no such path"


def command_lines(text):
    """(command, rest) of each call of the program in a page's code."""
    for line in re.findall(r"`([^`\n]+)`", text) + re.findall(r"^(?:    |\t)(.*)$", text, re.MULTILINE):
        if found := re.match(r"\s*(?:build/)?phasic ([a-z]+)\b(.*)", line):
            yield found.groups()


def check_commands(tree, program):
    for path in tree.documents:
        for command, rest in command_lines(tree.text(path)):
            if command not in program.options:
                yield f"{path}: phasic {command}: no such command"
                continue
            for option in re.findall(r"(?<!\S)--[a-z-]+", rest):
                if option not in program.options[command]:
                    yield f"{path}: phasic {command} {option}: no such option"


def check_named(tree, program):
    named = {command for command, _ in command_lines(tree.text("README.md"))}
    for command in sorted(set(program.options) - named):
        yield f"README.md: does not name phasic {command}"


def check_packages(tree, _):
    listed = set(re.findall(r"^(build|check)\s+(\S+)", tree.text("tests/deps/packages"), re.MULTILINE))
    page, told = tree.text("docs/dependencies.md"), set()
    for group in ("build", "check"):
        section = re.search(rf"^## To {group}$(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
        told |= {(group, name) for name in re.findall(r"^\| `([^`]+)` \|", section.group(1) if section else "", re.MULTILINE)}
    for group, name in sorted(listed - told):
        yield f"docs/dependencies.md: {name} is missing under To {group}"
    for group, name in sorted(told - listed):
        yield f"docs/dependencies.md: {name} is no {group} package of tests/deps/packages"


def check_lua(tree, _):
    folders = ("protocols", "rig-configs", "docs/*")
    files = [path for folder in folders for path in glob.glob(os.path.join(tree.root, folder, "*.lua"))]
    texts = [tree.text(os.path.relpath(path, tree.root)) for path in files]
    for path in tree.documents:
        if path == "docs/tasks.md":
            continue  # its examples are run: test_triggers_doc.py
        for block in re.findall(r"^```lua\n(.*?)^```$", tree.text(path), re.MULTILINE | re.DOTALL):
            if not any(block in text for text in texts):
                yield f"{path}: {block.splitlines()[0]}: not so in any task or rig"


def check_version(tree, program):
    newest = re.search(r"^## ([\d.]+)", tree.text("CHANGELOG.md"), re.MULTILINE)
    if not newest or newest.group(1) != program.version:
        yield f"CHANGELOG.md: {newest and newest.group(1)}: expected {program.version}, as phasic --version says"
    for version in re.findall(r"\b[Vv]ersion (\d+\.\d+\.\d+)", tree.text("README.md")):
        if version != program.version:
            yield f"README.md: {version}: expected {program.version}, as phasic --version says"


def check_pictures(tree, _):
    for path in glob.glob(os.path.join(tree.root, "docs/*.svg")):
        name = os.path.relpath(path, tree.root)
        try:
            xml.etree.ElementTree.parse(path)
        except xml.etree.ElementTree.ParseError as error:
            yield f"{name}: {error}"
        for found in re.findall(r"@import|@font-face|<script|href=\"[^#]|url\([^#]", tree.text(name)):
            yield f"{name}: {found}: a picture brings all that it needs"


def check_limits(tree, _):
    asked = re.findall(r"THREAD_\w+_PRIORITY = (\d+)", tree.text("daemon/realtime/thread.h"))
    given = re.search(r"^@phasic - rtprio (\d+)$", tree.text("udev/90-phasic-limits.conf"), re.MULTILINE)
    if not asked or not given or max(map(int, asked)) > int(given.group(1)):
        yield f"udev/90-phasic-limits.conf: rtprio {given and given.group(1)}: expected at least {max(asked, default='?')}"


def check_rules(tree, _):
    path = "udev/60-phasic.rules"
    term = r"[A-Z]+(?:\{[^}]+\})?(?:==|!=|:=|\+=|=)\"[^\"]*\""
    labels, jumps = set(), {}
    for number, line in enumerate(tree.text(path).splitlines(), 1):
        if line and not line.startswith("#") and not re.fullmatch(rf"{term}(?:, {term})*", line):
            yield f"{path}:{number}: no udev rule"
        labels |= set(re.findall(r'LABEL="(\w+)"', line))
        jumps.update((jump, number) for jump in re.findall(r'GOTO="(\w+)"', line))
    for jump, number in jumps.items():
        if jump not in labels:
            yield f"{path}:{number}: {jump}: no such label"


FAKE = Program("1.0.0", {"run": {"--help"}})
CHECKS = [  # name, check, the offence {path: text}, all that it must say
    (
        "every link leads to something",
        check_links,
        {"README.md": "# One: two\n[a](docs/a.md) [b](#one-two) [c](#two)"},
        ("README.md: docs/a.md: no such file", "README.md: #two: no such heading"),
    ),
    ("every path exists", check_paths, {"README.md": "`drivers/a.h` and `a/b`"}, ("README.md: `drivers/a.h`: no such path",)),
    (
        "every command and option exists",
        check_commands,
        {"README.md": "`phasic walk`\n\n    build/phasic run --far\n"},
        ("README.md: phasic walk: no such command", "README.md: phasic run --far: no such option"),
    ),
    ("the README names every command", check_named, {"README.md": "phasic run"}, ("README.md: does not name phasic run",)),
    (
        "every package is explained",
        check_packages,
        {"tests/deps/packages": "build gcc x\n", "docs/dependencies.md": "## To check\n| `gcc` |"},
        (
            "docs/dependencies.md: gcc is missing under To build",
            "docs/dependencies.md: gcc is no check package of tests/deps/packages",
        ),
    ),
    (
        "quoted Lua is real",
        check_lua,
        {"protocols/a.lua": "a = 1\n", "README.md": "```lua\na = 1\n```\n```lua\na = 2\n```\n"},
        ("README.md: a = 2: not so in any task or rig",),
    ),
    (
        "the version is the program's",
        check_version,
        {"README.md": "Version 1.0.2", "CHANGELOG.md": "## 1.0.1\n"},
        (
            "CHANGELOG.md: 1.0.1: expected 1.0.0, as phasic --version says",
            "README.md: 1.0.2: expected 1.0.0, as phasic --version says",
        ),
    ),
    (
        "pictures are whole",
        check_pictures,
        {"docs/a.svg": '<svg><a href="http://b"/></svg>'},
        ('docs/a.svg: href="h: a picture brings all that it needs',),
    ),
    (
        "the limits allow the priorities",
        check_limits,
        {"daemon/realtime/thread.h": "THREAD_A_PRIORITY = 91", "udev/90-phasic-limits.conf": "@phasic - rtprio 90\n"},
        ("udev/90-phasic-limits.conf: rtprio 90: expected at least 91",),
    ),
    (
        "udev rules are rules",
        check_rules,
        {"udev/60-phasic.rules": 'A=="b", GOTO="c"\nA b\n'},
        ("udev/60-phasic.rules:1: c: no such label", "udev/60-phasic.rules:2: no udev rule"),
    ),
]


def offence_problems(check, offence):
    with tempfile.TemporaryDirectory() as folder:
        for path, text in offence.items():
            os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
            with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                file.write(text)
        return list(check(Tree(folder), FAKE))


def main():
    tree = Tree(".")
    program = program_ask(os.path.join(os.environ.get("BUILD", "build/release"), "phasic"))
    failed = False
    for name, check, offence, says in CHECKS:
        problems = list(check(tree, program))
        offended = offence_problems(check, offence)
        kept = sorted(offended) == sorted(says)
        print("\n".join([*problems, f"{'not ok' if problems else 'ok'} {name}"]))
        print(f"ok the check works: {name}" if kept else f"{offended}: expected {list(says)}\nnot ok the check works: {name}")
        failed = failed or problems or not kept
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
