"""The quick examination accepts a sound log, on one core or many, and nothing that a replay would refuse."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.fsck import Report, examine, examine_log
from ledger.store import event_lists, sweep
from tests.support.producers import CountedEntropy, Gateway, StoryClock, claim, introduce, site_in

UNIT = "unit:A999926123456.E0382V00"
BATCHES = event_lists.WINDOW_BATCHES + 3
"""More than one stretch."""


# Only a file can be looked into by processes beside this one; a server's log is replayed.
pytestmark = pytest.mark.sqlite


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site that crashed: no seal vouches for its bytes."""
    site = site_in(tmp_path / "site")
    clock, centre = StoryClock(), Gateway("gw-centre")
    with Ledger(site, clock, entropy=CountedEntropy("sweep")) as ledger:
        introduce(ledger, centre)
        claim(
            ledger,
            Draft(kinds.Collected, {"unit": UNIT, "donor": "person:" + "d" * 32, "place": "place:fridge"}),
            Draft(kinds.TagAssociated, {"unit": UNIT, "tag": "tag:E0040100"}),
        )
        for _ in range(BATCHES):
            seen = {"tag": "tag:E0040100", "device": "device:r", "antenna": 1, "reads": 1, "place": "place:fridge"}
            ledger.append_batch(centre.say((kinds.TagArrived, clock.after(1), seen)))
        bad = centre.events([(kinds.TagArrived, clock.after(1), seen)])[0].replace(b"tag_arrived", b"tag_lost")
        ledger.append_batch(centre.seal([bad]))
    site.seal.unlink()
    return site


@pytest.fixture(params=["one process", "several"])
def examined(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[Site], Report]:
    """An examination by one process, or by several."""
    if request.param == "several":
        monkeypatch.setattr(sweep, "MANY_EVENTS", 1)
        monkeypatch.setattr(sweep, "cores", lambda: 2)
    return examine


def log_line(report: Report) -> str:
    return next(check for check in report.checks if check.startswith("log:"))


def change(site: Site, *statements: str) -> None:
    """Change the file as somebody would who owns it: guards dropped, changed, guards put back."""
    connection = sqlite3.connect(site.ledger_db, isolation_level=None)
    guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in guards:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        assert connection.execute(statement).rowcount == 1
    for _, sql in guards:
        connection.execute(sql)
    connection.close()


def test_a_sound_log_needs_no_replay(site: Site, examined: Callable[[Site], Report]) -> None:
    report = examined(site)
    assert report.ok, str(report.first_bad)
    assert log_line(report).endswith("in stretches")
    assert report.batches == report.log_size == BATCHES + 4


def test_a_byte_of_an_event_is_found_wherever_it_is_examined(site: Site, examined: Callable[[Site], Report]) -> None:
    change(
        site,
        "UPDATE contents SET bodies = CAST(replace(bodies, 'antenna', 'antenne') AS BLOB) WHERE event_id = 30 * 1024",
    )
    bad = examined(site).first_bad
    assert bad is not None
    assert (bad.where, bad.key) == ("contents", "log_index=30 position=0")


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE batches SET note = CAST(replace(note, 'tre/1', 'tre/2') AS BLOB) WHERE log_index = 9", "batches"),
        ("UPDATE batches SET key = key || 'x' WHERE log_index = 9", "batches"),
        ("UPDATE nodes SET hash = zeroblob(32) WHERE level = 1 AND idx = 3", "nodes"),
        ("INSERT INTO defects VALUES (20 * 1024, 'none')", "defects"),
        ("INSERT INTO defects VALUES (10000000, 'none')", "defects"),
        ("UPDATE defects SET defect = defect || 'x'", "defects"),
        ("DELETE FROM defects", "defects"),
        ("UPDATE contents SET sealed_ms = sealed_ms + 1 WHERE event_id = 20 * 1024", "contents"),
        ("UPDATE contents SET leaves = zeroblob(32) WHERE event_id = 20 * 1024", "contents"),
        ("UPDATE contents SET event_id = event_id + 1 WHERE event_id = 20 * 1024", "contents"),
        (
            "INSERT INTO contents SELECT event_id + 16, 0, x'', x'', x'' FROM contents WHERE event_id = 20480",
            "contents",
        ),
        ("UPDATE contents SET sizes = x'0001' WHERE event_id = 20 * 1024", "contents"),
        ("UPDATE contents SET sizes = x'01' WHERE event_id = 20 * 1024", "contents"),
        ("UPDATE contents SET sizes = x'7FFF' WHERE event_id = 20 * 1024", "contents"),
        ("UPDATE tags SET unit = 'unit:A999926123456.E0382V01'", "tags"),
        ("UPDATE subjects SET name = name || 'x' WHERE name LIKE 'place:%'", "subjects"),
        ("UPDATE units SET changed_ms = changed_ms + 1", "units"),
    ],
)
def test_a_row_that_says_something_else_is_found(site: Site, statement: str, where: str) -> None:
    change(site, statement)
    bad = examine(site).first_bad
    assert bad is not None
    assert bad.where == where


