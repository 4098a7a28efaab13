"""`[gateway]`, `[uplink]`, `[clock]`: who this gateway is, where its events go, and whose time it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from gateway.config.spelling import NAME, Strict, path_of
from ledger.core import note
from ledger.core.errors import NoteError


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """Who this gateway is: its name, the ledger's origin, the epoch of its streams, and what people call its site."""

    name: str
    origin: str
    epoch: int
    site_name: str


@dataclass(frozen=True, slots=True)
class UplinkSettings:
    """Where batches go, and whom to believe there.

    Attributes:
        url: the ledger's address.
        receipt_key: the vkey whose receipts count.
        ca_file: which CA vouches for the TLS server; None: those of the system.
        log_keys: the vkeys of the log's checkpoints; empty: checkpoints are not followed.
        checkpoint_seconds: between two looks at the checkpoint, at least.
        certificate_file: the gateway's own certificate, where the ledger's proxy asks for one; None: it has none.
        key_file: its key.
    """

    url: str
    receipt_key: str
    ca_file: Path | None
    log_keys: tuple[str, ...] = ()
    checkpoint_seconds: float = 30.0
    certificate_file: Path | None = None
    key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class ClockSettings:
    """`system`, or `simulated` with the file that the demo's conductor writes."""

    source: str
    path: Path | None


class GatewaySchema(Strict):
    """How `[gateway]` is written."""

    name = fields.String(required=True, validate=NAME)
    origin = fields.String(required=True, validate=validate.Length(min=1, max=200))
    epoch = fields.Integer(load_default=1, strict=True, validate=validate.Range(min=1, max=999_999_999))
    site_name = fields.String(load_default="")

    @post_load
    def _build(self, values: dict[str, Any], **_: object) -> GatewaySettings:
        return GatewaySettings(**values)


class UplinkSchema(Strict):
    """How `[uplink]` is written."""

    url = fields.Url(required=True, schemes={"http", "https"}, require_tld=False)
    receipt_key = fields.String(required=True)
    log_keys = fields.List(fields.String(), load_default=list)
    checkpoint_seconds = fields.Float(load_default=30.0, validate=validate.Range(min=1, max=40))
    ca_file = fields.String(load_default=None, allow_none=False)
    certificate_file = fields.String(load_default=None, allow_none=False)
    key_file = fields.String(load_default=None, allow_none=False)

    @validates_schema
    def _check_tls(self, values: Mapping[str, Any], **_: object) -> None:
        if (values.get("certificate_file") is None) != (values.get("key_file") is None):
            raise ValidationError("expected certificate_file and key_file together", "certificate_file")
        for name in ("ca_file", "certificate_file"):
            if values.get(name) is not None and values.get("url", "").startswith("http:"):
                raise ValidationError("expected an https url beside it: plain http has no certificates", name)

    @validates_schema
    def _check_keys(self, values: Mapping[str, Any], **_: object) -> None:
        _check_vkeys("receipt_key", [values["receipt_key"]])
        _check_vkeys("log_keys", values["log_keys"])

    @post_load
    def _build(self, values: dict[str, Any], **_: object) -> UplinkSettings:
        return UplinkSettings(
            values["url"].rstrip("/"),
            values["receipt_key"],
            path_of(values["ca_file"]),
            tuple(values["log_keys"]),
            values["checkpoint_seconds"],
            path_of(values["certificate_file"]),
            path_of(values["key_file"]),
        )


class ClockSchema(Strict):
    """How `[clock]` is written."""

    source = fields.String(load_default="system", validate=validate.OneOf(["system", "simulated"]))
    path = fields.String(load_default=None)

    @validates_schema
    def _check_path(self, values: Mapping[str, str], **_: object) -> None:
        if values["source"] == "simulated" and not values.get("path"):
            raise ValidationError("expected the path of the simulated clock", "path")

    @post_load
    def _build(self, values: dict[str, Any], **_: object) -> ClockSettings:
        return ClockSettings(values["source"], path_of(values["path"]))


def _check_vkeys(key: str, vkeys: Sequence[str]) -> None:
    try:
        for vkey in vkeys:
            note.parse_vkey(vkey)
    except NoteError as error:
        raise ValidationError(str(error), key) from error
