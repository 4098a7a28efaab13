"""Sessions: who speaks when, told without a port and without waiting."""

import pytest

from gateway.session import BusProbe, Listening, M100Session, ModbusBus, Moment, Pace, Turn
from gateway.wire.barcode_isbt128 import BarcodeDecoder
from gateway.wire.items import Fault, Item, LabelScan, Noise, Reading, Status, TagRead
from gateway.wire.m100_uhf import AADD, BB7E, Framing
from gateway.wire.modbus_rtu_temp.crc import crc16
from gateway.wire.modbus_rtu_temp.probe import Probe, Request

TAG = bytes.fromhex("BB0222001194340030751FEB705C5904E3D50DE27F7E")


def at(seconds: float, clock_ms: int | None = None) -> Moment:
    return Moment(round(seconds * 1000) if clock_ms is None else clock_ms, seconds)


def tag_notice(framing: Framing, epc: bytes) -> bytes:
    """A tag notice, its tag CRC computed bit by bit as in EPC Gen2."""
    pc = (len(epc) // 2 << 11).to_bytes(2, "big")
    crc = 0xFFFF
    for octet in pc + epc:
        crc ^= octet << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021) & 0xFFFF if crc & 0x8000 else crc << 1
    parameters = b"\xc9" + pc + epc + (crc ^ 0xFFFF).to_bytes(2, "big")
    body = b"\x02\x22" + len(parameters).to_bytes(2, "big") + parameters
    return bytes([framing.header]) + body + bytes([sum(body) & 0xFF, framing.tail])


def no_tag(framing: Framing) -> bytes:
    body = bytes.fromhex("01FF000115")
    return bytes([framing.header]) + body + bytes([sum(body) & 0xFF, framing.tail])


def drained(session: M100Session) -> float:
    """Open it, and let the drain pass; when that was."""
    session.opened(at(0))
    session.tick(at(0.1))
    return 0.5


def test_a_module_is_stopped_in_both_framings_and_drained_before_it_is_asked() -> None:
    session = M100Session(1000)
    hello = session.opened(at(0)).send
    assert hello.startswith(BB7E.stop())
    assert AADD.stop() in hello
    assert session.tick(at(0.1)).send == b""
    left_over = session.heard(tag_notice(BB7E, bytes(12)), at(0.2))
    assert not any(isinstance(item, TagRead) for item in left_over.items), "read for a program before us"
    assert session.tick(at(0.4)).send == BB7E.single_poll(), "it has shown its framing"


@pytest.mark.parametrize("framing", [BB7E, AADD])
def test_a_round_ends_when_the_notices_pause(framing: Framing) -> None:
    session = M100Session(1000)
    now = drained(session)
    assert framing.single_poll() in session.tick(at(now)).send
    session.heard(tag_notice(framing, bytes(12)), at(now + 0.01))
    turn = session.heard(tag_notice(framing, bytes(11) + b"\x01"), at(now + 0.02))
    assert [type(item) for item in turn.items] == [TagRead]
    assert session.tick(at(now + 0.05)).items == ()
    assert session.tick(at(now + 0.11)).items == (Status("round-finished"),)
    assert session.tick(at(now + 0.9)).send == b""
    assert session.tick(at(now + 1.0)).send == framing.single_poll()


def test_an_empty_shelf_is_a_completed_round_and_no_fault() -> None:
    session = M100Session(1000)
    now = drained(session)
    session.tick(at(now))
    (item,) = session.heard(no_tag(BB7E), at(now + 0.01)).items
    assert isinstance(item, Status)
    assert item.completes_round
    assert session.tick(at(now + 0.2)).items == (), "not completed twice"


def test_polls_that_nobody_answers_are_a_fault_after_the_third() -> None:
    session = M100Session(1000)
    drained(session)
    items: list[Item] = []
    for tick in range(5, 60):
        items += session.tick(at(tick / 10)).items
    assert [type(item) for item in items] == [Fault] * len(items) != []
    assert "3 polls" in str(items[0])


def module_info(framing: Framing, words: bytes) -> bytes:
    body = b"\x01\x03" + (len(words) + 1).to_bytes(2, "big") + b"\x00" + words
    return bytes([framing.header]) + body + bytes([sum(body) & 0xFF, framing.tail])


def test_a_module_that_is_not_the_expected_one_is_asked_who_it_is_and_nothing_else() -> None:
    session = M100Session(1000, identity="26dBm V1.0")
    assert session.opened(at(0)).send.count(BB7E.module_info()) == 1
    stranger = session.heard(module_info(BB7E, b"M100 20dBm V2.1"), at(0.1))
    assert [type(item) for item in stranger.items] == [Fault]
    assert "expected '26dBm V1.0', it says 'M100 20dBm V2.1'" in str(stranger.items)
    assert session.tick(at(0.4)).send == BB7E.module_info(), "no poll"
    assert session.heard(tag_notice(BB7E, bytes(12)) + no_tag(BB7E), at(0.41)).items == ()
    ours = session.heard(module_info(BB7E, b"M100 26dBm V1.0"), at(0.5))
    assert ours.items == (Status("module-info", "M100 26dBm V1.0"),)
    assert session.tick(at(1.5)).send == BB7E.single_poll()
    (read,) = session.heard(tag_notice(BB7E, bytes(12)), at(1.51)).items
    assert isinstance(read, TagRead)
    session.opened(at(2))
    assert session.heard(tag_notice(BB7E, bytes(12)), at(2.5)).items == (), "at each connection it is asked anew"


