"""What the database counts of the free bags is what the rule counts of them one by one."""

from itertools import product
from pathlib import Path

import pytest

from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.read import stock
from ledger.read.free import free_now
from ledger.read.reader import reading
from ledger.rules.inventory import FreeBags, free_bags
from tests.support.producers import NOON_MS, StoryClock, claim, declare, site_in

CENTRE, HOSPITAL = "org:centre", "org:hospital"
FRIDGE, BANK, BOX = "place:centre/fridge", "place:hospital/bank", "box:B-1"
DAY_MS = 86_400_000
RED, HALF, STRANGE = "A0002V00", "A0002VA0", "Z9999V00"


def unit(number: int, code: str = RED) -> str:
    return f"unit:A9999260000{number:02}.{code}"


def enter(ledger: Ledger, name: str, *, days: int | None, release: bool = True, **fields: object) -> None:
    expires = {} if days is None else {"expires": format_instant(NOON_MS + days * DAY_MS)}
    claim(ledger, Draft(kinds.Opening, {"unit": name, "place": FRIDGE, **expires, **fields}))
    if release:
        claim(ledger, Draft(kinds.Released, {"unit": name}))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Bags of every sort: alike, with and without a group, expired, undated, held back, on the road, in hospital."""
    named = {"name_zh": "某处", "name_en": "Somewhere"}
    clock = StoryClock(NOON_MS)
    ledger = Ledger(site_in(tmp_path / "site"), clock)
    with ledger:
        for org, role in ((CENTRE, "blood_centre"), (HOSPITAL, "hospital")):
            declare(ledger, Draft(kinds.OrganisationAdded, {"organisation": org, "role": role} | named))
        for place, org in ((FRIDGE, CENTRE), (BANK, HOSPITAL), (BOX, CENTRE)):
            declare(ledger, Draft(kinds.PlaceAdded, {"place": place, "organisation": org} | named))
        group = {"abo": "O", "rhd": "negative"}
        for number, days in ((1, 0), (2, 1), (3, 2), (4, 9)):
            enter(ledger, unit(number), days=days, **group)
        enter(ledger, unit(5, HALF), days=2, **group)
        enter(ledger, unit(6, STRANGE), days=2)
        enter(ledger, unit(7), days=None, **group)
        enter(ledger, unit(8), days=-1, **group)
        enter(ledger, unit(9), days=5, release=False, **group)
        for number in (10, 11):
            enter(ledger, unit(number), days=7, **group)
        note = {"dispatch_note": "consignment:N-1", "units": [unit(10), unit(11)]}
        claim(ledger, Draft(kinds.Dispatched, {**note, "to": HOSPITAL, "place": FRIDGE}))
        accepted = {"dispatch_note": "consignment:N-1", "units": [unit(11)], "outcome": "accepted", "place": BANK}
        claim(ledger, Draft(kinds.Received, accepted))
        enter(ledger, unit(12), days=7, **group)
        claim(ledger, Draft(kinds.Quarantined, {"unit": unit(12), "reason": "other"}))
        enter(ledger, unit(13), days=7, release=False, **group)
        clock.at_ms += 2000
        claim(ledger, Draft(kinds.Released, {"unit": unit(13)}))
        # Said after the release, and true before it: nobody knows what the bag is until a person says so.
        claim(ledger, Draft(kinds.Nonconforming, {"unit": unit(13)}, format_instant(NOON_MS + 1000)))
    return ledger


def ordered(free: tuple[FreeBags, ...]) -> list[str]:
    return sorted(map(repr, free))


def test_both_count_the_same(ledger: Ledger) -> None:
    instants = (NOON_MS - 2 * DAY_MS, NOON_MS, NOON_MS + 1, NOON_MS + DAY_MS, NOON_MS + 99 * DAY_MS)
    within = (0, 1, DAY_MS, DAY_MS + 1, 50 * DAY_MS)
    with reading(ledger.site) as reader:
        for holder in (None, CENTRE, HOSPITAL, "transit", "org:nobody"):
            bags = stock.bags(reader, holder=holder)
            for at_ms, within_ms in product(instants, within):
                counted = free_now(reader, holder=holder, at_ms=at_ms, within_ms=within_ms)
                assert ordered(counted) == ordered(free_bags(bags, at_ms, within_ms=within_ms)), (at_ms, within_ms)


def test_alike_are_divisions_of_one_product_and_free_is_what_nobody_holds_back(ledger: Ledger) -> None:
    with reading(ledger.site) as reader:
        found = free_now(reader, holder=None, at_ms=NOON_MS, within_ms=2 * DAY_MS)
    red, hospitals, strange = sorted(found, key=lambda each: (each.component, each.earliest_ms))
    assert red == FreeBags("RBC_AS", "O", "negative", FRIDGE, CENTRE, 200, "U", 5, 2, NOON_MS)
    assert strange == FreeBags(STRANGE, None, None, FRIDGE, CENTRE, None, None, 1, 0, NOON_MS + 2 * DAY_MS)
    assert hospitals == FreeBags("RBC_AS", "O", "negative", BANK, HOSPITAL, 200, "U", 1, 0, NOON_MS + 7 * DAY_MS)
