"""Which answers make a family, byte for byte, and that no family takes another's answer for its own."""

import pytest

from gateway.doctor.handshakes import SPEEDS, at_other_speeds, expecting, handshakes

# From vendor sheets and captures: what each device says to the question that it is asked.
ANSWERS = {
    "m100_uhf": "BB 01 03 00 10 00 4D 31 30 30 20 32 36 64 42 6D 20 56 31 2E 30 92 7E",
    "r2000_a0_uhf": "A0 05 01 72 08 01 DF",
    "modbus_rtu_temp": "01 04 04 01 31 02 22 2A CE",
    "relay": "01 01 01 00 51 88",
    "sms": "0D 0A 4F 4B 0D 0A",
    "barcode_isbt128": "3D 41 39 39 39 39 32 36 31 32 33 34 35 36 30 30 0D",
}
KNOWN = {family: bytes.fromhex(answer) for family, answer in ANSWERS.items()}


@pytest.mark.parametrize("family", KNOWN)
def test_an_answer_is_known_by_its_own_family_and_by_no_other(family: str) -> None:
    took = {each.family for each in handshakes([1]) if each.answer(KNOWN[family]) is not None}
    assert took == {family}


@pytest.mark.parametrize("family", sorted(KNOWN.keys() - {"barcode_isbt128"}))  # a label has no check of its own
def test_a_damaged_answer_is_nobodys(family: str) -> None:
    damaged = bytearray(KNOWN[family])
    damaged[-3 if family == "sms" else -2] ^= 0x10
    assert [each.family for each in handshakes([1]) if each.answer(bytes(damaged)) is not None] == []


def test_what_is_asked_only_reads() -> None:
    asked = {each.family: each.ask for each in handshakes([7])}
    assert asked["m100_uhf"][2] == 0x03, "module information"
    assert asked["modbus_rtu_temp"][:2] == bytes((7, 4)), "read input registers"
    assert asked["relay"][:2] == bytes((7, 1)), "read coils"
    assert asked["r2000_a0_uhf"][3] == 0x72, "firmware version"
    assert asked["chafon_crc_uhf"][2] == 0x21, "reader information"
    assert asked["thingmagic_m6e"][2] == 0x03, "version"
    assert asked["sms"] == b"\rAT\r"
    assert (asked["barcode_isbt128"], asked["ds18b20_serial"]) == (b"", b"")


def test_the_text_of_a_label_is_not_repeated() -> None:
    scanner = next(each for each in handshakes([1]) if each.family == "barcode_isbt128")
    assert scanner.answer(b"=A99992612345600\r") == "a label was scanned"
    assert scanner.answer(b"RING\r") is None


def test_lines_of_the_same_speed_are_asked_together() -> None:
    speeds = [(each.baud, each.parity) for each in handshakes([1, 2, 3])]
    assert len(set(speeds)) == sum(1 for n, each in enumerate(speeds) if n == 0 or each != speeds[n - 1])


def test_other_speeds_are_tried_once_a_bus_and_never_the_usual_one() -> None:
    everything = handshakes([1, 2, 3])
    usual = {(each.family, each.baud, each.parity) for each in everything}
    other = at_other_speeds(everything)
    assert usual.isdisjoint((each.family, each.baud, each.parity) for each in other)
    assert all(each.ask and not each.is_usual for each in other)
    tried = [(each.family, each.baud, each.ask) for each in other if each.family in {"modbus_rtu_temp", "m100_uhf"}]
    assert len([each for each in tried if each[0] == "modbus_rtu_temp"]) == 2
    assert len([each for each in tried if each[0] == "m100_uhf"]) == 4, "each framing at each speed"
    assert not [each for each in other if each.family == "hf_iso15693" and each.parity == "N"], "TI's module has one"
    speeds = [(each.baud, each.parity) for each in other]
    assert len(set(speeds)) == sum(1 for n, each in enumerate(speeds) if n == 0 or each != speeds[n - 1])


def test_a_configured_family_is_asked_first_as_configured_and_last_at_every_other_speed() -> None:
    asked = expecting("hf_iso15693", 57600, "E", handshakes([1]))
    assert (asked[0].family, asked[0].baud, asked[0].parity) == ("hf_iso15693", 57600, "E")
    assert {each.family for each in asked} == {each.family for each in handshakes([1])}
    last = [each for each in asked if each.family == "hf_iso15693" and each.parity == "E"]
    assert {each.baud for each in last} == set(SPEEDS)
    once = [(each.family, each.baud, each.parity, each.ask) for each in asked]
    assert len(once) == len(set(once))
