#!/usr/bin/python3 -B
"""Every example of docs/tasks.md is a task that check accepts on the simulated rig, with what the page leaves out."""
import os
import re
import sys

sys.path.insert(0, os.path.dirname(__file__))
from phasic import ROOT, main, phasic, scratch, test  # noqa: E402

BEFORE = 'uses { inputs = { "lick" }, outputs = { "water", "laser", "tone" } }\ncue "A" {}\n'
AFTER = 'function trial() return { state "x" { after = { sec(1), done } } } end\n'


def examples():
    """(the heading above it, the code) of each block."""
    with open(os.path.join(ROOT, "docs/tasks.md"), encoding="utf-8") as file:
        text = file.read()
    heading = ""
    for part in re.finditer(r"^## ([^\n]*)$|^```lua\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        heading = part.group(1) or heading
        if part.group(2):
            yield heading, part.group(2)


@test
def every_example_is_a_task_that_check_accepts():
    found = list(examples())
    assert len(found) >= 14, found
    for heading, code in found:
        path = scratch("example.lua")
        with open(path, "w", encoding="utf-8") as file:
            file.write(("" if "uses {" in code else BEFORE) + code + ("" if "function trial" in code else AFTER))
        done = phasic("check", "rig-configs/sim.lua", path)
        assert done.returncode == 0, f"{heading}: {done.stderr}"


@test
def every_word_of_a_task_has_an_example():
    code = "\n".join(code for _, code in examples())
    words = "state within cs deliver start stop timer counter count reset reach message policy draw exponential uniform"
    words += " normal choice shuffled blocks staircase anti_bias"
    missing = [word for word in words.split() if not re.search(rf"\b{word}\b", code)]
    assert not missing, missing


sys.exit(main())
