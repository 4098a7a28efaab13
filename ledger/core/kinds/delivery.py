"""From station to hospital: orders, boxes, consignments, receipts, returns."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ledger.core.ids import Box, Consignment, Instant, Order, Organisation, Person, Probe, Unit
from ledger.core.kinds.checked import Checked
from ledger.core.kinds.envelope import Event
from ledger.core.kinds.fields import Abo, Count, Measure, Positive, Rhd, Text, Units, Word
from ledger.core.kinds.stock import AboutUnit


class OrderLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one line of an order asks for.

    Attributes:
        component: the component (血液品种), as policy packs and the catalogue call it, e.g. `RBC_AS`.
        abo: of which ABO group.
        rhd: of which RhD group.
        amount: how much, in `measure`: hundredths of a U, millilitres or therapeutic doses.
        measure: in what, as the component is counted.
    """

    component: Word
    abo: Abo
    rhd: Rhd
    amount: Positive
    measure: Measure


class Ordered(Event, tag="ordered", frozen=True, kw_only=True):
    """订血: the hospital `organisation` orders blood from the station `to`, by `wanted_by`.

    An order has no free text: what is asked for is data, and nobody can write a recipient's name into it.
    """

    order: Order
    organisation: Organisation
    to: Organisation
    urgency: Literal["routine", "urgent", "emergency"] = "routine"
    wanted_by: Instant
    lines: Annotated[list[OrderLine], Meta(min_length=1, max_length=40)]


class OrderCancelled(Event, tag="order_cancelled", frozen=True, kw_only=True):
    """取消订血: nothing more is sent for the order; what was sent stays sent."""

    order: Order
    cause: Literal["no_longer_needed", "ordered_twice", "ordered_wrongly", "cannot_be_supplied"]


class DispatchChecked(Event, tag="dispatch_checked", frozen=True, kw_only=True):
    """发血复核: a second person scanned each bag of the order's pick list, and no other."""

    order: Order
    units: Units


class AboutBox(Event, frozen=True, kw_only=True):
    """A fact about one transport box and what was in it."""

    box: Box
    units: Annotated[list[Unit], Meta(max_length=100)] = []


class Packed(AboutBox, tag="packed", frozen=True, kw_only=True):
    """装箱: the units are in the box from here on, and so is the probe."""

    probe: Probe | None = None


class Unpacked(AboutBox, tag="unpacked", frozen=True, kw_only=True):
    """The units are out of the box, in `place`."""


class Sealed(AboutBox, tag="sealed", frozen=True, kw_only=True):
    """封箱."""

    seal: Word


class Opened(AboutBox, tag="opened", frozen=True, kw_only=True):
    """开箱."""

    seal: Word | None = None


class Consigned(Event, frozen=True, kw_only=True):
    """A fact about a consignment: the units of one dispatch note (发血单)."""

    dispatch_note: Consignment
    units: Units
    boxes: list[Box] = []


class Dispatched(Consigned, tag="dispatched", frozen=True, kw_only=True):
    """发血: custody leaves `place` for the organisation `to`.

    Attributes:
        to: the organisation that is to receive the units.
        purpose: 发血, 调剂 between stations, or 退血.
        order: the order that it fills, wholly or in part.
        second: who checked (复核人): another person than `by`.
    """

    to: Organisation
    purpose: Literal["supply", "redistribution", "return"] = "supply"
    order: Order | None = None
    second: Person | None = None


class HandedOver(Consigned, tag="handed_over", frozen=True, kw_only=True):
    """运输交接, signed by both: `to_courier`, `by` hands over and `courier` takes; `to_receiver`, the other way round.

    Attributes:
        courier: the person on the road (送血员).
        passes: into whose hands the units pass.
    """

    courier: Person | None = None
    passes: Literal["to_courier", "to_receiver"] = "to_courier"


class JudgedReturn(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the pack's rule for returns said when a person decided what becomes of a unit that came back.

    Attributes:
        pack: the policy pack in force.
        version: and its version.
        answer: whether it may go back into stock.
        why: why not, or why a person decides; absent with `yes`.
        rule: the rule that said so, as the pack spells it; absent where none was asked.
        seal: how the seal was found (封口).
        spells: how many spells out of control it had since it came to the hospital.
        second: who decided too, where the pack leaves it to persons.
    """

    pack: Word
    version: Word
    answer: Literal["yes", "no", "undecided"]
    why: Word | None = None
    rule: Text | None = None
    seal: Literal["intact", "broken"]
    spells: Count = 0
    second: Person | None = None


class Received(Consigned, tag="received", frozen=True, kw_only=True):
    """核收: the organisation of `place` holds the units from here on.

    Attributes:
        outcome: what becomes of them.
        code: why they are refused, of the site's list.
        reason: what else was said.
        checklist: the site's list, answered.
        returning: of a unit that came back to a station, what the pack's rule said (退血).
    """

    outcome: Literal["accepted", "held", "refused"]
    code: Word | None = None
    reason: Text | None = None
    checklist: Checked | None = None
    returning: JudgedReturn | None = None


class Returned(AboutUnit, tag="returned", frozen=True, kw_only=True):
    """退血: it is to go back to the station; `code` is why, of the site's list."""

    code: Word | None = None
