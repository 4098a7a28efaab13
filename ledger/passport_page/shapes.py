"""The event kinds as data: what the verifier in the page needs of `ledger.core.kinds`, so that nothing is said twice.

A shape is an object with `t`, its sort: `s` string (`pattern`, `min`, `max` in characters), `i` integer (`min`, `max`),
`c` choice (`of`), `l` list (`item`, `min`, `max`), `p` tuple (`items`), `o` object (`fields`, `required`).
"""

from typing import TypeAlias, get_args

from msgspec import inspect

from ledger.core import concern, custody, events, ids, kinds
from ledger.core.spelling import exact

Shape: TypeAlias = dict[str, object]


def shapes() -> dict[str, object]:
    """Everything that the page's `events.js` reads: plain values for JSON.

    A kind's shape leaves out what it shares with every event, which is `common`.
    """
    base = inspect.type_info(exact(kinds.Event))
    common = {"fields": _fields(base), "required": _required(base)}
    return {
        "common": common,
        "kinds": {str(each.__struct_config__.tag): _own(each) for each in get_args(kinds.AnyEvent)},
        "envelope": _fields(inspect.type_info(events.Envelope)),
        "carriers": {carrier.value: sorted(carried) for carrier, carried in events.KINDS_OF.items()},
        "transformations": sorted(str(each.__struct_config__.tag) for each in kinds.Transformation.__subclasses__()),
        "single_subjects": custody.SINGLE_SUBJECTS,
        "listed_subjects": custody.LISTED_SUBJECTS,
        "identifiers": [{"t": "s", "pattern": _portable(rf"^{kind}:{each}\Z")} for kind, each in ids.PATTERNS.items()],
        "mapped": concern.MAPPED,
        "left_out": sorted(concern.LEFT_OUT),
        "unit": _shape(inspect.type_info(ids.Unit)),
        "consignment": _shape(inspect.type_info(ids.Consignment)),
        "key": _shape(inspect.type_info(ids.Key)),
    }


def _shape(info: inspect.Type) -> Shape:  # noqa: C901, PLR0911  one arm a sort
    match info:
        case inspect.Metadata(type=inner):
            return _shape(inner)
        case inspect.StrType(pattern=pattern, min_length=low, max_length=high):
            return _present(t="s", pattern=_portable(pattern), min=low, max=high)
        case inspect.IntType(ge=low, le=high, gt=None, lt=None, multiple_of=None):
            return _present(t="i", min=low, max=high)
        case inspect.LiteralType(values=values):
            return {"t": "c", "of": values}
        case inspect.ListType(item_type=item, min_length=low, max_length=high):
            return _present(t="l", item=_shape(item), min=low, max=high)
        case inspect.TupleType(item_types=items):
            return {"t": "p", "items": [_shape(each) for each in items]}
        case inspect.UnionType(types=types):
            return _optional(types)
        case inspect.StructType():
            return {"t": "o", "fields": _fields(info), "required": _required(info)}
        case _:
            raise TypeError(f"expected a type that events are made of; got {info!r:.200}")


def _fields(info: inspect.Type) -> dict[str, Shape]:
    return {each.encode_name: _shape(each.type) for each in _struct(info).fields}


def _required(info: inspect.Type) -> list[str]:
    return [each.encode_name for each in _struct(info).fields if each.required]


def _struct(info: inspect.Type) -> inspect.StructType:
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"expected a struct; got {info!r:.200}")
    return info


def _own(kind: type[kinds.Event]) -> Shape:
    """What a kind adds to the fields of every event."""
    info, base = inspect.type_info(exact(kind)), inspect.type_info(exact(kinds.Event))
    shared = _fields(base)
    fields: dict[str, Shape] = {"kind": {"t": "c", "of": [kind.__struct_config__.tag]}}
    fields |= {name: shape for name, shape in _fields(info).items() if shared.get(name) != shape}
    return {"fields": fields, "required": [name for name in _required(info) if name not in _required(base)]}


def _optional(types: tuple[inspect.Type, ...]) -> Shape:
    """A field that may be absent: canonical JSON knows no null, so only the other type remains."""
    (kept,) = (each for each in types if not isinstance(each, inspect.NoneType))
    return _shape(kept)


def _portable(pattern: str | None) -> str | None:
    r"""A pattern as JavaScript reads it: its `$`, without flags, is Python's `\Z`.

    Raises:
        ValueError: for a class such as `\d`, which means more in Python than there.
    """
    if pattern is None:
        return None
    ported = pattern.replace(r"\Z", "$")
    if not all(part.startswith(".") for part in ported.split("\\")[1:]):
        raise ValueError(f"expected no escape but \\. and \\Z; got {pattern!r}")
    return ported


def _present(**fields: object) -> Shape:
    return {name: value for name, value in fields.items() if value is not None}
