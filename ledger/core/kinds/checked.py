"""A checklist's answers as an event carries them: which list it was, to the byte, and what was found."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from ledger.core.kinds.fields import Hash, Word


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One item's answer; `refusal` is the site's code of the reason where it is not met."""

    item: Word
    finding: Literal["met", "not_met"]
    refusal: Word | None = None


class Checked(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A site's checklist, answered.

    Attributes:
        version: the version of the site's list for this kind of step.
        sha256: of the list (docs/format.md §3), so that it is known which it was, whatever is configured later.
        answers: one for each item, in the list's order.
    """

    version: Word
    sha256: Hash
    answers: Annotated[list[Answer], Meta(min_length=1, max_length=30)]
