"""Taking a logger's file into the outbox: what `xuemai gateway import-logger` does once its arguments are read."""

import re
from datetime import timedelta, timezone

from gateway.loggers import fridge_tag
from gateway.loggers.taking import Hanging, Taken, take
from gateway.outbox import Outbox
from ledger.core.errors import ConfigError
from ledger.core.ids import is_id

_OFFSET = re.compile(r"([+-])(0[0-9]|1[0-4]):([0-5][0-9])")


def hanging(gateway: str, place: str, measures: str, utc_offset: str) -> Hanging:
    """Where a logger hung.

    Raises:
        ConfigError: no such place, or no offset.
    """
    if not (is_id(place, "place") or is_id(place, "box")):
        raise ConfigError(f"--place: expected a place such as place:centre/fridge-1, or a box; got {place!r}")
    offset = _OFFSET.fullmatch(utc_offset)
    if offset is None:
        raise ConfigError(f"--utc-offset: expected an offset such as +08:00; got {utc_offset!r}")
    sign = -1 if offset[1] == "-" else 1
    zone = timezone(sign * timedelta(hours=int(offset[2]), minutes=int(offset[3])))
    return Hanging(gateway, place, measures, zone)


def take_into(outbox: Outbox, content: bytes, hanging: Hanging, *, now_ms: int) -> Taken:
    """Keep the events of a file and the marks of its days, all or nothing, sealed to be sent.

    Raises:
        LoggerFileError: the file cannot be taken, or a day says something else than before.
        OutboxError: nothing was written.
    """
    file = fridge_tag.parse(content)
    known = outbox.state(f"logger/{file.serial}/")
    taken = take(file, hanging, known=known, now_ms=now_ms)
    if taken.state:
        outbox.append(taken.claims, dict(taken.state))
        outbox.seal_all()
    return taken
