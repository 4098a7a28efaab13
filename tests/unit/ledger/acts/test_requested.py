"""A request that may come again: the log itself knows what was said under which key."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.acts.requested import Requested, name_of
from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.events import kind_of
from ledger.core.ids import format_instant
from ledger.read.reader import Reader, reading
from tests.support.producers import NOON_MS, StoryClock, claim, site_in

WHO, OTHER = "person:" + "1" * 32, "person:" + "2" * 32
KEY = "0b7e3c1a-5f1d-4c38-9a55-2f4f6f0c9d01"
FIRST = name_of(WHO, KEY, "POST", "/v1/steps/stored", "{}")
RED, FRIDGE = "unit:A999926000001.A0002V00", "place:centre/f-07"


def test_its_name_is_of_who_asked_their_key_and_what_was_asked() -> None:
    start = f"xuemai/request/v1\n{WHO}\n{KEY}\n"
    halves = (start, start + "POST\n/v1/steps/stored\n{}\n")
    assert "".join(hashlib.sha256(each.encode()).hexdigest()[:16] for each in halves) == FIRST
    assert name_of(WHO, KEY, "POST", "/v1/steps/moved", "{}")[:16] == FIRST[:16]
    assert name_of(OTHER, KEY, "POST", "/v1/steps/stored", "{}")[:16] != FIRST[:16]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(site_in(tmp_path / "site"), StoryClock()) as opened:
        yield opened


@pytest.fixture
def stored(ledger: Ledger) -> list[Draft]:
    label = {"abo": "A", "rhd": "positive", "expires": format_instant(NOON_MS + 86_400_000)}
    claim(ledger, Draft(kinds.Opening, {"unit": RED, **label, "place": FRIDGE}))
    return [Draft(kinds.Stored, {"unit": RED, "place": FRIDGE})]


def test_the_same_again_is_answered_from_the_log_and_asks_no_rule(ledger: Ledger, stored: list[Draft]) -> None:
    first = Requested(ledger, FIRST)
    told = first.record("web", stored)
    assert not isinstance(told, Refused)
    assert (first.repeated, first.recorded, told[0].event.request) == (False, told, FIRST)
    size, again = ledger.size, Requested(ledger, FIRST)
    assert again.record("web", stored, lambda _reader: Refused("never", "asked")) == told
    assert (again.repeated, again.recorded, ledger.size) == (True, told, size)
    with reading(ledger.site) as reader:
        known, unknown = Requested(ledger, FIRST), Requested(ledger, name_of(WHO, KEY, "other"))
        assert (known.is_known(reader), known.recorded) == (True, told)
        assert (unknown.is_known(reader), unknown.recorded, unknown.repeated) == (False, (), False)


def test_another_request_under_the_key_is_refused(ledger: Ledger, stored: list[Draft]) -> None:
    Requested(ledger, FIRST).record("web", stored)
    size, other = ledger.size, Requested(ledger, name_of(WHO, KEY, "POST", "/v1/steps/removed", "{}"))
    answer = other.record("web", stored)
    assert isinstance(answer, Refused)
    assert (answer.step, ledger.size, other.recorded) == ("request.differs", size, ())


def test_a_rule_is_asked_the_first_time_and_a_refusal_leaves_the_key_free(ledger: Ledger, stored: list[Draft]) -> None:
    refused = Requested(ledger, FIRST).record("web", stored, lambda _reader: Refused("no", "not now"))
    assert refused == Refused("no", "not now")

    def make(_reader: Reader) -> list[Draft]:
        return stored

    said = Requested(ledger, FIRST).record_made(make)
    assert not isinstance(said, Refused)
    assert [kind_of(each.event) for each in said] == ["stored"]


def test_the_sites_own_word_has_no_request(ledger: Ledger) -> None:
    answer = Requested(ledger, FIRST).record("site", [])
    assert isinstance(answer, Refused)
    assert answer.step == "request.stream"
