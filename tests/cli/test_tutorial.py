#!/usr/bin/python3 -B
"""The tutorial: every step is a file that runs, every command does what the page says."""
import glob
import os
import re
import shlex
import subprocess
import sys

from phasic import PROGRAM, ROOT, answered, main, phasic, scratch, test

RIG = "rig-configs/sim.lua"
STEPS = [f"docs/tutorial/step-{n}.lua" for n in range(1, 6)]


def curve(answer, measure):
    (found,) = [curve for curve in answer["groups"][0]["curves"] if curve["measure"] == measure and "model" not in curve]
    return found["values"]


@test
def every_step_passes_the_check_without_a_warning():
    assert sorted(glob.glob("docs/tutorial/*", root_dir=ROOT)) == STEPS
    for step in STEPS:
        done = phasic("check", RIG, step)
        assert (done.returncode, done.stderr) == (0, ""), (step, done.stderr)


@test
def every_command_of_the_page_runs():
    with open(os.path.join(ROOT, "docs/tutorial.md"), encoding="utf-8") as file:
        commands = re.findall(r"^    build/phasic (.*)$", file.read(), re.MULTILINE)
    assert len(commands) == 6, commands
    for command in commands:
        done = subprocess.run(
            [PROGRAM, *shlex.split(command)], cwd=ROOT, capture_output=True, text=True, timeout=50, check=False,
            env=dict(os.environ, PHASIC_DATA=scratch("data")),
        )  # fmt: skip
        assert done.returncode == 0, (command, done.stderr)


@test
def animals_learn_steps_2_and_4_as_the_page_says():
    answer = answered("simulate", STEPS[1], "--trials", 60, "--animals", 3)
    assert answer["groups"][0]["totals"]["rewards"] == 180
    for measure, rises in (("anticipatory_lick_hz", True), ("cue_dff", True), ("reward_dff", False)):
        values = curve(answer, measure)
        early, late = sum(values[:3]) / 3, sum(values[-6:]) / 6
        assert (late > early) == rises, (measure, early, late)
    answer = answered("simulate", STEPS[3], "--trials", 60, "--animals", 3)
    values = curve(answer, "response")
    assert sum(values[-6:]) > sum(values[:6]), values


@test
def parameters_of_step_3_count():
    answer = answered("simulate", STEPS[2], "--trials", 60, "--set", "p_reward=0.5", "--set", "volume=2ul")
    totals = answer["groups"][0]["totals"]
    assert totals["reward_ul"] == 2 * totals["rewards"] and 14 < totals["rewards"] < 46, totals


@test
def the_last_step_is_the_pavlovian_protocol():
    texts = []
    for path in (STEPS[4], "protocols/pavlovian.lua"):
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            texts.append([line for line in file.read().splitlines() if not line.startswith("--")])
    assert texts[0] == texts[1]


if __name__ == "__main__":
    sys.exit(main())
