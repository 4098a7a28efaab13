"""A return (退血): what a hospital sends back to a station, and what becomes of it there; each one act.

Checked inside the transaction that writes it. Sending back packs, seals and dispatches under a number of its own
series; from there it is handed over like any consignment. At the station a person decides of each unit, against what
the pack's rule says; what is to be discarded is requested in the same act. Whether persons are who they say, and
whether their role includes it, is for the caller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.acts.ordering import Acting
from ledger.append import Draft, Recorder
from ledger.core import kinds
from ledger.core.errors import ConfigError, Refused
from ledger.core.ids import is_id
from ledger.read import discards, orders, permitted, returns
from ledger.read import reasons as listed
from ledger.rules.lifecycle import State
from ledger.rules.reasoning import refuse_reason
from ledger.rules.taking_back import Judged, Outcome, Seal, refuse_outcome, with_seal

if TYPE_CHECKING:
    from ledger.read.reader import Reader

AT_ONCE = 50
"""Units that one event names: it has at most 4096 bytes, and a unit takes up to 40 of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingBack:
    """What is sent back.

    Attributes:
        units: the units.
        to: the station, `org:…`.
        place: from where: a place of one's own.
        code: why, of the site's list; None where every unit was refused or set aside for return before.
        reason: what else is said.
        box: what it travels in; None: nothing that the ledger knows.
        seal: the number of the seal on the box.
    """

    units: Sequence[str]
    to: str
    place: str
    code: str | None = None
    reason: str | None = None
    box: str | None = None
    seal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decides of one unit.

    Attributes:
        outcome: back into stock, to be released anew (`accepted`); into quarantine (`held`); to be discarded
            (`refused`).
        seal: how its seal was found.
        reason: why.
        code: of what is discarded, the site's reason.
    """

    outcome: Outcome
    seal: Seal
    reason: str | None = None
    code: str | None = None


def send_back(ledger: Recorder, wanted: SendingBack, *, who: Acting) -> str | Refused:
    """Send units back to a station; answer the number of the note, `consignment:…`.

    Raises:
        Rejected: the ledger is busy or cannot write.
    """

    def make(reader: "Reader") -> Sequence[Draft] | Refused:
        refused = _refuse_sending(reader, wanted, who)
        if refused is not None:
            return refused
        note = orders.next_return(reader, at_ms=ledger.clock.now_ms())
        return _sent(reader, wanted, note, by=who.person)

    answer = ledger.record_made(make)
    if isinstance(answer, Refused):
        return answer
    last = answer[-1].event
    assert isinstance(last, kinds.Dispatched)  # noqa: S101  what was recorded just now; for the type checker
    return last.dispatch_note


def take_back(
    ledger: Recorder, note: str, decided: Mapping[str, Decision], *, place: str, second: str | None, who: Acting
) -> Refused | None:
    """Record what becomes of units that came back, all or nothing.

    Args:
        ledger: the one writer.
        note: `consignment:…`.
        decided: unit → what is decided of it.
        place: where: a place of the station's.
        second: who decided too, and signed.
        who: who decides.

    Raises:
        Rejected: the ledger is busy or cannot write.
    """

    def make(reader: "Reader") -> Sequence[Draft] | Refused:
        now = ledger.clock.now_ms()
        found = returns.return_note(reader, note, now_ms=now)
        if found is None or who.organisation not in {None, found.to}:
            return Refused("return.unknown", f"there is no return {note}, or it is not yours to take back")
        if reader.organisation_of(place) != found.to:
            return Refused("place.foreign", f"{place} is no place of {found.to}, to which it goes back")
        coming = {each.unit: each for each in found.outstanding}
        absent = sorted(set(decided) - set(coming))
        if absent or not decided:
            return Refused("return.units", f"expected units that are still to come on {note}; came {', '.join(absent)}")
        drafts: list[Draft] = []
        for unit, decision in decided.items():
            made = _taken(reader, coming[unit], decision, _Signed(note, place, who.person, second))
            if isinstance(made, Refused):
                return made
            drafts += made
        return drafts

    answer = ledger.record_made(make)
    return answer if isinstance(answer, Refused) else None


@dataclass(frozen=True, slots=True)
class _Signed:
    """Under which note, where, and by whom."""

    note: str
    place: str
    by: str
    second: str | None


def _refuse_sending(reader: "Reader", wanted: SendingBack, who: Acting) -> Refused | None:
    own = reader.organisation_of(wanted.place)
    if own is None or who.organisation not in {None, own}:
        return Refused("place.foreign", f"{wanted.place} is no place of yours")
    if not wanted.units:
        return Refused("return.units", "expected at least one unit")
    refused = _refuse_way(reader, wanted, own)
    for unit in wanted.units:
        refused = refused or _refuse_unit(reader, unit, own)
    if refused is None and (wanted.code is not None or not _are_returned(reader, wanted.units)):
        return _refuse_code(reader, wanted)
    return refused


def _refuse_way(reader: "Reader", wanted: SendingBack, own: str) -> Refused | None:
    station = reader.organisations.get(wanted.to)
    if station is None or station.role != "blood_centre" or wanted.to == own:
        return Refused("return.station", f"a return goes to a blood centre; came {wanted.to}")
    if wanted.box is not None and (not is_id(wanted.box, "box") or wanted.box not in reader.places):
        return Refused("place.unknown", f"{wanted.box} is not registered; an administrator adds boxes")
    return None


def _refuse_unit(reader: "Reader", unit: str, own: str) -> Refused | None:
    refused = permitted.holder_rule(reader, "returned", unit, own)
    known = reader.summary(unit)
    if refused is None and known is not None and known.holder != own:
        return Refused("unit.held-elsewhere", f"{unit} is held by {known.holder or 'nobody'}")
    return refused


def _are_returned(reader: "Reader", units: Sequence[str]) -> bool:
    """Whether each was refused at receipt, or set aside for return, and has its reason."""
    return all((known := reader.summary(unit)) is not None and known.state == State.RETURNED for unit in units)


def _refuse_code(reader: "Reader", wanted: SendingBack) -> Refused | None:
    try:
        reasons = listed.returns(reader.site)
    except ConfigError as error:
        return Refused("return.reasons", str(error))
    refused = refuse_reason(reasons, code=wanted.code, told=wanted.reason, rule="return.code")
    return None if refused is None else Refused(refused.rule, refused.reason)


def _sent(reader: "Reader", wanted: SendingBack, note: str, *, by: str) -> list[Draft]:
    said = {"by": by, "place": wanted.place}
    why = {name: text for name, text in (("code", wanted.code), ("reason", wanted.reason)) if text is not None}
    drafts = [
        Draft(kinds.Returned, {"unit": unit, **said, **why})
        for unit in wanted.units
        if why or not _are_returned(reader, [unit])
    ]
    portions = [list(wanted.units[first : first + AT_ONCE]) for first in range(0, len(wanted.units), AT_ONCE)]
    if wanted.box is not None:
        drafts += [Draft(kinds.Packed, {"box": wanted.box, "units": some, **said}) for some in portions]
    if wanted.box is not None and wanted.seal:
        drafts += [Draft(kinds.Sealed, {"box": wanted.box, "units": portions[0], "seal": wanted.seal, **said})]
    boxes = [] if wanted.box is None else [wanted.box]
    about = {"dispatch_note": note, "to": wanted.to, "purpose": "return", "boxes": boxes, **said}
    return [*drafts, *(Draft(kinds.Dispatched, {**about, "units": some}) for some in portions)]


def _taken(reader: "Reader", coming: returns.Coming, decision: Decision, signed: _Signed) -> list[Draft] | Refused:
    judged = with_seal(coming.judged, decision.seal)
    told = decision.reason.strip() or None if decision.reason else None
    refused = refuse_outcome(judged, outcome=decision.outcome, by=signed.by, second=signed.second, reason=told)
    if refused is not None:
        return Refused(refused.rule, refused.reason)
    why = {} if told is None else {"reason": told}
    said = {"by": signed.by, "place": signed.place}
    fields = {"dispatch_note": signed.note, "units": [coming.unit], "outcome": decision.outcome, **said, **why}
    drafts = [Draft(kinds.Received, {**fields, "returning": _said(reader, judged, decision, signed.second)})]
    if decision.outcome != "refused":
        return drafts
    asked = {"unit": coming.unit, "code": decision.code, **said, **why}
    not_so = discards.refuse(reader, "discard_requested", asked)
    return not_so or [*drafts, Draft(kinds.DiscardRequested, asked)]


def _said(reader: "Reader", judged: Judged, decision: Decision, second: str | None) -> kinds.JudgedReturn:
    return kinds.JudgedReturn(
        pack=reader.pack.name,
        version=reader.pack.version,
        answer=judged.answer,
        why=judged.reason or None,
        rule=None if judged.rule is None else judged.rule.value,
        seal=decision.seal,
        spells=judged.spells,
        second=second if decision.outcome == "accepted" and judged.answer == "undecided" else None,
    )
