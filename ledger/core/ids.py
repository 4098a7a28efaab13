"""Identifiers and instants: the words that every event, page and address shares.

An identifier is `kind:value`, e.g. `unit:A999926123456.A0002V00`. This module decides how each kind is spelt; what an
identifier stands for is the ledger's business. Instants are RFC 3339 in UTC with exactly three decimals, e.g.
`2026-03-02T08:20:00.000Z`, so that text order is time order and every instant has one spelling.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated

from msgspec import Meta

from ledger.core.errors import FormatError

DIN_PATTERN = r"[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{2}[0-9]{2}[0-9]{6}"
PRODUCT_PATTERN = r"[A-Z][A-Z0-9]{4}[A-Za-z0-9](?:[A-Z0-9][A-Za-z0-9]|[A-Z0-9]{6})"
NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
PATH_PATTERN = rf"{NAME_PATTERN}(?:/{NAME_PATTERN}){{0,3}}"

MATERIALS = "bag|solution|reagent"
"""What a lot is of: 血袋, 溶液 (additive, washing, glycerol), 试剂."""

PATTERNS = {
    "din": DIN_PATTERN,
    "unit": rf"{DIN_PATTERN}\.{PRODUCT_PATTERN}",
    "tag": r"(?:[0-9A-F]{2}){4,31}",
    "box": NAME_PATTERN,
    "place": PATH_PATTERN,
    "probe": PATH_PATTERN,
    "device": PATH_PATTERN,
    "person": r"[0-9a-f]{32}",
    "org": NAME_PATTERN,
    "sample": NAME_PATTERN,
    "consignment": NAME_PATTERN,
    "case": NAME_PATTERN,
    "container": NAME_PATTERN,
    "equipment": NAME_PATTERN,
    "order": NAME_PATTERN,
    "lot": rf"(?:{MATERIALS})/{NAME_PATTERN}",
    "key": r"[0-9a-f]{64}",
}
"""Identifier kind → the regular expression of its value. Field by field, the source is docs/format.md §1."""

_COMPILED = {kind: re.compile(rf"{kind}:{pattern}\Z") for kind, pattern in PATTERNS.items()}
_YEAR = "(?!0000)[0-9]{4}"
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_MONTH_AND_DAY = "(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_DAY = f"(?:{_YEAR}-{_MONTH_AND_DAY}|{_LEAP_YEAR}-02-29)"
SECOND_PATTERN = rf"{_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
"""The spelling of an instant down to its second: 19 characters."""
INSTANT_PATTERN = rf"{SECOND_PATTERN}\.[0-9]{{3}}Z"
"""The spelling of an instant, of real days alone: an event of 30 February is a defect, and never reaches a calendar.

Unix time, in which instants are counted, knows no leap seconds.
"""

_INSTANT = re.compile(rf"{INSTANT_PATTERN}\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR_MS = 3_600_000
_MILLISECOND = timedelta(milliseconds=1)
_DECIMALS = {f".{milliseconds:03d}Z": milliseconds for milliseconds in range(1000)}
"""How an instant ends → its milliseconds."""


def _anchored(kind: str) -> str:
    return rf"^{kind}:{PATTERNS[kind]}\Z"


Din = Annotated[str, Meta(pattern=_anchored("din"))]
Unit = Annotated[str, Meta(pattern=_anchored("unit"))]
Tag = Annotated[str, Meta(pattern=_anchored("tag"))]
Box = Annotated[str, Meta(pattern=_anchored("box"))]
Place = Annotated[str, Meta(pattern=rf"^(?:place:{PATH_PATTERN}|box:{NAME_PATTERN})\Z")]
"""Where something is: a registered place, or inside a box."""
Probe = Annotated[str, Meta(pattern=_anchored("probe"))]
Device = Annotated[str, Meta(pattern=_anchored("device"))]
Person = Annotated[str, Meta(pattern=_anchored("person"))]
Organisation = Annotated[str, Meta(pattern=_anchored("org"))]
Sample = Annotated[str, Meta(pattern=_anchored("sample"))]
Consignment = Annotated[str, Meta(pattern=_anchored("consignment"))]
Case = Annotated[str, Meta(pattern=_anchored("case"))]
Container = Annotated[str, Meta(pattern=_anchored("container"))]
"""The bag itself, as its maker numbered it: it stays the same when the blood in it becomes another product."""
Equipment = Annotated[str, Meta(pattern=_anchored("equipment"))]
"""A machine that blood was worked on with: a centrifuge, an irradiator, a thawing bath."""
Lot = Annotated[str, Meta(pattern=_anchored("lot"))]
"""A lot of bags, of a solution or of a reagent, e.g. `lot:bag/HW2405-17`."""
Order = Annotated[str, Meta(pattern=_anchored("order"))]
"""An order of a hospital (订血), e.g. `order:DX-2026-000001`."""
Key = Annotated[str, Meta(pattern=_anchored("key"))]
"""`key:` and the SHA-256 of the verifier key's text, in lower-case hex: the fingerprint that a person compares."""
Instant = Annotated[str, Meta(pattern=rf"^{INSTANT_PATTERN}\Z")]


