"""The table of ISBT 128 data structures: identifier, length, fields, and whether it identifies a person.

Source: ISBT 128 Standard Technical Specification (ST-001), chapter 2. What the codes inside mean is licensed and left
to tables that a site supplies; a structure whose content is a code keeps it as `code`.
"""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

_ALNUM = "[0-9A-Za-z]"
_CAPITAL = "[0-9A-Z]"
_DIGIT = "[0-9]"
FLAG_PATTERN: Final = "[0-9A-HJ-NPR-Y]"
"""A flag character of 001: I, O, Q and Z are never used (2.4.1)."""
_FIN = "(?P<fin>[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{2})"
# Free text may not hold '=' or '&': where a symbol was cut short, the next one would otherwise be swallowed as text.
_FREE = "[ -%'-<>-~]"
_OPAQUE = "(?P<code>[ -~]+)"
_DATE = r"(?P<date>[0-9]{6})"
_MINUTE = r"(?P<date>[0-9]{10})"


@dataclass(frozen=True)
class Form:
    """One row: how a data structure is recognised and cut into fields.

    Attributes:
        ds: the data structure's number, `001` to `040`, or the identifier itself where the standard gives no number.
        name: what the structure says, in English.
        identifier: the data identifier as it stands in the text; for 001 only `=`, as what follows is data already.
        length: characters of content after the identifier; where `repeat` is given, of its fixed head; None: to the
            end of the text.
        layout: regular expression over the whole content; its named groups are the fields.
        repeat: (start, stop, size): digits start to stop of the content count further items of `size` characters.
        identifies_person: the content names, or may name, a donor, a patient or a member of staff, and must never
            enter an event.
    """

    ds: str
    name: str
    identifier: str
    length: int | None
    layout: str
    repeat: tuple[int, int, int] | None = None
    identifies_person: bool = field(default=False, kw_only=True)

    @property
    def spelling(self) -> str:
        """How the content is written, for the person whose label was refused."""
        return _SPELLINGS.get(self.ds, "0-9, A-Z and a-z")

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The compiled layout."""
        return re.compile(self.layout)


_SPELLINGS: Final = {
    "001": "appppyynnnnnnff: facility 5, year 2 digits, number 6 digits, flags 2 of 0-9 and A-Z but for I, O, Q, Z",
    "002": "ggre: 2 of 0-9, A-Z and a-z, then 2 of 0-9 and A-Z",
    "003": "aooootds: a capital letter, 4 of 0-9 and A-Z, 3 of 0-9, A-Z and a-z",
    **dict.fromkeys(("004", "006", "008"), "cyyjjj: 6 digits"),
    **dict.fromkeys(("005", "007", "009"), "cyyjjjhhmm: 10 digits"),
    "010": "5 of 0-9 and A-Z",
    **dict.fromkeys(("011", "012", "013", "014", "015", "016", "027"), "18 digits"),
    "017": "container 1 of 0-9, A-Z and a-z, maker 2 of 0-9 and A-Z, then 7 without = and &",
    "018": "10 characters without = and &",
    "019": "facility 5, then 16 characters without = and &",
    "020": "facility 5, then 6 characters without = and &",
    "021": "maker 2 of 0-9 and A-Z, then 8 without = and &",
    "022": "10 characters without = and &",
    "024": "place 2 digits, then yyyymmdd: 8 digits",
    "025": "place 2 digits, count 2 digits, then as many characters without = and &",
    "026": "yyyymm: 6 digits",
    "028": "appppyynnnnnccCC: facility 5, year 2 digits, number 5, container 2, containers 2: 11 digits",
    "029": "count 2 digits, then as many times 14 digits",
    "030": "count 3 digits, then as many times 10 digits",
    "031": "zone 1, reserved 1, meaning 2, then yyyymmddhhmm: 16 digits",
    "032": "dddddd: 6 of 0-9 and A-Z",
    "033": "facility 5, then 6 of 0-9 and A-Z",
    "034": "facility 5, code 6 and product 5 of 0-9 and A-Z",
    "035": "18 of 0-9 and A-Z",
    "036": "18 of 0-9 and A-Z",
    "038": "country 2 letters, establishment 6, donation 13, coding 1 letter, product 7, split 3, then yyyymmdd",
    **dict.fromkeys(("&;", "&!"), "printable characters"),
}
"""How contents are written, by number, in the letters of the standard where it has any."""


def _code(length: int, characters: str = _ALNUM) -> str:
    return f"(?P<code>{characters}{{{length}}})"


FORMS: Final[tuple[Form, ...]] = (
    Form("001", "donation identification number", "=", 15,
         # `Din` judges the rest, and says why.
         f"(?P<fin>.{{5}})(?P<year>.{{2}})(?P<sequence>.{{6}})(?P<flags>{FLAG_PATTERN}{{2}})"),
    Form("002", "blood groups, ABO and RhD", "=%", 4, f"(?P<group>{_ALNUM}{{2}})(?P<phenotype>{_CAPITAL}{{2}})"),
    Form("003", "product code", "=<", 8,
         f"(?P<product>[A-Z][0-9A-Z]{{4}})(?P<collection_type>{_ALNUM})(?P<division>{_ALNUM}{{2}})"),
    Form("004", "expiry date", "=>", 6, _DATE),
    Form("005", "expiry date and time", "&>", 10, _MINUTE),
    Form("006", "collection date", "=*", 6, _DATE),
    Form("007", "collection date and time", "&*", 10, _MINUTE),
    Form("008", "production date", "=}", 6, _DATE),
    Form("009", "production date and time", "&}", 10, _MINUTE),
    Form("010", "special testing: general", "&(", 5, _code(5, _CAPITAL)),
    Form("011", "special testing: red cell antigens (retired)", "={", 18, _code(18, _DIGIT)),
    Form("012", "special testing: red cell antigens, general", "=\\", 18, _code(18, _DIGIT)),
    Form("013", "special testing: red cell antigens, Finnish", "&\\", 18, _code(18, _DIGIT)),
    Form("014", "special testing: platelet antigens", "&{", 18, _code(18, _DIGIT)),
    Form("015", "special testing: HLA-A and -B alleles (retired)", "=[", 18, _code(18, _DIGIT)),
    Form("016", "special testing: HLA-DRB1 alleles (retired)", '="', 18, _code(18, _DIGIT)),
    Form("017", "container maker and catalogue number", "=)", 10,
         f"(?P<container>{_ALNUM})(?P<maker>{_CAPITAL}{{2}})(?P<catalogue>{_FREE}{{7}})"),
    Form("018", "container lot number", "&)", 10, f"(?P<lot>{_FREE}{{10}})"),
    Form("019", "donor identification number", "=;", 21, f"{_FIN}(?P<number>{_FREE}{{16}})", identifies_person=True),
    Form("020", "staff identification number", "='", 11, f"{_FIN}(?P<number>{_FREE}{{6}})", identifies_person=True),
    Form("021", "maker and catalogue number of another item", "=-", 10,
         f"(?P<maker>{_CAPITAL}{{2}})(?P<catalogue>{_FREE}{{8}})"),
    Form("022", "lot number of another item", "&-", 10, f"(?P<lot>{_FREE}{{10}})"),
    Form("023", "compound message", "=+", 5, r"(?P<count>[0-9]{2})(?P<table>[0-9]{3})"),
    Form("024", "patient date of birth", "=#", 10, "(?P<place>[0-9]{2})(?P<day>[0-9]{8})",
         identifies_person=True),
    Form("025", "patient identification number", "&#", 4,
         f"(?P<place>[0-9]{{2}})[0-9]{{2}}(?P<number>{_FREE}*)", (2, 4, 1), identifies_person=True),
    Form("026", "expiry month", "=]", 6, r"(?P<month>[0-9]{6})"),
    Form("027", "infectious markers", '&"', 18, _code(18, _DIGIT)),
    Form("028", "product consignment", "=$", 16,
         f"{_FIN}(?P<year>[0-9]{{2}})(?P<number>[0-9]{{5}})(?P<container>[0-9]{{2}})(?P<containers>[0-9]{{2}})"),
    Form("029", "dimensions", "&$", 2, "[0-9]{2}(?P<code>[0-9]*)", (0, 2, 14)),
    Form("030", "red cell antigens with test history", "&%", 3, "[0-9]{3}(?P<code>[0-9]*)", (0, 3, 10)),
    Form("031", "flexible date and time", "=(", 16,
         "(?P<zone>[0-9])[0-9](?P<meaning>[0-9]{2})(?P<moment>[0-9]{12})"),
    Form("032", "product divisions", "=,", 6, f"(?P<division>{_CAPITAL}{{6}})"),
    Form("033", "processing facility information", "&+", 11, f"{_FIN}{_code(6, _CAPITAL)}"),
    Form("034", "processor product identification", "=/", 16,
         f"{_FIN}(?P<code>{_CAPITAL}{{6}})(?P<product>{_CAPITAL}{{5}})"),
    Form("035", "lot number of a product of human origin", "&,1", 18, _code(18, _CAPITAL)),
    Form("036", "supplemental number of a product of human origin", "&,2", 18, _code(18, _CAPITAL)),
    Form("037", "donor registration (retired)", "&,3", 19, _code(19), identifies_person=True),
    # ST-012, 6.1: 21 characters of the donation, 19 of the product; the day is `00000000` without expiry.
    Form("038", "Single European Code", "&,4", 40,
         f"(?P<country>[A-Z]{{2}})(?P<establishment>{_CAPITAL}{{6}})(?P<donation>{_CAPITAL}{{13}})"
         f"(?P<coding>[A-Z])(?P<product>{_CAPITAL}{{7}})(?P<split>{_CAPITAL}{{3}})(?P<day>[0-9]{{8}})"),
    Form("039", "donor registration", "&:", 19, _code(19), identifies_person=True),
    Form("040", "chain of identity", "&/", 15, _code(15), identifies_person=True),
    # Nationally defined donor number and confidential exclusion: no length, and both speak of one person.
    Form("&;", "national donor number", "&;", None, _OPAQUE, identifies_person=True),
    Form("&!", "confidential exclusion", "&!", None, _OPAQUE, identifies_person=True),
)  # fmt: skip

COMPOUND: Final = next(form for form in FORMS if form.ds == "023")
DIN: Final = FORMS[0]


def national(identifier: str) -> Form:
    """The row of a national structure, `&a` to `&z`: opaque to the end of the text.

    It may hold anything, so it is kept out of events as if it identified a person.
    """
    return Form(identifier, "national structure", identifier, None, _OPAQUE, identifies_person=True)
