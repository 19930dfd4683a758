#!/usr/bin/python3 -B
"""check: good files give a plan, each bad one exactly one line."""
import json
import os
import re
import sys

from phasic import ROOT, answered, main, phasic, refused, scratch, test

RIG = "rig-configs/sim.lua"
BAD = os.path.join(ROOT, "tests/cli/bad-input")
# Every file has one mistake: its line, and what is said of it.
EXPECTED = {
    "bytecode.luac": (None, "expected Lua source"),
    "rig-bare-number.lua": (7, "max_on = 200: expected a time"),
    "rig-endless.lua": (3, "too much work"),
    "rig-out-of-range.lua": (5, "debounce = us(500): expected ms(1)..ms(500)"),
    "rig-syntax.lua": (4, "expected '}'"),
    "rig-unguarded.lua": (4, "expected a guard"),
    "rig-unknown-key.lua": (6, "did you mean max_on?"),
    "rig-wrong-type.lua": (4, "expected a whole number"),
    "task-bare-number.lua": (5, "expected a volume"),
    "task-bare-time.lua": (6, "expected a time"),
    "task-endless.lua": (6, "too much work"),
    "task-io.lua": (3, "io: expected"),
    "task-memory.lua": (6, "too much memory"),
    "task-no-such-output.lua": (6, "did you mean laser?"),
    "task-no-such-state.lua": (5, "did you mean reward?"),
    "task-no-way-out.lua": (6, "expected a way out"),
    "task-out-of-range.lua": (7, "expected ul(1)..ul(10)"),
    "task-recursion.lua": (4, "calls within calls"),
    "task-unknown-key.lua": (8, "did you mean after?"),
    "task-wrong-type.lua": (6, "expected a table"),
}


