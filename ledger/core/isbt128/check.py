"""The check character K of a donation identification number: ISO/IEC 7064 MOD 37-2.

Decides only the arithmetic. K is printed boxed beside the number for keyboard entry and is not part of the barcode; a
barcode may carry the same check as a flag of type 3, 60 to 96 (ISBT 128 Standard Technical Specification, appendix A).
"""

from ledger.core.errors import LabelError

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_MODULUS = len(ALPHABET)
_FIRST_CHECK_FLAG = 60


def check_value(text: str) -> int:
    """The value 0 to 36 of the check character over `text`.

    Raises:
        LabelError: `text` holds a character outside 0-9, A-Z.
    """
    total = 0
    for character in text:
        value = _VALUES.get(character)
        if value is None or character == "*":
            raise LabelError(f"expected only 0-9 and A-Z, came {character!r} in {text!r}")
        total = (total + value) * 2 % _MODULUS
    # The standard asks for a sum of 1, not 0, modulo 37: `37 - total` would be off by one for every number.
    return (_MODULUS + 1 - total) % _MODULUS


def check_character(text: str) -> str:
    """The check character K over `text`, one of 0-9, A-Z and `*`; `G123417654321` has `A`."""
    return ALPHABET[check_value(text)]


def check_flag(text: str) -> str:
    """The two-digit flag of type 3, 60 to 96, that carries the check value of `text`; `G123417654321` has `70`."""
    return str(_FIRST_CHECK_FLAG + check_value(text))


def is_check_flag(flags: str) -> bool:
    """Whether two flag characters claim to carry a check value; all others mean something else, or nothing."""
    return flags.isascii() and flags.isdigit() and _FIRST_CHECK_FLAG <= int(flags) < _FIRST_CHECK_FLAG + _MODULUS
