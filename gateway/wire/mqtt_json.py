"""Reading JSON that arrived by MQTT: bounded, exact, never raising.

Numbers with a fraction stay exact decimals, so that 4.35 °C is 435 hundredths.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

import msgspec

MAX_PAYLOAD_BYTES = 64 * 1024
"""Device messages are a few hundred bytes; a batch of a reader's tag events some thousand."""

Json: TypeAlias = dict[str, object] | list[object] | str | int | Decimal | bool | None

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"\s*[+-]?\d{1,18}(?:\.\d{0,18})?(?:[eE][+-]?\d)?\s*", re.ASCII)
_MOST_PLACES = 40
_LATEST_MILLISECONDS = 253_402_300_799_999  # the end of the year 9999, where datetime ends


def object_in(payload: bytes) -> dict[str, object] | None:
    """The JSON object that the payload is; None if it is anything else, or too long, or nested too deeply."""
    return as_object(json_in(payload))


def json_in(payload: bytes) -> object:
    """The JSON value that the payload is; None if it is none (or null), or too long, or nested too deeply."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        return None
    try:
        return _DECODER.decode(payload)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None


def as_object(value: object) -> dict[str, object] | None:
    """A JSON value as the object that it is; None if it is anything else."""
    return value if isinstance(value, dict) else None


def as_text(value: object) -> str:
    """A JSON value as the text that it is; empty if it is anything else."""
    return value if isinstance(value, str) else ""


def text_in(payload: bytes) -> str | None:
    """The payload as text; None if it is not UTF-8 or too long."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        return None
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return None


def number_in(value: object) -> Decimal | None:
    """A JSON number, exactly; None for anything else, true and false included, and for what no device can mean.

    JSON has 1e9999999 too: what is calculated of it overflows, or takes for ever.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    return number if abs(number.adjusted()) <= _MOST_PLACES else None


def written_number_in(value: object) -> Decimal | None:
    """A JSON number, or text that is one (`"26.93"`, as some payload formatters write); None for anything else.

    `nan` and infinity are text of no number.
    """
    if not isinstance(value, str):
        return number_in(value)
    if not _NUMBER.fullmatch(value):
        return None
    return Decimal(value.strip())


def time_in(value: object) -> datetime | None:
    """A device's claimed time in UTC: RFC 3339 text with a zone, or milliseconds since 1970. Else None.

    Text without a zone is some local time, which nobody can place: not a time. Nanoseconds are cut to microseconds.
    """
    if isinstance(value, str):
        try:
            instant = datetime.fromisoformat(value)
        except ValueError:
            return None
        return _in_utc(instant) if instant.tzinfo else None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LATEST_MILLISECONDS:
        return _EPOCH + timedelta(milliseconds=value)
    return None


def unix_seconds_in(value: object) -> datetime | None:
    """A device's claimed time that is seconds since 1970, as a number or text; None for anything else, 0 included."""
    seconds = written_number_in(value)
    if seconds is None or not 0 < seconds * 1000 <= _LATEST_MILLISECONDS:
        return None
    return _EPOCH + timedelta(milliseconds=int(seconds * 1000))


def _in_utc(instant: datetime) -> datetime | None:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        return None
