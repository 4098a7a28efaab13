"""How fast the gateway's decoders read: megabytes and items a CPU-second, for each family that speaks in bytes.

    python -m benchmarks.decoders [--megabytes 4]

The captured good frames of tests/vectors/devices, over and over, in reads of 4 KiB as a busy port gives them; families
that speak two ways are measured in each. Readers' decoders remember frames that they have seen, as a shelf is the same
few tags all day; so they are measured a second time on tags that are all different, and a third and fourth time on such
tags, many or one a round, between answers that nobody is there; a Modbus probe's on answers that are all different:
recorded ones, and such as are asked for one at a time. `seconds_of_sha256` says how long SHA-256 takes in the same run
for the octets that the decoder reads in one second: a figure that depends less on the machine. What is decoded is
counted and printed too: reading nothing would be fast.
"""

import argparse
import hashlib
import json
import struct
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import fresh
from gateway.wire.decoder import ByteDecoder
from gateway.wire.families import FAMILIES, ByteFamily
from gateway.wire.modbus_rtu_temp.capture import ModbusCaptureDecoder
from gateway.wire.modbus_rtu_temp.crc import crc16
from gateway.wire.modbus_rtu_temp.decoder import ModbusDecoder
from gateway.wire.modbus_rtu_temp.probe import Probe

VECTORS = Path(__file__).parents[1] / "tests" / "vectors" / "devices"
READ_OCTETS = 4096
_ANSWER_OCTETS = 9
LINES = {"barcode_isbt128", "ds18b20_serial"}


def good_frames(family: str) -> dict[str, bytes]:
    """Every captured frame of a family that a device sent and that its decoder reads without a byte left over.

    By tongue, because a device speaks one: the framing of an M100 module, text or bytes of an HF reader.
    """
    spoken = FAMILIES[family]
    assert isinstance(spoken, ByteFamily)  # noqa: S101  for the type checker
    tongues: dict[str, list[bytes]] = {}
    for line in (VECTORS / family / "frames.jsonl").read_text("utf-8").splitlines():
        captured: dict[str, Any] = json.loads(line)
        octets = bytes.fromhex(captured["hex"]) if "hex" in captured else captured["text"].encode()
        decoder = spoken.capture()
        items = decoder.feed(octets) + decoder.idle()
        if items and decoder.counters.accepted == len(octets) and captured.get("dir") != "host>reader":
            tongues.setdefault(_tongue(family, octets, captured), []).append(octets)
    if family in LINES:
        # The last line of a capture may lack its end, and nine bytes of a scratchpad are a capture of their own.
        tongues = {family: [line.rstrip() + b"\r\n" for line in tongues[family] if line.isascii()]}
    return {tongue: b"".join(frames) for tongue, frames in tongues.items()}


def _tongue(family: str, octets: bytes, captured: dict[str, Any]) -> str:
    if family == "m100_uhf" and octets[0] == 0xAA:
        return f"{family}, AA and DD"
    return f"{family}, text" if family == "hf_iso15693" and "text" in captured else family


def measure(decoder: ByteDecoder, octets: bytes) -> dict[str, float]:
    """Feed all of it; what it cost."""
    items = 0
    began = time.process_time()
    for start in range(0, len(octets), READ_OCTETS):
        items += len(decoder.feed(octets[start : start + READ_OCTETS]))
    # Some tell what they were given when the line falls silent.
    items += len(decoder.idle())
    seconds = time.process_time() - began
    began = time.process_time()
    hashlib.sha256(octets).digest()
    return {
        "megabytes_per_cpu_second": round(len(octets) / seconds / 1e6, 2),
        "seconds_of_sha256": round((time.process_time() - began) / seconds, 4),
        "items_per_cpu_second": round(items / seconds),
        "items": items,
        "discarded_octets": decoder.counters.discarded,
    }


def recorded(size: int, question: bytes) -> bytes:
    """A Modbus probe's answers of about `size` bytes in all, each another temperature, each behind its question."""
    heads = (b"\x01\x04\x04" + struct.pack(">hH", n % 600, 300 + n % 701) for n in range(size // _ANSWER_OCTETS))
    return b"".join(question + head + crc16(head) for head in heads)


def measure_asked(size: int) -> dict[str, float]:
    """A Modbus probe's answers, each another temperature, each asked for first, as on its line; what one cost."""
    decoder, probe = ModbusDecoder(), Probe("fridge-1")
    wire = recorded(size, b"")
    answers = [wire[at : at + _ANSWER_OCTETS] for at in range(0, len(wire), _ANSWER_OCTETS)]
    began, items = time.process_time(), 0
    for answer in answers:
        decoder.expect(probe)
        items += len(decoder.feed(answer))
    seconds = time.process_time() - began
    return {
        "megabytes_per_cpu_second": round(len(answers) * _ANSWER_OCTETS / seconds / 1e6, 2),
        "items_per_cpu_second": round(items / seconds),
        "items": items,
        "discarded_octets": decoder.counters.discarded,
    }


def main(arguments: list[str]) -> int:
    """Measure every family; print one JSON object."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--megabytes", type=float, default=4.0, help="how much each decoder is fed")
    size = int(asked.parse_args(arguments).megabytes * 1e6)
    found: dict[str, dict[str, float]] = {}
    for name, family in FAMILIES.items():
        if isinstance(family, ByteFamily):
            for tongue, frames in good_frames(name).items():
                found[tongue] = measure(family.capture(), frames * max(1, size // len(frames)))
    for name in fresh.FRESH:
        found[f"{name}, every tag new"] = measure(fresh.decoder(name), b"".join(fresh.frames(name, size)))
        found[f"{name}, new tags between none"] = measure(fresh.decoder(name), b"".join(fresh.mixed(name, size)))
    for name in fresh.OF_ONE_TAG:
        wire = b"".join(fresh.mixed(name, size, fresh.OF_ONE_TAG))
        found[f"{name}, one new tag between none"] = measure(fresh.decoder(name), wire)
    for told, question in (("answers alone", b""), ("questions and answers", Probe().request.format())):
        wire = recorded(size, question)
        found[f"modbus_rtu_temp, recorded {told}, every answer new"] = measure(ModbusCaptureDecoder(), wire)
    found["modbus_rtu_temp, asked, every answer new"] = measure_asked(size)
    print(json.dumps({"read_octets": READ_OCTETS, "families": found}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
