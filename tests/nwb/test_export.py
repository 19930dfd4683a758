#!/usr/bin/python3 -B
"""Exports against an independent reading of the journal, against each other, and against the NWB schema."""
import csv
import glob
import math
import os
import shutil
import sys

import h5py
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../cli"), os.path.join(HERE, "../journal")]
from phasic import ROOT, answered, main, refused, scratch, test  # noqa: E402
from reader import Journal  # noqa: E402
from validate import problems_of, text_of  # noqa: E402

(GOLDEN,) = glob.glob(os.path.join(ROOT, "tests/data/golden/engine-*"))
DATA = os.path.join(ROOT, "tests/data/akam-ppd")
made = {}


def exported(form):
    """The golden session in this form, made once."""
    if form not in made:
        made[form] = answered("export", GOLDEN, "--to", form, "-o", scratch(f"golden-{form}"))
    return made[form]["made"]


def nwb():
    return h5py.File(exported("nwb"), "r")


def recorded():
    """Config, and all ticks, plans and anchors, read by the second reader."""
    if "records" not in made:
        made["records"] = list(Journal(os.path.join(GOLDEN, "journal.phj")))
    return made["records"]


def ticks():
    return [record for kind, record in recorded() if kind == "tick"]


def config():
    return recorded()[0][1]


def seconds(ns):
    return ns * 1e-9


def same_times(column, ns):
    assert len(column) == len(ns), (len(column), len(ns))
    assert np.allclose(column[:], [seconds(t) for t in ns], rtol=0, atol=1e-9)


@test
def the_file_fits_the_schema():
    assert problems_of(exported("nwb")) == []


def expect_problem(change, says):
    path = scratch("broken.nwb")
    shutil.copy(exported("nwb"), path)
    with h5py.File(path, "r+") as file:
        change(file)
    problems = problems_of(path)
    assert any(says in problem for problem in problems), (says, problems)


@test
def the_validator_refuses_what_the_schema_forbids():
    channel = config()["channels"][0]["name"]
    expect_problem(lambda file: file.pop("session_start_time"), "session_start_time is missing")
    expect_problem(lambda file: file["intervals/trials"].attrs.pop("description"), "attribute description is missing")
    expect_problem(lambda file: file["intervals/trials"].pop("stop_time"), "stop_time is missing")
    expect_problem(lambda file: file.create_dataset("intervals/trials/more", data=[1.0]), "colnames")
    expect_problem(lambda file: file.create_dataset("stranger", data=1), "/stranger: no such thing")
    expect_problem(lambda file: file[f"acquisition/{channel}/data"].attrs.pop("unit"), "attribute unit is missing")
    expect_problem(lambda file: file.attrs.__setitem__("nwb_version", "1.0"), "nwb_version = 1.0: expected 2.7.0")

    def text_for_numbers(file):
        del file[f"acquisition/{channel}/timestamps"]
        file.create_dataset(f"acquisition/{channel}/timestamps", data=["a"], dtype=h5py.string_dtype())

    expect_problem(text_for_numbers, "expected float64")


@test
def every_raw_sample_is_there_with_its_time():
    with nwb() as file:
        for i, channel in enumerate(config()["channels"]):
            counts, times = [], []
            for tick in ticks():
                if i in tick["samples"]:
                    first, period, values = tick["samples"][i]
                    counts += values
                    times += [first + k * period for k in range(len(values))]
            series = file[f"acquisition/{channel['name']}"]
            assert series["data"][:].tolist() == counts and len(counts) > 20000
            same_times(series["timestamps"], times)
            assert series["data"].attrs["conversion"] == np.float32(channel["volts_per_count"])
            assert text_of(series["data"].attrs["unit"]) == "volts"


@test
def edges_outputs_and_writes_are_those_of_the_journal():
    edges = [edge for tick in ticks() for edge in tick["edges"]]
    applied = [one for tick in ticks() for one in tick["applied"]]
    writes = [(tick, write) for tick in ticks() for write in tick["writes"]]
    with nwb() as file:
        table = file["acquisition/edges"]
        same_times(table["time_s"], [edge["t_ns"] for edge in edges])
        assert table["rising"][:].tolist() == [edge["rising"] for edge in edges] and len(edges) > 10
        table = file["stimulus/presentation/outputs"]
        same_times(table["time_s"], [one["t_ns"] for one in applied])
        assert table["level"][:].tolist() == [one["level"] for one in applied]
        names = [config()["outputs"][one["output"]]["name"] for one in applied]
        assert [text_of(name) for name in table["output"][:]] == names
        table = file["processing/phasic/latency"]
        same_times(table["cause_s"], [write["cause_ns"] for _, write in writes])
        same_times(table["decided_s"], [tick["decided"] for tick, _ in writes])


