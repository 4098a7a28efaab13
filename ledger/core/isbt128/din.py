"""The donation identification number (DIN), data structure 001, as a value that cannot be wrong.

Thirteen characters: facility 5, nominal year 2, sequence 6. The two flag characters of a barcode and the check
character of the printed number are not part of it (ISBT 128 Standard Technical Specification, 2.4.1). Whether a
facility is registered is left to the site.
"""

import re
from dataclasses import dataclass

from typing_extensions import override

from ledger.core.errors import LabelError
from ledger.core.isbt128.check import check_character, check_flag, is_check_flag
from ledger.core.isbt128.structures import FLAG_PATTERN

DIN_LENGTH = 13

# The letter O is never used: on a label it would be read as a zero.
_FIN = re.compile(r"[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{2}")
_DIGITS = re.compile(r"[0-9]*")
_FLAGS = re.compile(f"{FLAG_PATTERN}{{2}}")


@dataclass(frozen=True, slots=True, order=True)
class Din:
    """One donation's number, unique worldwide for a hundred years.

    Attributes:
        fin: the facility identification number, 5 characters, e.g. `A9999`.
        year: the nominal year of the donation, 2 digits.
        sequence: the facility's serial number, 6 digits.

    Raises:
        LabelError: a part is not of that shape.
    """

    fin: str
    year: str
    sequence: str

    def __post_init__(self) -> None:
        if not _FIN.fullmatch(self.fin):
            raise LabelError(
                "expected a facility of 5 characters, A-N, P-Z or 1-9, then two of A-N, P-Z or 0-9, then two digits "
                f"(never the letter O), came {self.fin!r}"
            )
        _require_digits(self.year, length=2, part="year")
        _require_digits(self.sequence, length=6, part="sequence")

    @classmethod
    def parse(cls, text: str) -> "Din":
        """Read a number as printed, typed or scanned.

        Args:
            text: 13 characters; 14 with the check character; 15 with flags; 16 with flags and the leading `=`.

        Raises:
            LabelError: another length or shape, or a check character or check flag that does not fit.
        """
        match len(text):
            case 13:
                return cls._of(text)
            case 14:
                return cls._checked(text)
            case 15:
                return cls._flagged(text)
            case 16 if text.startswith("="):
                return cls._flagged(text[1:])
            case _:
                raise LabelError(
                    "expected a donation number of 13 characters, 14 with its check character, 15 with flags, or 16 "
                    f"with flags and a leading '=', came {len(text)} characters: {text!r}"
                )

    @classmethod
    def _of(cls, text: str) -> "Din":
        return cls(text[:5], text[5:7], text[7:13])

    @classmethod
    def _checked(cls, text: str) -> "Din":
        din = cls._of(text)
        if text[13] != din.check:
            raise LabelError(
                f"expected check character {din.check} after {din}, came {text[13]!r}: compare with the label"
            )
        return din

    @classmethod
    def _flagged(cls, text: str) -> "Din":
        din = cls._of(text)
        _require_flags(text[13:])
        if din.judge(text[13:]) == "invalid":
            raise LabelError(f"expected check flag {din.flag} after {din}, came {text[13:]!r}: scan the label again")
        return din

    @property
    def check(self) -> str:
        """The check character K, one of 0-9, A-Z, `*`."""
        return check_character(str(self))

    @property
    def flag(self) -> str:
        """The flag of type 3 (60 to 96) that carries the check value."""
        return check_flag(str(self))

    def judge(self, flags: str) -> str:
        """What two flag characters say of this number: `valid`, `invalid`, or `none` where they carry no check."""
        if not is_check_flag(flags):
            return "none"
        return "valid" if flags == self.flag else "invalid"

    def format_with_check(self) -> str:
        """The 14 characters of keyboard entry."""
        return f"{self}{self.check}"

    def format_scanned(self, flags: str = "00") -> str:
        """The 16 characters of the barcode, `=` and two flag characters included."""
        _require_flags(flags)
        return f"={self}{flags}"

    @override
    def __str__(self) -> str:
        return f"{self.fin}{self.year}{self.sequence}"


def carries_check(text: str) -> bool:
    """Whether a number as `Din.parse` takes it was judged by a check of its own: its 14th character, or its flags."""
    return len(text) == DIN_LENGTH + 1 or (len(text) > DIN_LENGTH + 1 and is_check_flag(text[-2:]))


def _require_digits(text: str, *, length: int, part: str) -> None:
    if len(text) != length or not _DIGITS.fullmatch(text):
        raise LabelError(f"expected {length} digits for the {part} of a donation number, came {text!r}")


def _require_flags(flags: str) -> None:
    if not _FLAGS.fullmatch(flags):
        raise LabelError(f"expected two flag characters, 0-9 or A-Z but for I, O, Q and Z, came {flags!r}")
