"""A bag named by two scans: soon, one right after the other, in either order."""

import pytest

from ledger.core.labels.pairing import PAIR_MS, Half, Step, passed, scanned
from ledger.core.labels.reading import Reading, Scanned

READ = Reading().read
DONATION, PRODUCT = READ("=A99992612345600"), READ("=<A0002V00")
UNIT = "unit:A999926123456.A0002V00"
NOON = 1_000_000


def after(*scans: tuple[int, Scanned | None]) -> Step:
    """What the last of these scans, at milliseconds past noon, made of it."""
    step = Step()
    for at, scan in scans:
        step = scanned(step.waiting, scan, now_ms=NOON + at)
    return step


@pytest.mark.parametrize("scans", [(DONATION, PRODUCT), (PRODUCT, DONATION)], ids=["donation-first", "product-first"])
def test_two_halves_name_the_bag_in_either_order(scans: tuple[Scanned, Scanned]) -> None:
    step = after((0, scans[0]), (3000, scans[1]))
    assert (step.unit, step.since_ms, step.parted) == (UNIT, NOON, None)


def test_one_half_waits_and_says_for_what() -> None:
    donation, product = after((0, DONATION)), after((0, PRODUCT))
    assert (donation.unit, product.unit) == (None, None)
    assert donation.waiting == Half(DONATION.din, None, NOON)
    assert donation.waiting.wants == "product"
    assert product.waiting == Half(None, "A0002V00", NOON)
    assert product.waiting.wants == "donation"


def test_a_whole_label_names_the_bag_by_itself() -> None:
    whole = READ("=+02000=A99992612345600=<A0002V00")
    assert after((0, whole)) == Step(unit=UNIT)
    assert after((0, READ("=A99992699999900")), (1, whole)) == Step(unit=UNIT, parted="foreign")


@pytest.mark.parametrize(
    "between", [READ("=%5100"), READ("=>026042"), None, READ("=A99992699999900")],
    ids=["group", "expiry", "unreadable", "another-donation"],
)  # fmt: skip
def test_anything_in_between_parts_the_halves(between: Scanned | None) -> None:
    parted = after((0, DONATION), (1000, between))
    assert (parted.unit, parted.parted) == (None, "foreign")
    assert after((0, DONATION), (1000, between), (2000, PRODUCT)).unit != UNIT


def test_a_product_after_a_product_waits_in_its_place() -> None:
    step = after((0, PRODUCT), (1000, READ("=<A0003V00")))
    assert (step.waiting, step.parted) == (Half(None, "A0003V00", NOON + 1000), "foreign")
    assert after((0, PRODUCT), (1000, READ("=<A0003V00")), (2000, DONATION)).unit == "unit:A999926123456.A0003V00"


def test_the_same_half_again_parts_nothing_and_waits_anew() -> None:
    again = after((0, DONATION), (PAIR_MS, DONATION))
    assert again == Step(waiting=Half(DONATION.din, None, NOON + PAIR_MS))
    assert after((0, DONATION), (PAIR_MS, DONATION), (2 * PAIR_MS, PRODUCT)).since_ms == NOON + PAIR_MS


@pytest.mark.parametrize("late", [PAIR_MS + 1, -1], ids=["too-late", "clock-went-back"])
def test_the_other_half_in_the_wrong_time_is_a_first_half(late: int) -> None:
    step = after((0, DONATION), (late, PRODUCT))
    assert step == Step(waiting=Half(None, "A0002V00", NOON + late), parted="late")


@pytest.mark.parametrize("scans", [(DONATION, PRODUCT), (PRODUCT, DONATION)], ids=["donation-first", "product-first"])
def test_the_half_that_completed_a_bag_begins_none_when_it_is_read_once_more(scans: tuple[Scanned, Scanned]) -> None:
    first, second = scans
    another = READ("=A99992699999900") if first is DONATION else READ("=<A0003V00")
    again = after((0, first), (1000, second), (2000, second))
    assert (again.unit, again.parted) == (None, None)
    assert again.waiting is not None
    assert (again.waiting.spent, again.waiting.wants) == (True, None)
    step = after((0, first), (1000, second), (2000, second), (3000, another))
    assert (step.unit, step.parted) == (None, None), "the next bag's first half is not joined to this bag's last"


def test_a_spent_half_is_forgotten_without_a_word() -> None:
    step = after((0, DONATION), (1000, PRODUCT))
    assert passed(step.waiting, now_ms=NOON + 1000 + PAIR_MS) == Step(waiting=step.waiting)
    assert passed(step.waiting, now_ms=NOON + 1001 + PAIR_MS) == Step()
    assert after((0, DONATION), (1000, PRODUCT), (2000, READ("=%5100"))) == Step()
    later = after((0, DONATION), (1000, PRODUCT), (1001 + PAIR_MS, PRODUCT)).waiting
    assert later is not None
    assert later.wants == "donation"


def test_bag_after_bag_is_named() -> None:
    other = READ("=A99992699999900")
    bags = [after((0, DONATION), (1000, PRODUCT), (2000, other), (3000, PRODUCT)).unit]
    bags += [after((0, DONATION), (1000, PRODUCT), (2000, DONATION), (3000, READ("=<A0003V00"))).unit]
    assert bags == ["unit:A999926999999.A0002V00", "unit:A999926123456.A0003V00"]


def test_the_other_half_in_the_same_and_in_the_last_moment_is_in_time() -> None:
    assert after((0, DONATION), (0, PRODUCT)).unit == UNIT
    assert after((0, DONATION), (PAIR_MS, PRODUCT)).unit == UNIT


def test_time_alone_says_when_a_half_came_to_nothing() -> None:
    half = Half(DONATION.din, None, NOON)
    assert passed(half, now_ms=NOON + PAIR_MS) == Step(waiting=half)
    assert passed(half, now_ms=NOON + PAIR_MS + 1) == Step(parted="late")
    assert passed(None, now_ms=NOON) == Step()


def test_a_scan_that_is_neither_after_nothing_is_nothing() -> None:
    assert after((0, READ("=%5100"))) == Step()
    assert after((0, None)) == Step()
    assert after((0, DONATION), (PAIR_MS + 1, None)) == Step(parted="late")
