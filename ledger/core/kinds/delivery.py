"""From station to hospital: orders, boxes, consignments, receipts, returns."""

from typing import Annotated, Literal

from msgspec import Meta

from ledger.core.ids import Box, Consignment, Organisation, Person, Probe, Unit
from ledger.core.kinds.checked import Checked
from ledger.core.kinds.envelope import Event
from ledger.core.kinds.fields import Text, Units, Word
from ledger.core.kinds.stock import AboutUnit


class Ordered(Event, tag="ordered", frozen=True, kw_only=True):
    """订血: a hospital's order to the station."""

    order: Word
    organisation: Organisation
    lines: Annotated[list[Text], Meta(min_length=1, max_length=40)]


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
    """发血: custody leaves `place` for the organisation `to`."""

    to: Organisation
    purpose: Literal["supply", "redistribution", "return"] = "supply"
    second: Person | None = None


class HandedOver(Consigned, tag="handed_over", frozen=True, kw_only=True):
    """运输交接."""

    courier: Person | None = None


class Received(Consigned, tag="received", frozen=True, kw_only=True):
    """核收: the organisation of `place` holds the units from here on."""

    outcome: Literal["accepted", "held", "refused"]
    reason: Text | None = None
    checklist: Checked | None = None


class Returned(AboutUnit, tag="returned", frozen=True, kw_only=True):
    """退血."""
