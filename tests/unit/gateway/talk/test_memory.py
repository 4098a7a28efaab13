"""Reading what tags remember, between two inventories: told without a port, against a field of chips in memory."""

import pytest

from gateway.session import Moment
from gateway.talk.feig import FeigManner
from gateway.talk.memory import ATTEMPTS, FORGOTTEN_AFTER_ROUNDS, TAGS_A_ROUND
from gateway.talk.reader import ScriptedReader
from gateway.wire import feig_obid
from gateway.wire.iso15693 import MemoryRead
from gateway.wire.items import Fault, Item, Status
from ledger.core.tagmemory import Layout
from tests.support.golden_tagmemory import MESSAGE, memory

BAG = "E004015012345678"
GOOD = memory(MESSAGE)


class Shelf:
    """A FEIG reader and the chips before it: what they hold, and what happens while they are read."""

    def __init__(self) -> None:
        self.chips: dict[str, bytes] = {}
        self.locked: set[int] = set()
        self.size = (28, 4)
        self.knows_itself = True
        self.answers: list[str] = []
        """What the next reads of blocks are answered with instead, status and content in hex; empty: as it is."""
        self.read: list[tuple[str, int, int]] = []
        self.mute = False

    def __call__(self, asked: bytes) -> bytes:
        control, content = asked[2], asked[3:-2]
        if control != feig_obid.HOST_COMMAND:
            return says(control, "00" + ("0002040103" if control == feig_obid.SOFTWARE_VERSION else ""))
        if content[0] == 0x01:
            listed = "".join("0300" + uid for uid in self.chips)
            return says(control, f"00{len(self.chips):02X}{listed}" if self.chips else "01")
        uid, rest = content[2:10].hex().upper(), content[10:]
        if uid not in self.chips:
            return says(control, "01")
        if content[0] == 0x2B:
            blocks, size = self.size
            return says(control, f"0007{uid}C4{blocks - 1:02X}{size - 1:02X}01" if self.knows_itself else "950F")
        return b"" if self.mute else self._blocks(control, uid, rest[0], rest[1])

    def _blocks(self, control: int, uid: str, first: int, count: int) -> bytes:
        self.read.append((uid, first, count))
        if self.answers and (answer := self.answers.pop(0)):
            return says(control, answer)
        numbers = range(first, first + count)
        chip = self.chips[uid]
        told = "".join(f"{each in self.locked:02X}{chip[4 * each : 4 * each + 4].hex()}" for each in numbers)
        return says(control, f"00{count:02X}04{told}")


def says(control: int, content: str) -> bytes:
    return feig_obid.request(control, bytes.fromhex(content), address=0)


class Line:
    """A reader's line in simulated time; a round each second."""

    def __init__(self, shelf: Shelf, layout: Layout | None = None) -> None:
        self.session = ScriptedReader(FeigManner(Layout() if layout is None else layout), 1000)
        self.shelf, self.now = shelf, 0.0
        self.items: list[Item] = []
        self._say(self.session.opened(self._moment()).send)

    def rounds(self, count: int) -> list[MemoryRead]:
        """Let so many rounds be completed; the memories that were told meanwhile."""
        before, seen = len(self.items), 0
        while seen < count and self.now < 120:
            self.now += 0.02
            turn = self.session.tick(self._moment())
            self.items += turn.items
            seen += sum(isinstance(item, Status) and item.name == "round-finished" for item in turn.items)
            self._say(turn.send)
        return [item for item in self.items[before:] if isinstance(item, MemoryRead)]

    def _say(self, send: bytes) -> None:
        answer = self.shelf(send) if send else b""
        if answer:
            self.items += self.session.heard(answer, self._moment()).items

    def _moment(self) -> Moment:
        return Moment(round(self.now * 1000), self.now)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def test_a_bags_memory_is_read_once_in_pieces_while_it_stays(shelf: Shelf) -> None:
    shelf.chips, shelf.locked = {BAG: GOOD}, {0, 20}
    line = Line(shelf)
    (read,) = line.rounds(1)
    assert (read.tag, read.octets, read.locked, read.afi, read.dsfid) == (BAG, GOOD, (0, 20), 0xC4, 0x07)
    assert shelf.read == [(BAG, 0, 16), (BAG, 16, 12)], "64 bytes at once"
    assert line.rounds(10) == []


