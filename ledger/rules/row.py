"""One row of a policy pack: what every figure carries, whatever it says. What the rows say is `pack`."""

from typing import Literal, TypeAlias

from msgspec import Struct

Standing: TypeAlias = Literal["verified", "confirmed", "unverified"]
"""Read in its source by whoever wrote the pack; held against the station's own copy of it; neither."""


class Row(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A figure with where it comes from.

    Attributes:
        source: key into the pack's sources.
        verified: whether the figure was read in that source.
        figure: what the row is called: the pack that states it and its place there, e.g. `cn/RBC_AS.store`. A row that
            a derived pack, or another component, takes over keeps its name.
        confirmed: whether this station held it against its own copy of the source; never from a file.
    """

    source: str
    verified: bool
    figure: str = ""
    confirmed: bool = False

    @property
    def holds(self) -> bool:
        """Whether somebody read it in its source: who wrote the pack, or this station."""
        return self.verified or self.confirmed

    @property
    def standing(self) -> Standing:
        """How the figure is known."""
        if self.verified:
            return "verified"
        return "confirmed" if self.confirmed else "unverified"

    @property
    def value(self) -> str:
        """The figure in one canonical line of ASCII: a confirmation holds only while this stays the same."""
        raise NotImplementedError


def between(low: int | None, high: int | None) -> str:
    """`200..600`; a side that is not limited stays empty."""
    return f"{'' if low is None else low}..{'' if high is None else high}"