def parse_id(text: str) -> tuple[str, str]:
    """Split an identifier into its kind and its value.

    Raises:
        FormatError: the kind is not known, or the value is not spelt as that kind is.
    """
    kind, _, value = text.partition(":")
    pattern = _COMPILED.get(kind)
    if pattern is None:
        raise FormatError(f"expected an identifier of one of the kinds {', '.join(PATTERNS)}; got {text!r}")
    if not pattern.match(text):
        raise FormatError(f"expected {kind}: followed by {PATTERNS[kind]}; got {text!r}")
    return kind, value


def is_id(text: str, kind: str) -> bool:
    """Whether `text` is a well-formed identifier of `kind`."""
    return _COMPILED[kind].match(text) is not None


def unit_id(din: str, product: str) -> str:
    """The unit with donation number `din` (13 characters) and product code `product` (8 or 12 characters).

    The product code is the product description code (5), the collection type (1) and the division (2 or 6): ISBT 128
    data structures 003 and 032. Two bags are the same unit only if all of it is the same.
    """
    text = f"unit:{din}.{product}"
    parse_id(text)
    return text


def din_of(unit: str) -> str:
    """The `din:` identifier of the donation that `unit` carries on its label."""
    return f"din:{unit.removeprefix('unit:').partition('.')[0]}"


def product_of(unit: str) -> str:
    """The product code of `unit`: description code, collection type and division."""
    return unit.partition(".")[2]


def format_instant(milliseconds: int) -> str:
    """Milliseconds since the Unix epoch as an instant."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


@lru_cache(maxsize=4096)  # an event's time is asked for again by every step that takes it
def parse_instant(text: str) -> int:
    """An instant as milliseconds since the Unix epoch.

    Raises:
        FormatError: anything but `YYYY-MM-DDThh:mm:ss.mmmZ` with a real date.
    """
    if not _INSTANT.match(text):
        raise FormatError(
            f"expected a real date and time, without leap seconds, such as 2026-03-02T08:20:00.000Z; got {text!r}"
        )
    return _parse_minute(text[:16]) + int(text[17:19]) * 1000 + int(text[20:23])


def parse_instants(texts: Iterable[str]) -> list[int]:
    """Instants as `parse_instant` reads them; those of one second are read together.

    Raises:
        FormatError: as `parse_instant`.
    """
    given = list(texts)
    try:
        seconds = {second: parse_instant(f"{second}.000Z") for second in {text[:19] for text in given}}
        return [seconds[text[:19]] + _DECIMALS[text[19:]] for text in given]
    except (FormatError, KeyError):
        return [parse_instant(text) for text in given]  # which says what is wrong with which of them


@lru_cache(maxsize=4096)  # a batch's events happened within a few minutes
def _parse_minute(text: str) -> int:
    return (datetime.fromisoformat(f"{text}:00Z") - _EPOCH) // _MILLISECOND


def commitment(salt: bytes, value: str) -> str:
    """A salted commitment to a value that must not stand in the log, as `sha256:` and hex.

    Args:
        salt: 16 random bytes, kept where they can be erased; without them the value cannot be guessed back.
        value: the identifying text.
    """
    return "sha256:" + hashlib.sha256(b"xuemai/commitment/v1\0" + salt + value.encode()).hexdigest()
