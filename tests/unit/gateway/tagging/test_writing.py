"""Writing a tag: nothing is written over unasked, what is written is read again, and locks come last, if asked for."""

import pytest

from firmware_mocks.chips import MEMORY_FAULTS, Chips
from firmware_mocks.faults import FaultPlan
from firmware_mocks.hf_reader import frame
from gateway.tagging.writing import Order, Script, T, TagError, find, read, write
from gateway.wire import feig_obid
from gateway.wire.hf_iso15693 import HfDecoder
from ledger.core.errors import FormatError
from ledger.core.isbt128 import parse
from ledger.core.tagmemory import Layout
from tests.support.golden_tagmemory import MESSAGE, memory

BAG, OTHER = "E004015012345678", "E004015012345679"
TEXT = MESSAGE.decode()
PLASMA = TEXT.replace("E0382V00", "E0701V00")
SITE = Layout(afi=196, dsfid=7)


class Desk:
    """A reader on a desk, and the tags that lie on it."""

    def __init__(self, **chip: object) -> None:
        self.plan = FaultPlan(1, {}, known=MEMORY_FAULTS)
        self.chips = Chips(self.plan)
        self.tags = [BAG]
        self.asked: list[int] = []
        self.mute = False
        self.after_writing = ""
        """What befalls the chip at each command once something was written."""
        self.chips.place([{"epc": BAG, **chip}])

    def converse(self, script: Script[T]) -> T:
        """Conduct a script as the line does: what is not answered gives nothing."""
        question = next(script)
        decoder = HfDecoder()
        while True:
            answer = decoder.feed(self._answer(question.send))
            assert not answer or any(question.ends(item) for item in answer)
            try:
                question = script.send(answer)
            except StopIteration as ended:
                value: T = ended.value
                return value

    def _answer(self, asked: bytes) -> bytes:
        control, content = asked[2], asked[3:-2]
        if self.mute:
            return b""
        if control != feig_obid.HOST_COMMAND:
            return frame(control, 0)
        if self.after_writing and 0x24 in self.asked:
            self.plan.order_count(self.after_writing, 1)
        self.asked.append(content[0])
        if content[0] == 0x01:
            listed = b"".join(b"\x03\x00" + bytes.fromhex(uid) for uid in self.tags)
            return frame(control, 0, bytes((len(self.tags),)) + listed) if self.tags else frame(control, 1)
        return frame(control, *self.chips.obey(content, {bytes.fromhex(uid) for uid in self.tags}, 0))


def order(text: str = TEXT, *, replaces: bool = False, locks: bool = False) -> Order:
    return Order(parse(text), SITE, replaces, locks)


def test_a_new_tag_is_written_and_read_again() -> None:
    desk = Desk()
    written = desk.converse(write(BAG, order()))
    assert (written.octets, written.afi, written.dsfid, written.locked) == (memory(MESSAGE), 196, 7, ())
    assert 0x22 not in desk.asked, "nobody asked for a lock"
    assert desk.converse(read(BAG, SITE)).octets == memory(MESSAGE)


def test_what_is_there_already_is_not_written_once_more() -> None:
    desk = Desk(memory=memory(MESSAGE).hex(), afi=196, dsfid=7)
    desk.converse(write(BAG, order()))
    assert {0x24, 0x27, 0x29}.isdisjoint(desk.asked)


def test_another_bags_tag_is_written_over_only_when_somebody_says_so() -> None:
    desk = Desk(memory=memory(MESSAGE).hex())
    with pytest.raises(TagError, match=r"it holds the message of A999926123456 E0382V00: find out whose tag this is"):
        desk.converse(write(BAG, order(PLASMA)))
    assert 0x24 not in desk.asked
    assert desk.converse(write(BAG, order(PLASMA, replaces=True))).octets == memory(PLASMA.encode())


def test_damage_may_be_written_over() -> None:
    assert desk_with(b"\x01" * 112).converse(write(BAG, order())).octets == memory(MESSAGE)


def desk_with(octets: bytes) -> Desk:
    return Desk(memory=octets.hex())


def test_a_lock_comes_last_and_is_checked() -> None:
    desk = Desk()
    assert desk.converse(write(BAG, order(locks=True))).locked == tuple(range(28))
    assert desk.asked.index(0x22) > max(at for at, command in enumerate(desk.asked) if command == 0x24)
    with pytest.raises(TagError, match="block 8 is locked"):
        desk.converse(write(BAG, order(PLASMA, replaces=True)))
    assert desk.converse(write(BAG, order())).octets == memory(MESSAGE), "it says so already"


@pytest.mark.parametrize(
    ("fault", "told"), [("lost-tag", "could not be written|tag did not answer"), ("bad-bit", "came something else")]
)
def test_what_goes_wrong_is_told(fault: str, told: str) -> None:
    desk = Desk(afi=196, dsfid=7)
    desk.after_writing = fault
    with pytest.raises(TagError, match=told):
        desk.converse(write(BAG, order()))


def test_one_tag_is_meant() -> None:
    desk = Desk()
    assert desk.converse(find("")) == desk.converse(find(BAG)) == BAG
    desk.tags = [BAG, OTHER]
    assert desk.converse(find(OTHER)) == OTHER
    with pytest.raises(TagError, match=f"expected one tag before the reader, came {BAG}, {OTHER}"):
        desk.converse(find(""))
    desk.tags = []
    with pytest.raises(TagError, match=r"expected the tag E0.* came no tag"):
        desk.converse(find(BAG))
    desk.mute = True
    with pytest.raises(TagError, match="is the reader switched on"):
        desk.converse(find(""))


def test_nothing_that_names_a_person_is_written() -> None:
    desk = Desk()
    with pytest.raises(FormatError, match="names a person"):
        desk.converse(write(BAG, order("=+02000=A99992612345600=;A99990000000000000123")))
    assert desk.asked == []
