"""Readers that are asked, told without a port and without waiting: what is said to them, and what is believed."""

from collections.abc import Callable

import pytest

from gateway.session import Moment
from gateway.talk.chafon import ChafonManner
from gateway.talk.feig import FeigManner
from gateway.talk.r2000 import R2000Manner
from gateway.talk.reader import ScriptedReader
from gateway.talk.script import Manner
from gateway.talk.thingmagic import ThingMagicManner
from gateway.talk.trf7970a import Trf7970aManner
from gateway.wire import chafon_crc_uhf as chafon
from gateway.wire import feig_obid, trf7970a
from gateway.wire import r2000_a0_uhf as a0
from gateway.wire import thingmagic_m6e as m6e
from gateway.wire.items import Fault, Item, Status, TagRead

EPC = "E28011700000020FEBEAD3B5"
UID = "E004015012345678"
Device = Callable[[bytes], bytes]


class Line:
    """A reader's line in simulated time; `device` answers what is written, at once."""

    def __init__(self, manner: Manner, device: Device, identity: str = "") -> None:
        self.session = ScriptedReader(manner, 1000, identity)
        self.device = device
        self.now = 0.0
        self.sent: list[bytes] = []
        self.items: list[Item] = []
        self._take(self.session.opened(self._moment()).send)

    def run(self, seconds: float) -> list[Item]:
        """Let time pass; what was learnt meanwhile."""
        before = len(self.items)
        for _ in range(round(seconds / 0.02)):
            self.now += 0.02
            turn = self.session.tick(self._moment())
            self.items += turn.items
            self._take(turn.send)
        return self.items[before:]

    def hear(self, octets: bytes) -> None:
        """The device says something by itself."""
        self.items += self.session.heard(octets, self._moment()).items

    def _take(self, send: bytes) -> None:
        if send:
            self.sent.append(send)
            answer = self.device(send)
            if answer:
                self.hear(answer)

    def _moment(self) -> Moment:
        return Moment(round(self.now * 1000), self.now)


def rounds(items: list[Item]) -> int:
    return sum(isinstance(item, Status) and item.completes_round for item in items)


def faults(items: list[Item]) -> list[Fault]:
    return [item for item in items if isinstance(item, Fault)]


def reads(items: list[Item]) -> list[TagRead]:
    return [item for item in items if isinstance(item, TagRead)]


def a0_says(code: int, content: str) -> bytes:
    return a0.command(code, bytes.fromhex(content), address=1)


class A0Reader:
    """Answers as an A0 reader on antennas 1 to 3 does."""

    def __init__(self) -> None:
        self.lost: set[int] = set()
        self.mute = False

    def __call__(self, asked: bytes) -> bytes:
        code = asked[3]
        if self.mute:
            return b""
        if code != a0.FAST_SWITCH:
            return a0_says(code, {0x72: "0109", 0x68: "41302D31"}.get(code, "10"))
        gone = b"".join(a0_says(code, f"{antenna - 1:02X}22") for antenna in sorted(self.lost))
        tag = b"" if 2 in self.lost else a0_says(code, "013000" + EPC + "3C")
        return gone + tag + a0_says(code, "00000100000078")


def test_a_reader_is_greeted_before_it_is_asked_and_says_who_it_is() -> None:
    line = Line(R2000Manner((1, 2, 3)), A0Reader())
    line.run(3.0)
    assert [sent[3] for sent in line.sent[:3]] == [a0.FIRMWARE, a0.IDENTIFIER, a0.FAST_SWITCH]
    assert Status("device-id", "41302D31") in line.items
    assert set(line.sent[2:]) == {a0.fast_switch((1, 2, 3))}
    assert set(reads(line.items)) == {TagRead(EPC, 2, -69.0)}
    assert rounds(line.items) == len(line.sent) - 2 >= 2
    assert "restarted" not in {item.name for item in line.items if isinstance(item, Status)}


def test_what_is_left_over_from_a_run_before_us_is_not_on_the_shelf() -> None:
    line = Line(R2000Manner((1, 2)), A0Reader())
    line.hear(a0_says(a0.FAST_SWITCH, "013000" + EPC + "3C"))
    assert reads(line.items) == []


def test_a_lost_antenna_is_ill_and_the_others_go_on_until_it_is_back() -> None:
    reader = A0Reader()
    line = Line(R2000Manner((1, 2, 3)), reader)
    line.run(2.0)
    reader.lost = {2}
    during = line.run(2.0)
    assert {fault.antenna for fault in faults(during)} == {2}
    assert rounds(during) >= 1, "antennas 1 and 3 are still observed"
    reader.lost = set()
    after = line.run(2.5)
    assert [item for item in after if isinstance(item, Status) and item.name == "antenna-connected"] == [
        Status("antenna-connected", antenna=2)
    ]


