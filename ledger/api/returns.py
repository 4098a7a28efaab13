"""`/v1/returns` and `/v1/consignments/<note>/return`: what goes back to a station, what the pack says of it.

Sent back, and taken back, by the same rules as on the pages (`ledger.acts.returning`).
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from flask import abort
from msgspec import Meta, Struct

from ledger.acts import returning
from ledger.acts.ordering import Acting
from ledger.acts.returning import Decision, SendingBack
from ledger.api.documents import Answer, Asked, described, described_blueprint
from ledger.api.guard import asking, refuse, scope
from ledger.api.recorded_schemas import RecordedSchema
from ledger.api.return_schemas import ReturnNoteSchema, ReturnsSchema
from ledger.api.saying import Said, answered, body, named, requested, require_role
from ledger.api.saying import read as read_said
from ledger.api.services import services
from ledger.core.ids import Box, Organisation, Place, Unit
from ledger.core.kinds import Word
from ledger.read import consignments
from ledger.read import returns as read
from ledger.read.returns import ReturnNote
from ledger.read.values import UnitSummary

returns = described_blueprint("returns", __name__, description="Returns to the station")


@dataclass(frozen=True, slots=True)
class Returns:
    """What is to go back, and the notes of what is on its way."""

    to_send: tuple[UnitSummary, ...]
    notes: tuple[str, ...]
    now_ms: int
    log_size: int


Told = Annotated[str, Meta(max_length=500)]


class SentBackSaid(Said, frozen=True, kw_only=True):
    """What is sent back.

    Attributes:
        units: the units.
        to: the station.
        place: from where: a place of one's own.
        code: why, of the site's list; not given where every unit was refused at receipt, or set aside for return.
        reason: what else is said.
        box: what it travels in.
        seal: the number of the seal on the box.
    """

    units: Annotated[list[Unit], Meta(min_length=1, max_length=200)]
    to: Organisation
    place: Place
    code: Word | None = None
    reason: Told | None = None
    box: Box | None = None
    seal: Word | None = None


class DecisionSaid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is decided of one unit.

    Attributes:
        outcome: `accepted`, into stock, to be released anew; `held`, into quarantine; `refused`, to be discarded.
        seal: how its seal was found.
        reason: why.
        code: of what is discarded, the site's reason.
    """

    outcome: Literal["accepted", "held", "refused"]
    seal: Literal["intact", "broken"]
    reason: Told | None = None
    code: Word | None = None


class TakenBackSaid(Said, frozen=True, kw_only=True):
    """What becomes of units that came back.

    Attributes:
        units: what is decided of each.
        place: where: a place of the station's.
        second: the login of who decided too, and signs, where the pack leaves it to persons.
    """

    units: Annotated[dict[Unit, DecisionSaid], Meta(min_length=1, max_length=200)]
    place: Place
    second: str | None = None


_RECORDED = Answer(RecordedSchema, "It is recorded, now or before")


@described(returns, "/v1/returns", Answer(ReturnsSchema, "What goes back"))
def of_all() -> Returns:
    """The units that are to be sent back to a station, and the notes under which others are on their way."""
    own = scope()
    with services().reading() as reader:
        seen = (note for note in read.on_the_way(reader, own) if consignments.visible(reader, note, own))
        return Returns(read.to_send(reader, own), tuple(seen), services().clock.now_ms(), reader.log_size())


@described(returns, "/v1/consignments/<note>/return", Answer(ReturnNoteSchema, "What the pack says of each unit"))
def of_note(note: str) -> ReturnNote:
    """A return: why each unit goes back, what the pack's rule says of it, and what was decided."""
    name = f"consignment:{note.removeprefix('consignment:')}"
    with services().reading() as reader:
        is_seen = consignments.visible(reader, name, scope())
        found = read.return_note(reader, name, now_ms=services().clock.now_ms()) if is_seen else None
    if not is_seen:
        refuse(asking(), "unit.read", subject=name[:80])
        abort(404, "there is no such return, or it is not yours to see")
    if found is None:
        abort(409, f"{name} is a dispatch note of no return")
    return found


@described(returns, "/v1/returns", _RECORDED, Asked(method="POST", body=body(SentBackSaid)))
def send_back() -> dict[str, object]:
    """Send units back to a station; the number of the note stands in the events."""
    user, said = require_role("returned"), read_said(SentBackSaid)
    wanted = SendingBack(
        units=list(dict.fromkeys(said.units)),
        to=said.to,
        place=said.place,
        code=said.code,
        reason=said.reason,
        box=said.box,
        seal=said.seal,
    )
    once, who = requested(), Acting(user.person, user.organisation)
    return answered(once, lambda: returning.send_back(once, wanted, who=who))


@described(returns, "/v1/consignments/<note>/return", _RECORDED, Asked(method="POST", body=body(TakenBackSaid)))
def take_back(note: str) -> dict[str, object]:
    """Record what becomes of units that came back, all or nothing, against what the pack says of each."""
    user, said = require_role("received"), read_said(TakenBackSaid)
    second = None if said.second is None else str(named({"second": said.second}, said.signatures)["second"])
    decided = {
        unit: Decision(outcome=each.outcome, seal=each.seal, reason=each.reason, code=each.code)
        for unit, each in said.units.items()
    }
    name, once = f"consignment:{note.removeprefix('consignment:')}", requested()
    who = Acting(user.person, user.organisation)
    return answered(once, lambda: returning.take_back(once, name, decided, place=said.place, second=second, who=who))