def test_the_log_alone_is_examined_and_what_is_not_is_said(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "MANY_EVENTS", 1)
    report = examine_log(site)
    assert report.ok, str(report.first_bad)
    assert (report.batches, report.events) == (BATCHES + 4, examine(site).events)
    assert log_line(report).endswith("in stretches")
    assert any(each.startswith("projection") for each in report.left_out)
    assert not any(each.startswith("projection") for each in report.checks)


@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE batches SET note = CAST(replace(note, 'tre/1', 'tre/2') AS BLOB) WHERE log_index = 9", "batches"),
        ("UPDATE batches SET stream_id = 1 WHERE log_index = 9", "batches"),
        ("UPDATE streams SET name = name || 'x' WHERE id = 2", "streams"),
        ("UPDATE nodes SET hash = zeroblob(32) WHERE level = 1 AND idx = 3", "nodes"),
        ("DELETE FROM defects", "defects"),
        ("UPDATE contents SET leaves = zeroblob(32) WHERE event_id = 20 * 1024", "contents"),
        ("INSERT INTO contents SELECT 1009 * 1024, sealed_ms, leaves, sizes, bodies FROM contents LIMIT 1", "contents"),
        ("UPDATE checkpoints SET note = x'00' WHERE size = (SELECT max(size) FROM checkpoints)", "checkpoints"),
    ],
)
def test_what_is_wrong_with_the_log_is_named_by_examining_everything(site: Site, statement: str, where: str) -> None:
    change(site, statement)
    report = examine_log(site)
    assert report.first_bad is not None
    assert report.first_bad.where == where
    assert report.left_out == []


def test_the_log_alone_says_nothing_of_what_is_projected(site: Site) -> None:
    change(site, "UPDATE units SET changed_ms = changed_ms + 1")
    report = examine_log(site)
    assert report.ok
    assert any(each.startswith("projection") for each in report.left_out)
    assert not examine(site).ok


def test_events_that_no_batch_holds_are_found(site: Site) -> None:
    change(
        site,
        "INSERT INTO contents SELECT 1009 * 1024, sealed_ms, leaves, sizes, bodies"
        " FROM contents WHERE event_id = 9 * 1024",
    )
    bad = examine(site).first_bad
    assert bad is not None
    assert (bad.where, bad.key) == ("contents", "event_id=1033216")
    change(
        site,
        "INSERT INTO batches SELECT log_index + 1000, stream_id, first_seq + 1000, count, first_event, note,"
        " zeroblob(9), key FROM batches WHERE log_index = 9",
    )
    bad = examine(site).first_bad
    assert bad is not None
    assert bad.where == "batches"


def test_bytes_that_no_event_has_are_found(site: Site) -> None:
    change(site, "UPDATE contents SET bodies = CAST(bodies || 'x' AS BLOB) WHERE event_id = 9 * 1024")
    bad = examine(site).first_bad
    assert bad is not None
    assert (bad.where, bad.key) == ("contents", "event_id=9216 column bodies")
