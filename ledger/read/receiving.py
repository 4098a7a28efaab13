"""What a consignment's receipt looks like now: manifest, sweep, what was received already, what holds it back.

Gathers for `ledger.rules.receiving` and `ledger.rules.transit`, which decide. What was read there is
`ledger.read.sweeping`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger.core import custody, kinds
from ledger.core.custody import Recorded
from ledger.core.errors import ConfigError, Refused
from ledger.read import reasons, returns
from ledger.read.facts import assessment_of
from ledger.read.history import recorded
from ledger.read.reader import Reader
from ledger.read.sweeping import Swept, sighted, typed
from ledger.read.values import UnitSummary
from ledger.rules import deviation
from ledger.rules.reasoning import refuse_reason
from ledger.rules.receiving import Comparison, compare_manifest
from ledger.rules.transit import Carried, Hold, Qualification, holds, parse_qualification

BOXES_FILE: Final = "boxes.toml"
"""In the site's folder: how long each box keeps. None there: nothing is known of any."""


@dataclass(frozen=True, slots=True)
class Line:
    """One unit of the manifest.

    Attributes:
        unit: the unit.
        summary: what the ledger has of it; None: nothing.
        outcome: what its newest receipt under this note said, `accepted`, `held` or `refused`; None: still to come.
    """

    unit: str
    summary: UnitSummary | None
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A consignment where it is received.

    Attributes:
        note: `consignment:…`.
        to: whom it was sent to, by the newest dispatch.
        sent_ms: when it was sent first.
        lines: its units, in the note's order.
        comparison: manifest against what was found.
        holds: why the whole of it is held back; empty: nothing does.
        place: where the sweep is; None: nowhere yet.
        since_ms: from when on what readers saw there counts.
        now_ms: the instant for which this holds.
    """

    note: str
    to: str
    sent_ms: int
    lines: tuple[Line, ...]
    comparison: Comparison
    holds: tuple[Hold, ...]
    place: str | None
    since_ms: int
    now_ms: int

    @property
    def outstanding(self) -> tuple[str, ...]:
        """Units that were sent and nobody received: what dispatch and receipt differ by."""
        return tuple(line.unit for line in self.lines if line.outcome is None)

    @property
    def proposed(self) -> tuple[str, ...]:
        """Units that were found, are not received yet, and look as they should: what a person may accept."""
        there = set(self.comparison.found) - self.comparison.suspect
        return tuple(unit for unit in self.outstanding if unit in there)


def receipt(reader: Reader, note: str, swept: Swept, *, now_ms: int) -> Receipt | None:
    """A consignment where it is received; None if the ledger has no such note.

    Raises:
        ConfigError: the site's file of boxes cannot be read.
    """
    history = recorded(reader.history.of([note]))
    sent = [each for each in history if isinstance(each.event, kinds.Dispatched)]
    if not sent:
        return None
    units = custody.dispatched_units(history, note)
    sent_ms = min(each.time_ms for each in sent)
    since_ms = sent_ms if swept.since_ms is None else swept.since_ms
    known = {unit: reader.summary(unit) for unit in units}
    read = [*typed(reader, swept), *sighted(reader, swept.place, units, since_ms=since_ms, now_ms=now_ms)]
    groups = {unit: (each.abo, each.rhd) for unit, each in known.items() if each is not None}
    outcomes = _outcomes(history)
    newest = sent[-1].event
    assert isinstance(newest, kinds.Dispatched)  # noqa: S101  filtered above; for the type checker
    return Receipt(
        note=note,
        to=newest.to,
        sent_ms=sent_ms,
        lines=tuple(Line(unit, known[unit], outcomes.get(unit)) for unit in units),
        comparison=compare_manifest(units, read, groups),
        holds=held_back(reader, note, history, now_ms=now_ms),
        place=swept.place,
        since_ms=since_ms,
        now_ms=now_ms,
    )


def refuse_outcome(reader: Reader, fields: Mapping[str, object], *, now_ms: int) -> Refused | None:
    """Why units must not be received like this: what is refused says why, what comes back has a page of its own.

    Args:
        reader: the ledger as it is just before.
        fields: of the `received` event.
        now_ms: when they are received.
    """
    return _refuse_return(reader, fields) or _refuse_code(reader, fields) or refuse(reader, fields, now_ms=now_ms)


def _refuse_return(reader: Reader, fields: Mapping[str, object]) -> Refused | None:
    """What the pack says of a unit that comes back is written down when it is taken back, and nowhere else."""
    if fields.get("returning") is not None or returns.is_return(reader, str(fields["dispatch_note"])):
        return Refused("return.own-page", f"what comes back under {fields['dispatch_note']} is taken back on its page")
    return None


def _refuse_code(reader: Reader, fields: Mapping[str, object]) -> Refused | None:
    code, told, checked = fields.get("code"), fields.get("reason"), fields.get("checklist")
    is_refused = fields["outcome"] == "refused"
    unmet = isinstance(checked, kinds.Checked) and any(each.finding == "not_met" for each in checked.answers)
    if code is None and (unmet or not is_refused):
        return None
    if not is_refused:
        return Refused("receipt.reason", "only what is refused names the site's reason for it")
    try:
        listed = reasons.refusals(reader.site)
    except ConfigError as error:
        return Refused("receipt.reasons", str(error))
    refused = refuse_reason(
        listed,
        code=None if code is None else str(code),
        told=None if told is None else str(told),
        rule="receipt.reason",
    )
    return None if refused is None else Refused(refused.rule, refused.reason)


def refuse(reader: Reader, fields: Mapping[str, object], *, now_ms: int) -> Refused | None:
    """Why units must not be accepted (核收): only `accepted` asks, since held and refused bags wait for a person.

    Args:
        reader: the ledger as it is just before.
        fields: of the `received` event.
        now_ms: when they are received.
    """
    if fields["outcome"] != "accepted":
        return None
    note, wanted = str(fields["dispatch_note"]), fields["units"]
    assert isinstance(wanted, list)  # noqa: S101  the kind's schema made it so; for the type checker
    history = recorded(reader.history.of([note]))
    units = custody.dispatched_units(history, note)
    foreign = [unit for unit in wanted if units and unit not in units]
    if foreign:
        return Refused("receipt.not-on-note", f"{note} does not name {', '.join(foreign)}; hold what came without it")
    on_the_way = [unit for unit in wanted if _is_on_the_way(reader, unit)]
    try:
        found = held_back(reader, note, history, now_ms=now_ms) if on_the_way else ()
    except ConfigError as error:
        return Refused("receipt.boxes", str(error))
    if not found:
        return None
    return Refused("receipt.consignment-held", f"the whole of {note} is held: {'; '.join(map(_hold_text, found))}")


def held_back(reader: Reader, note: str, history: Sequence[Recorded], *, now_ms: int) -> tuple[Hold, ...]:
    """Why a consignment is held back whole, as far as is known now.

    Raises:
        ConfigError: the site's file of boxes cannot be read.
    """
    sent = [each for each in history if isinstance(each.event, kinds.Dispatched)]
    if not sent:
        return ()
    sent_ms = min(each.time_ms for each in sent)
    arrivals = [each.time_ms for each in history if isinstance(each.event, kinds.Received)]
    arrived_ms = min((at for at in arrivals if at >= sent_ms), default=now_ms)
    boxes = dict.fromkeys(box for each in sent for box in getattr(each.event, "boxes", ()))
    return holds(
        note,
        sent_ms=sent_ms,
        arrived_ms=arrived_ms,
        boxes=[_carried(reader, box, sent_ms, arrived_ms) for box in boxes],
        warm=_warm(reader, custody.dispatched_units(history, note), sent_ms, arrived_ms, now_ms),
        qualification=qualification(reader),
    )


def qualification(reader: Reader) -> Qualification:
    """How long the site's boxes keep.

    Raises:
        ConfigError: the file cannot be read, or says what cannot be.
    """
    file = reader.site.directory / BOXES_FILE
    try:
        return parse_qualification(file.read_text("utf-8") if file.exists() else "")
    except (OSError, UnicodeDecodeError) as wrong:
        raise ConfigError(f"boxes: expected a file in UTF-8 at {file}; {wrong}") from wrong


def _outcomes(history: Sequence[Recorded]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in custody.by_time(history):
        if isinstance(each.event, kinds.Received):
            found.update(dict.fromkeys(each.event.units, each.event.outcome))
    return found


def _is_on_the_way(reader: Reader, unit: str) -> bool:
    """Whether a unit comes from the road or from 隔离待查, and not back from a hospital, which another rule judges."""
    known = reader.summary(unit)
    return known is not None and known.state in {"in_transit", "received"}


def _carried(reader: Reader, box: str, sent_ms: int, arrived_ms: int) -> Carried:
    """When a box was packed last before it was sent, and opened first after that."""
    packed = opened = None
    for each in custody.by_time(recorded(reader.history.of([box]))):
        if isinstance(each.event, kinds.Packed | kinds.Sealed) and each.time_ms <= sent_ms:
            packed = each.time_ms if isinstance(each.event, kinds.Packed) or packed is None else packed
        elif isinstance(each.event, kinds.Opened | kinds.Unpacked) and sent_ms < each.time_ms <= arrived_ms:
            opened = each.time_ms if opened is None else opened
    return Carried(box, packed, opened)


def _warm(
    reader: Reader, units: Iterable[str], sent_ms: int, arrived_ms: int, now_ms: int
) -> Iterator[tuple[str, int]]:
    """Units that were out on the way, longer than the pack lets pass, and that nobody has found fit since."""
    for unit in units:
        chain = reader.cold_chain(unit, now_ms=now_ms)
        if chain is None or deviation.is_tolerated(chain.exposure):
            continue
        out = (each for each in chain.exposure.spells if each.status == "out")
        lasted = sum(max(0, min(each.end_ms, arrived_ms) - max(each.start_ms, sent_ms)) for each in out)
        newest = assessment_of(reader.told(unit), unit)
        if lasted and not deviation.is_settled(chain.exposure, newest, seen=chain.seen):
            yield unit, lasted


def _hold_text(hold: Hold) -> str:
    limit = "" if hold.limit is None else f" of at most {hold.limit}"
    return f"{hold.cause} of {hold.subject}, {hold.minutes} minutes{limit}"
