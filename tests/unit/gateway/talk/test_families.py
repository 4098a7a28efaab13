"""Which readers are asked how: lines, antennas and mistakes of a configuration."""

import re

import pytest

from gateway.config import AntennaSettings, ReaderSettings
from gateway.ports.serial_port import LineSettings
from gateway.talk.families import line_of, reads_memory, session_of
from gateway.talk.feig import FeigManner
from gateway.talk.trf7970a import Trf7970aManner
from ledger.core.errors import ConfigError
from ledger.core.tagmemory import Layout


def reader(
    family: str,
    *antennas: int,
    dialect: str = "",
    region: str = "cn",
    baud: int | None = None,
    memory: Layout | None = None,
) -> ReaderSettings:
    return ReaderSettings(
        name="door",
        family=family,
        port="a0",
        topic=None,
        antennas=tuple(AntennaSettings(antenna, "place:centre/door") for antenna in antennas),
        interval_seconds=1.0,
        arrive_reads=2,
        arrive_within_seconds=10.0,
        leave_after_seconds=30.0,
        margin_db=6.0,
        dwell_seconds=5.0,
        silent_after_seconds=10.0,
        rounds="reported",
        known_tags=(),
        unknown_reads=2,
        identity="",
        dialect=dialect,
        baud=baud,
        region=region,
        memory=memory,
    )


def test_a_line_is_set_as_the_family_is_delivered_or_as_configured() -> None:
    assert line_of(reader("hf_iso15693", 1)) == LineSettings(38400, "E")
    assert line_of(reader("hf_iso15693", 1, dialect="ti")) == LineSettings(115200)
    assert line_of(reader("r2000_a0_uhf", 1, baud=38400)) == LineSettings(38400)


def test_a_dialect_decides_who_speaks() -> None:
    assert isinstance(session_of(reader("hf_iso15693", 1)).manner, FeigManner)
    assert isinstance(session_of(reader("hf_iso15693", 1, dialect="ti")).manner, Trf7970aManner)


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (reader("r2000_a0_uhf", 9), "door.antennas: expected antennas from 1 to 8 on r2000_a0_uhf; got 9"),
        (reader("r2000_a0_uhf", 0), "expected antennas from 1 to 8"),
        (reader("hf_iso15693", 2), "expected antennas from 1 to 1"),
        (reader("hf_iso15693", 1, dialect="nfc"), "door.dialect: expected one of feig, ti; got 'nfc'"),
        (reader("thingmagic_m6e", 1, region="mars"), "door.region: expected one of na, eu"),
    ],
)
def test_a_mistake_is_told_by_its_key(settings: ReaderSettings, complaint: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(complaint)):
        session_of(settings)


def test_memory_is_read_where_the_reader_can() -> None:
    assert session_of(reader("hf_iso15693", 1, memory=Layout())).manner.decoder is not None
    for each in (reader("hf_iso15693", 1, dialect="ti", memory=Layout()), reader("r2000_a0_uhf", 1, memory=Layout())):
        assert not reads_memory(each)
