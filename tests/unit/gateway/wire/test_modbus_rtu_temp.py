import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_mocks.modbus_sht20 import modbus_crc
from gateway.wire.items import Fault, Item, Noise, Reading, Status
from gateway.wire.modbus_rtu_temp.capture import ModbusCaptureDecoder
from gateway.wire.modbus_rtu_temp.crc import crc16
from gateway.wire.modbus_rtu_temp.decoder import ModbusDecoder
from gateway.wire.modbus_rtu_temp.probe import REGISTER_MAPS, Probe, RegisterMap, Request, Scale

FRIDGE = Probe("fridge 1")
FRIDGE_ANSWER = bytes.fromhex("010404002A01F4DA5B")


def answer(content: str) -> bytes:
    body = bytes.fromhex(content)
    return body + crc16(body)


def asked(probe: Probe, *answers: bytes) -> list[Item]:
    decoder = ModbusDecoder()
    decoder.expect(probe)
    return [item for frame in answers for item in decoder.feed(frame)] + decoder.idle()


def test_crc_is_the_catalogued_one() -> None:
    assert crc16(b"123456789") == (0x4B37).to_bytes(2, "little")


@given(content=st.one_of(st.binary(max_size=20), st.binary(min_size=7, max_size=7)))
def test_crc_is_that_of_the_sheet_bit_by_bit(content: bytes) -> None:
    assert crc16(content) == modbus_crc(content)


def test_question_is_another_for_another_probe_and_its_answer_counts_once() -> None:
    decoder, other = ModbusDecoder(), Probe("fridge 2", Request(2))
    first, second = answer("010404002A01F4"), answer("020404002C01F4")
    for probe, frame, celsius in ((FRIDGE, first, 420), (other, second, 440), (FRIDGE, first, 420)):
        assert decoder.expect(probe) == probe.request.format()
        assert decoder.feed(frame) == [Reading(probe.sensor, celsius, 5000)]
        assert decoder.pending is None
    assert decoder.feed(first) + decoder.idle() == [Noise(9, "late answer: no request is pending")]


def test_request_is_the_captured_one() -> None:
    assert Request(count=1).format() == bytes.fromhex("010400010001600A")
    assert ModbusDecoder().expect(FRIDGE) == bytes.fromhex("010400010002200B")


def test_answer_to_the_pending_request_is_a_reading() -> None:
    assert asked(FRIDGE, FRIDGE_ANSWER) == [Reading("fridge 1", 420, 5000)]


def test_second_answer_and_late_answer_are_noise() -> None:
    late = Noise(9, "late answer: no request is pending")
    assert asked(FRIDGE, FRIDGE_ANSWER, FRIDGE_ANSWER) == [Reading("fridge 1", 420, 5000), late]
    decoder = ModbusDecoder()
    decoder.expect(FRIDGE)
    decoder.give_up()
    assert decoder.feed(FRIDGE_ANSWER) + decoder.idle() == [late]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (answer("020404002A01F4"), "answer of slave 2 to a request for slave 1"),
        (answer("010304002A01F4"), "answer to function 3, asked 4"),
        (answer("010402002A"), "byte count 2, asked for 4"),
    ],
)
def test_answer_to_another_question_is_noise(frame: bytes, reason: str) -> None:
    assert asked(FRIDGE, frame) == [Noise(len(frame), reason)]


def test_temperatures_below_zero_are_signed() -> None:
    assert asked(FRIDGE, answer("010404FF3B01F4")) == [Reading("fridge 1", -1970, 5000)]


def test_scale_is_configuration() -> None:
    hundredths = Probe("fridge 1", scale=Scale.HUNDREDTHS)
    assert asked(hundredths, answer("01040401A41388")) == [Reading("fridge 1", 420, 5000)]


def test_register_beyond_the_probe_is_a_fault_that_names_the_scale() -> None:
    (said,) = asked(FRIDGE, answer("0104040BEA1388"))
    assert (
        said == Reading("fridge 1", None, quality="fault", reason=said.reason) if isinstance(said, Reading) else False
    )
    assert "305.00" in str(said)
    assert "check the scale" in str(said)


def test_capture_takes_hundredths_only_where_tenths_are_impossible() -> None:
    assert ModbusCaptureDecoder().feed(answer("0104020BEA")) == [Reading("", 3050)]
    assert ModbusCaptureDecoder().feed(answer("01040201A4")) == [Reading("", 4200)]
    assert ModbusCaptureDecoder(scale=Scale.HUNDREDTHS).feed(answer("01040201A4")) == [Reading("", 420)]


def test_humidity_first_is_configuration() -> None:
    clone = Probe("c", Request(register=0, function=3), quantities=("humidity", "temperature"))
    assert asked(clone, answer("01030401F4002A")) == [Reading("c", 420, 5000)]


