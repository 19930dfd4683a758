#!/usr/bin/python3 -B
"""Every example under "Triggers and trains" in docs/tasks.md is a task that check accepts, and every word has one."""
import os
import re
import sys

from phasic import ROOT, main, phasic, scratch, test

AFTER = 'function trial() return { state "x" { after = { sec(1), done } } } end\n'
WORDS = """dff predicted residual variable slope peak phase yoke licked not_licked lick_rate is_above is_below percent deg
above below release at hold when lockout max_rate max_count sham delay enabled train trigger jitter ramp gate level max_light shape sound tone noise chirp clicks""".split()


def examples():
    with open(os.path.join(ROOT, "docs/tasks.md"), encoding="utf-8") as file:
        section = re.search(r"^## Triggers and trains$(.*?)(?=^## |\Z)", file.read(), re.MULTILINE | re.DOTALL).group(1)
    return re.findall(r"^```lua\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


@test
def every_example_is_a_task_that_check_accepts():
    found = examples()
    assert len(found) >= 4, found
    for code in found:
        path = scratch("example.lua")
        with open(path, "w", encoding="utf-8") as file:
            file.write(code + ("" if "function trial" in code else AFTER))
        done = phasic("check", "rig-configs/sim.lua", path)
        assert done.returncode == 0, f"{code}\n{done.stderr}"


@test
def every_word_has_an_example():
    code = "\n".join(examples())
    missing = [word for word in WORDS if not re.search(rf"\b{word}\b", code)]
    assert not missing, missing


if __name__ == "__main__":
    sys.exit(main())
