"""`[[reader]]`: an RFID reader, and the places that its antennas watch."""

import math
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from gateway.config.spelling import POSITIVE, READS, Device, Strict, is_place
from ledger.core.errors import ConfigError
from ledger.core.tagmemory import Layout


@dataclass(frozen=True, slots=True)
class AntennaSettings:
    """One antenna port (from 1; 0 where the reader does not say) and the place that it watches: a read point.

    The rest is as in `ReaderSettings`, for this read point alone; None: as its reader.
    """

    antenna: int
    place: str
    arrive_reads: int | None = None
    arrive_within_seconds: float | None = None
    leave_after_seconds: float | None = None
    margin_db: float | None = None
    dwell_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ReaderSettings:
    """An RFID reader.

    Attributes:
        port: serial port, by id; None for an MQTT reader.
        topic: MQTT topic filter; None for a serial reader.
        interval_seconds: clock time between inventory rounds of a polled reader.
        arrive_reads: so many reads within `arrive_within_seconds` make an arrival.
        leave_after_seconds: so long a silence, with completed inventories, makes a departure.
        margin_db: how much stronger another antenna must hear a tag to take it over, for `dwell_seconds`.
        silent_after_seconds: real seconds without a good frame after which the reader counts as dead; on MQTT, where an
            empty shelf is silent too, only where it is said.
        rounds: what shows that an inventory was completed: `reported` by the reader, any `reads` of it, or `assumed`
            while it is connected and says that it runs (for readers that are silent over an empty shelf).
        known_tags: prefixes of the site's own tag numbers; empty: every tag is the site's.
        unknown_reads: so many reads make a tag outside those numbers more than a ghost.
        identity: a part of what a reader on a port must say of itself (firmware, number); empty: any reader.
        dialect: which of its family's languages the reader speaks; empty: the usual one.
        baud: bits a second; None: as the family is delivered.
        region: where a radio that asks for it transmits (`cn`, `eu`, …); None: `cn`.
        power_dbm: how strongly an asked UHF reader transmits, for as long as it has power; None: as it is set.
        memory: how the site writes the memory of its tags, which is then read; None: it is not.
    """

    name: str
    family: str
    port: str | None
    topic: str | None
    antennas: tuple[AntennaSettings, ...]
    interval_seconds: float
    arrive_reads: int
    arrive_within_seconds: float
    leave_after_seconds: float
    margin_db: float
    dwell_seconds: float
    silent_after_seconds: float
    rounds: str
    known_tags: tuple[str, ...]
    unknown_reads: int
    identity: str = ""
    dialect: str = ""
    baud: int | None = None
    region: str | None = None
    power_dbm: int | None = None
    memory: Layout | None = None


class _Antenna(Strict):
    antenna = fields.Integer(load_default=1, strict=True, validate=validate.Range(min=0, max=64))
    place = fields.String(required=True, validate=is_place)
    arrive_reads = fields.Integer(load_default=None, strict=True, validate=READS)
    arrive_within_seconds = fields.Float(load_default=None, validate=POSITIVE)
    leave_after_seconds = fields.Float(load_default=None, validate=POSITIVE)
    margin_db = fields.Float(load_default=None, validate=validate.Range(min=0))
    dwell_seconds = fields.Float(load_default=None, validate=POSITIVE)

    @post_load
    def _build(self, values: dict[str, Any], **_: object) -> AntennaSettings:
        return AntennaSettings(**values)


class _Memory(Strict):
    """How the site writes its tags; the table being there means that their memory is read."""

    blocks = fields.Integer(strict=True)
    block_bytes = fields.Integer(strict=True)
    filler = fields.Integer(strict=True)
    crc = fields.String()
    afi = fields.Integer(strict=True)
    dsfid = fields.Integer(strict=True)

    @post_load
    def _build(self, values: dict[str, Any], **_: object) -> Layout:
        try:
            return Layout(**values)
        except ConfigError as error:
            key, _colon, said = str(error).partition(": ")
            raise ValidationError(said, key) from error


class ReaderSchema(Device):
    """How `[[reader]]` is written."""

    antennas = fields.List(fields.Nested(_Antenna), required=True, validate=validate.Length(min=1))
    interval_seconds = fields.Float(load_default=1.0, validate=POSITIVE)
    arrive_reads = fields.Integer(load_default=2, strict=True, validate=READS)
    unknown_reads = fields.Integer(load_default=3, strict=True, validate=READS)
    arrive_within_seconds = fields.Float(load_default=10.0, validate=POSITIVE)
    leave_after_seconds = fields.Float(load_default=30.0, validate=POSITIVE)
    margin_db = fields.Float(load_default=6.0, validate=validate.Range(min=0))
    dwell_seconds = fields.Float(load_default=5.0, validate=POSITIVE)
    silent_after_seconds = fields.Float(load_default=None, validate=POSITIVE)
    rounds = fields.String(load_default="", validate=validate.OneOf(["", "reported", "reads", "assumed"]))
    identity = fields.String(load_default="")
    dialect = fields.String(load_default="")
    region = fields.String(load_default=None)
    power_dbm = fields.Integer(load_default=None, strict=True, validate=validate.Range(min=0, max=33))
    memory = fields.Nested(_Memory, load_default=None)
    known_tags = fields.List(
        fields.String(validate=validate.Regexp(r"[0-9A-F]{1,62}\Z", error="expected upper-case hex digits")),
        load_default=list,
    )

    @post_load
    def _build(self, values: dict[str, Any], **_: object) -> ReaderSettings:
        antennas, known = tuple(values.pop("antennas")), tuple(values.pop("known_tags"))
        values["silent_after_seconds"] = values["silent_after_seconds"] or (math.inf if values["topic"] else 10.0)
        values["rounds"] = values["rounds"] or ("reads" if values["topic"] else "reported")
        if values["topic"] and values["identity"]:
            raise ValidationError("expected none beside a topic: the topic is the reader's name", "identity")
        if len({each.antenna for each in antennas}) != len(antennas):
            raise ValidationError("expected each antenna once", "antennas")
        return ReaderSettings(**values, antennas=antennas, known_tags=known)
