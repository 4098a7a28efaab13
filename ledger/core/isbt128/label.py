r"""The text of one scan as ISBT 128 structures, and back.

Decides where one structure ends and the next begins, by identifier *and* length, before anything inside is looked at:
`=%6200` is a blood group and `=\620000...` is antigens. A compound message's count is verified before any content is
interpreted (ISBT 128 Standard Technical Specification, 2.4.23 and chapter on concatenation). Terminators and AIM
prefixes belong to the scanner's decoder.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ledger.core.errors import LabelError
from ledger.core.ids import PRODUCT_PATTERN
from ledger.core.isbt128 import dates
from ledger.core.isbt128.din import Din
from ledger.core.isbt128.groups import CORE_GROUPS, Group, Groups
from ledger.core.isbt128.structures import COMPOUND, DIN, FORMS, Form, national

# Two printed symbols make at most 36 characters and the densest Data Matrix a few hundred; a longer text is no label.
MAX_LABEL_CHARACTERS = 2048

Fields = Mapping[str, str | None]

_PRODUCT = re.compile(PRODUCT_PATTERN)
_ELSEWHERE, _UNDIVIDED = "99", "00"
"""`99`: the bag's division stands in a structure 032, in six characters; `00`: it has none, or that one."""
_NO_DAY = "00000000"
"""How a Single European Code says that the product does not expire."""

_BY_IDENTIFIER = {form.identifier: form for form in FORMS if form is not DIN}


@dataclass(frozen=True, slots=True)
class Structure:
    """One data structure of a label, its content verbatim.

    Attributes:
        form: the table's row: number, name, identifier, whether it identifies a person.
        content: the characters after the identifier.
        fields: what the content says, by field name; a date becomes `local`, ISO 8601 without a zone.
    """

    form: Form
    content: str
    fields: Fields

    @property
    def ds(self) -> str:
        """The data structure's number, e.g. `001`, or a national identifier such as `&a`."""
        return self.form.ds

    @property
    def identifies_person(self) -> bool:
        """Whether the content must never enter an event."""
        return self.form.identifies_person

    def code(self, name: str) -> str | None:
        """The characters of one part of the content, as they stand there, e.g. `group`; None: it has no such part."""
        found = self.form.pattern.fullmatch(self.content)
        return None if found is None else found.groupdict().get(name)

    def format(self) -> str:
        """The structure as it was scanned."""
        return f"{self.form.identifier}{self.content}"


@dataclass(frozen=True, slots=True)
class Label:
    """What one scan said.

    Attributes:
        structures: in the order of the text, the compound header left out.
        compound: how many structures the header of a compound message announced; None without a header.
        table: the header's three digits, `000` or the number of a published sequence.
    """

    structures: tuple[Structure, ...]
    compound: int | None = None
    table: str = "000"

    @property
    def din(self) -> Din | None:
        """The donation that the label names, if it names one."""
        for structure in self.structures:
            if structure.form is DIN:
                return Din(structure.content[:5], structure.content[5:7], structure.content[7:13])
        return None

    @property
    def product(self) -> str | None:
        """The product code with its division: 8 characters, or 12 where a structure 032 carries the division.

        None where the label has none, one that no unit's identifier can have, or one whose division it does not show.
        """
        coded = self.find("003")
        if coded is None:
            return None
        divisions = self.find("032")
        product = coded.content
        if divisions is not None and product.endswith((_ELSEWHERE, _UNDIVIDED)):
            product = product[:6] + divisions.content
        if product.endswith(_ELSEWHERE) and len(product) == len(coded.content):
            return None
        return product if _PRODUCT.fullmatch(product) else None

    @property
    def identifies_person(self) -> bool:
        """Whether any structure must never enter an event."""
        return any(structure.identifies_person for structure in self.structures)

    def find(self, ds: str) -> Structure | None:
        """The first structure with this number."""
        return next((structure for structure in self.structures if structure.ds == ds), None)

    def format(self) -> str:
        """The text that `parse` reads as this label, character for character."""
        header = "" if self.compound is None else f"{COMPOUND.identifier}{self.compound:02d}{self.table}"
        return header + "".join(structure.format() for structure in self.structures)


def parse(text: str, *, groups: Groups = CORE_GROUPS) -> Label:
    """Read one scan: a single structure, several without separator, or a compound message.

    Args:
        text: what was scanned, without terminator and AIM prefix.
        groups: what the codes of data structure 002 say.

    Raises:
        LabelError: an unknown identifier, a wrong length, a count that does not fit, or content of another shape.
    """
    if not text or len(text) > MAX_LABEL_CHARACTERS:
        raise LabelError(f"expected a label of 1 to {MAX_LABEL_CHARACTERS} characters, came {len(text)}")
    cut = list(_cut(text))
    if cut[0][0] is not COMPOUND:
        return Label(_interpret_all(cut, groups))
    header, *rest = cut
    count = _verified_count(header[1], rest)
    return Label(_interpret_all(rest, groups), count, header[1][2:])