def test_it_is_not_read_where_nobody_asked_for_it(shelf: Shelf) -> None:
    shelf.chips = {BAG: GOOD}
    line = Line(shelf)
    line.session.manner = FeigManner()
    assert line.rounds(3) == []
    assert shelf.read == []


def test_a_tag_that_left_and_came_back_is_read_again(shelf: Shelf) -> None:
    shelf.chips = {BAG: GOOD}
    line = Line(shelf)
    line.rounds(1)
    shelf.chips = {}
    assert line.rounds(FORGOTTEN_AFTER_ROUNDS) == []
    shelf.chips = {BAG: bytes(112)}
    (read,) = line.rounds(1)
    assert read.octets == bytes(112)


def test_one_missed_round_is_no_departure(shelf: Shelf) -> None:
    shelf.chips = {BAG: GOOD}
    line = Line(shelf)
    line.rounds(1)
    shelf.chips = {}
    line.rounds(1)
    shelf.chips = {BAG: GOOD}
    assert line.rounds(3) == []


def test_a_full_shelf_does_not_wait_for_its_inventories(shelf: Shelf) -> None:
    shelf.chips = {f"E0040150123456{number:02X}": GOOD for number in range(TAGS_A_ROUND + 2)}
    line = Line(shelf)
    assert len(line.rounds(1)) == TAGS_A_ROUND
    assert len(line.rounds(1)) == 2


def test_damage_is_read_again_before_it_is_told(shelf: Shelf) -> None:
    broken = GOOD[:-1] + b"\x00"
    shelf.chips = {BAG: broken}
    line = Line(shelf)
    assert line.rounds(ATTEMPTS - 1) == []
    assert [read.octets for read in line.rounds(1)] == [broken]
    passing = Shelf()
    passing.chips = {BAG: broken}
    other = Line(passing)
    other.rounds(1)
    passing.chips = {BAG: GOOD}
    assert [read.octets for read in other.rounds(1)] == [GOOD], "it was the radio"


def test_a_blank_tag_is_told_at_once(shelf: Shelf) -> None:
    shelf.chips = {BAG: bytes(112)}
    assert len(Line(shelf).rounds(1)) == 1


def test_a_tag_that_leaves_while_it_is_read_is_told_when_it_is_gone(shelf: Shelf) -> None:
    shelf.chips, shelf.answers = {BAG: GOOD}, ["", "01"]
    line = Line(shelf)
    assert line.rounds(1) == []
    shelf.chips = {}
    (gone,) = line.rounds(FORGOTTEN_AFTER_ROUNDS)
    assert (gone.tag, gone.octets) == (BAG, b"")
    assert gone.detail == "the tag left before its memory was read: expected blocks 16 to 27; the tag did not answer"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("00" + "0F04" + "0000000000" * 15, "expected blocks 0 to 15; came 15 of 4 bytes"),
        ("00" + "0802" + "000000" * 8, "expected blocks 0 to 15; came 8 of 2 bytes"),
        ("9510", "expected blocks 0 to 15; host-command: status 95: the transponder refused: 10 block not available"),
        ("0300", "expected blocks 0 to 15; host-command: status 03: not written, block 0"),
    ],
)
def test_what_cannot_be_read_is_tried_thrice_and_then_told(shelf: Shelf, answer: str, told: str) -> None:
    shelf.chips, shelf.answers = {BAG: GOOD}, [answer] * ATTEMPTS
    assert [read.detail for read in Line(shelf).rounds(ATTEMPTS)] == [told]


def test_a_chip_of_another_size_than_the_sites_is_told_without_reading_it(shelf: Shelf) -> None:
    shelf.chips, shelf.size = {BAG: GOOD}, (64, 8)
    (read,) = Line(shelf).rounds(ATTEMPTS)
    assert read.detail == "expected 28 blocks of 4 bytes, the tag has 64 of 8: configure the layout"
    assert shelf.read == []


def test_a_chip_that_does_not_know_itself_is_read_all_the_same(shelf: Shelf) -> None:
    shelf.chips, shelf.knows_itself = {BAG: GOOD}, False
    (read,) = Line(shelf).rounds(1)
    assert (read.octets, read.afi, read.dsfid) == (GOOD, None, None)


def test_a_reader_that_falls_silent_over_a_tag_goes_on_with_the_others(shelf: Shelf) -> None:
    shelf.chips, shelf.mute = {BAG: GOOD}, True
    line = Line(shelf)
    found = line.rounds(2)
    assert [read.detail for read in found] == []
    assert any(isinstance(item, Fault) for item in line.items)
