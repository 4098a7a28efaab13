"""Chips before an HF reader: what they hold stays, what is locked is locked, and what befalls them is repeatable."""

import pytest

from firmware_mocks.chips import MEMORY_FAULTS, NO_TAG, NOT_WRITTEN, OK, OUT_OF_RANGE, TAG_ERROR, UNKNOWN, Chips
from firmware_mocks.control import CommandError
from firmware_mocks.faults import FaultPlan

UID = bytes.fromhex("E004015012345678")
READ, WRITE, LOCK, AFI, DSFID, SYSTEM = 0x23, 0x24, 0x22, 0x27, 0x29, 0x2B


def chips(plan: FaultPlan | None = None) -> Chips:
    made = Chips(plan or FaultPlan(1, {}, known=MEMORY_FAULTS))
    made.place([{"epc": UID.hex(), "memory": "0011223344556677", "locked": [1], "afi": 196, "dsfid": 7}])
    return made


def ask(made: Chips, command: int, rest: str = "", *, mode: int = 0x09, uid: bytes = UID) -> tuple[int, str]:
    status, content = made.obey(bytes((command, mode)) + uid + bytes.fromhex(rest), {UID}, 0)
    return status, content.hex()


def test_a_chip_is_read_with_its_locks_and_says_what_it_is() -> None:
    made = chips()
    assert ask(made, READ, "0002") == (OK, "0204" + "0000112233" + "0144556677")
    assert ask(made, READ, "0002", mode=0x01) == (OK, "0204" + "0000112233" + "0044556677"), "locks not asked for"
    assert ask(made, SYSTEM) == (OK, "07" + UID.hex() + "c4" + "0103" + "01")
    assert ask(made, READ, "0103") == (OUT_OF_RANGE, "")
    assert ask(made, 0x77, "0001") == (UNKNOWN, "")


def test_what_is_written_stays_and_what_is_locked_is_not_written() -> None:
    made = chips()
    assert ask(made, WRITE, "000104" + "aabbccdd") == (OK, "")
    assert ask(made, WRITE, "000204" + "0102030405060708") == (TAG_ERROR, "1201"), "block 1 is locked"
    assert ask(made, WRITE, "000102" + "0102") == (NOT_WRITTEN, "00"), "blocks have four bytes"
    assert ask(made, LOCK, "0001") == (OK, "")
    assert ask(made, WRITE, "000104" + "00000000") == (TAG_ERROR, "1200")
    assert ask(made, AFI, "00") == ask(made, DSFID, "01") == (OK, "")
    made.place([{"epc": UID.hex()}])
    assert ask(made, READ, "0001") == (OK, "0104" + "0101020304"), "it was away for a while"
    assert ask(made, SYSTEM)[1].startswith("01")


def test_a_tag_that_is_not_there_does_not_answer() -> None:
    assert ask(chips(), READ, "0001", uid=UID[::-1]) == (NO_TAG, "")


def test_what_befalls_a_chip_is_ordered() -> None:
    plan = FaultPlan(1, {}, known=MEMORY_FAULTS)
    made = chips(plan)
    plan.order_count("lost-tag", 1)
    assert ask(made, READ, "0002") == (NO_TAG, "")
    plan.order_count("bad-bit", 1)
    assert ask(made, READ, "0002")[1].endswith("44556673")
    plan.order_count("short", 1)
    assert ask(made, READ, "0002") == (OK, "0104" + "0000112233")
    assert ask(made, READ, "0002") == (OK, "0204" + "0000112233" + "0144556677")


@pytest.mark.parametrize("memory", ["", "001122", "xy"])
def test_what_is_no_memory_is_refused(memory: str) -> None:
    with pytest.raises(CommandError, match="tag"):
        chips().place([{"epc": UID.hex(), "memory": memory}])
