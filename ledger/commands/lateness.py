"""What commands say of gateways whose data are late, beside what rests on them: as JSON like the API, or in text."""

from collections.abc import Iterator
from typing import Any

from ledger.api.schemas import LATE
from ledger.core.ids import format_instant
from ledger.read.reader import Reader


def late_of(reader: Reader, now_ms: int) -> dict[str, Any]:
    """`late`: the gateways whose data are late, spelt as over the API."""
    return {"late": LATE.dump(reader.late(now_ms))}


def late_lines(reader: Reader, now_ms: int) -> Iterator[str]:
    """A line for each of them."""
    for each in reader.late(now_ms):
        known = (("custody and alarms", each.custody_ms), ("readings", each.readings_ms))
        told = [f"{what} up to {format_instant(until)}" for what, until in known if until is not None]
        yield f"late: {each.gateway}: known are {', '.join(told)}"
