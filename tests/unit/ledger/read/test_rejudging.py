"""What is kept of units' cold chains is held against judging them again: whatever was altered is named."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.judge import Judging
from ledger.read import rejudging
from ledger.read.reader import reading
from ledger.store.bad import BadPlaceError
from tests.support.producers import Gateway, StoryClock, claim, declare, introduce, site_in

pytestmark = pytest.mark.sqlite
FRIDGE, UNIT = "place:centre/fridge-1", "unit:A999926123456.A0002V00"
OTHER = "unit:A999926123457.A0002V00"


def entered(unit: str) -> Draft:
    fields = {"unit": unit, "abo": "O", "rhd": "negative", "expires": "2026-04-05T15:59:00.000Z", "place": FRIDGE}
    return Draft(kinds.Opening, fields)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A unit that was warm for five minutes; another that came afterwards and is not judged yet."""
    made, clock, gateway = site_in(tmp_path_factory.mktemp("site") / "site"), StoryClock(), Gateway("gw-centre")
    with Ledger(made, clock) as ledger:
        introduce(ledger, gateway)
        names = {"organisation": "org:centre", "name_zh": FRIDGE, "name_en": FRIDGE, "phase": "store"}
        declare(ledger, Draft(kinds.PlaceAdded, {"place": FRIDGE, **names}))
        claim(ledger, entered(UNIT))
        began, until = clock.after(0), clock.after(10)
        warm = {"place": FRIDGE, "probe": "probe:p", "measures": "air", "until": until, "quality": "good"}
        readings = [[0, 900], [300_000, 400]]
        ledger.append_batch(gateway.say((kinds.TemperatureSegment, began, {**warm, "readings": readings}), suffix="t"))
        Judging(ledger).judge_now()
        claim(ledger, entered(OTHER))
    return made


def examined(site: Site) -> int:
    with reading(site) as reader:
        return rejudging.examine(reader)


def test_what_is_not_judged_yet_is_not_missed(site: Site) -> None:
    assert examined(site) == 1


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("verdicts", "UPDATE verdicts SET verdict = 'ok'"),
        ("verdicts", "UPDATE verdicts SET held = 0"),
        ("verdicts", "UPDATE verdicts SET out_ms = out_ms - 1"),
        ("verdicts", "UPDATE verdicts SET holds_until_ms = NULL"),
        ("verdicts", "UPDATE verdicts SET since = as_of + 1"),
        ("verdicts", "UPDATE verdicts SET as_of = 900"),
        ("verdicts", "DELETE FROM verdicts"),
        ("unit_stays", "UPDATE unit_stays SET since_ms = since_ms + 1"),
        ("unit_stays", "DELETE FROM unit_stays"),
        ("verdicts", "DELETE FROM judged"),
    ],
)
def test_whatever_was_altered_is_named(site: Site, tmp_path: Path, table: str, change: str) -> None:
    copy = replace(site, directory=shutil.copytree(site.directory, tmp_path / "copy"))
    with closing(sqlite3.connect(copy.ledger_db)) as file, file:
        file.execute(change)
    with pytest.raises(BadPlaceError, match=table):
        examined(copy)
