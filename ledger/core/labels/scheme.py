"""A label scheme of a site's own, for national codes: a pattern with named parts, from text to donation and product.

`{fin:5}{year:2}{sequence:6}` reads thirteen characters, `CN-{product:4}{collection_type:1}{division:2}` what begins
with `CN-`. Everything outside braces stands for itself. What the text leaves out is `fixed` by the site. A scheme has
no wildcards: a text fits it in one way or not at all, and `format` writes what `read` reads.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args

from ledger.core.errors import ConfigError, LabelError
from ledger.core.ids import NAME_PATTERN, PRODUCT_PATTERN
from ledger.core.isbt128 import Din

Part: TypeAlias = Literal["fin", "year", "sequence", "check", "flags", "product", "collection_type", "division"]

_DONATION: Final[tuple[Part, ...]] = ("fin", "year", "sequence")
_JUDGING: Final[tuple[Part, ...]] = ("check", "flags")
_PRODUCT: Final[tuple[Part, ...]] = ("product", "collection_type", "division")
_LENGTHS: Final[Mapping[Part, tuple[int, ...]]] = {
    "fin": (5,), "year": (2,), "sequence": (6,), "check": (1,), "flags": (2,), "product": tuple(range(1, 17)),
    "collection_type": (1,), "division": (2, 6),
}  # fmt: skip
_PRODUCT_CODE_LENGTH: Final = 5

_SAMPLE: Final[Mapping[Part, str]] = {
    "fin": "A9999", "year": "26", "sequence": "000000", "product": "A0001", "collection_type": "V", "division": "00",
}  # fmt: skip

_PIECE = re.compile(r"\{(?P<part>[a-z_]+):(?P<length>[0-9]{1,2})\}|(?P<literal>[!-z|~]+)")
_NAME = re.compile(rf"{NAME_PATTERN}\Z")
_UNIT_PRODUCT = re.compile(rf"{PRODUCT_PATTERN}\Z")
_PRODUCT_CODE = re.compile(r"[A-Z][A-Z0-9]{4}\Z")


@dataclass(frozen=True, slots=True)
class Named:
    """What a scan names: a donation, a product with its division, or both, which is a bag."""

    din: Din | None = None
    product: str | None = None


@dataclass(frozen=True, slots=True)
class Scheme:
    """One scheme; made by `scheme`, which judges it.

    Attributes:
        name: as configured.
        pieces: literals, and named parts with their lengths, in the order of the text.
        fixed: the parts that the text does not carry.
        products: the text's own product code to the five characters of this ledger's; empty: they are the same.
    """

    name: str
    pieces: tuple[str | tuple[Part, int], ...]
    fixed: Mapping[Part, str] = field(hash=False)
    products: Mapping[str, str] = field(hash=False)

    @property
    def pattern(self) -> str:
        """The pattern, as configured."""
        return "".join(piece if isinstance(piece, str) else f"{{{piece[0]}:{piece[1]}}}" for piece in self.pieces)

    @property
    def length(self) -> int:
        """Characters of every text of this scheme."""
        return sum(len(piece) if isinstance(piece, str) else piece[1] for piece in self.pieces)

    @property
    def parts(self) -> frozenset[Part]:
        """The parts that the text carries."""
        return frozenset(piece[0] for piece in self.pieces if not isinstance(piece, str))

    def read(self, text: str) -> Named | None:
        """What `text` names; None if it is not of this scheme's length and literals.

        Raises:
            LabelError: it is of this scheme, and a part is not what it should be, or the product is not in the table.
        """
        said = self._taken_apart(text)
        if said is None:
            return None
        values = {**self.fixed, **said}
        din = self._donation(values) if "sequence" in self.parts else None
        return Named(din, self._product(values) if "product" in self.parts else None)

    def format(self, named: Named, *, flags: str = "00") -> str:
        """The text that `read` reads as `named`.

        Raises:
            LabelError: this scheme cannot carry it.
        """
        values = self._values(named, flags)
        text = "".join(piece if isinstance(piece, str) else values.get(piece[0], "") for piece in self.pieces)
        if len(text) != self.length or self.read(text) != named:
            raise LabelError(f"expected what the label scheme {self.name} can carry, came {named}")
        return text

    def _taken_apart(self, text: str) -> dict[Part, str] | None:
        if len(text) != self.length:
            return None
        said: dict[Part, str] = {}
        place = 0
        for piece in self.pieces:
            stop = place + (len(piece) if isinstance(piece, str) else piece[1])
            if isinstance(piece, str):
                if text[place:stop] != piece:
                    return None
            else:
                said[piece[0]] = text[place:stop]
            place = stop
        return said

    def _donation(self, values: Mapping[Part, str]) -> Din:
        number = "".join(values[part] for part in _DONATION)
        try:
            if "check" in values:
                return Din.parse(number + values["check"])
            return Din.parse(number + values.get("flags", ""))
        except LabelError as wrong:
            raise LabelError(f"label scheme {self.name}: {wrong}") from wrong

    def _product(self, values: Mapping[Part, str]) -> str:
        code = values["product"]
        if self.products:
            if code not in self.products:
                raise LabelError(f"label scheme {self.name}: expected a product code of its table, came {code!r}")
            code = self.products[code]
        product = code + values["collection_type"] + values["division"]
        if not _UNIT_PRODUCT.match(product):
            raise LabelError(
                f"label scheme {self.name}: expected a product code (5), collection type (1) and division (2 or 6) "
                f"of A-Z and 0-9, came {product!r}"
            )
        return product

    def _values(self, named: Named, flags: str) -> dict[Part, str]:
        values: dict[Part, str] = {"flags": flags}
        if named.din is not None:
            din = named.din
            values |= {"fin": din.fin, "year": din.year, "sequence": din.sequence, "check": din.check}
        if named.product is not None:
            code = named.product[:_PRODUCT_CODE_LENGTH]
            own = next((own for own, ours in self.products.items() if ours == code), code)
            values |= {"product": own, "collection_type": named.product[5], "division": named.product[6:]}
        return values


def scheme(
    name: str, pattern: str, *, fixed: Mapping[str, str] | None = None, products: Mapping[str, str] | None = None
) -> Scheme:
    """A scheme, judged.

    Raises:
        ConfigError: no such scheme can be; names what was expected.
    """
    if not _NAME.match(name):
        raise ConfigError(f"label scheme: expected a name of letters, digits and . _ -, came {name!r}")
    pieces = tuple(_pieces(name, pattern))
    made = Scheme(name, pieces, MappingProxyType(_fixed(name, fixed or {})), MappingProxyType(dict(products or {})))
    _require_judged(made, pattern)
    return made


def _pieces(name: str, pattern: str) -> Iterator[str | tuple[Part, int]]:
    place = 0
    while place < len(pattern):
        found = _PIECE.match(pattern, place)
        if found is None or (found["part"] or "fin") not in get_args(Part):
            raise ConfigError(
                f"label scheme {name}: expected literal characters and parts such as {{sequence:6}} of "
                f"{', '.join(get_args(Part))}; came {pattern[place:]!r}"
            )
        place = found.end()
        if found["literal"] is not None:
            yield found["literal"]
            continue
        part = next(each for each in _LENGTHS if each == found["part"])
        length = int(found["length"])
        if length not in _LENGTHS[part]:
            wanted = " or ".join(map(str, _LENGTHS[part])) if len(_LENGTHS[part]) < 3 else "1 to 16"
            raise ConfigError(f"label scheme {name}: expected {part} of {wanted} characters, came {length}")
        yield part, length


def _fixed(name: str, fixed: Mapping[str, str]) -> dict[Part, str]:
    found: dict[Part, str] = {}
    for part in (*_DONATION, *_PRODUCT):
        if part in fixed:
            found[part] = fixed[part]
    for each in fixed:
        if each not in found:
            raise ConfigError(f"label scheme {name}: fixed.{each}: expected one of {', '.join(_DONATION + _PRODUCT)}")
    return found


def _require_judged(made: Scheme, pattern: str) -> None:
    named = [piece[0] for piece in made.pieces if not isinstance(piece, str)]
    if len(set(named)) != len(named) or set(named) & set(made.fixed):
        raise ConfigError(f"label scheme {made.name}: expected each part once, in the pattern or fixed; came {pattern}")
    if pattern[:1] in {"=", "&"}:
        raise ConfigError(f"label scheme {made.name}: expected no = or & at the start, where ISBT 128 begins")
    if not {"sequence", "product"} & set(named):
        raise ConfigError(f"label scheme {made.name}: expected a pattern with {{sequence:6}} or with {{product:5}}")
    for wanted, parts in (("sequence", _DONATION), ("product", _PRODUCT)):
        missing = [part for part in parts if part not in {*named, *made.fixed}]
        if wanted in named and missing:
            raise ConfigError(f"label scheme {made.name}: expected {', '.join(missing)} in the pattern or fixed")
    if set(_JUDGING) <= set(named) or (set(_JUDGING) & set(named) and "sequence" not in named):
        raise ConfigError(f"label scheme {made.name}: expected check or flags, not both, beside {{sequence:6}}")
    _require_fixed(made)
    _require_products(made)


def _require_fixed(made: Scheme) -> None:
    """What is fixed can stand in a donation number, or in a product."""
    values = {**_SAMPLE, **made.fixed}
    try:
        Din(values["fin"], values["year"], values["sequence"])
    except LabelError as wrong:
        raise ConfigError(f"label scheme {made.name}: fixed: {wrong}") from wrong
    product = values["product"] + values["collection_type"] + values["division"]
    if not _UNIT_PRODUCT.match(product):
        raise ConfigError(
            f"label scheme {made.name}: fixed: expected a product code (5), a collection type (1) and a division "
            f"(2 or 6) of A-Z and 0-9; came {dict(made.fixed)}"
        )


def _require_products(made: Scheme) -> None:
    """Every code of the table has the pattern's length, and means a product code; without a table, it is one."""
    length = next((piece[1] for piece in made.pieces if not isinstance(piece, str) and piece[0] == "product"), None)
    if length not in {None, _PRODUCT_CODE_LENGTH} and not made.products:
        raise ConfigError(f"label scheme {made.name}: expected {{product:5}}, or a table of products; came {length}")
    for own, code in made.products.items():
        if len(own) != length or not _PRODUCT_CODE.match(code):
            raise ConfigError(
                f"label scheme {made.name}: products.{own}: expected a code of {length} characters that means a "
                f"product code of 5, A-Z first, then A-Z or 0-9; came {code!r}"
            )
