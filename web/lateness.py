"""What a page says of gateways whose data are late: until when they are known, stream by stream."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

from ledger.read.lateness import Late
from web.speech import Speech

Shows: TypeAlias = Literal["custody", "readings", "both"]
"""What a page rests on: custody and alarms, readings, or both."""


def late_words(
    late: Sequence[Late], shows: Shows, speech: Speech, *, before_ms: int | None = None
) -> list[tuple[str, str]]:
    """Each gateway of whose data the page would show more, with what is said of it.

    Args:
        late: the gateways whose data are late.
        shows: what the page rests on.
        speech: the reader's.
        before_ms: the instant that the page shows; what is known up to then is not late for it. None: the present.
    """
    found = []
    for each in late:
        custody = None if shows == "readings" else _missed(each.custody_ms, before_ms)
        readings = None if shows == "custody" else _missed(each.readings_ms, before_ms)
        if custody is not None or readings is not None:
            found.append((each.gateway, _sentence(each.gateway, custody, readings, speech)))
    return found


def _missed(until_ms: int | None, before_ms: int | None) -> int | None:
    return None if until_ms is None or (before_ms is not None and until_ms >= before_ms) else until_ms


def _sentence(gateway: str, custody_ms: int | None, readings_ms: int | None, speech: Speech) -> str:
    custody, readings = (None if each is None else speech.moment(each) for each in (custody_ms, readings_ms))
    if readings is None:
        return speech.say(
            "%(gateway)s is late: custody and alarms are known up to %(time)s", gateway=gateway, time=custody
        )
    if custody is None:
        return speech.say("%(gateway)s is late: readings are known up to %(time)s", gateway=gateway, time=readings)
    if custody == readings:
        return speech.say(
            "%(gateway)s is late: custody, alarms and readings are known up to %(time)s", gateway=gateway, time=custody
        )
    return speech.say(
        "%(gateway)s is late: custody and alarms are known up to %(custody)s, readings up to %(readings)s",
        gateway=gateway,
        custody=custody,
        readings=readings,
    )
