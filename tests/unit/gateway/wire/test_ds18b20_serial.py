import pytest

from gateway.wire.ds18b20_serial import Ds18b20CaptureDecoder, Ds18b20Decoder, crc8
from gateway.wire.items import Item, Noise, Reading

FIRST = "first reading after the probe appeared"


def w1_slave(scratchpad: str, milli: int, verdict: str = "YES") -> bytes:
    content = bytes.fromhex(scratchpad)
    content += bytes((crc8(content),))
    shown = content.hex(" ")
    return f"{shown} : crc={content[8]:02x} {verdict}\n{shown} t={milli}\n".encode()


def judged(*texts: bytes) -> list[Item]:
    decoder = Ds18b20CaptureDecoder(sensor="fridge")
    return [item for text in texts for item in decoder.feed(text)] + decoder.idle()


FOUR_DEGREES = w1_slave("44 00 4b 46 7f ff 0c 10", 4250)
OF_A_CLONE = w1_slave("44 00 4b 46 7f 00 0c 00", 4250)


def test_first_reading_after_a_probe_appeared_never_counts() -> None:
    decoder = Ds18b20Decoder(sensor="fridge")
    suspect, good = decoder.feed(OF_A_CLONE * 2)
    assert suspect == Reading("fridge", 425, quality="suspect", reason=FIRST)
    assert good == Reading("fridge", 425)
    decoder.reappeared()
    assert decoder.feed(OF_A_CLONE) == [suspect]


def test_a_genuine_chip_says_that_it_has_measured_since_its_power_came() -> None:
    decoder = Ds18b20Decoder(sensor="fridge")
    power_on = w1_slave("50 05 4b 46 7f ff 0c 10", 85000)
    qualities = [item.quality for item in decoder.feed(FOUR_DEGREES + power_on) if isinstance(item, Reading)]
    assert qualities == ["good", "fault"]


def test_reading_after_a_fault_is_a_first_one_again() -> None:
    decoder = Ds18b20Decoder(sensor="fridge")
    decoder.feed(OF_A_CLONE * 2 + b"T=nan\n")
    (after,) = decoder.feed(OF_A_CLONE)
    assert isinstance(after, Reading)
    assert after.reason == FIRST


def test_each_probe_on_a_line_appears_by_itself() -> None:
    decoder = Ds18b20Decoder()
    items = decoder.feed(b"28FF641DCD96F201 4.25\n28FF641DCD96F201 4.25\nT=4.25\n")
    assert [item.quality for item in items if isinstance(item, Reading)] == ["suspect", "good", "suspect"]


def test_temperatures_are_rounded_to_the_nearest_hundredth() -> None:
    assert judged(w1_slave("41 00 4b 46 7f ff 0f 10", 4062)) == [Reading("fridge", 406)]
    assert judged(w1_slave("a8 fe 4b 46 7f ff 08 10", -21500)) == [Reading("fridge", -2150)]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (w1_slave("50 05 4b 46 7f ff 0c 10", 85000), "power-on"),
        (w1_slave("00 00 00 00 00 00 00 00", 0), "all-zero"),
        (w1_slave("ff ff ff ff ff ff ff ff", -62), "all-one"),
        (w1_slave("44 00 4b 46 7f ff 0c 10", 4250, "NO"), "crc NO"),
        (w1_slave("ff 07 4b 46 7f ff 0c 10", 127937), "beyond"),
        (b"28FF641DCD96F201 -127.00\r\n", "beyond"),
        (b"28FF641DCD96F201 127.94\r\n", "beyond"),
        (b"28FF641DCD96F201 85.00\r\n", "power-on"),
        (b"T=nan\n", "nan"),
    ],
)
def test_what_nobody_measured_is_a_fault_without_a_value(text: bytes, word: str) -> None:
    (said,) = judged(text)
    assert isinstance(said, Reading)
    assert (said.centi_celsius, said.quality) == (None, "fault")
    assert word in said.reason


