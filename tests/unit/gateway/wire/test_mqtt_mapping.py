import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.wire.items import Item, Noise, Reading, Status
from gateway.wire.mqtt_mapping import JsonMapping, MappedDecoder, Pointer, PointerError

TOPIC = "acme/f-7/state"
PLAIN = JsonMapping("acme", "acme/{sensor}/state", Pointer.parse("/t"))


def said(payload: object, mapping: JsonMapping = PLAIN, *, topic: str = TOPIC, retained: bool = False) -> Item:
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    (item,) = MappedDecoder(mapping).feed_message(topic, content, retained=retained)
    return item


def mapping(**members: object) -> JsonMapping:
    pointers = {"value", "unit_at", "humidity", "time", "sequence", "sensor"}
    read = {key: Pointer.parse(str(value)) if key in pointers else value for key, value in members.items()}
    return JsonMapping(**{"name": "acme", "topic": "acme/#", "value": Pointer.parse("/t"), **read})  # type: ignore[arg-type]


# RFC 6901, section 5.
RFC = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "m~n": 8, " ": 7}


@pytest.mark.parametrize(
    ("pointer", "there"),
    [
        ("", RFC),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/m~0n", 8),
        ("/ ", 7),
    ],
)
def test_pointer_leads_where_the_standard_says(pointer: str, there: object) -> None:
    assert Pointer.parse(pointer).resolve(RFC) == (True, there)


@pytest.mark.parametrize("pointer", ["/x", "/foo/2", "/foo/01", "/foo/-", "/foo/0/x", "/foo/-1"])
def test_pointer_to_nowhere_finds_nothing(pointer: str) -> None:
    assert Pointer.parse(pointer).resolve(RFC) == (False, None)


@pytest.mark.parametrize("text", ["foo", "/a~2", "/a~"])
def test_text_that_is_no_pointer_is_refused(text: str) -> None:
    with pytest.raises(PointerError):
        Pointer.parse(text)


def test_value_is_scaled_and_converted_exactly() -> None:
    assert said({"t": 42}, mapping(scale=Decimal("0.1"))) == Reading("", 420)
    assert said({"t": "39.2"}, mapping(unit="F")) == Reading("", 400)
    assert said({"t": 277.15}, mapping(unit="K")) == Reading("", 400)


@pytest.mark.parametrize(
    ("unit", "centi"), [("°C", 3920), ("fahrenheit", 400), ("degrees", None), (None, None), (7, None)]
)
def test_unit_in_the_message_decides_and_without_one_there_is_no_reading(unit: object, centi: int | None) -> None:
    reading = said({"t": 39.2, "u": unit}, mapping(unit=None, unit_at="/u"))
    assert isinstance(reading, Reading)
    assert (reading.centi_celsius, reading.quality) == (centi, "good" if centi else "fault")
    assert centi or reading.reason == "the message does not tell its unit"


def test_everything_that_a_mapping_names_is_told() -> None:
    whole = mapping(sensor="/id", humidity="/h", time="/at", time_form="seconds", sequence="/n")
    at = datetime(2022, 5, 27, 16, 13, 47, tzinfo=UTC)
    told = {"id": "f-9", "t": 4.25, "h": 55.5, "at": 1653668027, "n": 7}
    assert said(told, whole) == Reading("f-9", 425, 5550, sequence=7, claimed_time=at)


@pytest.mark.parametrize(
    ("form", "time"),
    [
        ("rfc3339", 1653668027),
        ("rfc3339", "2022-05-27T16:13:47"),
        ("milliseconds", "2022-05-27T16:13:47Z"),
        ("seconds", "x"),
    ],
)
def test_time_of_another_form_is_no_claim(form: str, time: object) -> None:
    reading = said({"t": 4, "at": time}, mapping(time="/at", time_form=form))
    assert isinstance(reading, Reading)
    assert reading.claimed_time is None


def test_sensor_is_the_level_that_the_pattern_names() -> None:
    assert said({"t": 4}) == Reading("f-7", 400)
    for topic in ("acme/f-7/set", "acme/state", "acme/a/b/state", ""):
        assert isinstance(said({"t": 4}, topic=topic), Noise)


def test_plain_number_is_a_document() -> None:
    whole = mapping(value="")
    assert said(b"4.25", whole) == Reading("", 425)
    fault = said(b"nan", whole)
    assert isinstance(fault, Reading)
    assert fault.quality == "fault"
    assert isinstance(said(b"door open", whole), Noise)


@pytest.mark.parametrize("value", [None, "nan", 327.67, 85.0, -127, True, [], "warm"])
def test_marker_is_a_fault(value: object) -> None:
    reading = said({"t": value})
    assert isinstance(reading, Reading)
    assert (reading.centi_celsius, reading.quality) == (None, "fault")


def test_message_without_the_place_is_a_sign_of_life_and_a_retained_one_no_reading() -> None:
    assert said({"battery": 90}) == Status("no-temperature", "f-7")
    assert said({"t": 4}, retained=True) == Status("retained", "f-7")


@given(payload=st.one_of(st.binary(max_size=40), st.text(max_size=20).map(str.encode)), topic=st.text(max_size=20))
def test_any_message_is_counted_and_none_raises(payload: bytes, topic: str) -> None:
    decoder = MappedDecoder(mapping(value="", sensor="/0"))
    items = decoder.feed_message(topic, payload, retained=False)
    assert decoder.counters.discarded == sum(item.count_bytes for item in items if isinstance(item, Noise))
    assert decoder.counters.pending == 0
