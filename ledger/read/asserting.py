"""What a person's step must meet beside the life cycle: asked of the ledger's own snapshot, just before it is written.

Gathers facts and names the rule that says no; who may record which step, and for whose units, is the pages' to decide.
"""

from collections.abc import Mapping

from ledger.core import kinds
from ledger.core.checklist import STEPS
from ledger.core.errors import Refused
from ledger.core.ids import format_instant
from ledger.read import discards, making, receiving, wards
from ledger.read.history import recorded
from ledger.read.orders import supply as supply_of
from ledger.read.reader import Reader
from ledger.rules import checklist
from ledger.rules import refused as rules
from ledger.rules.deferral import is_deferred
from ledger.rules.lifecycle import State
from ledger.rules.numbering import RETURN_SERIES, is_numbered
from ledger.rules.transformation import NUMBERS

Fields = Mapping[str, object]


def refuse(reader: Reader, kind: str, fields: Fields, *, at_ms: int) -> Refused | None:
    """Why a step must not be recorded; None if nothing here stands against it.

    Args:
        reader: the ledger as it is just before.
        kind: the kind of event.
        fields: its fields.
        at_ms: when the step happened.
    """
    return _checklist(reader, kind, fields) or _refuse(reader, kind, fields, at_ms)


def refuse_on_paper(reader: Reader, kind: str, fields: Fields, *, at_ms: int) -> Refused | None:
    """Why a step that stood on paper must not be entered: as `refuse`, but for a checklist that was answered there.

    Where answers are given all the same, they have to be right.
    """
    answered = None if fields.get("checklist") is None else _checklist(reader, kind, fields)
    return answered or _refuse(reader, kind, fields, at_ms)


def _refuse(reader: Reader, kind: str, fields: Fields, at_ms: int) -> Refused | None:
    match kind:
        case "collected" | "opening":
            return _donor(reader, fields.get("donor"), at_ms) or _bag(reader, fields)
        case _ if kind in NUMBERS:
            return _transformation(reader, kind, fields, at_ms)
        case "labelled":
            unit, expires = str(fields["unit"]), str(fields["expires"])
            return _labelling(reader, unit) or _by_rule(making.refuse_label(reader, unit, expires))
        case "received" | "issued" | "bedside_checked" | "returned_to_bank":
            return _checked(reader, kind, fields, at_ms)
        case "sampled" | "tested" if isinstance(fields.get("sample"), str):
            return _sample(reader, kind, str(fields["sample"]), str(fields["din"]))
        case _:
            return _supplying(reader, kind, fields) or discards.refuse(reader, kind, fields)


def _supplying(reader: Reader, kind: str, fields: Fields) -> Refused | None:
    """What is done for an order is done with its pick list; any other dispatch has a number of its own."""
    if kind in {"allocated", "reserved", "dispatched"} and isinstance(fields.get("order"), str):
        return Refused("order.own-page", f"what is done for {fields['order']} is done on the order's own page")
    return _note(reader, str(fields["dispatch_note"])) if kind == "dispatched" else None


def _note(reader: Reader, note: str) -> Refused | None:
    """A dispatch note has one dispatch; numbers of the site's own series are the ledger's to give out."""
    if any(is_numbered(note.partition(":")[2], series) for series in (supply_of(reader).series, RETURN_SERIES)):
        return Refused("dispatch.numbered", f"{note} is a number that the ledger gives out for orders and returns")
    if any(isinstance(each.event, kinds.Dispatched) for each in recorded(reader.history.of([note]))):
        return Refused("dispatch.note-used", f"something was dispatched under {note} before; give it another number")
    return None


def _transformation(reader: Reader, kind: str, fields: Fields, at_ms: int) -> Refused | None:
    parents, children = fields["parents"], fields["children"]
    assert isinstance(parents, list)  # noqa: S101  the kind's schema made it so; for the type checker
    assert isinstance(children, list)  # noqa: S101  the same
    return _by_rule(making.refuse_transformation(reader, kind, parents, children, at_ms=at_ms))


def _bag(reader: Reader, fields: Fields) -> Refused | None:
    container = fields.get("container")
    if not isinstance(container, str):
        return None
    return _by_rule(making.refuse_bag(reader, container, str(fields["unit"])))


def _by_rule(refused: rules.Refused | None) -> Refused | None:
    return None if refused is None else Refused(refused.rule, refused.reason)


def _donor(reader: Reader, donor: object, at_ms: int) -> Refused | None:
    if isinstance(donor, str) and is_deferred(reader.donor(donor).spells, at_ms):
        return Refused("collection.donor-eligible", f"{donor} was deferred at {format_instant(at_ms)}")
    return None


def _checked(reader: Reader, kind: str, fields: Fields, at_ms: int) -> Refused | None:
    """What the hospital asks: two persons, the way back from a ward."""
    if kind == "received":
        return receiving.refuse_outcome(reader, fields, now_ms=at_ms)
    if kind == "bedside_checked":
        return wards.refuse_check(reader, fields)
    if kind == "returned_to_bank":
        return wards.refuse_restocking(reader, fields, at_ms=at_ms)
    return wards.refuse_issue(fields)


def _checklist(reader: Reader, kind: str, fields: Fields) -> Refused | None:
    """The site's list in force, answered; what is accepted or issued meets all of it."""
    if kind not in STEPS:
        return None
    given = fields.get("checklist")
    checked = given if isinstance(given, kinds.Checked) else None
    goes_ahead = kind == "issued" or fields.get("outcome") == "accepted"
    asked = checklist.in_force(reader.site.checklists, kind)
    return _by_rule(checklist.refuse(asked, checked, goes_ahead=goes_ahead))


def _labelling(reader: Reader, unit: str) -> Refused | None:
    """Labels come before or after release, as the site has decided."""
    known = reader.summary(unit)
    if known is None:
        return None
    waiting = known.state in {State.COLLECTED, State.PENDING}
    if reader.asked.labelled_first and not waiting:
        return Refused("labelling.before-release", f"here units are labelled before release; {unit} is {known.state}")
    if not reader.asked.labelled_first and waiting:
        return Refused("labelling.after-release", f"here units are labelled after release; {unit} is {known.state}")
    return None


def _sample(reader: Reader, kind: str, sample: str, din: str) -> Refused | None:
    return _new_sample(reader, sample) if kind == "sampled" else _own_sample(reader, sample, din)


def _new_sample(reader: Reader, sample: str) -> Refused | None:
    if _donation_of(reader, sample) is not None:
        return Refused("sample.exists", f"{sample} was taken before; every sample has a number of its own")
    return None


def _own_sample(reader: Reader, sample: str, din: str) -> Refused | None:
    taken = _donation_of(reader, sample)
    if taken is None:
        return Refused("sample.unknown", f"nobody has recorded that {sample} was taken")
    if taken != din:
        return Refused("sample.foreign", f"{sample} was taken of {taken}, not of {din}")
    return None


def _donation_of(reader: Reader, sample: str) -> str | None:
    """The donation of which a sample was taken."""
    taken = (each.event for each in recorded(reader.history.of([sample])))
    return next((event.din for event in taken if isinstance(event, kinds.Sampled)), None)
