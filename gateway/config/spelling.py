"""How the values of `gateway.toml` are spelt, and what every table of it has in common."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from ledger.core.ids import NAME_PATTERN, PATH_PATTERN, is_id

NAME = validate.Regexp(rf"{NAME_PATTERN}\Z", error="expected a name such as gw-centre: letters, digits and . _ -")
WORD = validate.Regexp(rf"{PATH_PATTERN}\Z", error="expected letters, digits and . _ - /")
CENTI = validate.Range(min=-27315, max=20000)
READS = validate.Range(min=1, max=64)
BAUD = validate.Range(min=1200, max=921_600)
POSITIVE = validate.Range(min=0, min_inclusive=False, error="expected a number above 0")


def is_place(value: str) -> None:
    """Refuse what is neither a place nor a box.

    Raises:
        ValidationError: says what was expected.
    """
    if not (is_id(value, "place") or is_id(value, "box")):
        raise ValidationError("expected a place such as place:centre/fridge-1, or a box")


def path_of(text: str | None) -> Path | None:
    """A path as it was written; None where none was."""
    return None if text is None else Path(text)


class Strict(Schema):
    """A table in which an unknown key is a mistake: a misspelt limit must not become no limit."""

    class Meta:  # noqa: D106  marshmallow's own name for its options
        unknown = RAISE


class Device(Strict):
    """What every device has: a name, a family, and one way to be reached."""

    name = fields.String(required=True, validate=NAME)
    family = fields.String(required=True)
    port = fields.String(load_default=None)
    topic = fields.String(load_default=None)
    baud = fields.Integer(load_default=None, strict=True, validate=BAUD)

    @validates_schema
    def _check_way(self, values: Mapping[str, Any], **_: object) -> None:
        if values.get("mapping") and not values.get("port") and not values.get("topic"):
            return
        if bool(values.get("port")) == bool(values.get("topic")):
            raise ValidationError("expected either a serial port or an MQTT topic", "port")