def test_a_reader_that_falls_silent_is_ill_and_is_greeted_anew_when_it_answers() -> None:
    reader = A0Reader()
    line = Line(R2000Manner((1, 2)), reader)
    line.run(2.0)
    reader.mute = True
    during = line.run(30.0)
    assert "does not answer" in faults(during)[0].reason
    assert rounds(during) == 0
    reader.mute = False
    before = len(line.sent)
    after = line.run(8.0)
    assert a0.FIRMWARE in {sent[3] for sent in line.sent[before:]}
    assert "restarted" in {item.name for item in after if isinstance(item, Status)}
    assert rounds(after) >= 1


def test_another_device_than_the_expected_one_is_not_asked_what_is_on_the_shelf() -> None:
    line = Line(R2000Manner((1, 2)), A0Reader(), identity="41302D32")
    items = line.run(10.0)
    assert "another device" in faults(items)[0].reason
    assert a0.FAST_SWITCH not in {sent[3] for sent in line.sent}
    assert reads(items) == []
    assert rounds(line.items) == 0


def test_a_reader_that_refuses_its_rounds_is_ill() -> None:
    line = Line(R2000Manner((1, 2)), lambda asked: a0_says(asked[3], "41"))
    assert ["refuses its rounds" in fault.reason for fault in faults(line.run(8.0))] == [True]


def test_a_reader_with_one_antenna_is_asked_on_it() -> None:
    def device(asked: bytes) -> bytes:
        return a0_says(0x89, "22") if asked[3] == a0.REAL_TIME else a0_says(asked[3], "10")

    line = Line(R2000Manner((3,)), device)
    items = line.run(2.0)
    assert line.sent[2] == a0.command(a0.SET_ANTENNA, b"\x02")
    assert {fault.antenna for fault in faults(items)} == {3}, "the error does not say which, but it was asked"


def test_a_power_is_set_where_one_is_configured_and_in_no_memory_that_wears_out() -> None:
    line = Line(R2000Manner((1,), power_dbm=20), A0Reader())
    line.run(1.0)
    assert a0.command(a0.TEMPORARY_POWER, b"\x14") in line.sent
    for told, asked in (("1E", True), ("14", False)):
        chafon_line = Line(
            ChafonManner((1,), power_dbm=20), lambda asked, told=told: says(asked[2], f"0000160C034E00{told}0A")
        )
        chafon_line.run(1.0)
        assert (chafon.command(chafon.SET_POWER, b"\x14") in chafon_line.sent) == asked


def says(code: int, content: str) -> bytes:
    return chafon.command(code, bytes.fromhex(content), address=0)


@pytest.mark.parametrize("lost", [None, 1])
def test_chafons_antennas_are_asked_one_after_the_other_and_only_all_of_them_are_a_round(lost: int | None) -> None:
    def device(asked: bytes) -> bytes:
        if asked[2] == chafon.READER_INFO:
            return says(0x21, "0000160C034E001E0A01000000")
        if asked[2] == chafon.SERIAL_NUMBER:
            return says(0x4C, "FE")
        antenna = asked[10] - 0x7F
        if antenna == lost:
            return says(0x01, "F8")
        bit = f"{1 << antenna - 1:02X}"
        return says(0x01, f"03{bit}010C{EPC}58") + says(0x01, f"01{bit}00")

    line = Line(ChafonManner((1, 2)), device)
    items = line.run(3.0)
    assert [sent[10] for sent in line.sent[2:6]] == [0x80, 0x81, 0x80, 0x81]
    assert {read.antenna for read in reads(items)} == ({1, 2} if lost is None else {2})
    assert {fault.antenna for fault in faults(items)} == (set() if lost is None else {1})
    assert rounds(items) == (len(line.sent) - 2) // 2 >= 2


def test_a_reader_of_the_older_kind_is_asked_without_an_antenna() -> None:
    def device(asked: bytes) -> bytes:
        if asked[2] == chafon.READER_INFO:
            return says(0x21, "00001609034E001E0A")
        if asked[2] == chafon.SERIAL_NUMBER:
            return says(0x4C, "FE")
        return says(0x01, f"01010C{EPC}")

    line = Line(ChafonManner((1,)), device)
    assert set(reads(line.run(2.0))) == {TagRead(EPC, 1)}
    assert line.sent[2] == chafon.command(chafon.INVENTORY)


def test_a_reader_that_does_not_even_refuse_to_say_which_it_is_is_asked_on() -> None:
    def device(asked: bytes) -> bytes:
        if asked[2] == chafon.SERIAL_NUMBER:
            return b""
        return says(0x21, "0000160C034E001E0A01000000") if asked[2] == chafon.READER_INFO else says(0x01, "010100")

    line = Line(ChafonManner((1,)), device)
    items = line.run(8.0)
    assert [sent[2] for sent in line.sent[:5]] == [0x21, 0x4C, 0x4C, 0x4C, 0x01], "asked thrice, then let be"
    assert rounds(items) >= 2
    assert faults(items) == []


def feig_says(control: int, content: str) -> bytes:
    return feig_obid.request(control, bytes.fromhex(content), address=0)