def written(name, text):
    path = scratch(name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def arguments_for(name):
    """The bad file as check gets it; its rigs are for a driver that only tests have."""
    path = os.path.join(BAD, name)
    if name == "bytecode.luac":
        return path, [path]
    with open(path, encoding="utf-8") as file:
        path = written(name, file.read().replace('"fake"', '"sim"'))
    return path, [path] if name.startswith("rig-") else [RIG, path]


@test
def every_bad_file_is_in_the_list():
    assert sorted(os.listdir(BAD)) == sorted(EXPECTED)


@test
def bad_files_give_one_line_and_status_2():
    for name, (line, words) in EXPECTED.items():
        path, arguments = arguments_for(name)
        said = refused("check", *arguments)
        place = f"{path}:{line}: " if line else f"{path}: "
        assert said.startswith(place) and words in said and "expected" in said, said


@test
def with_json_a_bad_file_gives_an_object_too():
    for name, (line, words) in EXPECTED.items():
        path, arguments = arguments_for(name)
        done = phasic("check", *arguments, "--json")
        assert done.returncode == 2 and done.stderr.count("\n") == 1
        answer = json.loads(done.stdout)
        assert answer["ok"] is False and answer["plan"] == {} and len(answer["errors"]) == 1
        assert answer["errors"][0]["file"] == path and answer["errors"][0]["line"] == line
        assert words in answer["errors"][0]["what"]


@test
def an_absent_file_is_named():
    for path, arguments in (("absent.lua", ["absent.lua"]), (scratch("absent.lua"), [RIG, scratch("absent.lua")])):
        done = phasic("check", *arguments)
        assert done.returncode != 0 and done.stdout == ""
        assert done.stderr == f"{path}: No such file or directory\n"


@test
def a_good_rig_and_task_give_their_plan():
    answer = answered("check", RIG, "protocols/pavlovian.lua")
    assert answer["ok"] is True and answer["errors"] == []
    plan = answer["plan"]
    outputs = {output["name"]: output for output in plan["outputs"]}
    assert outputs["water"]["max_on_ms"] == 200 and outputs["water"]["max_session_ul"] == 1500
    assert "by itself: on for at most 200 ms" in outputs["water"]["if_the_computer_dies"]
    assert outputs["tone"]["if_the_computer_dies"].startswith("stays on")
    assert [model["name"] for model in plan["models"]] == ["td_csc"]
    assert plan["params"] == ["p_reward = 0.9", "volume = 4 ul", "iti = 4 s"]
    assert plan["trials"]["planned"] == 20
    # cue 1 s, delay 1 s, end 2 s, and an interval of at most three times its mean of 4 s
    assert 4 <= plan["trials"]["shortest_s"] <= plan["trials"]["longest_s"] <= 16
    assert plan["trials"]["reward_ul"] == 4 * plan["trials"]["rewards"]


@test
def a_triggers_latency_is_the_sum_of_its_parts():
    latency = answered("check", RIG, "protocols/pavlovian.lua")["plan"]["triggers"][0]["latency"]
    parts = ("filter_ms", "smoothing_ms", "step_ms", "tick_ms", "hold_ms")
    assert abs(latency["total_ms"] - sum(latency[part] for part in parts)) < 1e-9
    # group delay of a Butterworth of order 2 at low frequencies: sqrt(2) / (2 pi 20 Hz) = 11.25 ms
    assert abs(latency["filter_ms"] - 11.25) < 0.1
    assert latency["hold_ms"] == 40 and latency["tick_ms"] == 1 and abs(latency["smoothing_ms"] - 200) < 1e-6


@test
def the_text_says_the_same_and_only_the_rig_is_enough():
    text = phasic("check", RIG, "protocols/operant.lua").stdout
    assert "water  device daq, line 4, kind valve" in text and text.endswith("good: no hardware was touched\n")
    only = answered("check", RIG)["plan"]
    assert only["task"] is None and only["trials"] is None and only["triggers"] == []


def changed(name, old, new):
    """A copy of the pavlovian task with one text replaced, and the line on which it stands."""
    with open(os.path.join(ROOT, "protocols/pavlovian.lua"), encoding="utf-8") as file:
        text = file.read()
    return written(name, text.replace(old, new)), text[: text.index(old)].count("\n") + 1


@test
def a_trigger_that_holds_for_less_than_the_time_between_two_numbers_is_refused():
    path, line = changed("hold.lua", "hold = ms(40)", "hold = ms(4)")
    said = refused("check", RIG, path)
    assert said == f"{path}:{line}: trigger.dip.hold = ms(4): expected none, or at least ms(5): so often there is a new number"


@test
def a_window_shorter_than_the_triggers_latency_is_refused():
    path, line = changed("window.lua", "start \"stim\" }, after = { sec(2)", "start \"stim\" }, after = { ms(250)")
    said = refused("check", RIG, path)
    assert said.startswith(f"{path}:{line}: state.omission.after = 250 ms: expected at least 257.")
    assert said.endswith(" ms, the latency of trigger dip, armed here")


USES = """uses { inputs = { "lick" }, outputs = { "water", "laser", "tone" },
       signals = { "vta" }, models = { td_csc = {} } }
cue "A" { output = "tone" }
trigger "dip" { on = residual("vta", "td_csc"), below = z(-2), hold = ms(40) }
train "stim" { output = "laser", width = ms(5), rate = hz(20), duration = ms(500) }
function trial(n, last)
  return {
"""
ALL = """    state "all" { enter = { cs "A", start "stim" }, arm = { "dip" }, after = { sec(1), done } },
"""
# What is wrong with a task's states: a line of states behind USES (line 8 of the file), whether it is an error, its text.
STATES = (
    ('state "a" { after = { sec(1), done } }, state "b" { after = { sec(1), done } },', False,
     "state.b: expected something that leads here: nothing did in 1000 planned trials"),
    ('state "a" { after = { sec(1), "b" } }, state "b" { after = { sec(1), "a" } },', True,
     "state.a: expected a way that ends in done: the trial never ends"),
    ('state "a" { enter = { deliver("water", ul(4)), deliver("water", ul(2)) }, after = { sec(1), done } },', True,
     "state.a.enter: expected one action on water, not two"),
    ('state "a" { on = { lick = done }, after = { us(500), done } },', True,
     "state.a.after = 0.5 ms: expected at least a tick, 1 ms: nothing can happen in this window"),
    ('state "a" { arm = { "dip" }, on = { dip = done }, after = { ms(40), done } },', True,
     "state.a.after = 40 ms: expected at least 257.239 ms, the latency of trigger dip, armed here"),
    ('state "a" { on = { lick = done } },', False,
     "state.a: expected after = { time, state } as well: without an event it lasts for ever"),
)


@test
def each_state_that_can_not_work_is_found_with_its_line():
    for states, is_error, what in STATES:
        path = written("states.lua", f"{USES}    {states}\n  }}\nend\n")
        done = phasic("check", RIG, path)
        word = "" if is_error else "warning: "
        assert f"{word}{path}:8: {what}\n" in done.stderr, (states, done.stderr)
        assert done.returncode == (2 if is_error else 0), states
        assert done.stdout.endswith("no hardware was touched\n") != is_error, states
        done = phasic("check", RIG, path, "--json")
        answer = json.loads(done.stdout)
        assert answer["ok"] is not is_error
        found = answer["errors" if is_error else "warnings"]
        assert {"file": path, "line": 8, "what": what} in found, found


@test
def what_no_trial_uses_is_a_warning():
    path = written("idle.lua", USES + '    state "a" { after = { sec(1), done } },\n  }\nend\n')
    assert phasic("check", RIG, path).stderr == (
        f"warning: {path}:3: cue.A: expected a state that shows it: none did\n"
        f"warning: {path}:5: train.stim: expected a state that starts it: none did\n"
        f"warning: {path}:4: trigger.dip: expected a state that arms it: none did\n"
    )
    path = written("busy.lua", USES + ALL + "  }\nend\n")
    assert phasic("check", RIG, path).stderr == ""


@test
def a_laser_that_only_each_pulse_limits_is_a_warning():
    with open(os.path.join(ROOT, RIG), encoding="utf-8") as file:
        text = file.read()
    path = written("rig.lua", re.sub(r"duty = .*?},\n.*max_energy = .*?},\n", "\n", text))
    line = text[: text.index('output "laser"')].count("\n") + 1
    assert phasic("check", path).stderr == f"warning: {path}:{line}: output.laser: expected duty or max_energy: only each pulse has a limit\n"
    assert phasic("check", RIG).stderr == ""


@test
def a_plain_number_needs_a_range():
    text = 'param "gain" { 3 }\nparam "p" { 0.5, min = 0, max = 1 }\nparam "wait" { sec(1) }\n' + USES + ALL + "  }\nend\n"
    path = written("bare.lua", text)
    said = phasic("check", RIG, path).stderr
    assert said == f"warning: {path}:1: param.gain: expected a unit, or min and max for a plain number\n", said


@test
def a_state_that_comes_only_after_a_miss_is_found_too():
    # the second trial depends on how the first one ended; nobody licks in the twenty trials of the plan
    adaptive = USES + """    state "a" { enter = { cs "A" }, arm = { "dip" }, on = { lick = "b", dip = start "stim" }, after = { sec(1), done } },
    state "b" { after = { last and last.state == "b" and sec(2) or sec(1), done } },
  }
end
"""
    path = written("adaptive.lua", adaptive)
    plan = answered("check", RIG, path)["plan"]
    (b,) = [state for state in plan["states"] if state["name"] == "b"]
    assert b["ways"] == ["1..2 s: done"], b
    assert plan["states"][0]["ways"][:2] == ["dip: a (start stim)", "lick: b"], plan["states"][0]


@test
def the_protocols_have_nothing_to_be_found():
    for name in sorted(os.listdir(os.path.join(ROOT, "protocols"))):
        task = os.path.join("protocols", name)
        with open(os.path.join(ROOT, task), encoding="utf-8") as file:
            rig = re.search(r"rig: *(\S+)", file.readline()).group(1)
        done = phasic("check", rig, task)
        assert done.returncode == 0 and done.stderr == "", (name, done.stderr)


@test
def dot_is_a_picture_of_the_states():
    dot = phasic("check", RIG, "protocols/pavlovian.lua", "--dot").stdout
    assert dot.startswith('digraph "pavlovian" {\n') and dot.endswith("}\n"), dot
    assert '[label = "reward\\ndeliver water 4 ul"];' in dot
    assert dot.count("->") == 7, dot  # iti cue delay(2) reward omission(2)
    assert '-> done [label = "2 s"];' in dot
    assert refused("check", RIG, "--dot") == "phasic check: --dot: expected a TASK, and no --json"


@test
def check_makes_no_file():
    before = sorted(os.listdir(scratch("")))
    answered("check", RIG, "protocols/pavlovian.lua")
    assert sorted(os.listdir(scratch(""))) == before


sys.exit(main())
