#!/usr/bin/python3 -B
"""calibrate: a valve is weighed, the fit is kept with the rig, and deliver uses it."""
import json
import os
import subprocess
import sys

from phasic import PROGRAM, ROOT, main, scratch, test

RIG = "rig-configs/sim.lua"
# The simulated valve gives 4 ul in 42 ms, in proportion; the rig file says 10 ul for 100 ms, which is a little too much.
UL_PER_MS = 4 / 42


def calibrated(*arguments, typed="", data="data", status=0):
    environment = dict(os.environ, PHASIC_DATA=scratch(data))
    done = subprocess.run([PROGRAM, *map(str, arguments)], cwd=ROOT, input=typed, capture_output=True, text=True,
                          timeout=50, check=False, env=environment)
    assert done.returncode == status, (arguments, done.returncode, done.stderr)
    return done


@test
def a_rig_with_a_scale_calibrates_itself():
    answer = json.loads(calibrated("calibrate", "valve", RIG, "water", "--scale", "--json").stdout)
    assert answer["pulses"] == 100 and len(answer["points"]) == 5, answer
    assert [point["open_ms"] for point in answer["points"]][::4] == [12, 100]  # from end to end of the rig's table
    for point in answer["points"]:
        assert abs(point["ul"] - UL_PER_MS * point["open_ms"]) < 1e-6, point
        assert abs(point["residual"]) < 1e-6, point
    assert answer["file"] == os.path.join(scratch("data"), "rigs/sim/valve-water.json")
    with open(answer["file"], encoding="utf-8") as file:
        assert json.load(file)["date"] == answer["date"]


@test
def weights_can_be_typed_with_their_unit():
    # 10 pulses of 1, 4, 7 and 10 ul by the rig's table; a tenth less than it says
    typed = "9 mg\n36\n36mg\n0.063 g\nmany mg\n90 mg\n"
    done = calibrated("calibrate", "valve", RIG, "water", "--pulses", 10, "--openings", 4, typed=typed, data="typed")
    assert done.stderr.count("expected a weight with its unit, as 215 mg or 0.215 g") == 2, done.stderr
    assert "10 pulses of 42 ms are in the cup." in done.stderr
    with open(scratch("typed/rigs/sim/valve-water.json"), encoding="utf-8") as file:
        assert [round(point["ul"], 9) for point in json.load(file)["points"]] == [0.9, 3.6, 6.3, 9]


@test
def what_was_weighed_is_what_a_session_opens_the_valve_for():
    calibrated("calibrate", "valve", RIG, "water", "--scale", data="run")
    # 9.6 ul would be 96 ms by the rig's table; the scale has seen no more than 9.52 ul
    done = calibrated("run", RIG, "protocols/pavlovian.lua", "--set", "volume=9.6ul", "--duration", 0.05,
                      "--out", scratch("session"), data="run", status=1)
    assert "expected ul(1.142857143)..ul(9.523809524), the calibration of water" in done.stderr, done.stderr
    calibrated("check", RIG, "protocols/pavlovian.lua", data="run")


@test
def a_stale_calibration_stops_the_session_before_it_begins():
    calibrated("calibrate", "valve", RIG, "water", "--scale", "--valid", 7, data="stale")
    path = scratch("stale/rigs/sim/valve-water.json")
    with open(path, encoding="utf-8") as file:
        stored = json.load(file)
    stored["date"] = "2020-01-01T00:00:00Z"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(stored, file)
    for command in (("check", RIG), ("run", RIG, "protocols/pavlovian.lua", "--out", scratch("never"))):
        done = calibrated(*command, data="stale", status=2)
        assert f"{path}: date = 2020-01-01T00:00:00Z: expected a calibration of the last 7 days" in done.stderr
    assert not os.path.exists(scratch("never"))


@test
def wrong_weights_keep_the_old_calibration():
    for typed, expected in (
        ("10 mg\n40 mg\n70 mg\n30 mg\n", "expected more than at the opening before"),
        ("10 mg\n60 mg\n70 mg\n100 mg\n", "weigh again"),
        ("10 mg\n", "weight = end of input: expected"),
    ):
        done = calibrated("calibrate", "valve", RIG, "water", "--pulses", 10, "--openings", 4, typed=typed, data="wrong",
                          status=2)
        assert expected in done.stderr, done.stderr
        assert not os.path.exists(scratch("wrong/rigs/sim/valve-water.json"))


@test
def only_a_valve_of_the_rig_can_be_weighed():
    for arguments, expected in (
        (("laser", RIG, "laser"), "phasic calibrate: KIND = laser: expected valve"),
        (("valve", RIG, "laser"), "OUTPUT = laser: expected a valve of the rig"),
        (("valve", RIG, "watr"), "OUTPUT = watr: expected a valve of the rig"),
    ):
        assert expected in calibrated("calibrate", *arguments, status=2).stderr


if __name__ == "__main__":
    sys.exit(main())
