#!/usr/bin/python3 -B
"""doctor and bench: what they answer, not how fast this machine is."""
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree

from phasic import PROGRAM, ROOT, answered, main, phasic, refused, scratch, test

CHECK = {"name", "ok", "required", "found", "needed", "fix"}
TIMES = {"p50", "p99", "p999", "max", "n"}


def doctored(*arguments, **more):
    """(exit status, the object) of doctor, which fails on a machine that lacks something."""
    done = phasic("doctor", *arguments, "--json", **more)
    assert done.returncode in (0, 1) and done.stdout.count("\n") == 1, (done.returncode, done.stderr)
    return done.returncode, json.loads(done.stdout)


@test
def doctor_tells_of_every_check_what_it_found_and_what_mends_it():
    status, answer = doctored()
    assert set(answer) == {"checks", "loop"} and answer["loop"] is None
    names = [check["name"] for check in answer["checks"]]
    assert len(names) == len(set(names)) >= 20
    for check in answer["checks"]:
        assert set(check) == CHECK, check
        assert check["found"] and check["needed"] and (check["fix"] is None) == check["ok"], check
    assert status == (1 if any(check["required"] and not check["ok"] for check in answer["checks"]) else 0)
    for name in ("kernel", "rtprio", "memlock", "sched_fifo", "rt_throttling", "clocksource", "shared_memory", "disk"):
        assert name in names


@test
def doctor_fails_without_the_rights_and_names_the_limits():
    bare = ["prlimit", "--rtprio=0", "--memlock=65536"]
    if os.geteuid() == 0:  # root has them whatever its limits are
        bare += ["setpriv", "--bounding-set=-sys_nice,-ipc_lock"]
    done = subprocess.run([*bare, PROGRAM, "doctor"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    assert re.search(r"WRONG +rtprio +0\n.*needed: 85.*\n.*fix: .*90-phasic-limits\.conf", done.stdout), done.stdout
    assert re.search(r"WRONG +memlock +0 MiB\n", done.stdout), done.stdout


@test
def doctor_measures_the_loop_and_shows_a_histogram():
    _, answer = doctored("rig-configs/sim.lua", "--loop", "1")
    loop = answer["loop"]
    assert loop["ticks"] + loop["missed"] >= 1000, loop
    assert sum(count for _, count in loop["due_to_wake_us"]) == loop["ticks"]
    assert answer["checks"][-1]["name"] == "loop" and answer["checks"][-1]["required"]
    text = phasic("doctor", "--loop", "0.2").stdout
    assert "due to wake        ticks" in text and re.search(r"below +\d+ us +\d+ #", text), text


@test
def doctor_refuses_what_is_wrong():
    assert refused("doctor", "--loop", "0") == "phasic doctor: --loop = 0: expected a number 0.1..86400"
    assert refused("doctor", "no-such-rig.lua", status=1).startswith("no-such-rig.lua: ")


@test
def bench_answers_with_every_field():
    picture = scratch("bench.svg")
    answer = answered("bench", "--seconds", "1", "--picture", picture)
    assert set(answer) >= {"machine", "blocks", "cyclictest_us", "due_to_wake_us", "wake_to_write_us", "ratio_p999"}
    assert set(answer) >= {"ratio_self", "tick_compute_us", "tick_instructions", "rates", "replay_speed_x"}
    assert answer["blocks"] == 1 and answer["block_s"] == 0.5
    for name in ("cyclictest_us", "due_to_wake_us", "wake_to_write_us", "tick_compute_us"):
        times = answer[name]
        assert set(times) == TIMES and 0 < times["p50"] <= times["p99"] <= times["p999"] <= times["max"], (name, times)
    assert answer["cyclictest_us"]["n"] == 500 and 100 < answer["due_to_wake_us"]["n"] <= 502
    assert answer["ratio_p999"]["lo95"] == answer["ratio_p999"]["median"] == answer["ratio_p999"]["hi95"] > 0
    assert answer["ratio_self"] == {"median": None, "lo95": None, "hi95": None}  # one block has no neighbour
    assert [rate["hz"] for rate in answer["rates"]] == [1000, 2000, 5000, 10000]
    for rate in answer["rates"]:
        assert rate["ticks"] + rate["missed"] >= rate["hz"] // 2 and rate["cyclictest_missed"] >= 0, rate
    assert answer["replay_speed_x"]["td_csc"] > 1 and answer["replay_speed_x"]["full"] is None
    assert answer["page_faults"] == 0 or answer["machine"]["priority"] == 0
    assert answer["machine"]["processors"] >= 1 and answer["machine"]["quiet"] in (True, False)
    assert 1000 < answer["tick_instructions"] < 1e6, answer["tick_instructions"]
    root = xml.etree.ElementTree.parse(picture).getroot()
    assert root.tag.endswith("svg") and len(root.findall(".//{*}polyline")) + len(root.findall(".//{*}path")) >= 2


@test
def the_instructions_of_the_fixed_ticks_are_the_same_every_time():
    counts = []
    for name in ("first", "second"):
        out = scratch(f"callgrind-{name}")
        command = ["valgrind", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=engine_tick"]
        command += [f"--callgrind-out-file={out}", PROGRAM, "bench", "--fixed"]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        with open(out, encoding="utf-8") as file:
            counts.append(int(re.search(r"^(?:totals|summary): (\d+)", file.read(), re.MULTILINE).group(1)))
    assert counts[0] == counts[1] > 0, counts


@test
def bench_without_its_yardstick_says_what_to_install():
    bare = {**os.environ, "PATH": "/nonexistent"}
    done = phasic("bench", "--seconds", "1", "--json", env=bare)
    assert done.returncode == 1 and done.stdout == "", done.stdout
    assert "cyclictest: program: not installed: sudo apt-get install rt-tests" in done.stderr, done.stderr


sys.exit(main())