def test_impossible_humidity_makes_the_reading_suspect() -> None:
    (said,) = asked(FRIDGE, answer("010404002AFFFF"))
    assert isinstance(said, Reading)
    assert (said.centi_celsius, said.centi_humidity, said.quality) == (420, None, "suspect")


def test_busy_is_a_status_and_a_broken_probe_a_fault() -> None:
    asks_holding = Probe("f", Request(function=3))
    assert asked(asks_holding, bytes.fromhex("018306C132")) == [Status("exception", "slave 1: exception 6: busy")]
    assert asked(FRIDGE, answer("018404")) == [Fault("slave 1: exception 4: device failure")]


def test_echo_of_the_own_request_does_not_use_up_the_request() -> None:
    echo = FRIDGE.request.format()
    assert asked(FRIDGE, echo, FRIDGE_ANSWER) == [Status("request", echo.hex().upper()), Reading("fridge 1", 420, 5000)]


def test_two_stray_bytes_lose_no_answer() -> None:
    assert asked(FRIDGE, b"\x00\x7f" + FRIDGE_ANSWER) == [Noise(2, "no such function"), Reading("fridge 1", 420, 5000)]


@pytest.mark.parametrize(("name", "made"), REGISTER_MAPS.items())
def test_every_make_is_asked_for_what_its_answer_is_read_as(name: str, made: RegisterMap) -> None:
    request = made.request(7)
    decoder = ModbusDecoder()
    asked = decoder.expect(Probe(name, request, quantities=made.quantities))
    assert asked[:6] == bytes([7, made.function]) + made.register.to_bytes(2, "big") + len(made.quantities).to_bytes(
        2, "big"
    )
    held = b"".join(
        (42).to_bytes(2, "big") if each == "temperature" else (500).to_bytes(2, "big") for each in made.quantities
    )
    (reading,) = decoder.feed(answer(f"07{made.function:02X}{len(held):02X}{held.hex()}"))
    humid = "humidity" in made.quantities
    assert reading == Reading(name, 420, 5000 if humid else None)


def test_overheard_request_tells_whose_answer_comes_and_what_it_holds() -> None:
    settings = Request(1, 0x0101, 2, 3).format() + answer("01030400120096")
    assert [type(item) for item in ModbusCaptureDecoder().feed(settings)] == [Status, Status]
    other = Request(9).format() + answer("090404002A01F4")
    assert ModbusCaptureDecoder().feed(other)[-1] == Reading("", 420, 5000)


@pytest.mark.parametrize("content", ["010404FFFFFFFF", "010404035201F4", "0104047FFF01F4", "010404800001F4"])
def test_register_that_holds_a_marker_is_a_fault(content: str) -> None:
    (reading,) = ModbusCaptureDecoder().feed(answer(content))
    assert isinstance(reading, Reading)
    assert (reading.centi_celsius, reading.quality) == (None, "fault")


def test_all_zero_registers_never_count() -> None:
    (reading,) = ModbusCaptureDecoder().feed(answer("01040400000000"))
    assert isinstance(reading, Reading)
    assert reading.quality == "suspect"


@pytest.mark.parametrize(
    ("content", "celsius", "humidity"),
    [
        ("0104041388138C", None, 5004),
        ("010404002A1388", 42, 5000),
        ("01040401A41388", 420, 5000),
        ("010404F8C61388", -1850, 5000),
    ],
)
def test_hundredths_are_taken_where_tenths_cannot_be(content: str, celsius: int | None, humidity: int) -> None:
    (reading,) = ModbusCaptureDecoder().feed(answer(content))
    assert isinstance(reading, Reading)
    assert (reading.centi_celsius, reading.centi_humidity) == ((5000 if celsius is None else celsius), humidity)


def test_one_register_that_is_all_one_never_counts() -> None:
    alone = Probe(request=Request(count=1), quantities=("temperature",))
    (reading,) = asked(alone, answer("010402FFFF"))
    assert isinstance(reading, Reading)
    assert (reading.centi_celsius, reading.quality) == (-10, "suspect")
    (beside,) = asked(Probe(), answer("010404FFFF01F4"))
    assert beside == Reading("", -10, 5000)


def test_one_register_that_is_all_one_does_not_count_among_many_others_either() -> None:
    recorded = ModbusCaptureDecoder()
    recorded.feed(b"".join(answer(f"010402{raw:04X}") for raw in range(1, 40)))
    items = recorded.feed(b"".join(answer(f"010402{raw:04X}") for raw in range(0xFFC0, 0x10000)))
    doubted = [item.centi_celsius for item in items if isinstance(item, Reading) and item.quality != "good"]
    assert (len(items), doubted) == (64, [-10])
