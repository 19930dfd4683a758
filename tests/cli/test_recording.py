#!/usr/bin/python3 -B
"""A real recording all the way: import, replay, compare; and what happens to wrong files.

Counts of samples, edges and cues: tests/data/akam-ppd/README.md.
"""
import json
import os
import re
import sys
import xml.etree.ElementTree as xml

from phasic import ROOT, answered, main, phasic, refused, scratch, test

DATA = os.path.join(ROOT, "tests/data/akam-ppd")
PPD = os.path.join(DATA, "m53_NAc_L-2019-11-24-093939.ppd")
CUES = os.path.join(DATA, "reward_cue_times.npy")
MODEL_KEYS = {"name", "signal", "events", "r", "r2", "r_trace", "nrmse", "loglik", "bic", "posterior"}


def session():
    """The imported session's folder, made once."""
    folder = scratch("m53")
    if not os.path.exists(folder):
        session.answer = answered("import", PPD, "--events", CUES, "-o", folder)
    return folder


def cut(name, size=None, change=None):
    """A copy of the recording, cut or changed."""
    with open(PPD, "rb") as file:
        data = bytearray(file.read())
    if change:
        change(data)
    path = scratch(name)
    with open(path, "wb") as file:
        file.write(data[:size])
    return path


@test
def the_recording_is_imported_whole():
    folder = session()
    answer = session.answer
    assert answer["session"] == folder and answer["notice"] == ""
    assert answer["samples"] == 705249 and answer["events"] == 137
    assert answer["edges"] == 2 * (137 + 1046)  # rising and falling, on both inputs
    assert answer["ticks"] == 5424986  # 5424.984615 s in ticks of 1 ms, both ends counted
    assert set(os.listdir(folder)) == {"journal.phj", "rig.lua", "task.lua", "session.json", "manifest"}
    with open(os.path.join(folder, "session.json"), encoding="utf-8") as file:
        assert json.load(file)["origin"] == "import"


@test
def an_imported_rig_and_task_pass_the_check():
    folder = session()
    plan = answered("check", f"{folder}/rig.lua", f"{folder}/task.lua")["plan"]
    assert plan["trials"] is None and len(plan["observed"]) == 2


@test
def an_import_needs_a_new_folder_and_one_file():
    folder = session()
    assert refused("import", PPD) == "phasic import: --out: expected the session folder to be made: -o DIR"
    assert refused("import", PPD, CUES, "-o", scratch("two")).endswith("expected one file: an import makes one session")
    assert refused("import", PPD, "-o", folder) == f"{folder}: session folder = not empty: expected a new or an empty folder"
    assert refused("import", scratch("absent.ppd"), "-o", scratch("absent")).startswith(scratch("absent.ppd"))


@test
def a_cut_or_garbled_recording_is_refused_with_its_byte():
    for name, size, change in (
        ("head.ppd", 1, None),
        ("header.ppd", 100, None),
        ("only-header.ppd", 207, None),
        ("not-json.ppd", None, lambda data: data.__setitem__(slice(2, 6), b"\xff\xff\xff\xff")),
        ("long-header.ppd", None, lambda data: data.__setitem__(slice(0, 2), b"\xff\xff")),
    ):
        path = cut(name, size, change)
        line = refused("import", path, "-o", scratch(f"{name}.session"))
        assert line.startswith(f"{path}: byte ") and ": expected " in line, line


@test
def garbled_cue_times_are_refused():
    for name, data in (("short.npy", b"\x93NUMPY"), ("text.npy", b"12.5\n17.0\n")):
        path = scratch(name)
        with open(path, "wb") as file:
            file.write(data)
        line = refused("import", PPD, "--events", path, "-o", scratch(f"{name}.session"))
        assert line.startswith(f"{path}: byte ") and ": expected " in line, line


@test
def a_recording_that_ends_inside_a_frame_is_imported_with_a_notice():
    path = cut("odd.ppd", 205 + 2 + 4 * 2600 + 3)
    done = phasic("import", path, "-o", scratch("odd"), "--json")
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert answer["samples"] == 2600 and answer["notice"] + "\n" == done.stderr and path in answer["notice"]


