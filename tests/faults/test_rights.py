#!/usr/bin/python3 -B
"""Sessions of an unprivileged user, with and without the limits of udev/90-phasic-limits.conf; and of a pinned core."""
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../cli"))
from phasic import PROGRAM, ROOT, answered, main, test  # noqa: E402

NOBODY = pwd.getpwnam("nobody")
LIMITS = ["--rtprio=90", "--memlock=unlimited"]  # of udev/90-phasic-limits.conf
NO_LIMITS = ["--rtprio=0", "--memlock=65536"]
CAPABILITIES = ["--inh-caps=+sys_nice,+ipc_lock", "--ambient-caps=+sys_nice,+ipc_lock"]
SECONDS = 2
PINNED = "rig { period = us(500), cpu = %d, spin = us(50) }\n"

# A place that another user may enter, with all that a session reads.
PLACE = tempfile.mkdtemp(prefix="phasic-rights-", dir="/tmp")


def prepare():
    shutil.copy(PROGRAM, PLACE)
    shutil.copy(os.path.join(ROOT, "protocols/pavlovian.lua"), PLACE)
    with open(os.path.join(ROOT, "rig-configs/sim.lua"), encoding="utf-8") as file:
        text = file.read()
    for name, head in (("sim", ""), ("pinned", PINNED % min(os.sched_getaffinity(0)))):
        with open(os.path.join(PLACE, f"{name}.lua"), "w", encoding="utf-8") as file:
            file.write(head + text)
    os.chmod(PLACE, 0o777)


def may(*command):
    return subprocess.run([*command, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0


def as_user(limits, capabilities=()):
    """The command that gives up root, if there is any, and sets the limits."""
    user = ["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", "--clear-groups", *capabilities]
    return [*(["prlimit", *limits] if limits else []), *(user if os.geteuid() == 0 else [])]


def as_user_with_rights():
    """By the limits; where even root may not raise them (some containers), by what a systemd unit gives instead: the two
    capabilities that the limits stand for. None: this user can have neither."""
    if may(*as_user(LIMITS)):
        return as_user(LIMITS)
    print("# the limits can't be raised here: with the capabilities sys_nice and ipc_lock instead")
    return as_user([], CAPABILITIES) if os.geteuid() == 0 else None


class Session:
    """`phasic run`, looked at while its core runs."""

    def __init__(self, name, rig, before=()):
        folder = os.path.join(PLACE, name)
        command = [*before, "./phasic", "run", rig, "pavlovian.lua", "--seed", "7", "--headless", "--json"]
        command += ["--set", "iti=1s", "--duration", str(SECONDS), "--out", folder]
        pipe = subprocess.PIPE
        home = dict(os.environ, HOME=PLACE, PHASIC_DATA=os.path.join(PLACE, "data"))  # this user's own
        process = subprocess.Popen(
            command, cwd=PLACE, env=home, stdout=pipe, stderr=pipe, stdin=subprocess.DEVNULL, text=True
        )
        core = self.core_of(folder, process)
        with open(f"/proc/{core}/status", encoding="ascii") as file:
            status = dict(line.split(":", 1) for line in file.read().splitlines())
        self.keeper_policy = os.sched_getscheduler(int(status["PPid"]))
        self.policy, self.priority = os.sched_getscheduler(core), os.sched_getparam(core).sched_priority
        self.cpus = os.sched_getaffinity(core)
        self.locked_kb = int(status["VmLck"].split()[0])
        self.uid = int(status["Uid"].split()[0])
        out, self.err = process.communicate(timeout=40)
        assert process.returncode == 0, self.err
        self.summary = json.loads(out)
        self.replayed = answered("replay", folder, "--verify")

    @staticmethod
    def core_of(folder, process):
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up and process.poll() is None:
            try:
                with open(os.path.join(folder, "session.json"), encoding="utf-8") as file:
                    if core := json.load(file).get("core_pid"):
                        return core
            except FileNotFoundError:
                pass
            time.sleep(0.01)
        process.kill()
        raise AssertionError(f"no core: {process.communicate()[1]}")

    def whole(self):
        """True if it is a correct session, however it was scheduled."""
        summary = self.summary
        assert summary["outcome"] == "duration" and summary["lost_ticks"] == 0 and not summary["faults"], summary
        assert summary["ticks"] + summary["skipped_ticks"] >= SECONDS * 1000, summary
        assert self.replayed["mismatches"] == 0 and self.replayed["ticks"] == summary["ticks"], self.replayed
        return True

    def policy_names(self):
        policies = [policy & ~os.SCHED_RESET_ON_FORK for policy in (self.keeper_policy, self.policy)]
        return ["fifo" if policy == os.SCHED_FIFO else "other" for policy in policies]


@test
def with_the_limits_a_user_gets_real_time_and_locked_memory():
    before = as_user_with_rights()
    if before is None:
        print("not ok 0 # SKIP with_the_limits_...: needs root, or the limits of udev/90-phasic-limits.conf")
        return
    session = Session("with", "sim.lua", before)
    assert session.uid != 0 and session.whole()
    assert session.policy_names() == ["fifo", "fifo"] and session.priority == 78, session.policy
    assert session.locked_kb > 64 * 1024, session.locked_kb  # the ring alone has 64 MiB
    assert "locked memory" not in session.err and "SCHED_FIFO" not in session.err, session.err


@test
def without_the_limits_a_session_says_once_what_is_missing_and_is_correct():
    session = Session("without", "sim.lua", as_user(NO_LIMITS))
    assert session.uid != 0 and session.whole()
    assert session.policy_names() == ["other", "other"] and session.locked_kb == 0
    for process in ("core", "keeper"):
        lines = [line for line in session.err.splitlines() if line.startswith(f"warn {process}.not_realtime ")]
        assert len(lines) == 1 and "locked memory (" in lines[0] and "SCHED_FIFO (" in lines[0], session.err


@test
def a_core_runs_where_the_rig_file_says():
    session = Session("pinned", "pinned.lua")
    assert session.whole()
    assert session.cpus == {min(os.sched_getaffinity(0))}, session.cpus
    assert session.summary["ticks"] + session.summary["skipped_ticks"] >= SECONDS * 2000


prepare()
try:
    status = main()
finally:
    shutil.rmtree(PLACE)
sys.exit(status)