@pytest.mark.parametrize(
    "text",
    [
        w1_slave("90 01 55 05 7f 7e 81 66", 25000),
        w1_slave("50 05 55 05 7f 7e 81 66", 85000),
        w1_slave("50 05 4b 46 7f ff 10 10", 85000),
        w1_slave("44 00 4b 46 7f ff 0c 10", 9000),
        b"28FF641DCD96F201 0.00\n",
        b"28FF641DCD96F201 -0.06\n",
        b"28FF641DCD96F202 4.25\n",
    ],
)
def test_what_a_sick_probe_would_also_say_is_suspect(text: bytes) -> None:
    (said,) = judged(text)
    assert isinstance(said, Reading)
    assert said.quality == "suspect"


def test_genuine_chip_may_measure_25_degrees() -> None:
    assert judged(w1_slave("90 01 4b 46 7f ff 10 10", 25000)) == [Reading("fridge", 2500)]


def test_scratchpad_whose_crc_fails_is_noise() -> None:
    text = FOUR_DEGREES.replace(b"44 00 4b", b"45 00 4b")
    assert judged(text) == [Noise(len(text), "scratchpad crc")]


def test_two_lines_of_different_scratchpads_are_noise() -> None:
    text = FOUR_DEGREES.split(b"\n")[0] + b"\n" + w1_slave("90 01 4b 46 7f ff 10 10", 25000).split(b"\n")[1] + b"\n"
    assert judged(text) == [Noise(len(text), "the two lines show different scratchpads")]


def test_first_line_alone_is_noise() -> None:
    line = FOUR_DEGREES.split(b"\n")[0] + b"\n"
    lonely = Noise(len(line), "scratchpad without its t= line")
    assert judged(line) == [lonely]
    assert judged(line, FOUR_DEGREES) == [lonely, Reading("fridge", 425)]


@pytest.mark.parametrize(
    "text",
    [b"28-01cd96f201ff: 4.25", b"28:FF:64:1D:CD:96:F2:01 4.25", b"28ff641dcd96f201=4.25 C", b"Temp: 4.25", b"T=4.25"],
)
def test_common_spellings_of_a_microcontrollers_line(text: bytes) -> None:
    (said,) = judged(text + b"\r\n")
    assert isinstance(said, Reading)
    assert said.centi_celsius == 425


def test_other_lines_are_noise() -> None:
    assert judged(b"boot ok\r\n") == [Noise(8, "no line of a probe")]


@pytest.mark.parametrize(
    ("line", "centi_celsius"),
    [
        ("Temp C: 4.25 Temp F: 39.65", 425),
        ("Temperature for the device 1 (index 0) is: 4.25", 425),
        ("Device Address: 28FF641DCD96F201 Temp C: 4.25 Temp F: 39.65", 425),
        ("28FF641DCD96F201 39.65 F", 425),
        ("28FF641DCD96F201 4,25", 425),
        ("28FF641DCD96F201\t4.25", 425),
        ("t=23125", 2312),
    ],
)
def test_what_sketches_print_is_read(line: str, centi_celsius: int) -> None:
    (reading,) = captured(line.encode() + b"\r\n")
    assert isinstance(reading, Reading)
    assert (reading.centi_celsius, reading.quality) == (centi_celsius, "good")


@pytest.mark.parametrize(
    "line", ["28FF641DCD96F201 4,25,60", "28FF641DCD96F201,4,25", "28FF641DCD96F201 4.2.5", "Temp: warm"]
)
def test_what_nobody_can_tell_is_noise(line: str) -> None:
    (noise,) = captured(line.encode() + b"\r\n")
    assert isinstance(noise, Noise)


def test_number_alone_may_be_torn() -> None:
    (reading,) = captured(b"4.25\r\n")
    assert isinstance(reading, Reading)
    assert reading.quality == "suspect"


@pytest.mark.parametrize(
    "line", [b"28FF641DCD96F201 DISCONNECTED", b"Error: Could not read temperature data", b"T=inf"]
)
def test_failure_in_words_is_a_fault(line: bytes) -> None:
    (reading,) = captured(line + b"\n")
    assert isinstance(reading, Reading)
    assert reading.quality == "fault"