@test
def trials_have_the_names_and_times_of_their_states():
    plans = {plan["number"]: plan for kind, plan in recorded() if kind == "plan"}
    entered, trial = [], 0
    for decision in (decision for tick in ticks() for decision in tick["decisions"]):
        if decision["kind"] == 1:
            trial = decision["id"]
        if decision["kind"] == 3:
            entered.append((plans[trial]["states"][decision["id"]]["name"], trial, decision["t_ns"]))
    with nwb() as file:
        states = file["intervals/states"]
        n = len(states["id"])
        assert n > 10 and n >= len(entered) - 1  # the last one was not left
        assert [text_of(name) for name in states["state"][:]] == [name for name, _, _ in entered[:n]]
        assert states["trial"][:].tolist() == [number for _, number, _ in entered[:n]]
        same_times(states["start_time"], [t_ns for _, _, t_ns in entered[:n]])
        trials = file["intervals/trials"]
        ends = [decision["t_ns"] for tick in ticks() for decision in tick["decisions"] if decision["kind"] == 2]
        same_times(trials["stop_time"], ends)
        assert set(trials["start_time"][:]) <= set(states["start_time"][:])


@test
def rig_task_and_animal_are_in_the_file():
    with nwb() as file, open(os.path.join(GOLDEN, "task.lua"), encoding="utf-8") as task:
        assert text_of(file["general/protocol"][()]) == task.read()
        assert text_of(file["general/subject/subject_id"][()]) == "golden"
        assert "seed 3" in text_of(file["general/notes"][()])


def csv_of(folder, table):
    with open(os.path.join(folder, f"{table}.csv"), encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@test
def csv_npy_and_nwb_hold_the_same_bits():
    tables = {row["table"] for row in csv_of(exported("csv"), "columns")}
    assert tables == {os.path.basename(path)[:-4] for path in glob.glob(f"{exported('npy')}/*.npy")}
    for name in tables:
        rows, array = csv_of(exported("csv"), name), np.load(os.path.join(exported("npy"), f"{name}.npy"))
        assert len(rows) == len(array), name
        for column in array.dtype.names:
            cells = [row[column] for row in rows]
            if array.dtype[column].kind == "f":
                assert [float(cell) if cell else math.nan for cell in cells] == array[column].tolist(), (name, column)
            else:
                assert cells == [text_of(value) if isinstance(value, bytes) else str(value) for value in array[column].tolist()]
    signal = config()["signals"][0]["name"]
    with nwb() as file:
        dff = np.load(os.path.join(exported("npy"), f"signal-{signal}.npy"))
        assert np.array_equal(file[f"processing/photometry/{signal}_dff/data"][:], dff["dff"])
        assert np.array_equal(file[f"processing/photometry/{signal}_slope/timestamps"][:], dff["time_s"])


@test
def every_column_has_its_line_in_the_document():
    with open(os.path.join(ROOT, "docs/export.md"), encoding="utf-8") as file:
        text = file.read()
    for row in csv_of(exported("csv"), "columns"):
        table = row["table"].split("-")[0] + "-NAME" if row["table"].startswith(("channel-", "signal-")) else row["table"]
        column = row["column"].split("_td_")[0] + "_MODEL" if "_td_" in row["column"] else row["column"]
        assert f"| {table} | {column} | {row['unit']} | {row['meaning']} |" in text, row


@test
def a_real_recording_comes_out_as_it_was():
    session, path = scratch("m53"), scratch("m53.nwb")
    ppd, cues = (os.path.join(DATA, name) for name in ("m53_NAc_L-2019-11-24-093939.ppd", "reward_cue_times.npy"))
    answered("import", ppd, "--events", cues, "-o", session)
    answered("export", session, "--to", "nwb", "-o", path)
    assert problems_of(path) == []
    with h5py.File(path, "r") as file:
        data, times = file["acquisition/signal/data"], file["acquisition/signal/timestamps"]
        assert len(data) == 705249  # tests/data/akam-ppd/README.md
        assert abs(data[0] * data.attrs["conversion"] - 1.50392676) < 1e-6
        assert abs(data[-1] * data.attrs["conversion"] - 1.43944962) < 1e-6
        assert abs(times[-1] - 5424.984615) < 1e-6
        assert len(file["acquisition/edges/id"]) == 2 * (137 + 1046) + 137  # and the cues


@test
def wrong_wishes_are_one_line_and_nothing_is_made():
    line = refused("export", GOLDEN)
    assert line == "phasic export: --to: expected csv, npy or nwb"
    assert refused("export", GOLDEN, "--to", "xls").endswith("--to = xls: expected csv, npy or nwb")
    full = exported("csv")
    assert refused("export", GOLDEN, "--to", "csv", "-o", full).endswith("expected a new or an empty folder")
    assert refused("export", GOLDEN, "--to", "nwb", "-o", exported("nwb")).endswith("expected a file that does not exist yet")
    folder = scratch("no-session")
    os.mkdir(folder)
    refused("export", folder, "--to", "nwb", "-o", scratch("none.nwb"))
    assert not os.path.exists(scratch("none.nwb")) and not os.path.exists(scratch("none.nwb.tmp"))


sys.exit(main())