@test
def an_import_replays_but_can_not_be_verified():
    answer = answered("replay", session())
    assert answer["ticks"] == 5424986 and answer["decisions"] == 0
    assert answer["mismatches"] is None and answer["first_mismatch"] is None and answer["cut"] is False
    assert answer["engine_recorded"] == answer["engine_now"]
    assert abs(answer["session_s"] - 5424.985) < 1e-9
    assert abs(answer["speed_x"] * answer["wall_s"] - answer["session_s"]) < 1e-6
    assert [signal["name"] for signal in answer["signals"]] == ["dlight"] and answer["signals"][0]["trusted"]
    assert [model["name"] for model in answer["models"]] == ["td_csc"]
    assert set(answer["models"][0]) == MODEL_KEYS and answer["models"][0]["events"] > 250
    assert refused("replay", session(), "--verify").endswith("an import holds inputs only")


@test
def replaying_twice_gives_the_same_bits():
    first, second = answered("replay", session()), answered("replay", session())
    assert first["models"] == second["models"] and first["signals"] == second["signals"]


@test
def added_models_leave_the_recorded_one_as_it_was():
    alone = answered("replay", session())["models"]
    more = answered("replay", session(), "--model", "null_mean", "--model", "null_zero", "--model", "td_csc")["models"]
    assert [model["name"] for model in more] == ["td_csc", "null_mean", "null_zero"]
    same = MODEL_KEYS - {"posterior"}  # which is shared with the others
    assert {key: alone[0][key] for key in same} == {key: more[0][key] for key in same}
    assert abs(sum(model["posterior"] for model in more) - 1) < 1e-9


@test
def models_are_known_by_name_and_not_verified():
    line = refused("replay", session(), "--model", "td_scs")
    assert line == "phasic replay: --model = td_scs: expected a model: did you mean td_csc?"
    assert refused("replay", session(), "--model", "td_csc", "--verify").startswith("phasic replay: --model = td_csc: ")


@test
def a_journal_is_taken_by_its_own_name_too():
    assert answered("replay", f"{session()}/journal.phj")["ticks"] == 5424986


@test
def what_is_no_session_is_refused():
    assert "absent" in refused("replay", scratch("absent"), status=phasic("replay", scratch("absent")).returncode)
    line = refused("replay", PPD)
    assert line.startswith(f"{PPD}: byte 0") and "expected" in line, line