def test_feig_is_asked_for_more_until_there_is_no_more_and_the_field_is_reset_first() -> None:
    left = ["01", "00" + "01" + "0300" + UID[:-1] + "9", "94" + "01" + "0300" + UID]

    def device(asked: bytes) -> bytes:
        if asked[2] == feig_obid.HOST_COMMAND:
            return feig_says(0xB0, left.pop() if len(left) > 1 else left[0])
        return feig_says(asked[2], "00")

    line = Line(FeigManner(), device)
    items = line.run(3.0)
    assert line.sent[2:5] == [
        feig_obid.request(feig_obid.RF_RESET),
        feig_obid.inventory(),
        feig_obid.inventory(more=True),
    ]
    assert line.sent[5] == feig_obid.request(feig_obid.RF_RESET)
    assert [read.epc for read in reads(items)] == [UID, UID[:-1] + "9"]
    assert rounds(items) >= 2, "an empty shelf is a round too"


def test_feigs_late_answer_is_not_taken_for_the_answer_to_the_next_question() -> None:
    line = Line(FeigManner(), lambda _: b"")
    line.run(0.4)
    line.hear(feig_says(feig_obid.SOFTWARE_VERSION, "0002040103"))
    line.run(0.2)
    line.hear(feig_says(feig_obid.SOFTWARE_VERSION, "0002040103"))
    line.run(0.2)
    assert line.sent[-1] == feig_obid.request(feig_obid.READER_INFO, b"\x80"), "it has not said which reader it is"
    line.hear(feig_says(feig_obid.READER_INFO, "80"))
    line.run(0.2)
    assert line.sent[-1] == feig_obid.request(feig_obid.RF_RESET)
    line.hear(feig_says(0xB0, "00" + "01" + "0300" + UID))
    line.run(0.3)
    assert line.sent[-1] == feig_obid.request(feig_obid.RF_RESET), "the field was not reset yet"
    line.hear(feig_says(feig_obid.RF_RESET, "00"))
    line.run(0.1)
    assert line.sent[-1] == feig_obid.inventory()


def test_feigs_antenna_out_of_tune_is_no_round() -> None:
    line = Line(FeigManner(), lambda asked: feig_says(asked[2], "84" if asked[2] == 0xB0 else "00"))
    items = line.run(3.0)
    assert "radio" in faults(items)[0].reason
    assert rounds(items) == 0


def test_ti_is_set_up_and_a_uid_counts_from_its_second_round() -> None:
    def device(asked: bytes) -> bytes:
        if asked == trf7970a.INVENTORY:
            return b"ISO 15693 Inventory request.\r\n[%s,7F]\r\n[,40]\r\n" % UID.encode()
        return b"TRF7970A EVM \r\n" if asked == trf7970a.INITIALISE else b"AGC Toggle\r\n"

    line = Line(Trf7970aManner(), device)
    items = line.run(4.0)
    assert line.sent[:5] == [trf7970a.INITIALISE, *trf7970a.SET_ISO15693, trf7970a.INVENTORY]
    assert rounds(items) == len(reads(items)) + 1 >= 2
    assert set(reads(items)) == {TagRead(UID, 1, numbered_by="uid")}


def test_a_thingmagic_module_with_one_port_is_told_its_antenna_without_a_list() -> None:
    def device(asked: bytes) -> bytes:
        body = bytes((0, asked[2], 0, 0))
        return b"\xff" + body + m6e.crc16.unpadded(body).to_bytes(2, "big")

    line = Line(ThingMagicManner((1,), "cn", power_dbm=23), device)
    line.run(2.0)
    assert m6e.command(0x91, b"\x01\x01") in line.sent
    assert m6e.command(0x92, (2300).to_bytes(2, "big")) in line.sent


def test_a_thingmagic_module_is_stopped_booted_and_configured_and_then_only_listened_to() -> None:
    def device(asked: bytes) -> bytes:
        body = bytes((0, asked[2], 0, 0))
        return b"\xff" + body + m6e.crc16.unpadded(body).to_bytes(2, "big")

    line = Line(ThingMagicManner((1, 2), "eu"), device)
    line.run(3.0)
    assert line.sent[0] == bytes.fromhex("FF032F0000025E86")
    assert [sent[2] for sent in line.sent] == [0x2F, 0x04, 0x03, 0x10, 0x97, 0x93, 0x91, 0x9A, 0x2F]
    assert line.sent[4][3:4] == b"\x08"
    assert line.sent[6][3:-2] == bytes.fromhex("0201010202")
    for _ in range(3):
        line.hear(bytes.fromhex("FF0022040084E0"))
        line.run(1.0)
    assert rounds(line.items) == 3
    line.hear(bytes.fromhex("FF0022050485E4"))
    line.hear(bytes.fromhex("FF0022040084E0"))
    line.run(0.5)
    assert rounds(line.items) == 3, "it was too hot to see everything in this one"
    assert len(line.sent) == 9
    (fault, *_) = faults(line.run(4.0))
    assert "does not answer" in fault.reason
    assert line.sent[9] == bytes.fromhex("FF032F0000025E86"), "it is made ready again"
