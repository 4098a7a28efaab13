"""How long it takes to judge every unit of a station anew: from stored temperature segments to a verdict for each.

    python -m benchmarks.exposure [--units 100000] [--fridges 200] [--days 7] [--every-seconds 60]

Every refrigerator has one probe that reads every minute and tells it in segments of a quarter of an hour, as bytes;
some of them have warm hours and silences. Each unit came at some instant of the time, stood in one refrigerator, and
half of them were carried to a second. Timed: decoding the segments, cutting every place's time, and judging every unit
under the pack `cn`. Some of the units are then judged one by one, which must say the same.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator

import msgspec

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.ids import format_instant
from ledger.read.history import track
from ledger.rules.exposure import Stay, Track, Way, judge, judge_many
from ledger.rules.files import pack_text
from ledger.rules.pack_file import parse_pack

BEGAN_MS = 1_767_225_600_000
SEGMENT_MS = 900_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
CHECKED = 200
COMPONENTS = ("RBC_AS", "RBC_CPDA1", "WB")


def segments(fridge: int, *, days: int, every_ms: int, chance: random.Random) -> Iterator[bytes]:
    """The bytes of one probe's temperature segments, in order of time."""
    warm = {chance.randrange(24 * days) for _ in range(days // 7)} if fridge % 10 == 0 else set()
    silent = chance.randrange(24 * days) if fridge % 20 == 0 else -1
    for number, start in enumerate(range(0, days * DAY_MS, SEGMENT_MS)):
        hour = number * SEGMENT_MS // HOUR_MS
        if hour == silent:
            continue
        usual = 900 if hour in warm else 400
        event = kinds.TemperatureSegment(
            v=1, stream="gw-1/1/t", seq=fridge * 10_000 + number + 1, nonce="A" * 22 + "==", clock="synchronised",
            time=format_instant(BEGAN_MS + start), until=format_instant(BEGAN_MS + start + SEGMENT_MS),
            place=f"place:fridge-{fridge}", probe=f"probe:{fridge}", measures="air", quality="good",
            readings=[(at, usual + chance.randrange(-30, 31)) for at in range(0, SEGMENT_MS, every_ms)],
        )  # fmt: skip
        yield msgspec.json.encode(event)


def ways(units: int, *, fridges: int, days: int, chance: random.Random) -> Iterator[Way]:
    """Where each unit was."""
    for number in range(units):
        came = BEGAN_MS + chance.randrange(days * DAY_MS - HOUR_MS)
        first, second = (f"place:fridge-{chance.randrange(fridges)}" for _ in range(2))
        left = chance.randrange(came + HOUR_MS // 2, BEGAN_MS + days * DAY_MS)
        moved = (Stay(first, "store", came, left), Stay(second, "store", left + 120_000))
        stays = moved if number % 2 else (Stay(first, "store", came),)
        yield Way(stays, COMPONENTS[number % len(COMPONENTS)])


def _track(event: kinds.TemperatureSegment) -> Track:
    return track(Recorded(event, 0, 0), event)


def measure(*, units: int, fridges: int, days: int, every_ms: int) -> dict[str, object]:
    """Make the station, judge it, and check a few units against the rule that judges one."""
    chance = random.Random(1)  # noqa: S311  the same station every time
    bodies = [list(segments(each, days=days, every_ms=every_ms, chance=chance)) for each in range(fridges)]
    all_ways = list(ways(units, fridges=fridges, days=days, chance=chance))
    pack, until = parse_pack(pack_text("cn")), BEGAN_MS + days * DAY_MS
    began = time.process_time()
    tracks: dict[str, list[Track]] = {}
    decoder = msgspec.json.Decoder(kinds.TemperatureSegment)
    for fridge, of_it in enumerate(bodies):
        tracks[f"place:fridge-{fridge}"] = [_track(decoder.decode(body)) for body in of_it]
    decoded = time.process_time()
    verdicts = dict.fromkeys(("ok", "out", "unknown"), 0)
    kept = []
    for number, found in enumerate(judge_many(all_ways, tracks, pack=pack, until_ms=until)):
        verdicts[found.verdict] += 1
        if number < CHECKED:
            kept.append(found)
    judged = time.process_time()
    alone = [judge(way.stays, tracks, pack=pack, component=way.component, until_ms=until) for way in all_ways[:CHECKED]]
    if alone != kept:
        raise SystemExit("units judged together are not judged as each alone")
    return {
        "units": units,
        "fridges": fridges,
        "days": days,
        "readings": sum(len(each.samples) for of_it in tracks.values() for each in of_it),
        "decode_seconds": round(decoded - began, 2),
        "judge_seconds": round(judged - decoded, 2),
        "seconds": round(judged - began, 2),
        "verdicts": verdicts,
        "checked_one_by_one": len(alone),
    }


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=100_000)
    parser.add_argument("--fridges", type=int, default=200)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--every-seconds", type=int, default=60)
    asked = parser.parse_args()
    found = measure(units=asked.units, fridges=asked.fridges, days=asked.days, every_ms=asked.every_seconds * 1000)
    json.dump(found, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