@test
def a_damaged_journal_stops_with_its_byte_and_a_cut_one_says_so():
    with open(f"{session()}/journal.phj", "rb") as file:
        data = bytearray(file.read())
    with open(scratch("cut.phj"), "wb") as file:
        file.write(data[: len(data) // 2])
    data[len(data) // 2] ^= 1
    with open(scratch("damaged.phj"), "wb") as file:
        file.write(data)
    answer = answered("replay", scratch("cut.phj"))
    assert answer["cut"] is True and 0 < answer["ticks"] < 5424986
    assert "the journal is cut: phasic recover" in phasic("replay", scratch("cut.phj")).stdout
    for command in ("replay", "compare"):
        line = refused(command, scratch("damaged.phj"))
        assert re.match(re.escape(scratch("damaged.phj")) + r": byte \d+: ", line), line


@test
def a_paced_replay_takes_its_time():
    short = scratch("short")
    answered("import", cut("short.ppd", 205 + 2 + 4 * 130), "-o", short)  # one second
    answer = answered("replay", short, "--speed", "4")
    assert answer["wall_s"] >= 0.24 and answer["speed_x"] <= 4.2


@test
def compare_scores_the_models_and_draws_the_averages():
    out = scratch("plots")
    answer = answered("compare", session(), "--model", "null_zero", "--out", out)
    assert set(answer) == {"session", "channels"} and len(answer["channels"]) == 1
    channel = answer["channels"][0]
    models = {model["name"]: model for model in channel["models"]}
    assert list(models) == ["td_csc", "null_mean", "null_zero"]
    for model in models.values():
        assert set(model) == MODEL_KEYS and 250 < model["events"] <= 274  # 137 cues, 137 outcomes
        assert -1 <= model["r"] <= 1 and -1 <= model["r_trace"] <= 1 and model["nrmse"] > 0
    assert abs(sum(model["posterior"] for model in models.values()) - 1) < 1e-9
    # BIC + 2 log likelihood = 3 ln n, the same for all
    penalties = [model["bic"] + 2 * model["loglik"] for model in models.values()]
    assert max(penalties) - min(penalties) < 1e-6 and 16 < penalties[0] < 17
    assert channel["plot"] == f"{out}/compare-dlight.svg" and channel["plot_events_dropped"] == 0
    page = xml.parse(channel["plot"]).getroot()
    assert page.tag == "{http://www.w3.org/2000/svg}svg"
    texts = ["".join(text.itertext()) for text in page.iter("{http://www.w3.org/2000/svg}text")]
    for text in ("time from event (s)", "dF/F (%)", "measured, mean and SEM", "td_csc, predicted", "null_mean, predicted"):
        assert text in texts, texts
    assert "outcome (reward), n = 137" in texts and any(re.fullmatch(r"cue \w+, n = 137", text) for text in texts)


@test
def the_drawn_average_has_the_known_response():
    # README: raw channel 1 peaks +2.57 % 0.900 s after the cue over its mean before. dF/F of the same peak at that time.
    page = xml.parse(answered("compare", session(), "-o", scratch("peak"))["channels"][0]["plot"]).getroot()
    line = page.find("{http://www.w3.org/2000/svg}path[@stroke='#000000']").get("d")  # the first panel: the cue
    points = [tuple(map(float, point.split())) for point in line.replace("M", "").split(" L")]
    peak_x = min(points, key=lambda point: point[1])[0]
    left, width = points[0][0] - 0.01 / 5 * 300, 300  # the first bin's middle is 10 ms into 5 s on 300 px
    assert abs((peak_x - left) / width * 5 - 1 - 0.9) < 0.1


@test
def several_sessions_give_a_list_and_plots_of_their_own():
    out, short = scratch("several"), scratch("several-short")
    answered("import", cut("several.ppd", 205 + 2 + 4 * 13000), "-o", short)
    answer = answered("compare", session(), short, "-o", out)
    assert [entry["session"] for entry in answer["sessions"]] == [session(), short]
    assert sorted(os.listdir(out)) == ["compare-m53-dlight.svg", "compare-several-short-dlight.svg"]
    xml.parse(f"{out}/compare-several-short-dlight.svg")


@test
def compare_writes_into_the_session_and_prints_where():
    done = phasic("compare", session())
    assert done.returncode == 0 and f"  plot {session()}/compare-dlight.svg\n" in done.stdout
    assert re.search(r"^  dlight +td_csc +\d+ ", done.stdout, re.MULTILINE)
    assert os.path.exists(f"{session()}/compare-dlight.svg")


@test
def recover_finds_a_whole_session_whole():
    answer = answered("recover", session())
    assert answer["ticks"] == 5424986 and answer["lost_ticks"] == 0 and answer["from_ring"] == 0
    assert answer["closed"] is True and answer["cut"] is False and answer["written"] is False
    assert answer["reason"] == "duration"
    assert "nothing: the journal is whole" in phasic("recover", session()).stdout


@test
def recover_mends_a_cut_session():
    folder = scratch("mended")
    os.makedirs(folder)
    with open(f"{session()}/journal.phj", "rb") as file:
        data = file.read()
    with open(f"{folder}/journal.phj", "wb") as file:
        file.write(data[: len(data) // 3])
    answer = answered("recover", folder)
    assert answer["cut"] is True and answer["closed"] is False and answer["written"] is True
    assert answer["last_whole_byte"] <= answer["file_bytes"] == len(data) // 3 and answer["reason"] == "unknown"
    assert answered("replay", f"{folder}/journal.recovered.phj")["ticks"] == answer["ticks"] > 0
    with open(f"{folder}/journal.phj", "rb") as file:
        assert file.read() == data[: len(data) // 3]


sys.exit(main())