def test_a_module_that_does_not_say_who_it_is_is_ill() -> None:
    session = M100Session(1000, identity="26dBm")
    session.opened(at(0))
    items = [item for tick in range(5, 60) for item in session.tick(at(tick / 10)).items]
    assert "does not answer" in str(items[0])


def test_a_standing_clock_does_not_stop_the_polling_and_a_fast_one_does_not_hurry_it() -> None:
    pace = Pace(1000, floor_seconds=0.2, ceiling_seconds=1.0)
    assert pace.due(at(0, 0))
    assert not pace.due(at(0.1, 60_000)), "the device needs its time"
    assert pace.due(at(0.3, 60_000))
    assert not pace.due(at(1.2, 60_000))
    assert pace.due(at(1.3, 60_000)), "the clock stands still"
    assert pace.due(at(1.6, 1_000)), "the clock was set back"


class Bus:
    """A bus with two slaves whose wire a test holds in its hands."""

    def __init__(self) -> None:
        probes = [BusProbe(Probe(f"p{slave}", Request(slave)), 1000) for slave in (1, 2)]
        self.session = ModbusBus(probes)
        self.session.opened(at(0))
        self.now = 0.0
        self.items: list[Item] = []

    def until_asked(self, give_up_seconds: float = 30) -> int:
        """Let time pass until a slave is asked; its address."""
        for _ in range(round(give_up_seconds / 0.02)):
            self.now += 0.02
            turn = self._take(self.session.tick(at(self.now)))
            if turn.send:
                assert crc16(turn.send[:-2]) == turn.send[-2:]
                return turn.send[0]
        return 0

    def hear(self, slave: int, tenths: int, *, after: float = 0.01) -> None:
        self.now += after
        body = bytes([slave, 4, 4]) + tenths.to_bytes(2, "big") + (500).to_bytes(2, "big")
        self._take(self.session.heard(body + crc16(body), at(self.now)))

    def readings(self) -> list[tuple[str, int | None]]:
        return [(item.sensor, item.centi_celsius) for item in self.items if isinstance(item, Reading)]

    def _take(self, turn: Turn) -> Turn:
        self.items += turn.items
        return turn


def test_slaves_are_asked_one_at_a_time_and_each_is_named() -> None:
    bus = Bus()
    for _ in range(8):
        slave = bus.until_asked()
        bus.hear(slave, 41 + 100 * slave)
    assert sorted(bus.readings()) == [("p1", 1410)] * 4 + [("p2", 2410)] * 4


def test_an_answer_that_comes_too_late_is_nobodys_temperature() -> None:
    bus = Bus()
    assert bus.until_asked() == 1
    bus.hear(1, 41, after=1.5)
    asked = bus.until_asked()
    bus.hear(asked, 120)
    assert bus.readings() == [(f"p{asked}", 1200)]


def test_another_slaves_answer_is_not_taken_for_the_pending_one() -> None:
    bus = Bus()
    assert bus.until_asked() == 1
    bus.hear(2, 120)
    assert bus.readings() == []
    assert bus.until_asked(give_up_seconds=0.9) == 0, "the line is not free before the time-out"


def test_after_a_time_out_the_line_rests_before_anybody_is_asked() -> None:
    bus = Bus()
    bus.until_asked()
    asked_at = bus.now
    bus.until_asked()
    assert bus.now - asked_at >= 1.0 + 3.0


def test_a_slave_that_never_answers_is_a_fault_in_its_own_series_and_holds_up_no_other() -> None:
    bus = Bus()
    for _ in range(9):
        if bus.until_asked() == 2:
            bus.hear(2, 41)
    mute = [item for item in bus.items if isinstance(item, Reading) and item.quality == "fault"]
    assert [(item.sensor, item.centi_celsius) for item in mute] == [("p1", None)]
    assert ("p2", 410) in bus.readings()


def test_a_scan_that_was_cut_is_noise_after_a_pause() -> None:
    session = Listening(BarcodeDecoder(), 1.0)
    assert session.heard(b"=A9999926", at(0)).items == ()
    assert session.tick(at(0.9)).items == ()
    (item,) = session.tick(at(1.1)).items
    assert isinstance(item, Noise)
    assert session.heard(b"=A99992612345600\r", at(2)).items == (LabelScan("=A99992612345600"),)
