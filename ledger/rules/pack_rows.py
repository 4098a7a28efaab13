"""One row of a policy pack's file: plain TOML in, a row of `pack` out. Every error names the row's key."""

from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from ledger.core.errors import ConfigError
from ledger.rules.pack import (
    MAX_GAP_MINUTES,
    Agitation,
    Allowance,
    Dating,
    Irradiation,
    Limits,
    Phase,
    Relabelling,
    ReturnRule,
)
from ledger.rules.row import Row
from ledger.rules.tables import read_as

MINUTE_MS: Final = 60_000
_NEVER_IN_A_FILE: Final = ("figure", "confirmed")
R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Given:
    """A row as a file gives it: what it is called, its key for errors, and its table."""

    figure: str
    key: str
    table: object


@dataclass(frozen=True, slots=True)
class Monitoring:
    """What the facility chooses for every phase that does not say otherwise, in minutes."""

    max_gap: int
    tolerated_out: int

    @classmethod
    def read(cls, max_gap: int, tolerated_out: int, *, key: str) -> "Monitoring":
        """Check the two.

        Raises:
            ConfigError: a reading may stand for less than a minute or more than half an hour; less than nothing is
                tolerated.
        """
        if not 1 <= max_gap <= MAX_GAP_MINUTES:
            raise ConfigError(f"{key}max_gap_minutes: expected 1 to {MAX_GAP_MINUTES}, came {max_gap}")
        if tolerated_out < 0:
            raise ConfigError(f"{key}tolerated_out_minutes: expected 0 or more, came {tolerated_out}")
        return cls(max_gap, tolerated_out)


class _LimitsRow(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    low: int | None = None
    high: int | None = None
    max_gap_minutes: int | None = None
    tolerated_out_minutes: int | None = None
    agitation: bool = False
    source: str
    verified: bool


def read_limits(given: Given, default: Monitoring) -> Limits:
    """The limits of a phase."""
    row = read_as(_LimitsRow, given.table, key=given.key)
    _check_span(row.low, row.high, key=given.key)
    monitoring = Monitoring.read(
        default.max_gap if row.max_gap_minutes is None else row.max_gap_minutes,
        default.tolerated_out if row.tolerated_out_minutes is None else row.tolerated_out_minutes,
        key=f"{given.key}.",
    )
    return Limits(
        low=row.low,
        high=row.high,
        max_gap_ms=monitoring.max_gap * MINUTE_MS,
        tolerated_out_ms=monitoring.tolerated_out * MINUTE_MS,
        agitation=row.agitation,
        source=row.source,
        verified=row.verified,
        figure=given.figure,
    )


def read_dating(given: Given, *, irradiated_days: int | None) -> Dating:
    """The shelf life, with what irradiation makes of it."""
    row = _read(Dating, given, "irradiated_days")
    lengths = [length for length in (row.years, row.days, row.hours) if length is not None]
    if len(lengths) != 1:
        raise ConfigError(f"{given.key}: expected exactly one of years, days, hours, came {len(lengths)}")
    _check_positive(lengths[0], key=given.key)
    return msgspec.structs.replace(row, irradiated_days=irradiated_days)


def read_irradiation(given: Given) -> Irradiation:
    """How long it lasts once it was irradiated."""
    row = _read(Irradiation, given)
    _check_positive(row.days, key=f"{given.key}.days")
    return row


def read_agitation(given: Given) -> Agitation:
    """How long it may lie still."""
    row = _read(Agitation, given)
    _check_positive(row.minutes, key=f"{given.key}.minutes")
    return row


def read_relabelling(given: Given) -> Relabelling:
    """What it may become at its end."""
    return _read(Relabelling, given)


def read_allowances(given: Given) -> tuple[Allowance, ...]:
    """The excursions that a person may accept, numbered from 1."""
    rows = read_as(list[object], given.table, key=given.key)
    allowances = tuple(
        _read(Allowance, Given(f"{given.figure}.{place + 1}", f"{given.key}[{place}]", row))
        for place, row in enumerate(rows)
    )
    for place, allowance in enumerate(allowances):
        key = f"{given.key}[{place}]"
        _check_span(allowance.low, allowance.high, key=key)
        _check_positive(allowance.minutes, key=f"{key}.minutes")
        _check_positive(1 if allowance.times is None else allowance.times, key=f"{key}.times")
    return allowances


def read_return(given: Given, phase: Phase) -> ReturnRule:
    """The rule for coming back from a spell in `phase`."""
    row = _read(ReturnRule, given)
    bounds = (row.minutes, row.low, row.high, row.times)
    if row.rule == "within" and bounds[:3] == (None, None, None):
        raise ConfigError(f"{given.key}: expected minutes, low or high, as {phase} is returned from within them")
    if row.rule != "within" and bounds != (None, None, None, None):
        raise ConfigError(f"{given.key}: expected minutes, low, high and times only where the rule is within")
    if row.low is not None or row.high is not None:
        _check_span(row.low, row.high, key=given.key)
    for name, number in (("minutes", row.minutes), ("times", row.times)):
        _check_positive(1 if number is None else number, key=f"{given.key}.{name}")
    return row


def _read(kind: type[R], given: Given, *more: str) -> R:
    if isinstance(given.table, dict):
        for name in (*_NEVER_IN_A_FILE, *more):
            if name in given.table:
                raise ConfigError(f"{given.key}: object contains unknown field `{name}`")
    return msgspec.structs.replace(read_as(kind, given.table, key=given.key), figure=given.figure)


def _check_span(low: int | None, high: int | None, *, key: str) -> None:
    if low is None and high is None:
        raise ConfigError(f"{key}: expected low, high or both, in centi-degrees")
    if low is not None and high is not None and low > high:
        raise ConfigError(f"{key}.low: expected at most high ({high}), came {low}")


def _check_positive(number: int, *, key: str) -> None:
    if number < 1:
        raise ConfigError(f"{key}: expected 1 or more, came {number}")
