"""Label, tag memory, ledger: whoever stands alone is named, and nothing agrees that was not compared."""

import dataclasses
from typing import get_args

import pytest

from ledger.core import isbt128, tagmemory
from ledger.core.reconcile import Code, Difference, Said, of_label, reconcile
from ledger.core.tagmemory import TagMemory, Unreadable
from tests.support.golden_tagmemory import MESSAGE, memory

TEXT = MESSAGE.decode()
PLASMA = TEXT.replace("E0382V00", "E0701V00")
THIRD = TEXT.replace("E0382V00", "E0999V00")
LABEL = isbt128.parse(TEXT)
LEDGER = Said("A999926123456", "E0382V00", "O positive", "2026-02-11T23:59")


def written(text: str = TEXT) -> TagMemory:
    return tagmemory.parse(memory(text.encode()))


def ledger(text: str = TEXT) -> Said:
    return of_label(isbt128.parse(text))


def test_all_three_alike_agree() -> None:
    found = reconcile(LABEL, written(), LEDGER)
    assert (found.code, found.differences) == ("agree", ())
    assert found.compared == ("din", "product", "group", "expires")
    assert found.words == "all that spoke agree; the same: donation number, product code, blood group, expiry"


@pytest.mark.parametrize(
    ("label", "memory_text", "ledger_text", "code"),
    [
        (PLASMA, TEXT, TEXT, "label-differs"),
        (TEXT, PLASMA, TEXT, "memory-differs"),
        (TEXT, TEXT, PLASMA, "ledger-differs"),
        (TEXT, PLASMA, THIRD, "all-differ"),
        (TEXT, PLASMA, None, "memory-differs"),
        (None, PLASMA, TEXT, "memory-differs"),
        (TEXT, None, PLASMA, "all-differ"),
        (TEXT, None, TEXT, "agree"),
        (None, TEXT, TEXT, "agree"),
    ],
)
def test_whoever_stands_alone_is_named(
    label: str | None, memory_text: str | None, ledger_text: str | None, code: str
) -> None:
    found = reconcile(
        isbt128.parse(label) if label else None,
        written(memory_text) if memory_text else None,
        ledger(ledger_text) if ledger_text else None,
    )
    assert found.code == code
    assert bool(found.differences) == (code != "agree")


@pytest.mark.parametrize(
    ("old", "new", "fact"),
    [
        ("A99992612345600", "A99992612345700", "din"),
        ("E0382V00", "E0382VA0", "product"),
        ("=%5100", "=%9500", "group"),
        ("0260422359", "0260432359", "expires"),
    ],
)
def test_every_fact_is_compared(old: str, new: str, fact: str) -> None:
    found = reconcile(LABEL, written(TEXT.replace(old, new)), LEDGER)
    assert found.code == "memory-differs"
    assert [difference.fact for difference in found.differences] == [fact]


def test_a_difference_is_told_with_what_each_says() -> None:
    found = reconcile(LABEL, written(PLASMA), LEDGER)
    said = (("label", "E0382V00"), ("memory", "E0701V00"), ("ledger", "E0382V00"))
    assert found.differences == (Difference("product", said),)
    assert found.words.endswith("; product code: label E0382V00, memory E0701V00, ledger E0382V00")


def test_two_that_stand_alone_in_different_facts_leave_no_two_that_agree() -> None:
    late = isbt128.parse(TEXT.replace("0260422359", "0260432359"))
    assert reconcile(late, written(PLASMA), LEDGER).code == "all-differ"


def test_a_label_of_which_only_the_number_was_scanned_names_no_unit() -> None:
    found = reconcile(isbt128.parse("=A99992612345600"), written(), LEDGER)
    assert (found.code, found.differences) == ("undecided", ())
    assert reconcile(isbt128.parse("=A99992612345700"), written(), LEDGER).code == "label-differs"


def test_nothing_agrees_with_itself_alone() -> None:
    for found in (reconcile(LABEL, None, None), reconcile(None, None, None), reconcile(None, None, LEDGER)):
        assert (found.code, found.compared) == ("undecided", ())
        assert found.words.endswith("nothing could be compared")


def test_a_memory_that_cannot_be_read_is_none_that_agrees() -> None:
    noise = tagmemory.examine(b"\x07" * 112)
    found = reconcile(LABEL, noise, LEDGER)
    assert found.code == "memory-unreadable"
    assert isinstance(noise, Unreadable)
    assert noise.reason in found.words


def test_a_blank_tag_is_none_that_was_damaged() -> None:
    assert reconcile(LABEL, tagmemory.examine(bytes(112)), LEDGER).code == "memory-blank"


def test_what_label_and_ledger_say_unlike_is_worse_than_an_unreadable_memory() -> None:
    found = reconcile(LABEL, tagmemory.examine(bytes(112)), ledger(PLASMA))
    assert found.code == "all-differ"
    assert "blank" in found.words


def test_a_memory_whose_crc_does_not_fit_has_no_say() -> None:
    damaged = bytearray(memory(PLASMA.encode()))
    damaged[50] ^= 0x01
    found = reconcile(LABEL, tagmemory.parse(bytes(damaged)), LEDGER)
    assert (found.code, found.differences) == ("memory-unreadable", ())
    assert "its CRC does not fit" in found.words


def test_a_group_that_is_no_abo_and_rhd_is_not_compared() -> None:
    found = reconcile(LABEL, written(TEXT.replace("=%5100", "=%Mr00")), LEDGER)
    assert (found.code, found.compared) == ("agree", ("din", "product", "group", "expires"))
    assert reconcile(None, written(TEXT.replace("=%5100", "=%Mr00")), LEDGER).compared == ("din", "product", "expires")


def test_an_expiry_that_the_ledger_does_not_know_is_not_compared() -> None:
    found = reconcile(None, written(), dataclasses.replace(LEDGER, expires=None))
    assert (found.code, found.compared) == ("agree", ("din", "product", "group"))


def test_a_product_with_a_long_division_is_another_bag() -> None:
    long = "=+05000" + TEXT[7:].replace("=<E0382V00", "=<E0382V00=,0A0B0C")
    assert ledger(long).product == "E0382V0A0B0C"
    assert reconcile(LABEL, written(long), LEDGER).code == "memory-differs"


def test_every_code_is_told_here() -> None:
    assert set(get_args(Code)) == {
        *("agree", "label-differs", "memory-differs", "ledger-differs", "all-differ"),
        *("memory-unreadable", "memory-blank", "undecided"),
    }
