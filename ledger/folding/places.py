"""The register of places, as folding a unit's history needs it: who owns a place, and what they are."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Places:
    """The register of places, as a fold needs it.

    Attributes:
        organisation_of: registered place → the organisation that it belongs to.
        role_of: registered organisation → its role.
    """

    organisation_of: dict[str, str] = field(default_factory=dict)
    role_of: dict[str, str] = field(default_factory=dict)

    def is_station(self, place: str | None) -> bool:
        """Whether a blood centre owns the place."""
        return self.role_of.get(self.organisation_of.get(place or "", "")) == "blood_centre"
