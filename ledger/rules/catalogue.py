"""A facility's products (血液品种): product code to component, names and amount, read from a TOML file.

The product ships none of the licensed code tables: a site supplies its own file, and the sample facility A9999 has a
neutral one. What a component bears is the policy pack's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from ledger.core.errors import ConfigError, FormatError
from ledger.core.kinds import Measure
from ledger.rules.lines import amount_of
from ledger.rules.tables import read_as, read_toml

_CODE: Final = re.compile(r"[A-Z][A-Z0-9]{4}")
_CODE_LENGTH: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product.

    Attributes:
        component: the component as policy packs call it, e.g. `RBC_AS`.
        zh: its name in Simplified Chinese.
        en: its name in English.
        amount: how much one bag holds: hundredths of a U, whole millilitres or doses.
        measure: `U`, `mL` or `dose` (治疗量).
    """

    component: str
    zh: str
    en: str
    amount: int
    measure: Measure


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The products of one facility, by their 5-character product description code."""

    facility: str
    version: str
    products: Mapping[str, Product]

    def find(self, product: str) -> Product | None:
        """The product of a code of 5 characters, or of 8 or more with collection type and division."""
        return self.products.get(product[:_CODE_LENGTH])


class _Row(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    component: str
    zh: str
    en: str
    amount: int | float
    measure: Measure


class _File(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    facility: str
    version: str
    products: dict[str, object]


def parse_catalogue(text: str) -> Catalogue:
    """Read a catalogue from TOML.

    Raises:
        ConfigError: not a catalogue; names the key.
    """
    file = read_as(_File, read_toml(text, called="catalogue"), key="catalogue ")
    products: dict[str, Product] = {}
    for code, row in file.products.items():
        key = f"catalogue {file.facility}: products.{code}"
        if not _CODE.fullmatch(code):
            raise ConfigError(f"{key}: expected a product code of 5 characters, A-Z first, then A-Z or 0-9")
        told = read_as(_Row, row, key=key)
        try:
            amount = amount_of(str(told.amount), told.measure)
        except FormatError as error:
            raise ConfigError(f"{key}.amount: {error}") from error
        products[code] = Product(component=told.component, zh=told.zh, en=told.en, amount=amount, measure=told.measure)
    return Catalogue(file.facility, file.version, MappingProxyType(products))
