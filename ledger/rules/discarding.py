"""Discard (报废) in three acts: requested with a reason, approved by another person, handed over and counted. Pure.

A reason that could lead to a donor never enters the log: it stands there as `UNSUITABLE`, beside a commitment. What is
handed over for disposal is counted by a sweep; nothing is destroyed on paper that was not there, and nothing that was
there and not approved.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from msgspec import Meta, Struct

from ledger.core.errors import ConfigError
from ledger.core.kinds.fields import Word
from ledger.rules.refused import Refused
from ledger.rules.stocktake import Difference
from ledger.rules.tables import read_as, read_toml

UNSUITABLE: Final = "unsuitable"
"""不宜使用: what everybody reads in the place of a confidential reason."""

_Words = Annotated[str, Meta(min_length=1, max_length=60)]


class Reason(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One reason of a site's list.

    Attributes:
        code: as the event has it.
        zh: in Chinese.
        en: in English.
        confidential: whether it could lead to a donor.
    """

    code: Word
    zh: _Words
    en: _Words
    confidential: bool = False


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[list[Reason], Meta(min_length=1, max_length=60)]


@dataclass(frozen=True, slots=True)
class Requested:
    """A unit that somebody asked to discard.

    Attributes:
        by: who asked, as a pseudonym; None: nobody is named.
        assessed: whether two quality officers decided it in an assessment, which needs no further approval.
        approved: whether it was approved since.
    """

    by: str | None
    assessed: bool = False
    approved: bool = False

    @property
    def may_go(self) -> bool:
        """Whether it may be destroyed."""
        return self.approved or self.assessed


def parse_reasons(text: str) -> tuple[Reason, ...]:
    """A list of reasons: `[[reason]]` with `code`, `zh`, `en` and `confidential`.

    Raises:
        ConfigError: naming the key that is missing, unknown or wrong, a code that stands twice, or `UNSUITABLE`.
    """
    found = read_as(_File, read_toml(text, called="discard reasons"), key="discard reasons").reason
    codes = [each.code for each in found]
    if UNSUITABLE in codes or len(set(codes)) != len(codes):
        raise ConfigError(f"discard reasons: expected each code once, and none {UNSUITABLE}; came {', '.join(codes)}")
    return tuple(found)


def refuse_request(reasons: Sequence[Reason], *, code: str | None, told: str | None, withheld: bool) -> Refused | None:
    """Why a discard cannot be requested like this.

    Args:
        reasons: the site's list.
        code: the reason's code.
        told: what else was written; beside a confidential reason nothing may be, since it could say it.
        withheld: whether a reason is withheld.
    """
    open_codes = {each.code for each in reasons if not each.confidential}
    if withheld != (code == UNSUITABLE):
        return Refused("discard.reason", f"expected a withheld reason with {UNSUITABLE}, and with no other code")
    if withheld and told:
        return Refused("discard.reason-told", "beside a reason that is withheld nothing is written")
    if not withheld and code not in open_codes:
        return Refused("discard.reason", f"expected one of {', '.join(sorted(open_codes))}; came {code or 'none'}")
    return None


def refuse_approval(requested: Requested | None, *, by: str | None) -> Refused | None:
    """Why a discard cannot be approved (审批) by this person."""
    if requested is None:
        return Refused("discard.not-requested", "nobody has asked to discard it, or that was lifted since")
    if by is None or by == requested.by:
        return Refused("discard.two-persons", "another person approves than the one who asked")
    return None


def refuse_disposal(requested: Requested | None) -> Refused | None:
    """Why a unit cannot be destroyed (处置)."""
    if requested is None:
        return Refused("discard.not-requested", "nobody has asked to discard it, or that was lifted since")
    return None if requested.may_go else Refused("discard.not-approved", "quality has not approved it")


def refuse_hand_over(difference: Difference) -> Refused | None:
    """Why a disposal cannot be handed over: what the sweep counted is not what was approved."""
    if difference.agrees and difference.found:
        return None
    told = (("missing", difference.missing), ("not approved", difference.surplus), ("unknown", difference.unknown))
    listed: Iterable[str] = (f"{name}: {', '.join(each)}" for name, each in told if each)
    return Refused("discard.counted", "; ".join(listed) or "expected at least one bag; the sweep found none")
