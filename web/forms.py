"""Forms of steps, read off the event kinds: a field for each field of the kind, and what was typed as values.

`ledger.core.kinds` is the one place where a kind's fields stand; a new kind has its form at once. What may be typed is
forgiving where it cannot be misunderstood (a unit without its `unit:`, a donation number with its check character, a
local time), strict otherwise. Whether the step is right for the unit is decided by `web.actions` and the ledger.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Literal

import msgspec
from msgspec import inspect

from ledger.acts.steps import KINDS, NEEDS_PLACE
from ledger.core import kinds
from ledger.core.errors import FormatError
from ledger.core.ids import INSTANT_PATTERN, PATTERNS, parse_instant
from ledger.core.isbt128 import Din
from ledger.core.labels.framing import keyed
from ledger.core.labels.reading import ISBT_128_ALONE, Reading
from ledger.core.spelling import exact
from web.scans import Resolve, bags, must_repeat
from web.speech import SaidError, Speech

Widget = Literal[
    "text", "lines", "choice", "place", "organisation", "time", "number", "person", "components", "choices"
]

_ENVELOPE = frozenset(kinds.Event.__struct_fields__) - {"place"}
_ASKED_BESIDE = frozenset({"checklist", "returning", "reported_by", "report", "evidence"})
"""Fields that no single input says: `web.checking` puts the questions, a hospital's own system reports, and evidence is
a file (`web.enclosing`)."""

_SAMPLE = {
    "v": 1,
    "stream": "web",
    "seq": 1,
    "nonce": "0" * 32,
    "time": "2026-01-01T00:00:00.000Z",
    "clock": "synchronised",
}
_COLLEAGUES = frozenset({"second", "collector", "courier"})
_SIGN: Mapping[str, frozenset[str]] = MappingProxyType({"issued": frozenset({"collector"})})
"""Kind -> who has to be named in its form, since they sign it, although the event can be read without them."""

_COLUMNS = 4
_AT = re.compile(r"`\$\.(?P<name>[a-z_]+)")
_PREFIX = re.compile(r"\^(?:\(\?:)?(?P<kind>[a-z]+):")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a step's form.

    Attributes:
        name: the event's own field name.
        widget: how it is typed.
        required: whether the step needs it.
        identifier: the kind of identifier that it holds, e.g. `unit`; empty for none.
        choices: what can be chosen.
        number: whether each value is a whole number.
    """

    name: str
    widget: Widget
    required: bool
    identifier: str = ""
    choices: tuple[str, ...] = ()
    many: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form says: values for the events (one for each unit that was listed), or what is wrong, by field.

    `again` holds the donation numbers, by field, that have to be typed once more.
    """

    drafts: tuple[dict[str, object], ...] = ()
    time: str | None = None
    wrong: Mapping[str, str] = field(default_factory=dict)
    again: Mapping[str, str] = field(default_factory=dict)


@cache
def fields_of(kind: str) -> tuple[Field, ...]:
    """The fields of a kind's form, in the kind's order, the place last."""
    described = inspect.type_info(exact(KINDS[kind]))
    assert isinstance(described, inspect.StructType)  # noqa: S101  every kind is a Struct
    found = [_field(each, kind) for each in described.fields if each.name not in _ENVELOPE | _ASKED_BESIDE]
    return tuple(sorted(found, key=lambda each: (each.name == "place", each.name == "reason")))


def _field(described: inspect.Field, kind: str) -> Field:
    name = described.name
    required = described.required or (name == "place" and kind in NEEDS_PLACE) or name in _SIGN.get(kind, ())
    shape = described.type
    if isinstance(shape, inspect.UnionType):
        shape = next(each for each in shape.types if not isinstance(each, inspect.NoneType))
    match shape:
        case inspect.LiteralType():
            return Field(name, "choice", required, choices=tuple(str(value) for value in shape.values))
        case inspect.IntType():
            return Field(name, "number", required)
        case inspect.ListType(item_type=item):
            return _list_field(name, item, required=required)
        case inspect.StrType():
            return _text_field(name, shape, required=required)
        case _:
            return Field(name, "text", required)


def _list_field(name: str, item: inspect.Type, *, required: bool) -> Field:
    match item:
        case inspect.LiteralType(values=values):
            return Field(name, "choices", required, choices=tuple(str(value) for value in values), many=True)
        case inspect.StructType():
            return Field(name, "components", required, many=True)
        case _:
            return Field(name, "lines", required, identifier=_identifier(item), many=True)


def _text_field(name: str, shape: inspect.StrType, *, required: bool) -> Field:
    identifier = _identifier(shape)
    if name == "place":
        return Field(name, "place", required)
    if identifier == "org":
        return Field(name, "organisation", required, identifier)
    if INSTANT_PATTERN in (shape.pattern or ""):
        return Field(name, "time", required)
    if identifier == "unit":
        return Field(name, "lines", required, identifier)
    if identifier == "person" and name in _COLLEAGUES:
        return Field(name, "person", required, identifier)
    return Field(name, "text", required, identifier)


def _identifier(shape: inspect.Type) -> str:
    pattern = shape.pattern if isinstance(shape, inspect.StrType) else None
    found = _PREFIX.match(pattern or "")
    return found["kind"] if found and found["kind"] in PATTERNS else ""


def read(
    kind: str,
    typed: Mapping[str, str],
    speech: Speech,
    *,
    reading: Reading = ISBT_128_ALONE,
    unit_of_tag: Resolve = lambda _tag: None,
) -> Filled:
    """Read a form as it was typed.

    Args:
        kind: the kind of step.
        typed: field name to text; lists are one value a line.
        speech: the language of what is said is wrong, and the zone of times.
        reading: how labels are read.
        unit_of_tag: the unit that has a tag.
    """
    values: dict[str, object] = {}
    wrong: dict[str, str] = {}
    again = _to_repeat(kind, typed, speech, wrong)
    for each in fields_of(kind):
        text = typed.get(each.name, "").strip()
        if each.name in wrong:
            continue
        try:
            if each.identifier == "unit" and each.widget == "lines":
                value: object = bags(_lines(text), reading=reading, unit_of_tag=unit_of_tag) or None
            else:
                value = _value(each, text, speech)
        except (FormatError, ValueError) as error:
            wrong[each.name] = _said(error, speech)
            continue
        if value is None and each.required:
            wrong[each.name] = speech.say("This is needed.")
        elif value is not None:
            values[each.name] = value
    time = _time(typed.get("time", "").strip(), speech, wrong)
    drafts = _per_unit(values)
    for draft in drafts if not wrong else ():
        wrong |= _misfit(kind, draft, speech)
    return Filled((), None, wrong, again) if wrong else Filled(drafts, time)


def typed_again(event: kinds.AnyEvent, speech: Speech) -> dict[str, str]:
    """What would have been typed to say what an event says; what a form cannot say is left out."""
    kind, told = str(type(event).__struct_config__.tag), msgspec.to_builtins(event)
    found = {each.name: _typed(each, told.get(each.name), speech) for each in fields_of(kind)}
    return {name: text for name, text in found.items() if text}


def _typed(each: Field, value: object, speech: Speech) -> str:
    match value:
        case None:
            return ""
        case str() if each.widget == "time":
            return speech.typed_moment(parse_instant(value)).replace("T", " ")
        case [*several] if each.widget == "components":
            return "\n".join(_component_typed(one, speech) for one in several if isinstance(one, dict))
        case [*several]:
            return "\n".join(map(str, several))
        case _:
            return str(value)


def _component_typed(child: Mapping[str, object], speech: Speech) -> str:
    expires = child.get("expires")
    until = speech.typed_moment(parse_instant(str(expires))).replace("T", " ") if expires else ""
    return ", ".join([str(child["unit"]), until, str(child.get("volume_ml", "")), str(child.get("container", ""))])


def with_bags(kind: str, typed: Mapping[str, str], *, reading: Reading, unit_of_tag: Resolve) -> dict[str, str]:
    """What was typed, with the bags that were scanned as identifiers; a field that names none stays as it is."""
    told = dict(typed)
    for each in fields_of(kind):
        if each.identifier == "unit" and each.widget == "lines" and each.name in typed:
            with suppress(FormatError):
                named = bags(_lines(typed[each.name]), reading=reading, unit_of_tag=unit_of_tag)
                told[each.name] = "\n".join(named)
    return told


def _to_repeat(kind: str, typed: Mapping[str, str], speech: Speech, wrong: dict[str, str]) -> dict[str, str]:
    """The donation numbers, by field, that have to be typed once more."""
    again: dict[str, str] = {}
    for each in fields_of(kind):
        text = typed.get(each.name, "").strip() if each.identifier == "din" else ""
        try:
            if text and must_repeat(text, typed.get(f"{each.name}.first", "")):
                again[each.name] = text
                wrong[each.name] = speech.say("Type it once more: a number without its check character is typed twice.")
        except FormatError as error:
            wrong[each.name] = _said(error, speech)
    return again


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _time(text: str, speech: Speech, wrong: dict[str, str]) -> str | None:
    try:
        return speech.instant_of(text) if text else None
    except FormatError as error:
        wrong["time"] = _said(error, speech)
        return None


def _per_unit(values: dict[str, object]) -> tuple[dict[str, object], ...]:
    """One draft for each unit that was listed where the kind is about one unit."""
    units = values.get("unit")
    if not isinstance(units, list):
        return (values,)
    return tuple(values | {"unit": unit} for unit in units)


def _value(each: Field, text: str, speech: Speech) -> object:
    """The value of one field; None where nothing was typed."""
    if not text:
        return None
    match each.widget:
        case "lines" | "choices":
            return [identified(each.identifier, line) for line in _lines(text)]
        case "components":
            return [_component(line, speech) for line in _lines(text)]
        case "number":
            return int(text)
        case "time":
            return speech.instant_of(text)
        case "text" | "choice" | "place" | "organisation" | "person":
            return identified(each.identifier, text)


def identified(kind: str, text: str) -> str:
    """The identifier that was meant: with its prefix, a tag in capitals, a donation number checked."""
    if not kind:
        return text
    value = keyed(text).removeprefix(f"{kind}:")
    match kind:
        case "din":
            return f"din:{Din.parse(value.replace(' ', '').upper())}"
        case "tag":
            return f"tag:{value.replace(' ', '').upper()}"
        case "person" if not re.fullmatch(PATTERNS["person"], value):
            return text  # a login, which `web.actions` turns into the pseudonym
        case _:
            return f"{kind}:{value}"


def columns_of(line: str) -> list[str]:
    """What stands between the commas of a line about a new unit: unit, expires, volume, bag number; at least these."""
    parts = [part.strip() for part in re.split(r"[,;\t\uff0c]", line)]
    return [*parts, *[""] * (_COLUMNS - len(parts))]


def _component(line: str, speech: Speech) -> dict[str, object]:
    """`unit, expires, volume, bag number`: the last three may be left out."""
    columns = columns_of(line)
    if len(columns) > _COLUMNS:
        raise SaidError(speech.say("expected: unit, expires, volume in mL, bag number"))
    unit, expires, volume, container = columns
    found: dict[str, object] = {"unit": identified("unit", unit)}
    if container:
        found["container"] = identified("container", container)
    if expires:
        found["expires"] = speech.instant_of(expires)
    if volume:
        found["volume_ml"] = int(volume)
    return found


def _said(error: Exception, speech: Speech) -> str:
    """What is wrong: in full where it is said in the reader's language; else in short."""
    if speech.language == "en" or isinstance(error, SaidError):
        return str(error)
    return speech.say("This is not written as it should be. Compare with the label, or with the hint.")


def _misfit(kind: str, values: Mapping[str, object], speech: Speech) -> dict[str, str]:
    """What the kind's own schema has against these values, by field."""
    somebody = "person:" + "0" * 32  # a login there becomes a pseudonym later
    tried = {name: somebody if name in _COLLEAGUES else value for name, value in values.items()}
    try:
        msgspec.convert({"kind": kind, **_SAMPLE, **tried}, exact(KINDS[kind]))
    except msgspec.ValidationError as error:
        at = _AT.search(str(error))
        return {at["name"] if at else "": _said(error, speech)}
    return {}


def subject_page(values: Mapping[str, object]) -> str | None:
    """The unit, or the donation, whose page shows what was recorded; None where there is none."""
    for name in ("unit", "units", "children", "parents", "din"):
        found = values.get(name)
        first = found[0] if isinstance(found, list) and found else found
        if isinstance(first, dict):
            first = first["unit"]
        if isinstance(first, str):
            return first
    return None
