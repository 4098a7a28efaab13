"""`[[scanner]]`: a barcode scanner, and the place where it stands."""

from dataclasses import dataclass
from typing import Any

from marshmallow import fields, post_load, validate

from gateway.answers import ANSWERS
from gateway.config.spelling import BAUD, NAME, Strict, is_place
from ledger.core.labels.pairing import PAIR_MS


@dataclass(frozen=True, slots=True)
class ScannerSettings:
    """A barcode scanner on a serial port, and the place where it stands.

    `terminator` notes how the scanner was programmed (CR, LF, CRLF, or any); each of them ends a line. `answers` says
    what it wants to hear after a scan: see `answers`. `pair_seconds` is how long half a bag waits for its other half.
    `baud` is bits a second; None: as most scanners are delivered.
    """

    name: str
    family: str
    port: str
    place: str
    terminator: str
    answers: str = "none"
    pair_seconds: float = PAIR_MS / 1000
    baud: int | None = None


class ScannerSchema(Strict):
    """How `[[scanner]]` is written."""

    name = fields.String(required=True, validate=NAME)
    family = fields.String(load_default="barcode_isbt128")
    port = fields.String(required=True)
    place = fields.String(required=True, validate=is_place)
    terminator = fields.String(load_default="any", validate=validate.OneOf(["any", "CR", "LF", "CRLF"]))
    answers = fields.String(load_default="none", validate=validate.OneOf(list(ANSWERS)))
    pair_seconds = fields.Float(load_default=PAIR_MS / 1000, validate=validate.Range(min=1, max=60))
    baud = fields.Integer(load_default=None, strict=True, validate=BAUD)

    @post_load
    def _build(self, values: dict[str, Any], **_: object) -> ScannerSettings:
        return ScannerSettings(**values)
