"""Spellings that are checked for many events at once, behind their decoding, because checking each alone costs most.

A site has few places and devices, and its tags come back thousands of times; yet a pattern in a field's type is matched
at every event. So the fields that every sighting has say how they are spelt by `Deferred`, which the decoder passes
over, and whoever decodes asks `Known.holds`, `are_instants` and `are_hex` behind it. What is accepted is the same:
`exact` gives the types that check everything as they decode, and what is wrong with an event is said by those alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Union, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Meta, Struct, defstruct
from msgspec.structs import fields

from ledger.core.ids import SECOND_PATTERN

MOST_KNOWN = 50_000
"""So many spellings of one sort are remembered; then all are forgotten, and learnt again."""
_SECOND_LENGTH = len("2026-03-02T08:20:00")
_DECIMALS = frozenset(f".{milliseconds:03d}Z" for milliseconds in range(1000))


@dataclass(frozen=True, slots=True)
class Deferred:
    """Marks a field whose spelling is checked behind the decoding, and says which it is.

    Attributes:
        meta: what the field's exact type has in this place.
    """

    meta: Meta

    @classmethod
    def of(cls, exact_type: object) -> "Deferred":
        """The mark that defers the pattern of an `Annotated[str, Meta(pattern=…)]`."""
        return cls(_meta_of(exact_type))


class Known:
    """Texts that a pattern was found to hold for, so that it is not asked again.

    Only what holds is remembered, so nothing that is asked or forgotten changes an answer, in whatever order several
    threads ask.
    """

    __slots__ = ("_known", "_search")

    def __init__(self, pattern: str) -> None:
        self._search = re.compile(pattern).search
        self._known: set[str] = set()

    @classmethod
    def of(cls, exact_type: object) -> "Known":
        """The texts of an `Annotated[str, Meta(pattern=…)]`."""
        return cls(_meta_of(exact_type).pattern or "")

    def holds(self, texts: Sequence[str] | set[str]) -> bool:
        """Whether the pattern holds for each of `texts`."""
        if self._known.issuperset(texts):
            return True
        new = set(texts).difference(self._known)
        if not all(map(self._search, new)):
            return False
        if len(self._known) + len(new) > MOST_KNOWN:
            self._known.clear()
        self._known |= new
        return True


_SECONDS = Known(rf"^{SECOND_PATTERN}\Z")


def are_instants(texts: Sequence[str]) -> bool:
    """Whether each of `texts` is an instant (`ledger.core.ids`): a real second, known or not, and its milliseconds."""
    if not {text[_SECOND_LENGTH:] for text in texts} <= _DECIMALS:
        return False
    return _SECONDS.holds({text[:_SECOND_LENGTH] for text in texts})


def are_hex(texts: Sequence[str], *, digits: int) -> bool:
    """Whether each of `texts` has so many lower-case hexadecimal digits and nothing else."""
    together = "".join(texts)
    try:
        return set(map(len, texts)) <= {digits} and bytes.fromhex(together).hex() == together
    except ValueError:
        return False


@cache  # a few dozen kinds
def exact(kind: type[Struct]) -> type[Struct]:
    """The same kind of object with every spelling in its type, so that decoding checks all of it.

    Its instances are of another class: it says what is right and what is wrong with an object, and describes it.
    """
    hints, config = get_type_hints(kind, include_extras=True), kind.__struct_config__
    exact_fields = []
    for each in fields(kind):
        default = each.default if each.default_factory is NODEFAULT else []
        annotation = _exact_type(hints[each.name])
        exact_fields.append((each.name, annotation) if each.required else (each.name, annotation, default))
    return defstruct(
        kind.__name__,
        exact_fields,
        tag_field=config.tag_field,
        tag=config.tag,
        frozen=config.frozen,
        kw_only=True,
        omit_defaults=config.omit_defaults,
        forbid_unknown_fields=config.forbid_unknown_fields,
    )


def _meta_of(exact_type: object) -> Meta:
    (meta,) = (each for each in get_args(exact_type) if isinstance(each, Meta))
    return meta


def _exact_type(annotation: object) -> object:
    if get_origin(annotation) in (Union, UnionType):
        return Union[tuple(_exact_type(each) for each in get_args(annotation))]  # noqa: UP007  as many as there are
    if get_origin(annotation) is Annotated:
        base, *metadata = get_args(annotation)
        deferred = [each.meta for each in metadata if isinstance(each, Deferred)]
        return Annotated[base, *deferred] if deferred else annotation
    return annotation
