#!/usr/bin/python3 -B
"""What an animal may get on a day holds over sessions, also over one that was killed with all its processes."""
import contextlib
import json
import os
import signal
import subprocess
import sys
import time

from phasic import PROGRAM, ROOT, main, phasic, scratch, test

TASK = """
uses { outputs = { "water" } }
function trial(n, last)
  return {
    state "drop" { enter = { deliver("water", ul(2)) }, after = { ms(150), done } },
  }
end
"""


def files(limit):
    """A rig that allows `limit` on a day, and a task that gives a drop every 150 ms."""
    with open(os.path.join(ROOT, "rig-configs/sim.lua"), encoding="utf-8") as file:
        rig = file.read()
    assert "max_day = ul(2500)" in rig
    paths = scratch(f"rig-{limit}.lua"), scratch("drops.lua")
    for path, text in zip(paths, (rig.replace("max_day = ul(2500)", limit), TASK)):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    return paths


def environment(name):
    return {**os.environ, "PHASIC_DATA": scratch(name)}


def given(name, animal="m1"):
    with open(os.path.join(scratch(name), "animals", animal, "given.json"), encoding="utf-8") as file:
        return json.load(file)


def run(name, limit, out, animal="m1"):
    rig, task = files(limit)
    return phasic("run", rig, task, "--animal", animal, "--duration", 1, "--out", scratch(out), "--json",
                  env=environment(name))


def family(pid):
    """The process and all that came from it."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8") as file:
                parents[int(name)] = int(file.read().rsplit(")", 1)[1].split()[1])
        except OSError:
            pass
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


@test
def a_limit_a_day_holds_over_two_sessions():
    first = run("two", "max_day_count = 5, max_day = ul(1000)", "two-1")
    assert first.returncode == 0, first.stderr
    answer = json.loads(first.stdout)
    assert answer["rewards"] == 5 and answer["limited"]["day"] >= 1, answer  # 150 ms apart: six fit into a second
    assert given("two")["outputs"]["water"] == {"ul": 10.0, "n": 5} and given("two")["open"] == []
    second = run("two", "max_day_count = 5, max_day = ul(1000)", "two-2")
    answer = json.loads(second.stdout)
    assert answer["rewards"] == 0 and answer["limited"]["day"] >= 5, answer
    other = json.loads(run("two", "max_day_count = 5, max_day = ul(1000)", "two-3", animal="m2").stdout)
    assert other["rewards"] == 5, other


@test
def a_volume_a_day_counts_earlier_sessions_too():
    assert json.loads(run("volume", "max_day = ul(15)", "volume-1").stdout)["reward_ul"] >= 8
    total = given("volume")["outputs"]["water"]["ul"]
    second = json.loads(run("volume", "max_day = ul(15)", "volume-2").stdout)
    assert total + second["reward_ul"] == 14, (total, second)  # drops of 2 ul: a sixteenth microlitre is too much
    assert second["limited"]["day"] >= 1


@test
def a_killed_session_is_recovered_before_the_next_one_and_counted():
    rig, task = files("max_day = ul(100)")
    out = scratch("killed")
    with subprocess.Popen([PROGRAM, "run", rig, task, "--animal", "m1", "--out", out, "--headless"],
                          env=environment("kill"), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        journal = os.path.join(out, "journal.phj")
        deadline = time.monotonic() + 30
        while not (os.path.exists(journal) and os.path.getsize(journal) > 15000) and time.monotonic() < deadline:
            time.sleep(0.05)
        everyone = family(process.pid)
        assert len(everyone) == 4, everyone  # run, keeper, core, host
        for which in (signal.SIGSTOP, signal.SIGKILL):  # so that none can answer the others' deaths
            for pid in everyone:
                with contextlib.suppress(ProcessLookupError):  # some die with the one before
                    os.kill(pid, which)
        process.wait()
    refused = run("kill", "max_day = ul(100)", "killed-2")
    assert refused.returncode == 2 and "phasic recover" in refused.stderr and out in refused.stderr, refused.stderr
    assert phasic("recover", out, env=environment("kill")).returncode == 0
    total = given("kill")["outputs"]["water"]
    assert total["n"] >= 1 and total["ul"] == 2 * total["n"], total
    assert given("kill")["open"] == []
    assert run("kill", "max_day = ul(100)", "killed-3").returncode == 0
    assert given("kill")["outputs"]["water"]["n"] > total["n"]


@test
def a_rig_without_a_limit_a_day_runs_all_the_same():
    rig, task = files("max_count = 100")
    os.makedirs(os.path.join(scratch("free"), "animals/m1"))
    entry = {"session": scratch("gone"), "day": time.strftime("%Y-%m-%d")}
    with open(os.path.join(scratch("free"), "animals/m1/given.json"), "w", encoding="utf-8") as file:
        json.dump({"format": 1, "day": entry["day"], "outputs": {}, "open": [entry]}, file)
    done = phasic("run", rig, task, "--animal", "m1", "--duration", 0.3, "--out", scratch("free-1"),
                  env=environment("free"))
    assert done.returncode == 0 and "animal.not_counted" in done.stderr, done.stderr
    strict = run("free", "max_day = ul(100)", "free-2")
    assert strict.returncode == 2 and "strike it out" in strict.stderr, strict.stderr


sys.exit(main())
