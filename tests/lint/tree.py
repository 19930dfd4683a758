"""The files that the rules look at, read once, and what a rule is."""
import functools
import os
import re
from dataclasses import dataclass, field

NOT_OURS = {".git", "build", "node_modules", "__pycache__"}
COMMENT_OR_TEXT = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)


@dataclass
class Rule:
    """`check(tree)` yields problems, one line each; `offence` is a tree {path: text} on which one contains `says`."""

    name: str
    check: object
    offence: dict = field(default_factory=dict)
    says: str = ""
    needs_objects: bool = False


def code_only(text):
    """C source without its comments, and with empty literals; lines stay where they are."""

    def blank(match):
        found = match.group(0)
        return '""' if found[0] == '"' else "0" if found[0] == "'" else " " + "\n" * found.count("\n")

    return COMMENT_OR_TEXT.sub(blank, text)


@functools.lru_cache(maxsize=None)
def file_text(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


class Tree:
    """A checkout. `config` is the folder that holds the tools' settings."""

    def __init__(self, root, config):
        self.root, self.config = root, config
        self.paths = []
        for folder, folders, files in os.walk(root):
            folders[:] = sorted(set(folders) - NOT_OURS)
            self.paths += [os.path.relpath(os.path.join(folder, name), root) for name in sorted(set(files) - NOT_OURS)]

    def text(self, path):
        return file_text(os.path.join(self.root, path))

    def select(self, endings, folders=("",)):
        """Paths that end and start like this."""
        return [path for path in self.paths if path.endswith(tuple(endings)) and path.startswith(tuple(folders))]

    def scripts(self, interpreter):
        """Files whose first line names this interpreter."""
        first = re.compile(r"#!.*\b" + interpreter)
        candidates = [path for path in self.paths if not path.endswith((".c", ".h", ".md", ".lua"))]
        return [path for path in candidates if first.match(self.text(path))]
