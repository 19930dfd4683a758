"""A second reader of journals, written from docs/journal.md alone: slow, plain, and nobody's copy.

    for kind, record in Journal(path): ...     kind: config, tick, plan, anchor, close
"""
import struct

import zstandard

M64 = (1 << 64) - 1
FIXED = {"u8": "<B", "u32": "<I", "u64": "<Q", "i64": "<q", "f64": "<d"}
TIMES = {"edges": "t_ns", "status": "t_ns", "applied": "t_ns", "decisions": "t_ns", "writes": "cause_ns"}
PARTS = ((5, "edges"), (10, "status"), (11, "commands"), (9, "applied"), (7, "writes"), (6, "decisions"))
ENTRIES = {where: "frame_" + where.rstrip("s") for _, where in PARTS} | {"status": "frame_status", "applied": "frame_applied"}
CRC = list(range(256))
for _ in range(8):
    CRC = [crc >> 1 ^ (0x82F63B78 if crc & 1 else 0) for crc in CRC]


class Damage(Exception):
    """Not a journal, or not as it was written."""


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def signed64(x):
    x &= M64
    return x - (1 << 64) if x >> 63 else x


def unzigzag(z):
    return signed64(z >> 1 ^ -(z & 1))


class Bytes:
    """A run of bytes being read."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        if self.at + n > len(self.data):
            raise Damage("a record ends too early")
        self.at += n
        return self.data[self.at - n : self.at]

    def fixed(self, kind):
        return struct.unpack(FIXED[kind], self.take(struct.calcsize(FIXED[kind])))[0]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return value & M64

    def signed(self):
        return unzigzag(self.varint())


class Bits:
    """Bits from the low end of each byte, and the Rice coded differences in them."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def bits(self, n):
        value = 0
        for i in range(n):
            value |= (self.data.data[self.data.at + (self.at >> 3)] >> (self.at & 7) & 1) << i
            self.at += 1
        return value

    def difference(self, state, key):
        m = state.get(key, 0)
        low, high = (m >> 5).bit_length(), 0
        while high < 20 and self.bits(1):
            high += 1
        z = self.bits(64) if high == 20 else high << low | self.bits(low)
        state[key] = 16 * min(z, 1 << 32) if m == 0 else m - (m >> 4) + min(z, 1 << 32)
        return unzigzag(z)

    def end(self):
        self.data.take((self.at + 7) // 8)


class Journal:
    """Opens a file and reads it to its last whole chunk; `cut` says whether something came after that."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        if self.data[:8] != b"\x89PHJ\r\n\x1a\n":
            raise Damage("magic")
        self.version, self.size, self.engine, self.origin = struct.unpack_from("<IIII", self.data, 8)
        if crc32c(self.data[: self.size - 4]) != struct.unpack_from("<I", self.data, self.size - 4)[0]:
            raise Damage("header checksum")
        self.lists = {}
        for line in self.data[24 : self.size - 4].decode().splitlines():
            if not line.startswith("list "):
                field, kind = line.split()
                owner, name = field.split(".")
                self.lists.setdefault(owner, {})[name] = kind
        self.cut, self.unknown, self.config = False, 0, None

    def fields(self, name, data):
        """One record of the list `name`."""
        record = {}
        for field, kind in self.lists[name].items():
            kind, _, count = kind.partition("[")
            values = [self.value(kind, data) for _ in range(self.count(count[:-1], record) if count else 1)]
            record[field] = values if count else values[0]
        return record

    @staticmethod
    def count(text, record):
        return int(text) if text.isdigit() else record[text]

    def value(self, kind, data):
        if kind == "text":
            return data.take(data.fixed("u8")).decode()
        return data.fixed(kind) if kind in FIXED else self.fields(kind, data)

    def chunks(self):
        """(starts a block, its records' bytes) of each chunk."""
        at, sequence, unpack = self.size, 0, None
        while at < len(self.data):
            rest = len(self.data) - at
            if rest < 32:
                break
            magic, size, number, flags, _, crc, own = struct.unpack_from("<4sIIIQII", self.data, at)
            if magic != b"PHJC" or own != crc32c(self.data[at : at + 28]) or number != sequence:
                raise Damage(f"chunk header at byte {at}")
            if rest < 32 + size:
                break
            payload = self.data[at + 32 : at + 32 + size]
            if crc != crc32c(payload):
                raise Damage(f"chunk at byte {at}")
            if flags & 1:
                unpack = zstandard.ZstdDecompressor().decompressobj()
            yield flags & 1, unpack.decompress(payload)
            at, sequence = at + 32 + size, sequence + 1
        self.cut = at < len(self.data)

    def __iter__(self):
        for starts, content in self.chunks():
            if starts:
                self.block = {"n": -1, "rice": {}, "times": [0, 0, 0], "mask": 0, "channels": {}}
            data = Bytes(content)
            while data.at < len(content):
                kind, _ = data.take(2)
                yield from self.record(kind, Bytes(data.take(data.varint())))

    def record(self, kind, data):
        if kind == 1:
            self.config = self.fields("config", data)
            yield "config", self.config
        elif kind == 2:
            while data.at < len(data.data):
                yield "tick", self.tick(data)
        elif kind == 3:
            self.block["n"] += data.varint()
            for _ in range(data.varint()):
                self.block["n"] += 1
                yield "tick", self.nominal(self.block["n"])
        elif kind in (4, 5, 6):
            name, fields = {4: ("plan", "trial"), 5: ("anchor", "record_anchor"), 6: ("close", "record_close")}[kind]
            yield name, self.fields(fields, data)
        else:
            self.unknown += 1

    def nominal(self, n):
        due = n * self.config["period_ns"]
        empty = {where: [] for _, where in PARTS}
        return {"n": n, "due": due, "wake": due, "decided": due, "written": due, "samples": {}, "finished": 0, **empty}

    def tick(self, data):
        block, present = self.block, data.varint()
        block["n"] += 1 + (data.varint() if present & 1 else 0)
        tick = self.nominal(block["n"])
        tick["due"] += data.signed() if present & 1 << 8 else 0
        shape = self.shape(data, block, present)
        bits = Bits(data)
        offsets = [self.time(bits, i) if present & (2 if i == 0 else 4) else 0 for i in range(3)]
        tick["wake"] = tick["due"] + offsets[0]
        tick["decided"] = tick["wake"] + offsets[1]
        tick["written"] = tick["decided"] + offsets[2]
        for channel, (number, period, first) in shape.items():
            tick["samples"][channel] = (first, period, self.counts(bits, channel, number))
        bits.end()
        for bit, where in PARTS:
            if present >> bit & 1:
                tick[where] = [self.entry(where, data, tick["wake"]) for _ in range(data.varint())]
        tick["dropped"] = (data.varint(), data.varint()) if present >> 12 & 1 else (0, 0)
        tick["finished"] = data.varint() if present >> 13 & 1 else 0
        return tick

    def time(self, bits, i):
        self.block["times"][i] = signed64(self.block["times"][i] + bits.difference(self.block["rice"], i))
        return self.block["times"][i]

    def shape(self, data, block, present):
        """channel -> (number, period, first time) of this tick's samples."""
        if present >> 4 & 1:
            block["mask"] = data.varint()
        elif not present >> 3 & 1:
            return {}
        shape = {}
        for channel in range(64):
            if not block["mask"] >> channel & 1:
                continue
            known = block["channels"].setdefault(channel, {"last": 0, "step": 0, "period": 0, "number": 1})
            code = data.varint() if present >> 4 & 1 else 4 * known["number"]
            number = code >> 2
            period = data.varint() if code & 1 else (0 if number == 1 else known["period"])
            first = known["last"] + known["step"] + (data.signed() if code & 2 else 0)
            last = first + (number - 1) * period
            known["step"] = period if number > 1 else last - known["last"]
            known["period"] = period if number > 1 else known["period"]
            known["last"], known["number"] = last, number
            shape[channel] = (number, period, first)
        return shape

    def counts(self, bits, channel, number):
        known, counts = self.block["channels"][channel], []
        for _ in range(number):
            if "count" not in known:
                count = bits.bits(32)
            else:
                count = known["count"] + bits.difference(self.block["rice"], ("counts", channel))
            known["count"] = (count + (1 << 31) & 0xFFFFFFFF) - (1 << 31)
            counts.append(known["count"])
        return counts

    def entry(self, where, data, wake):
        entry = self.fields(ENTRIES[where], data)
        if where in TIMES:
            entry[TIMES[where]] = signed64(entry[TIMES[where]] + wake)
        if where == "edges":
            entry["raw_ns"] = signed64(entry["raw_ns"] + entry["t_ns"])
        return entry
