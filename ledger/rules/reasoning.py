"""Why something is refused or sent back (拒收、退血原因): a site's list, and what of it a person must name. Pure.

The words are the site's; that there is a code, and that *another reason* says which, is decided here.
"""

from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta, Struct

from ledger.core.checklist import Wording
from ledger.core.errors import ConfigError
from ledger.core.kinds.fields import Word
from ledger.rules.refused import Refused
from ledger.rules.tables import read_as, read_toml

OTHER: Final = "other"
"""The code beside which a person says what the reason is, where a list has it."""

_Words = Annotated[str, Meta(min_length=1, max_length=60)]


class _Reason(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    code: Word
    zh: _Words
    en: _Words


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[list[_Reason], Meta(min_length=1, max_length=60)]


def parse_wordings(text: str, *, called: str) -> tuple[Wording, ...]:
    """A list of reasons: `[[reason]]` with `code`, `zh` and `en`.

    Args:
        text: TOML.
        called: what an error calls the list.

    Raises:
        ConfigError: naming the key that is missing, unknown or wrong, or codes of which one stands twice.
    """
    found = read_as(_File, read_toml(text, called=called), key=called).reason
    codes = [each.code for each in found]
    if len(set(codes)) != len(codes):
        raise ConfigError(f"{called}: expected each code once; came {', '.join(codes)}")
    return tuple(Wording(each.code, each.zh, each.en) for each in found)


def refuse_reason(listed: Sequence[Wording], *, code: str | None, told: str | None, rule: str) -> Refused | None:
    """Why a step that needs a reason cannot be recorded with this one.

    Args:
        listed: the site's list.
        code: the reason's code.
        told: what else was said.
        rule: the name of the rule that asks.
    """
    codes = [each.code for each in listed]
    if code not in codes:
        return Refused(rule, f"expected one of the site's reasons: {', '.join(codes)}; came {code or 'none'}")
    if code == OTHER and not (told and told.strip()):
        return Refused(f"{rule}-told", "another reason says which")
    return None
