"""The places of which a person may say what no device says: those that are judged, and one's own."""

from collections.abc import Mapping

from ledger.read.values import Named


def monitored(places: Mapping[str, Named], *, of: str | None) -> list[Named]:
    """The places with a policy phase of an organisation, or of all of them where it is None; by their names."""
    found = (each for each in places.values() if each.phase and of in {None, each.organisation})
    return sorted(found, key=lambda each: each.id)
