"""Discards (报废) as they stand: what was requested, what is approved, what a sweep of the disposal place counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.core import custody, kinds
from ledger.core.correcting import Said, said_as
from ledger.core.custody import Recorded
from ledger.core.errors import ConfigError, Refused
from ledger.read.reader import Reader
from ledger.read.sweeping import Swept, read_there
from ledger.read.values import UnitSummary
from ledger.rules import discarding, files
from ledger.rules import refused as rules
from ledger.rules.discarding import Reason, Requested
from ledger.rules.stocktake import Difference, compare

REASONS_FILE: Final = "discard-reasons.toml"
"""In the site's folder: its own reasons. None there: those that ship."""

_STATE: Final = "awaiting_disposal"
_MOST: Final = 1000
_ASKS = kinds.DiscardRequested | kinds.Assessed | kinds.ReturnedToBank
"""What may ask for a discard: a request, an assessment, a blood bank that does not take a bag back into stock."""
_TAKEN_BACK = kinds.QuarantineLifted | kinds.Recalled | kinds.Discarded | kinds.Transfused


@dataclass(frozen=True, slots=True)
class Waiting:
    """A unit that awaits disposal.

    Attributes:
        unit: what the ledger has of it.
        code: the reason's code; None: an assessment or a blood bank decided, or nobody named one.
        reason: what else was written.
        withheld: the commitment to a confidential reason.
        place_of_request: stream and number of the event that asked, under which a withheld reason is kept.
        requested: who asked, and whether it is approved.
    """

    unit: UnitSummary
    code: str | None
    reason: str | None
    withheld: str | None
    place_of_request: tuple[str, int]
    requested: Requested


def reasons(reader: Reader) -> tuple[Reason, ...]:
    """The site's reasons.

    Raises:
        ConfigError: the file cannot be read, or says what cannot be.
    """
    file = reader.site.directory / REASONS_FILE
    try:
        return discarding.parse_reasons(file.read_text("utf-8") if file.exists() else files.discard_reasons_text())
    except (OSError, UnicodeDecodeError) as wrong:
        raise ConfigError(f"discard reasons: expected a file in UTF-8 at {file}; {wrong}") from wrong


def waiting(reader: Reader, organisation: str | None) -> tuple[Waiting, ...]:
    """The units that await disposal and that the organisation (None: anybody) holds, by name."""
    found = reader.units(organisation=organisation, state=_STATE, limit=_MOST)
    held = (each for each in found if organisation in {None, each.holder})
    told = (_waiting(reader, each) for each in sorted(held, key=lambda each: each.unit))
    return tuple(each for each in told if each is not None)


def counted(reader: Reader, swept: Swept, approved: Iterable[str], *, now_ms: int) -> Difference:
    """What a sweep of the disposal place counts, against what is approved.

    Args:
        reader: whom to ask.
        swept: the place and what was scanned by hand; without `since_ms` readers are not listened to.
        approved: the units that are approved.
        now_ms: the present instant.
    """
    read = read_there(reader, swept, now_ms=now_ms)
    return compare(
        approved,
        [each.unit for each in read if each.unit is not None],
        unknown=[each.text for each in read if each.unit is None],
    )


def refuse(reader: Reader, kind: str, fields: Mapping[str, object]) -> Refused | None:
    """Why a discard cannot be requested, approved or carried out like this; None for other kinds."""
    unit, code, told = fields.get("unit"), fields.get("code"), fields.get("reason")
    match kind:
        case "discard_requested":
            try:
                listed = reasons(reader)
            except ConfigError as error:
                return Refused("discard.reasons", str(error))
            return _named(
                discarding.refuse_request(
                    listed,
                    code=None if code is None else str(code),
                    told=None if told is None else str(told),
                    withheld=fields.get("withheld") is not None,
                )
            )
        case "discard_approved":
            by = fields.get("by")
            asked = requested(reader.told(str(unit)), str(unit))
            return _named(discarding.refuse_approval(asked, by=None if by is None else str(by)))
        case "discarded":
            return _named(discarding.refuse_disposal(requested(reader.told(str(unit)), str(unit))))
        case _:
            return None


def requested(history: Sequence[Recorded], unit: str) -> Requested | None:
    """Whether somebody asked to discard a unit, and what came of it; None: nobody, or it was lifted since."""
    found: Requested | None = None
    for each in custody.fold_order(history):
        event = each.event
        if unit not in custody.subjects(event):
            continue
        match event:
            case kinds.DiscardRequested():
                found = Requested(event.by)
            case kinds.ReturnedToBank(outcome="discard"):
                found = Requested(event.by)
            case kinds.Assessed(outcome="discard"):
                found = Requested(event.by, assessed=True)
            case kinds.DiscardApproved() if found is not None:
                found = Requested(found.by, found.assessed, approved=True)
            case _ if isinstance(event, _TAKEN_BACK):
                found = None
            case _:
                continue
    return found


def approved_on(history: Sequence[Recorded], unit: str) -> frozenset[Said]:
    """The requests on whose word quality approved the discard of a unit, also such as were lifted since."""
    found: set[Said] = set()
    asked: Said | None = None
    for each in custody.fold_order(history):
        match each.event:
            case kinds.DiscardRequested() as event if event.unit == unit:
                asked = said_as(event)
            case kinds.DiscardApproved() as event if event.unit == unit and asked is not None:
                found.add(asked)
            case _:
                continue
    return frozenset(found)


def _waiting(reader: Reader, unit: UnitSummary) -> Waiting | None:
    history = reader.told(unit.unit)
    found = requested(history, unit.unit)
    asked = [
        each.event
        for each in custody.fold_order(history)
        if isinstance(each.event, _ASKS) and each.event.unit == unit.unit
    ]
    if found is None or not asked:
        return None
    newest = asked[-1]
    code, withheld = (newest.code, newest.withheld) if isinstance(newest, kinds.DiscardRequested) else (None, None)
    return Waiting(unit, code, newest.reason, withheld, (newest.stream, newest.seq), found)


def _named(refused: rules.Refused | None) -> Refused | None:
    return None if refused is None else Refused(refused.rule, refused.reason)
