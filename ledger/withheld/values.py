"""A withheld value as a person gives it, as it is kept, and how its commitment takes its place in an event's fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ledger.core.errors import FormatError
from ledger.core.ids import commitment

SALT_BYTES = 16
MAX_VALUE = 4000
"""Characters: a reason in a few sentences, or a laboratory's whole line."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """A value that takes its place in a draft's fields, alone or in a list; the event gets a commitment to it.

    Its `repr` does not show it, so that no message of a refusal does.

    Attributes:
        value: the text that must not stand in the log.
        organisation: the organisation whose laboratory and quality may open it.

    Raises:
        FormatError: the value is empty or too long, or names no organisation.
    """

    value: str = field(repr=False)
    organisation: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.value) <= MAX_VALUE:
            raise FormatError(f"expected a value of 1 to {MAX_VALUE} characters; got {len(self.value)}")
        if not self.organisation:
            raise FormatError("expected the organisation whose value it is")


@dataclass(frozen=True, slots=True)
class Kept:
    """A withheld value with what opens its commitment.

    Attributes:
        commitment: as it stands in the event, `sha256:` and hex.
        salt: the 16 random bytes in it.
        value: the text.
        organisation: whose laboratory and quality may open it.
    """

    commitment: str
    salt: bytes = field(repr=False)
    value: str = field(repr=False)
    organisation: str

    @property
    def opens(self) -> bool:
        """Whether salt and value are those behind the commitment."""
        return commitment(self.salt, self.value) == self.commitment


def withhold(
    fields: Mapping[str, object], *, salt: Callable[[int], bytes]
) -> tuple[dict[str, object], tuple[Kept, ...]]:
    """An event's fields with a commitment in the place of each withheld value, and what is to be kept.

    Args:
        fields: the fields of a draft.
        salt: gives so many random bytes.
    """
    kept: list[Kept] = []

    def commit(value: object) -> object:
        if isinstance(value, Withheld):
            grain = salt(SALT_BYTES)
            kept.append(Kept(commitment(grain, value.value), grain, value.value, value.organisation))
            return kept[-1].commitment
        return [commit(each) for each in value] if isinstance(value, list) else value

    told = {name: commit(value) for name, value in fields.items()}
    return told, tuple(kept)
