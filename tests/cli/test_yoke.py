#!/usr/bin/python3 -B
"""Yoked sessions: one session's stimulation times come again in another, which replays without the first.

The laser of the first follows its fibre, so its times are its own; the second must have the same ones.
"""
import json
import os
import shutil
import sys

from phasic import answered, main, phasic, refused, scratch, test

RIG = "rig-configs/sim.lua"
HEAD = """uses { outputs = { "laser" }, signals = { "vta" } }
train "stim" { output = "laser", width = ms(5), rate = hz(20), duration = ms(100) }
"""
TRIAL = """function trial()
  return { state "all" { arm = { "t" }, on = { t = start "stim" }, after = { sec(3), done } } }
end
"""
FIRST = HEAD + 'trigger "t" { on = dff("vta"), above = percent(0.1), lockout = ms(300) }\n' + TRIAL
SECOND = HEAD + 'trigger "t" { on = yoke("stim") }\n' + TRIAL
OTHER = HEAD + 'trigger "t" { on = yoke("stmi") }\n' + TRIAL


def task(name, text):
    path = scratch(name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def session(name, text, *more):
    """The folder of a session of 8 s, run once."""
    folder = scratch(name)
    if not os.path.exists(folder):
        done = phasic("run", RIG, task(name + ".lua", text), "--duration", 8, "--out", folder, "--headless", *more)
        assert done.returncode == 0, done.stderr
    return folder


def first():
    return session("first", FIRST, "--seed", 3)


def second():
    return session("second", SECOND, "--seed", 9, "--yoke", first())


def times(folder):
    with open(os.path.join(folder, "yoke.json"), encoding="utf-8") as file:
        return json.load(file)


def fired(folder):
    with open(os.path.join(folder, "summary.json"), encoding="utf-8") as file:
        return json.load(file)["triggers"]["fired"]


@test
def a_yoked_session_fires_as_often_as_the_first_and_keeps_its_times():
    assert fired(first()) > 2
    yoke = times(second())
    assert yoke["session"] == first()
    assert [(entry["trigger"], entry["train"]) for entry in yoke["triggers"]] == [("t", "stim")]
    listed = yoke["triggers"][0]["times_ns"]
    assert len(listed) == fired(first()) and listed == sorted(listed)
    assert fired(second()) == sum(t < 8_000_000_000 for t in listed)


@test
def it_replays_exactly_without_the_first():
    second()
    hidden = scratch("hidden")
    shutil.move(first(), hidden)
    answer = answered("replay", second(), "--verify")
    shutil.move(hidden, scratch("first"))
    assert answer["mismatches"] == 0 and answer["decisions"] > 0


@test
def what_it_is_yoked_to_must_be_there():
    out = scratch("none")
    said = refused("run", RIG, task("a.lua", SECOND), "--out", out)
    assert said == (
        "phasic run: --yoke: expected an earlier session, whose train stim the trigger t is yoked to"
    )
    said = refused("run", RIG, task("a.lua", OTHER), "--out", out, "--yoke", first())
    assert said == f'{first()}: yoke = stmi: expected a train of that session: stim'
    said = refused("run", RIG, task("a.lua", FIRST), "--out", out, "--yoke", first())
    assert said == f'phasic run: --yoke = {first()}: expected a task with a trigger on yoke("train")'
    absent = scratch("absent")
    assert absent in refused("run", RIG, task("a.lua", SECOND), "--out", out, "--yoke", absent)
    assert not os.path.exists(out)


if __name__ == "__main__":
    sys.exit(main())
