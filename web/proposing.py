"""What a form can fill in by itself: the expiry that the rules give a unit.

A proposal is looked at by the person who records the step; the same rules check what is recorded.
"""

from collections.abc import Mapping

from ledger.core.errors import FormatError
from ledger.core.ids import is_id, parse_instant
from ledger.read.making import latest_of, proposed
from ledger.read.reader import Reader
from ledger.rules.transformation import NUMBERS
from web.forms import columns_of, identified
from web.speech import Speech

PROPOSED = frozenset({*NUMBERS, "labelled"})
"""The kinds whose form can propose an expiry."""


def with_expiry(kind: str, typed: Mapping[str, str], *, reader: Reader, speech: Speech, now_ms: int) -> dict[str, str]:
    """What was typed, with an expiry where there was none and the rules give one.

    Args:
        kind: the kind of step.
        typed: field name to text.
        reader: the ledger.
        speech: how times are typed.
        now_ms: when the step happened, where nothing else was typed.
    """
    if kind == "labelled":
        return _label(typed, reader, speech)
    parents = [unit for line in typed.get("parents", "").splitlines() if (unit := _unit(line)) is not None]
    at_ms = _at(typed.get("time", ""), speech, now_ms)
    lines = []
    for line in typed.get("children", "").splitlines():
        columns = columns_of(line)
        unit = _unit(columns[0])
        if unit is not None and not columns[1]:
            found = proposed(reader, kind, unit, parents, at_ms=at_ms)
            columns[1] = "" if found is None else speech.moment(found)
        lines.append(", ".join(columns).rstrip(", "))
    return {**typed, "children": "\n".join(lines)}


def _label(typed: Mapping[str, str], reader: Reader, speech: Speech) -> dict[str, str]:
    """One label text for all units that were typed: the earliest of their expiries."""
    units = [unit for line in typed.get("unit", "").splitlines() if (unit := _unit(line)) is not None]
    ends = [found for unit in units if (found := latest_of(reader, unit)) is not None]
    if typed.get("expires", "").strip() or not ends:
        return dict(typed)
    return {**typed, "expires": speech.moment(min(ends))}


def _unit(text: str) -> str | None:
    unit = identified("unit", text.strip())
    return unit if is_id(unit, "unit") else None


def _at(text: str, speech: Speech, now_ms: int) -> int:
    try:
        return parse_instant(speech.instant_of(text)) if text.strip() else now_ms
    except FormatError:
        return now_ms  # what is wrong with it is said when the step is recorded
