"""One scanned text by whichever scheme it is of: ISBT 128, or one that the site configured.

A text that begins with `=` or `&` is ISBT 128 and nothing else. Any other is of the one configured scheme that it fits;
where two fit and do not name the same, neither is believed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import Struct

from ledger.core import isbt128
from ledger.core.errors import ConfigError, LabelError
from ledger.core.ids import is_id
from ledger.core.isbt128 import Din, Label, Structure
from ledger.core.labels.codes import NO_CODES, Codes
from ledger.core.labels.framing import unframed
from ledger.core.labels.scheme import Named, Scheme, scheme

ISBT_128: Final = "isbt128"
_BEGINS = ("=", "&")


@dataclass(frozen=True, slots=True)
class Scanned:
    """What one scan says.

    Attributes:
        scheme: `isbt128`, or the name of the site's scheme.
        label: the structures, where it is ISBT 128.
        din: the donation, if it names one.
        product: the product code with its division, if it names one.
    """

    scheme: str
    label: Label | None
    din: Din | None
    product: str | None

    @property
    def unit(self) -> str | None:
        """The bag, if the scan names one by itself: `unit:…`."""
        return unit_of(self.din, self.product)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a site's labels are read.

    Attributes:
        schemes: the site's own, beside ISBT 128.
        codes: what the codes on its ISBT 128 labels mean.
    """

    schemes: tuple[Scheme, ...] = ()
    codes: Codes = NO_CODES

    def read(self, text: str) -> Scanned:
        """Read one scan; what the scanner put around it is no part of it (`framing`).

        Raises:
            LabelError: it is of no scheme, of a wrong shape, of two schemes that do not agree, has a check flag that is
                not the donation number's, or names two donations or two products.
        """
        text = unframed(text)
        if text.startswith(_BEGINS) or not self.schemes:
            label = isbt128.parse(text, groups=self.codes.groups)
            _require_check(label)
            _require_one_bag(label)
            return Scanned(ISBT_128, label, label.din, label.product)
        found, refused = self._fitting(text)
        if not found:
            raise refused or LabelError(
                "expected an ISBT 128 label, which begins with = or &, or a label of "
                f"{', '.join(each.name for each in self.schemes)}, came {text!r}"
            )
        name, named = next(iter(found.items()))
        if any(each != named for each in found.values()):
            raise LabelError(f"expected a label of one scheme, came one of {' and '.join(found)} that differ")
        return Scanned(name, None, named.din, named.product)

    def _fitting(self, text: str) -> tuple[dict[str, Named], LabelError | None]:
        """What each scheme that the text fits reads in it, and why one that it nearly fits does not."""
        found: dict[str, Named] = {}
        refused: LabelError | None = None
        for each in self.schemes:
            try:
                named = each.read(text)
            except LabelError as wrong:
                refused = refused or wrong
                continue
            if named is not None:
                found[each.name] = named
        return found, refused


ISBT_128_ALONE: Final = Reading()
"""No scheme but ISBT 128, and no codes but the core blood groups."""


def unit_of(din: Din | None, product: str | None) -> str | None:
    """The bag that a donation and a product name together; None where one is missing."""
    unit = f"unit:{din}.{product}"
    return unit if din is not None and product is not None and is_id(unit, "unit") else None


def _require_check(label: Label) -> None:
    for structure in label.structures:
        if structure.ds == "001" and structure.fields["check"] == "invalid":
            din = _din(structure)
            raise LabelError(
                f"expected check flag {din.flag} after {din}; got {structure.code('flags')}: "
                "scan the label again, or compare the printed number"
            )


def _require_one_bag(label: Label) -> None:
    """Two bags' bars may arrive as one line, where a line end was lost: to take the first would lose the second."""
    dins = {str(_din(each)) for each in label.structures if each.ds == "001"}
    products = {each.content for each in label.structures if each.ds == "003"}
    for word, named in (("donation", dins), ("product", products)):
        if len(named) > 1:
            raise LabelError(f"expected one {word} in a scan; got {len(named)}: scan each bag by itself")


def _din(structure: Structure) -> Din:
    fin, year, sequence = (str(structure.fields[name]) for name in ("fin", "year", "sequence"))
    return Din(fin, year, sequence)


class _Row(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: str
    pattern: str
    fixed: dict[str, str] = {}
    products: dict[str, str] = {}


def parse_schemes(tables: object) -> tuple[Scheme, ...]:
    """The schemes of `[[label_scheme]]`, as a TOML reader gives them (docs/format.md §18).

    Raises:
        ConfigError: a key that is missing, unknown or wrong, a scheme that cannot be, or two of one name.
    """
    try:
        rows = msgspec.convert(tables, list[_Row], strict=True)
    except msgspec.ValidationError as wrong:
        raise ConfigError(f"label_scheme: {wrong}") from wrong
    made = tuple(scheme(row.name, row.pattern, fixed=row.fixed, products=row.products) for row in rows)
    _require_names(each.name for each in made)
    return made


def _require_names(names: Iterable[str]) -> None:
    seen = {ISBT_128}
    for name in names:
        if name in seen:
            raise ConfigError(f"label_scheme: expected each name once, and none {ISBT_128}; came {name} again")
        seen.add(name)
