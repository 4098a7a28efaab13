"""`[[mapping]]` of `gateway.toml`: how MQTT devices of other makes are read. See `gateway.wire.mqtt_mapping`.

    [[mapping]]  name, topic = "acme/{sensor}/state", value = "/t", unit = "C" | "F" | "K" or unit_at = "/unit",
                 scale (1), humidity, time, time_form = "rfc3339" | "seconds" | "milliseconds", sequence, sensor
    [[probe]]    family = "mqtt_json", mapping = "acme", sensor = "fridge-7"

A probe of such a family needs no topic: the mapping has it.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol, TypeVar

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from gateway.wire.mqtt_mapping import SENSOR, JsonMapping, Pointer, PointerError
from ledger.core.errors import ConfigError

FAMILY = "mqtt_json"
_POINTERS = ("value", "unit_at", "humidity", "time", "sequence", "sensor")


class MappingSchema(Schema):
    """One `[[mapping]]` table."""

    class Meta:
        """See `Schema`: an unknown key is a mistake."""

        unknown = RAISE

    name = fields.String(required=True, validate=validate.Length(min=1, max=60))
    topic = fields.String(required=True, validate=validate.Length(min=1, max=500))
    value = fields.String(required=True)
    unit = fields.String(load_default=None, validate=validate.OneOf(["C", "F", "K"]))
    unit_at = fields.String(load_default=None)
    scale = fields.String(load_default="1")
    humidity = fields.String(load_default=None)
    time = fields.String(load_default=None)
    time_form = fields.String(load_default="rfc3339", validate=validate.OneOf(["rfc3339", "seconds", "milliseconds"]))
    sequence = fields.String(load_default=None)
    sensor = fields.String(load_default=None)

    @validates_schema
    def check(self, values: dict[str, Any], **_: object) -> None:
        """What no single key can know."""
        if (values.get("unit") is None) == (values.get("unit_at") is None):
            raise ValidationError("expected either unit or unit_at: a value without its unit is no temperature", "unit")
        levels = values["topic"].split("/")
        if any("{" in level and level != SENSOR for level in levels) or levels.count(SENSOR) > 1:
            raise ValidationError(f"expected {SENSOR} once, as a whole level", "topic")
        if (
            any(("+" in level and level != "+") or ("#" in level and level != "#") for level in levels)
            or "#" in levels[:-1]
        ):
            raise ValidationError("expected + as a whole level, and # as the last one", "topic")
        if SENSOR in levels and values.get("sensor") is not None:
            raise ValidationError(
                f"expected the sensor's name either in the topic ({SENSOR}) or at a pointer", "sensor"
            )

    @post_load
    def build(self, values: dict[str, Any], **_: object) -> JsonMapping:
        """The mapping, its pointers parsed."""
        for key in _POINTERS:
            try:
                values[key] = None if values[key] is None else Pointer.parse(values[key])
            except PointerError as error:
                raise ValidationError(str(error), key) from error
        try:
            values["scale"] = Decimal(values["scale"])
        except InvalidOperation as error:
            raise ValidationError('expected a decimal number in quotes, such as "0.1"', "scale") from error
        if not values["scale"].is_finite() or not 0 < abs(values["scale"]) <= 1000:
            raise ValidationError("expected a scale between 0 and 1000", "scale")
        return JsonMapping(**values)


class MappedProbe(Protocol):
    """What is needed of a probe's settings."""

    @property
    def name(self) -> str:
        """The probe's name."""
        ...

    @property
    def family(self) -> str:
        """Its family."""
        ...

    @property
    def mapping(self) -> str:
        """The mapping that it names; empty: none."""
        ...


P = TypeVar("P", bound=MappedProbe)


def by_name(mappings: Sequence[JsonMapping]) -> dict[str, JsonMapping]:
    """The mappings by their names.

    Raises:
        ConfigError: a name twice.
    """
    known: dict[str, JsonMapping] = {}
    for each in mappings:
        if each.name in known:
            raise ConfigError(
                f"mapping.name: expected every mapping to have a name of its own; got {each.name!r} twice"
            )
        known[each.name] = each
    return known


def with_topics(probes: Sequence[P], mappings: Sequence[JsonMapping]) -> tuple[P, ...]:
    """The probes, each of a mapping with that mapping's topic.

    Raises:
        ConfigError: a mapping twice, one that does not exist, or one where its family reads none.
    """
    known = by_name(mappings)
    return tuple(_with_topic(probe, known) for probe in probes)


def _with_topic(probe: P, known: dict[str, JsonMapping]) -> P:
    if (probe.family == FAMILY) != bool(probe.mapping):
        raise ConfigError(
            f"probe {probe.name}.mapping: expected a mapping for the family {FAMILY}, and for no other; "
            f"got {probe.mapping!r} and {probe.family}"
        )
    if not probe.mapping:
        return probe
    found = known.get(probe.mapping)
    if found is None:
        names = ", ".join(sorted(known)) or "none is there"
        raise ConfigError(f"probe {probe.name}.mapping: expected a [[mapping]] ({names}); got {probe.mapping!r}")
    return replace(probe, topic=found.topic_filter)  # type: ignore[type-var]
