#!/usr/bin/python3 -B
"""Whole sessions of the program whose processes are interrupted, killed or stopped, each as a user's computer would."""
import json
import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../cli"))
from phasic import PROGRAM, ROOT, answered, main, scratch, test  # noqa: E402

ANY = 30  # seconds that nothing here needs


class Session:
    """`phasic run` on the simulated rig, once its core runs."""

    def __init__(self, name, duration_s=ANY):
        self.folder = scratch(name)
        command = [PROGRAM, "run", "rig-configs/sim.lua", "protocols/pavlovian.lua", "--seed", "7", "--headless"]
        command += ["--set", "iti=1s", "--duration", str(duration_s), "--out", self.folder, "--json"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, stdin=subprocess.DEVNULL, text=True)
        until(lambda: self.sheet().get("core_pid") and self.sheet().get("ended") is None)
        self.core = self.sheet()["core_pid"]
        self.keeper = parent_of(self.core)
        (self.host,) = [pid for pid in children_of(self.keeper) if pid != self.core]

    def sheet(self):
        try:
            with open(os.path.join(self.folder, "session.json"), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return {}

    def end(self):
        """(exit status, summary or None, stderr)"""
        out, err = self.process.communicate(timeout=ANY)
        return self.process.returncode, json.loads(out) if out else None, err

    def wait_for_ticks(self):
        time.sleep(1.5)


def until(condition):
    give_up = time.monotonic() + ANY
    while not condition():
        assert time.monotonic() < give_up, "it did not come"
        time.sleep(0.005)


def stat_of(pid):
    """State and parent of a process; (None, None) if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return fields[0], int(fields[1])
    except (FileNotFoundError, ProcessLookupError):
        return None, None


def parent_of(pid):
    return stat_of(pid)[1]


def children_of(parent):
    return [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and parent_of(pid) == parent]


def gone(pid):
    return stat_of(pid)[0] in (None, "Z")


def memory_of(session):
    return os.path.join("/dev/shm", session.sheet()["shm"].lstrip("/"))


def expect_identical(folder, journal="journal.phj"):
    answer = answered("replay", os.path.join(folder, journal), "--verify")
    assert answer["mismatches"] == 0 and answer["decisions"] > 0, answer
    return answer


@test
def a_session_runs_to_its_end_and_replays_to_identical_decisions():
    session = Session("whole", 4)
    memory = memory_of(session)
    status, summary, _ = session.end()
    assert status == 0 and summary["outcome"] == "duration" and summary["lost_ticks"] == 0 and not summary["faults"]
    assert summary["ticks"] + summary["skipped_ticks"] >= 4000
    assert expect_identical(session.folder)["ticks"] == summary["ticks"]
    assert not os.path.exists(memory)


@test
def ctrl_c_ends_a_session_in_order():
    session = Session("interrupted")
    session.wait_for_ticks()
    session.process.send_signal(signal.SIGINT)
    status, summary, _ = session.end()
    assert status == 0 and summary["outcome"] == "stop" and summary["lost_ticks"] == 0, summary
    expect_identical(session.folder)


@test
def ctrl_c_twice_stops_at_once():
    session = Session("twice")
    session.wait_for_ticks()
    session.process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    session.process.send_signal(signal.SIGINT)
    status, summary, _ = session.end()
    assert status in (0, 1) and summary["outcome"] in ("stop", "estop"), summary


@test
def a_killed_core_loses_no_tick_and_leaves_the_outputs_safe():
    session = Session("core")
    session.wait_for_ticks()
    os.kill(session.core, signal.SIGKILL)
    status, summary, err = session.end()
    assert status == 1 and summary["lost_ticks"] == 0 and "error core.died signal=9 safe=yes" in err, (summary, err)
    answer = answered("recover", session.folder)
    assert answer["lost_ticks"] == 0 and answer["outputs_safe"] is True and answer["reason"] == "core", answer
    assert answer["time_to_safe_ms"] >= 0
    expect_identical(session.folder)


@test
def a_killed_host_is_replaced_and_the_session_goes_on():
    session = Session("host", 5)
    session.wait_for_ticks()
    os.kill(session.host, signal.SIGKILL)
    status, summary, err = session.end()
    assert status == 0 and summary["outcome"] == "duration" and summary["lost_ticks"] == 0, (summary, err)
    assert "warn host.died signal=9" in err
    assert expect_identical(session.folder)["ticks"] == summary["ticks"]


@test
def a_killed_keeper_ends_the_session_and_all_is_written():
    session = Session("keeper")
    session.wait_for_ticks()
    os.kill(session.keeper, signal.SIGKILL)
    status, summary, err = session.end()
    assert status == 1 and summary["lost_ticks"] == 0 and summary["outcome"] == "keeper", (summary, err)
    until(lambda: gone(session.core) and gone(session.host))
    expect_identical(session.folder)


@test
def without_the_command_that_started_it_a_session_ends_in_order():
    session = Session("parent")
    session.wait_for_ticks()
    session.process.kill()
    session.process.communicate(timeout=ANY)
    until(lambda: gone(session.core) and gone(session.host) and gone(session.keeper))
    answer = answered("recover", session.folder)
    assert answer["lost_ticks"] == 0 and answer["closed"] and answer["reason"] == "stop", answer
    expect_identical(session.folder)


@test
def when_all_processes_are_killed_at_once_the_shared_memory_has_the_rest():
    session = Session("all")
    session.wait_for_ticks()
    memory = memory_of(session)
    for pid in (session.process.pid, session.keeper, session.core, session.host):
        os.kill(pid, signal.SIGSTOP)  # so that none can answer the others' deaths
    for pid in (session.process.pid, session.keeper, session.core, session.host):
        os.kill(pid, signal.SIGKILL)
    session.process.communicate(timeout=ANY)
    until(lambda: gone(session.core) and gone(session.host) and gone(session.keeper))
    assert os.path.exists(memory)
    before = answered("replay", session.folder)["ticks"]
    answer = answered("recover", session.folder)
    assert answer["lost_ticks"] == 0 and answer["from_ring"] > 0 and answer["reason"] == "unknown", answer
    assert answer["ticks"] == before + answer["from_ring"]
    assert not os.path.exists(memory)
    assert expect_identical(session.folder, "journal.recovered.phj")["ticks"] == answer["ticks"]


@test
def a_stopped_core_is_killed_and_its_session_ends():
    session = Session("stopped")
    session.wait_for_ticks()
    os.kill(session.core, signal.SIGSTOP)
    status, summary, err = session.end()
    assert status == 1 and "error core.hung signal=9 safe=yes" in err, err
    assert summary["lost_ticks"] == 0
    expect_identical(session.folder)


sys.exit(main())
