"""What one event does to the whereabouts of a unit: it arrives, it leaves, or it stays where it is.

Every kind has its arm, so that a new one must say what it means; `ledger.core.custody` folds the moves by time.
"""

from msgspec import Struct

from ledger.core import kinds
from ledger.core.kinds import AnyEvent


class Arrive(Struct, frozen=True):
    """At a place, which may be a box."""

    place: str


class Leave(Struct, frozen=True):
    """From a place, or (None) from wherever it is; what is packed may travel with its box."""

    place: str | None
    with_its_box: bool = False

    def is_from(self, here: str) -> bool:
        """Whether it takes a unit away from `here`."""
        return self.place in {None, here} and not (self.with_its_box and here.startswith("box:"))


def move(event: AnyEvent, unit: str) -> Arrive | Leave | None:  # noqa: PLR0911, C901  one arm a meaning; the table is the point
    """What the event does to the whereabouts of `unit`."""
    match event:
        # What a ledger is full of is asked for first: an arm costs what stands before it.
        case (
            kinds.TagArrived()
            | kinds.Opening()
            | kinds.Collected()
            | kinds.Stored()
            | kinds.Moved()
            | kinds.Received()
            | kinds.Returned()
            | kinds.Unpacked()
            | kinds.Issued()
            | kinds.ReturnedToBank()
        ):
            return _arrive_if_known(event.place)
        case kinds.TagAssociated() | kinds.TagRemoved() | kinds.Tested() | kinds.Labelled() | kinds.Released():
            return None
        case kinds.Prepared() | kinds.Pooled() | kinds.Split() | kinds.Washed() | kinds.Irradiated() | kinds.Frozen():
            return _transformed(event, unit)
        case kinds.Thawed() | kinds.Inactivated() | kinds.Relabelled():
            return _transformed(event, unit)
        case kinds.Packed():
            return Arrive(event.box)
        case kinds.Removed() | kinds.TagLeft():
            return Leave(event.place)
        case kinds.Transfused() | kinds.Discarded():
            return Leave(None)
        case kinds.Dispatched():
            return Leave(None, with_its_box=True)
        case (
            kinds.Sampled()
            | kinds.Quarantined()
            | kinds.QuarantineLifted()
            | kinds.Reserved()
            | kinds.Allocated()
            | kinds.Nonconforming()
            | kinds.DiscardRequested()
            | kinds.DiscardApproved()
            | kinds.Assessed()
            | kinds.BatchReleased()
            | kinds.StockTaken()
            | kinds.Recalled()
            | kinds.Corrected()
            | kinds.Commented()
            | kinds.Ordered()
            | kinds.OrderCancelled()
            | kinds.DispatchChecked()
            | kinds.Sealed()
            | kinds.Opened()
            | kinds.HandedOver()
            | kinds.Crossmatched()
            | kinds.BedsideChecked()
            | kinds.NotTransfused()
            | kinds.Reaction()
            | kinds.BagReturned()
            | kinds.DonorBlocked()
            | kinds.DonorReentered()
            | kinds.ShiftHandedOver()
            | kinds.CaseOpened()
            | kinds.NoticeSent()
            | kinds.NoticeAcknowledged()
            | kinds.CaseClosed()
        ):
            return None
        case (
            kinds.UnknownTagSeen()
            | kinds.TagUncertain()
            | kinds.TagMemoryRead()
            | kinds.LabelScanned()
            | kinds.ScanRefused()
            | kinds.Excursion()
            | kinds.ExcursionEnded()
            | kinds.DeviceFault()
            | kinds.DeviceRestored()
            | kinds.Gap()
            | kinds.ClockSkew()
            | kinds.GatewayStarted()
            | kinds.ErasureApplied()
            | kinds.LedgerKeyFollowed()
            | kinds.AlarmRaised()
            | kinds.AlarmAcknowledged()
            | kinds.AlarmEnded()
            | kinds.TemperatureSegment()
        ):
            return None
        case (
            kinds.SiteOpened()
            | kinds.KeyAdded()
            | kinds.KeyRotated()
            | kinds.KeyRevoked()
            | kinds.LogKeyAdded()
            | kinds.LogKeyRetired()
            | kinds.StreamResumed()
            | kinds.OrganisationAdded()
            | kinds.PlaceAdded()
            | kinds.ProbePlaced()
            | kinds.AgitationStopped()
            | kinds.AgitationResumed()
            | kinds.PackEnforced()
            | kinds.FigureConfirmed()
            | kinds.ExposureStated()
            | kinds.PassportAccepted()
            | kinds.UnitMapRooted()
            | kinds.Erased()
        ):
            return None


def _transformed(event: kinds.Transformation, unit: str) -> Arrive | Leave | None:
    if unit in event.parents:
        return Leave(None)
    return _arrive_if_known(event.place)


def _arrive_if_known(place: str | None) -> Arrive | None:
    return None if place is None else Arrive(place)
