"""How fast the gateway's decoders read: megabytes and items a CPU-second, for each family that speaks in bytes.

    python -m benchmarks.decoders [--megabytes 4]

The captured good frames of tests/vectors/devices, over and over, in reads of 4 KiB as a busy port gives them; families
that speak two ways are measured in each. Readers' decoders remember frames that they have seen, as a shelf is the same
few tags all day; so one is measured a second time on tags that are all different. `seconds_of_sha256` says how long
SHA-256 takes in the same run for the octets that the decoder reads in one second: a figure that depends less on the
machine. What is decoded is counted and printed too: reading nothing would be fast.
"""

import argparse
import binascii
import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

from gateway.wire.decoder import ByteDecoder
from gateway.wire.families import FAMILIES, ByteFamily
from gateway.wire.items import Noise
from gateway.wire.m100_uhf import M100Decoder

VECTORS = Path(__file__).parents[1] / "tests" / "vectors" / "devices"
READ_OCTETS = 4096


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
    return {tongue: b"".join(frames) for tongue, frames in tongues.items()}


def _tongue(family: str, octets: bytes, captured: dict[str, Any]) -> str:
    if family == "m100_uhf" and octets[0] == 0xAA:
        return f"{family}, AA and DD"
    return f"{family}, text" if family == "hf_iso15693" and "text" in captured else family


def new_tags(size: int) -> bytes:
    """So many octets of M100 tag notices, each of another tag: the notice's fields as in `firmware_mocks.m100_uhf`."""
    notices = []
    for number in range(size // 24):
        tag = b"\x30\x00\xe2\x80\xa9\x99" + number.to_bytes(8, "big")
        crc = binascii.crc_hqx(tag, 0xFFFF) ^ 0xFFFF
        summed = b"\x02\x22\x00\x11\xc4" + tag + crc.to_bytes(2, "big")
        notices.append(b"\xbb" + summed + bytes([sum(summed) & 0xFF]) + b"\x7e")
    return b"".join(notices)


def measure(decoder: ByteDecoder, octets: bytes) -> dict[str, float]:
    """Feed all of it; what it cost."""
    items = noise = 0
    began = time.process_time()
    for start in range(0, len(octets), READ_OCTETS):
        for item in decoder.feed(octets[start : start + READ_OCTETS]):
            items += 1
            noise += item.count_bytes if isinstance(item, Noise) else 0
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
        "discarded_octets": noise,
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
    found["m100_uhf, every tag new"] = measure(M100Decoder(), new_tags(size))
    print(json.dumps({"read_octets": READ_OCTETS, "families": found}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