def _cut(text: str) -> Iterator[tuple[Form, str]]:
    """Each structure's row and content, by identifier and length alone."""
    place = 0
    while place < len(text):
        form = _form_at(text, place)
        start = place + len(form.identifier)
        length = _content_length(form, text, start)
        content = text[start : start + length]
        if len(content) < length:
            few = "a character" if length == 1 else f"{length} characters"
            raise LabelError(
                f"expected {few} after {form.identifier!r} ({form.ds}, {form.name}), "
                f"came {len(content)}: the scan was cut short, scan again"
            )
        yield form, content
        place = start + length


def _form_at(text: str, place: int) -> Form:
    two, three = text[place : place + 2], text[place : place + 3]
    if two[0] == "=" and len(two) == 2 and two[1].isascii() and two[1].isalnum():
        return DIN
    form = _BY_IDENTIFIER.get(two) or _BY_IDENTIFIER.get(three)
    if form is not None:
        return form
    if two[0] == "&" and len(two) == 2 and "a" <= two[1] <= "z":
        return national(two)
    raise LabelError(f"expected a data identifier at character {place + 1}, came {two!r}")


def _content_length(form: Form, text: str, start: int) -> int:
    if form.length is None:
        return max(1, len(text) - start)
    if form.repeat is None:
        return form.length
    first, last, size = form.repeat
    count = text[start + first : start + last]
    if len(count) < last - first or not (count.isascii() and count.isdigit()):
        raise LabelError(f"expected {last - first} digits of count in {form.identifier!r} ({form.ds}), came {count!r}")
    return form.length + int(count) * size


def _verified_count(header: str, rest: list[tuple[Form, str]]) -> int:
    """The announced count, once it is known to be the truth."""
    if not COMPOUND.pattern.fullmatch(header):
        raise LabelError(f"expected five digits in the compound header, came {header!r}")
    announced = int(header[:2])
    if announced != len(rest) or not rest:
        raise LabelError(f"expected {announced} structures in the compound message, came {len(rest)}: scan again")
    if any(form.length is None for form, _ in rest):
        raise LabelError("expected no national structure in a compound message: its end cannot be known")
    return announced


def _interpret_all(cut: list[tuple[Form, str]], groups: Groups) -> tuple[Structure, ...]:
    return tuple(_interpret(form, content, groups) for form, content in cut)


def _interpret(form: Form, content: str, groups: Groups) -> Structure:
    if form is COMPOUND:
        raise LabelError("expected a compound header only at the start of a label, came a second one")
    found = form.pattern.fullmatch(content)
    if found is None:
        # A person's identifier must not leak into a log through an error message.
        shown = f"{len(content)} characters" if form.identifies_person else repr(content)
        raise LabelError(f"expected {form.ds} ({form.name}) as {form.spelling}, came {shown}")
    try:
        return Structure(form, content, _fields(form, found.groupdict(), groups))
    except LabelError:
        if form.identifies_person:
            # Nor through the message of a date that does not exist: it is almost somebody's birthday.
            raise LabelError(f"expected {form.ds} ({form.name}) that exists, came {len(content)} characters") from None
        raise


def _fields(form: Form, parts: dict[str, str], groups: Groups) -> Fields:
    if form.ds == "002":
        return _blood_group(parts, groups)
    read = _READ.get(form.ds)
    return parts if read is None else read(parts)


def _donation(groups: dict[str, str]) -> Fields:
    din = Din(groups["fin"], groups["year"], groups["sequence"])
    return {**groups, "check": din.judge(groups["flags"])}


def _blood_group(parts: dict[str, str], groups: Groups) -> Fields:
    code = parts["group"]
    said = groups.get(code, Group(None, None))
    fields: dict[str, str | None] = {"abo": said.abo, "rhd": said.rhd}
    if code not in CORE_GROUPS:
        fields["group"] = code
    if parts["phenotype"] != "00":
        fields["phenotype"] = parts["phenotype"]
    return fields


def _local(groups: dict[str, str]) -> Fields:
    return {"local": dates.local_minute(groups["date"])}


def _birth(groups: dict[str, str]) -> Fields:
    return {"place": groups["place"], "day": dates.calendar_day(groups["day"])}


def _month(groups: dict[str, str]) -> Fields:
    return {"month": dates.month(groups["month"])}


def _single_european(groups: dict[str, str]) -> Fields:
    return {**groups, "day": None if groups["day"] == _NO_DAY else dates.calendar_day(groups["day"])}


def _flexible(groups: dict[str, str]) -> Fields:
    # Whether the time is local or UTC is said by a licensed code, so the field is not called `local`.
    return {
        "zone": groups["zone"],
        "meaning": groups["meaning"],
        "time": dates.flexible_minute(groups["moment"]),
    }


# Structures whose content says more than its fields taken apart; every other keeps them as they are.
_READ: Mapping[str, Callable[[dict[str, str]], Fields]] = {
    "001": _donation,
    **dict.fromkeys(("004", "005", "006", "007", "008", "009"), _local),
    "024": _birth,
    "026": _month,
    "031": _flexible,
    "038": _single_european,
}
