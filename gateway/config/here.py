"""`[mqtt]`, `[page]`, `[outbox]`: the broker, the local page, and the room for events on this machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from gateway.config.spelling import Strict, path_of
from gateway.spool.room import LEAST_RESERVE_BYTES, MEGABYTE, Allowance

_LEAST = LEAST_RESERVE_BYTES // MEGABYTE


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """The broker that devices publish to."""

    host: str
    port: int
    username: str | None
    password_file: Path | None
    ca_file: Path | None


@dataclass(frozen=True, slots=True)
class PageSettings:
    """Where the local page is served: a loopback address and a port."""

    host: str
    port: int


class MqttSchema(Strict):
    """How `[mqtt]` is written."""

    host = fields.String(required=True)
    port = fields.Integer(load_default=1883, strict=True, validate=validate.Range(min=1, max=65535))
    username = fields.String(load_default=None)
    password_file = fields.String(load_default=None)
    ca_file = fields.String(load_default=None)

    @post_load
    def _build(self, values: dict[str, Any], **_: object) -> MqttSettings:
        values |= {key: path_of(values[key]) for key in ("password_file", "ca_file")}
        return MqttSettings(**values)


class PageSchema(Strict):
    """How `[page]` is written."""

    host = fields.String(
        load_default="127.0.0.1",
        validate=validate.OneOf(["127.0.0.1", "localhost"], error="expected 127.0.0.1: the page is for this machine"),
    )
    port = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=65535))

    @post_load
    def _build(self, values: dict[str, Any], **_: object) -> PageSettings:
        return PageSettings(**values)


class OutboxSchema(Strict):
    """How `[outbox]` is written."""

    max_megabytes = fields.Integer(load_default=0, strict=True, validate=validate.Range(min=0))
    reserve_megabytes = fields.Integer(
        load_default=32,
        strict=True,
        validate=validate.Range(
            min=_LEAST,
            error=f"expected {_LEAST} at least: with less, readings would take the room that is given up for the scan "
            "and the alarm on a full disk; got {input}",
        ),
    )

    @validates_schema
    def _check_reserve(self, values: Mapping[str, int], **_: object) -> None:
        if 0 < values["max_megabytes"] < 2 * values["reserve_megabytes"]:
            raise ValidationError("expected 0 or at least twice reserve_megabytes", "max_megabytes")

    @post_load
    def _build(self, values: dict[str, int], **_: object) -> Allowance:
        return Allowance(values["max_megabytes"] * MEGABYTE, values["reserve_megabytes"] * MEGABYTE)
