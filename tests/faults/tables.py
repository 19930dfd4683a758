"""The programs that make the fault table, and docs/faults.md, which shows it as measured."""
import glob
import os
import re
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, "docs/faults.md")
ROW = re.compile(r"^\| (?!fault \|)([^|]+?) \|.*\|$", re.MULTILINE)


def programs():
    """Those C programs that are made of rows, and scripts that print some."""
    for source in sorted(glob.glob(os.path.join(ROOT, "tests/faults/test_*"))):
        with open(source, encoding="utf-8") as file:
            text = file.read()
        if source.endswith(".c") and "fault_session_main(" in text:
            yield os.path.join(ROOT, os.environ.get("BUILD", "build/release"), "tests/faults", os.path.basename(source)[:-2])
        elif source.endswith(".py") and "--rows" in text:
            yield source


def names(program):
    """The faults that a program has rows for."""
    return subprocess.run([program, "--rows"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def page_names():
    with open(PAGE, encoding="utf-8") as file:
        return ROW.findall(file.read())
