#!/usr/bin/python3 -B
"""docs/journal.md is enough: a second reader, written from it, counts what phasic counts and refuses what it refuses."""
import glob
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../cli")]
from phasic import ROOT, answered, main, phasic, scratch, test  # noqa: E402
from reader import Damage, Journal, crc32c  # noqa: E402

(GOLDEN,) = glob.glob(os.path.join(ROOT, "tests/data/golden/engine-*/journal.phj"))


def counted(path):
    """(ticks, decisions and writes, whether it is cut) as the second reader has it."""
    journal = Journal(path)
    ticks = [record for kind, record in journal if kind == "tick"]
    return len(ticks), sum(len(tick["decisions"]) + len(tick["writes"]) for tick in ticks), journal.cut


@test
def the_checksum_is_crc32c():
    assert crc32c(b"123456789") == 0xE3069283


@test
def both_readers_count_the_same():
    answer = answered("replay", GOLDEN)
    assert counted(GOLDEN) == (answer["ticks"], answer["decisions"], False)


@test
def both_readers_see_the_same_part_of_a_cut_file():
    with open(GOLDEN, "rb") as file:
        data = file.read()
    chance = random.Random(7)
    for _ in range(4):
        path = scratch("cut.phj")
        with open(path, "wb") as file:
            file.write(data[: chance.randrange(len(data) // 8, len(data) // 3)])
        answer = answered("replay", path)
        assert counted(path) == (answer["ticks"], answer["decisions"], answer["cut"])


@test
def both_readers_refuse_a_flipped_bit():
    with open(GOLDEN, "rb") as file:
        data = bytearray(file.read())
    chance = random.Random(8)
    for _ in range(12):
        at, bit = chance.randrange(len(data) // 4), chance.randrange(8)
        data[at] ^= 1 << bit
        path = scratch("flipped.phj")
        with open(path, "wb") as file:
            file.write(data)
        done = phasic("replay", path, "--json")
        assert done.returncode == 2 and done.stderr.count("\n") == 1, (at, bit, done)
        try:
            counted(path)
        except (Damage, ValueError):
            pass
        else:
            raise AssertionError(f"byte {at}, bit {bit}: the second reader took it")
        data[at] ^= 1 << bit


sys.exit(main())
