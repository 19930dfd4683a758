#!/usr/bin/python3 -B
"""simulate: the same engine without a clock: what comes out follows from the files and the seed."""
import csv
import os
import resource
import sys
import xml.etree.ElementTree

from phasic import answered, main, phasic, refused, scratch, test

TASK = "protocols/pavlovian.lua"


def curve(answer, measure, **split):
    """The one curve of this measure and, for example, cue."""
    found = [
        curve["values"]
        for curve in answer["groups"][0]["curves"]
        if curve["measure"] == measure and all(curve.get(key) == value for key, value in split.items())
    ]
    assert len(found) == 1, (measure, split, found)
    return found[0]


def without_time(answer):
    return {key: value for key, value in answer.items() if key != "wall_s"}


@test
def the_answer_has_the_keys_that_scripts_rely_on():
    answer = answered("simulate", TASK, "--trials", 40)
    assert set(answer) >= {"task", "models", "trials", "animals", "groups"}, answer.keys()
    assert (answer["task"], answer["rig"], answer["models"]) == ("pavlovian", "sim", ["td_csc"]), answer
    assert (answer["trials"], answer["animals"], answer["seed"], answer["block"]) == (40, 1, "1", 1), answer
    (group,) = answer["groups"]
    assert (group["name"], group["measure"], len(group["curve"])) == ("control", "anticipatory_lick_hz", 40), group
    assert group["totals"]["trials"] == 40
    assert set(group["totals"]["last_states"]) == {"reward", "omission"}
    assert sum(group["totals"]["last_states"].values()) == 40
    assert answer["limits"] == []


@test
def animals_learn_to_lick_for_the_cue_and_dopamine_moves_from_reward_to_cue():
    answer = answered("simulate", TASK, "--trials", 100, "--animals", 2)
    for measure, rises in (("anticipatory_lick_hz", True), ("cue_dff", True), ("reward_dff", False)):
        values = curve(answer, measure, cue="A")
        early, late = sum(values[:3]) / 3, sum(values[-10:]) / 10
        assert (late > 1.5 * early) if rises else (late < 0.5 * early), (measure, early, late)


@test
def the_same_seed_gives_the_same_answer_and_another_another():
    first, again, other = (
        without_time(answered("simulate", TASK, "--trials", 20, "--animals", 3, "--seed", seed)) for seed in (5, 5, 6)
    )
    assert first == again
    assert first["groups"] != other["groups"]


@test
def animals_count_on_from_the_seed():
    # seeds 5 and 6 together are the mean of 5 alone and 6 alone
    both = answered("simulate", TASK, "--trials", 20, "--animals", 2, "--seed", 5)
    one, two = (answered("simulate", TASK, "--trials", 20, "--seed", seed) for seed in (5, 6))
    for a, b, mean in zip(one["groups"][0]["curve"], two["groups"][0]["curve"], both["groups"][0]["curve"]):
        assert abs((a + b) / 2 - mean) < 1e-9, (a, b, mean)


@test
def a_thousand_trials_take_less_than_ten_seconds_of_work():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = answered("simulate", TASK, "--trials", 1000, "--seed", 3)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    work_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert answer["groups"][0]["totals"]["trials"] == 1000
    assert work_s < 10, work_s
    # 4 ul a reward: the rig's 1500 ul are used up in the trial of the 376th, about 1 / 0.9 trials a reward
    (limit,) = answer["limits"]
    assert limit["output"] == "water" and limit["max_session_ul"] == 1500 and 376 <= limit["trial"] < 450, limit
    assert answer["groups"][0]["totals"]["limited"] == 0


@test
def models_and_parameters_can_be_given():
    answer = answered("simulate", TASK, "--trials", 12, "--model", "null_mean", "--set", "p_reward=1", "--set", "volume=5ul")
    assert answer["models"] == ["td_csc", "null_mean"]
    assert answer["groups"][0]["totals"]["rewards"] == 12
    assert abs(answer["groups"][0]["totals"]["reward_ul"] - 60) < 1e-9
    curve(answer, "cue_predicted", model="null_mean")


@test
def files_have_every_trial_and_every_point():
    folder = scratch("files")
    done = phasic("simulate", TASK, "--trials", 60, "--animals", 2, "--out", folder)
    assert done.returncode == 0, done.stderr
    assert sorted(os.listdir(folder)) == ["curves.csv", "curves.svg", "trials.csv"]
    with open(os.path.join(folder, "trials.csv"), encoding="utf-8") as file:
        trials = list(csv.DictReader(file))
    assert len(trials) == 120
    assert [row["trial"] for row in trials if row["animal"] == "2"] == [str(n) for n in range(1, 61)]
    for row in trials:
        assert row["cue"] == "A" and row["last_state"] in ("reward", "omission"), row
        assert float(row["start_s"]) < float(row["cue_s"]) < float(row["end_s"]), row
        if row["reward_s"]:  # cue and delay are a second each
            assert abs(float(row["reward_s"]) - float(row["cue_s"]) - 2) < 1e-6, row
    # the time between trials is what was drawn: a trial begins when the one before ended
    for before, row in zip(trials, trials[1:]):
        assert row["animal"] != before["animal"] or row["start_s"] == before["end_s"], row
    with open(os.path.join(folder, "curves.csv"), encoding="utf-8") as file:
        points = list(csv.DictReader(file))
    assert sum(int(row["n"]) for row in points if row["measure"] == "reward_rate") == 120
    assert xml.etree.ElementTree.parse(os.path.join(folder, "curves.svg")).getroot().tag.endswith("svg")
    assert refused("simulate", TASK, "--out", folder) == f"{folder}: session folder = not empty: expected a new or an empty folder"


@test
def a_wrong_file_or_option_leaves_nothing():
    folder = scratch("nothing")
    for arguments, expected in (
        (["protocols/nowhere.lua"], "expected a file"),
        ([TASK, "--trials", 0], "expected a number"),
        ([TASK, "--animals", 1001], "expected a number"),
        ([TASK, "--set", "volume=5s"], "volume = 5s"),
        ([TASK, "--model", "td_cs"], "td_csc"),
        (["tests/cli/bad-input/task-io.lua"], "expected a first line with its rig"),
        (["tests/cli/bad-input/task-io.lua", "--rig", "rig-configs/sim.lua"], "io"),
    ):
        line = refused("simulate", *arguments, "--out", folder)
        assert expected in line, line
        assert not os.path.exists(folder), line


@test
def without_json_there_is_a_table():
    done = phasic("simulate", TASK, "--trials", 30)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "pavlovian on sim, 30 trials, 1 animal, seed 1", lines
    assert any(line.split()[:3] == ["anticipatory_lick_hz", "cue", "A"] for line in lines), lines


if __name__ == "__main__":
    sys.exit(main())
