"""What can happen in the demo's script: one small value for each, and the moment at which it does.

Nothing here does anything: `month` and `scenarios` say what happens, `stage` performs it.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

_ZONE = dt.timezone(dt.timedelta(hours=8))
_FIRST_DAY = dt.datetime(2026, 3, 2, tzinfo=_ZONE)
WHOLE_BLOOD, RED_CELLS, PLASMA, PLATELETS = "A0001V00", "A0002V00", "A0003V00", "A0004V00"

RECEIPT_MET = {f"check.{item}": "met" for item in ("transport", "appearance", "seal", "label")}
ISSUE_MET = {f"check.{item}": "met" for item in ("request", "compatibility", "appearance", "label")}
"""The usual checklists, every item met, as the pages take their answers."""


@dataclass(frozen=True, slots=True)
class Record:
    """A person records a step on the pages: `kind` with its fields; `second` signs too."""

    who: str
    kind: str
    fields: Mapping[str, str]
    second: str = ""


@dataclass(frozen=True, slots=True)
class Fill:
    """A person fills in a form of a page of its own: the form that has the field `having`.

    `passwords` are the fields in which somebody signs: field to login.
    """

    who: str
    path: str
    values: Mapping[str, str]
    having: str
    passwords: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Correct:
    """Two persons correct what was said first of a unit: `values` are right, `why` says what was wrong."""

    who: str
    unit: str
    values: Mapping[str, str]
    why: str
    second: str


@dataclass(frozen=True, slots=True)
class Report:
    """The hospital's own system reports a step at the bedside over the API; persons in `fields` are logins."""

    unit: str
    kind: str
    fields: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Compare:
    """A person compares on the receipt of a dispatch note; it must differ in exactly these ways."""

    who: str
    path: str
    values: Mapping[str, str]
    differs: frozenset[str]


@dataclass(frozen=True, slots=True)
class HandIn:
    """The gateways hand in, late, what their probes have read by now."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A person tries a step that must be refused, by a rule whose name begins so."""

    attempt: Record
    rule: str


@dataclass(frozen=True, slots=True)
class PutTags:
    """Units come before a reader's antenna."""

    reader: str
    epcs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TakeTags:
    """Units are taken away from a reader's antenna, once it has read them a last time."""

    reader: str
    epcs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """A device obeys a command: a fault, a failure, a scan."""

    device: str
    command: str
    arguments: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Restart:
    """A gateway's program is stopped and started again."""

    gateway: str


@dataclass(frozen=True, slots=True)
class Settle:
    """Wait until everything that the gateways saw has its receipt."""


@dataclass(frozen=True, slots=True)
class Sounding:
    """Wait until an alarm sounds on the spot: this relay board's first coil is on."""

    board: str


Said: TypeAlias = Record | Fill | Refusal | Correct | Report | Compare
"""What people do, and what speaks for them."""
Action: TypeAlias = Said | PutTags | TakeTags | Order | Restart | Settle | Sounding | HandIn


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens at `at_ms` (Unix milliseconds)."""

    at_ms: int
    action: Action


def day_of(day: int) -> dt.date:
    """A day of the script as a calendar day: 1 is 2 March 2026, 0 the day before."""
    return (_FIRST_DAY + dt.timedelta(days=day - 1)).date()


def at(local: str) -> int:
    """`1 08:20` as Unix milliseconds."""
    day, _, clock = local.partition(" ")
    hours, _, minutes = clock.partition(":")
    moment = _FIRST_DAY + dt.timedelta(days=int(day) - 1, hours=int(hours), minutes=int(minutes))
    return int(moment.timestamp() * 1000)


def person(who: str) -> str:
    """A donor or a patient: a pseudonym, here made from a word so that every run has the same."""
    return "person:" + hashlib.sha256(f"xuemai demo {who}".encode()).hexdigest()[:32]


def check_character(din: str) -> str:
    """ISO/IEC 7064 MOD 37-2 over a donation number of 13 characters, as ISBT 128 prints it beside the number."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
    total = 0
    for character in din:
        total = (total + alphabet.index(character)) * 2 % 37
    return alphabet[(38 - total) % 37]
