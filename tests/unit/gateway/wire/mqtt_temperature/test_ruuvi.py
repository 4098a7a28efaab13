import json

import pytest

from gateway.wire.families import FAMILIES, MessageFamily
from gateway.wire.items import Item, Noise, Reading, Status
from gateway.wire.mqtt_temperature.ruuvi import Ruuvi, manufacturer_data

VALID = "0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F"


def said(data: str, **members: object) -> list[Item]:
    return Ruuvi().read("ruuvi/C8:25/AA:BB:CC:DD:EE:FF", json.dumps({"data": data, **members}).encode())


@pytest.mark.parametrize(
    ("advertised", "centi_celsius", "centi_humidity", "sequence"),
    [
        (VALID, 2430, 5349, 205),
        ("057FFFFFFEFFFE7FFF7FFF7FFFFFDEFEFFFECBB8334C884F", None, None, 65534),
        ("058001000000008001800180010000000000CBB8334C884F", None, None, 0),
        ("058000FFFFFFFF800080008000FFFFFFFFFFFFFFFFFFFFFF", None, None, None),
    ],
    ids=["valid", "maximum", "minimum", "invalid"],
)
def test_vendors_test_vectors(
    advertised: str, centi_celsius: int | None, centi_humidity: int | None, sequence: int | None
) -> None:
    (reading,) = said(advertised)
    assert isinstance(reading, Reading)
    assert (reading.centi_celsius, reading.centi_humidity, reading.sequence) == (
        centi_celsius,
        centi_humidity,
        sequence,
    )
    assert reading.quality == ("good" if centi_celsius else "fault")


@pytest.mark.parametrize(
    ("advertised", "centi_celsius", "sequence"),
    [
        ("C512FC5394C37CAC364200CDCBB8334C884F", 2430, 205),
        ("06170C5668C79E007000C90501D9FFCD004C884F", 2950, 205),
        ("E1170C5668C79E0065007004BD11CA00C90A0213E0AC000000DECDEE100000000000CBB8334C884F", 2950, 0xDECDEE),
        # A Ruuvi Air lists its services before it: 03 03 98FC is no measurement of format 3.
        ("030398FC17FF990406170C5668C79E007000C90501D9FFCD004C884F", 2950, 205),
        ("03291A1ECE1EFC18F94202CA0B53", 2630, None),
        ("0329 9A1E CE1EFC18F94202CA0B53".replace(" ", ""), -2630, None),
    ],
    ids=["C5", "6", "E1", "6 behind a list of services", "3", "3 below zero"],
)
def test_other_formats(advertised: str, centi_celsius: int, sequence: int | None) -> None:
    (reading,) = said(advertised)
    assert isinstance(reading, Reading)
    assert (reading.centi_celsius, reading.sequence) == (centi_celsius, sequence)


def test_maker_is_found_among_the_parts_of_an_advertisement() -> None:
    assert manufacturer_data(bytes.fromhex("0201061BFF9904" + VALID)) == bytes.fromhex(VALID)
    assert manufacturer_data(bytes.fromhex("02010603FF4C00")) is None
    assert manufacturer_data(bytes.fromhex("0201061BFF99")) == b""


def test_batch_of_tags_gives_each_its_reading() -> None:
    relayed = {"gw_mac": "C8", "tags": {"AA:BB": {"rssi": -1, "data": VALID}, "CC:DD": {"data": "zz"}}}
    items = Ruuvi().read("ruuvi/x", json.dumps({"data": relayed}).encode())
    assert [type(item) for item in items] == [Reading, Status]


@pytest.mark.parametrize("data", ["zz", "05", "0201", "1BFF9904051234", ""])
def test_advertisement_that_is_cut_or_none_is_noise(data: str) -> None:
    assert isinstance(said(data)[0], Noise)


@pytest.mark.parametrize("ts", ["", "0", "-5", "soon", 10**30, None, True])
def test_time_that_is_none_is_not_claimed(ts: object) -> None:
    (reading,) = said(VALID, ts=ts)
    assert isinstance(reading, Reading)
    assert reading.claimed_time is None


def test_decoded_message_on_a_bridges_topic_is_read_by_its_own_dialect() -> None:
    told = {"gw_mac": "C8", "temperature": 4.1, "measurementSequenceNumber": 7, "id": "AA:BB"}
    family = FAMILIES["mqtt_temperature"]
    assert isinstance(family, MessageFamily)
    (reading,) = family.capture().feed_message("bridge/x", json.dumps(told).encode(), retained=False)
    assert reading == Reading("AABB", 410, sequence=7)


def test_tag_without_an_address_is_named_by_its_topic() -> None:
    (reading,) = said("0512FC5394C37C0004FFFC040CAC364200CDFFFFFFFFFFFF")
    assert isinstance(reading, Reading)
    assert reading.sensor == "AABBCCDDEEFF"
