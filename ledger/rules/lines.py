"""A line of an order as people write it: `RBC_AS A+ 4 U`, `PLT O- 1 dose`, `FFP AB+ 400 mL`.

A U may be halved and quartered (`1.5 U`); in the log it stands in hundredths. Commas do as well as spaces.
"""

import re
from typing import Final

from ledger.core.errors import FormatError
from ledger.core.kinds import Measure, OrderLine
from ledger.rules.supply import GROUPS

_LINE: Final = re.compile(
    r"(?P<component>[A-Za-z0-9][A-Za-z0-9._/-]{0,63})[\s,]+(?P<group>(?:A|B|AB|O)[+-])[\s,]+"
    r"(?P<amount>[0-9]{1,6}(?:\.[0-9]{1,2})?)[\s,]*(?P<measure>U|mL|dose)"
)
_MEASURES: Final[tuple[Measure, ...]] = ("U", "mL", "dose")
_HUNDREDTHS: Final = 100


def parse_line(text: str) -> OrderLine:
    """A line of an order.

    Raises:
        FormatError: it is not written like one; says how.
    """
    found = _LINE.fullmatch(text.strip())
    if found is None:
        raise FormatError(
            f"expected component, group and amount, such as `RBC_AS A+ 4 U` or `FFP O- 400 mL`; got {text!r}"
        )
    measure = next(each for each in _MEASURES if each == found["measure"])
    abo, rhd = GROUPS[found["group"]]
    fields = {"component": found["component"], "abo": abo, "rhd": rhd}
    return OrderLine(**fields, amount=amount_of(found["amount"], measure), measure=measure)  # type: ignore[arg-type]  # as GROUPS has them


def amount_of(text: str, measure: Measure) -> int:
    """An amount as people write it, in what the log counts: hundredths of a U, whole millilitres and doses.

    Raises:
        FormatError: it is none, nothing, or a part of what is counted whole.
    """
    whole, _, part = text.strip().partition(".")
    if not re.fullmatch(r"[0-9]{1,6}", whole) or not re.fullmatch(r"[0-9]{0,2}", part):
        raise FormatError(f"expected an amount such as 4 or 1.5; got {text!r}")
    hundredths = int(whole) * _HUNDREDTHS + int(part.ljust(2, "0"))
    amount, rest = (hundredths, 0) if measure == "U" else divmod(hundredths, _HUNDREDTHS)
    if rest or not amount:
        raise FormatError(f"expected a whole number of {measure}, 1 or more; got {text!r}")
    return amount


def format_amount(amount: int, measure: Measure) -> str:
    """An amount as people write it: `4 U`, `1.5 U`, `400 mL`, `1 dose`."""
    if measure != "U":
        return f"{amount} {measure}"
    whole, hundredths = divmod(amount, _HUNDREDTHS)
    return f"{whole}.{hundredths:02d}".rstrip("0").rstrip(".") + " U"
