#!/usr/bin/python3 -B
"""The recorded session of this engine version: the engine must decide on it, bit for bit, what it decided then.

Every commit that changes a decision raises ENGINE_VERSION (daemon/engine/config.h) and records the session anew:
tests/replay/record.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../cli"))
from phasic import ROOT, answered, main, phasic, test  # noqa: E402


def golden():
    with open(os.path.join(ROOT, "daemon/engine/config.h"), encoding="utf-8") as file:
        version = re.search(r"^enum { ENGINE_VERSION = (\d+) };", file.read(), re.MULTILINE).group(1)
    return os.path.join(ROOT, "tests/data/golden", f"engine-{version}")


@test
def the_golden_session_is_decided_as_it_was():
    assert os.path.isdir(golden()), f"{golden()} is missing: record it with tests/replay/record"
    answer = answered("replay", golden(), "--verify")
    assert answer["mismatches"] == 0 and answer["engine_recorded"] == answer["engine_now"]


@test
def the_golden_session_has_something_to_decide():
    answer = answered("replay", golden(), "--verify")
    assert answer["ticks"] > 20000 and answer["decisions"] > 300
    scores = {model["name"]: model for model in answer["models"]}
    assert scores["td_csc"]["events"] > 5


@test
def replaying_twice_gives_the_same_scores():
    models = [answered("replay", golden(), "--model", "null_mean")["models"] for _ in range(2)]
    assert models[0] == models[1]


@test
def the_text_says_that_it_is_identical():
    done = phasic("replay", golden(), "--verify")
    assert done.returncode == 0 and done.stdout.startswith("replay identical: "), done.stdout


sys.exit(main())