def test_capture_may_be_the_bare_scratchpad_or_lack_its_last_line_end() -> None:
    assert captured(bytes.fromhex("70014B467FFF1010E1")) == [Reading("", 2300)]
    (fault,) = captured(bytes.fromhex("50054B467FFF0C101C"))
    assert isinstance(fault, Reading)
    assert fault.quality == "fault"
    text = b"70 01 4b 46 7f ff 10 10 e1 : crc=e1 YES\n70 01 4b 46 7f ff 10 10 e1 t=23000"
    assert captured(text) == [Reading("", 2300)]
    named = b"28-000005e2fdc3/w1_slave:"
    lines = b"".join(named + line + b"\n" for line in text.split(b"\n"))
    assert captured(lines) == [Reading("28000005E2FDC3", 2300)]


def captured(octets: bytes) -> list[Item]:
    decoder = Ds18b20CaptureDecoder()
    return decoder.feed(octets) + decoder.idle()


def block(rom: str, celsius: str) -> bytes:
    """As OneWire's example prints a probe: a second passes before the line with its data."""
    return (
        f"ROM = {rom}\r\n  Chip = DS18B20\r\n  Data = 1 44 0 4B 46 7F FF C 10 27  CRC=27\r\n"
        f"  Temperature = {celsius} Celsius, 39.65 Fahrenheit\r\n"
    ).encode()


def rom_of(serial: int) -> tuple[str, str]:
    """A code as the example spells it, and as a reading names it."""
    code = bytes((0x28, serial, 0x0A, 0, 0, 0, 1))
    code += bytes((crc8(code),))
    return " ".join(f"{octet:X}" for octet in code), code.hex().upper()


def test_a_block_of_lines_names_its_probe_in_the_first() -> None:
    (one, first), (other, second) = rom_of(1), rom_of(2)
    told = judged(block(one, "4.25") + block(other, "-25.06") + b"No more addresses.\r\n\r\n" + block(one, "nan"))
    assert [item for item in told if isinstance(item, Reading)] == [
        Reading(first, 425),
        Reading(second, -2506),
        Reading(first, None, quality="fault", reason="nan: the microcontroller could not read the probe"),
    ]


def test_a_block_whose_first_line_is_missing_or_torn_names_nobody() -> None:
    (one, first), (other, _) = rom_of(1), rom_of(2)
    torn = block(other, "8.00").replace(b"28 2", b"28 3")
    begun = block(other, "9.00").partition(b"\n")[2]
    cut = block(other, "7.00").partition(b"DS18B20\r\n")[2]
    told = judged(begun + torn + cut + block(one, "4.25"))
    assert [item for item in told if isinstance(item, Reading)] == [Reading(first, 425)]
    nobodys = [item for item in told if isinstance(item, Noise) and "names this probe" in item.reason]
    assert len(nobodys) == 3


def test_a_silence_within_a_block_ends_nothing_and_a_port_opened_anew_does() -> None:
    (one, first), _ = rom_of(1), rom_of(2)
    whole = block(one, "4.25")
    decoder = Ds18b20Decoder()
    begun, rest = whole[: whole.index(b"  Data")], whole[whole.index(b"  Data") :]
    assert decoder.feed(begun)
    assert not decoder.idle()
    assert decoder.feed(rest)[-1] == Reading(first, 425, quality="suspect", reason=FIRST)
    decoder.feed(begun)
    decoder.reappeared()
    assert isinstance(decoder.feed(rest)[-1], Noise)


def test_a_line_without_a_block_is_the_only_probes() -> None:
    (one, first), _ = rom_of(1), rom_of(2)
    told = judged(block(one, "4.25") + b"Temperature = 5.25 Celsius, 41.45 Fahrenheit\r\n")
    assert [item for item in told if isinstance(item, Reading)] == [Reading(first, 425), Reading("fridge", 525)]
