"""Group commit: neighbours do not harm each other, and an answer means that it is on disk."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from ledger.append import Draft, Ledger, Rejected
from ledger.core import kinds
from ledger.fsck import examine
from ledger.store import tables as t
from ledger.store.prepared import insertion
from ledger.store.writer import Job, StorageError, Working
from tests.support.log_checker import check_site
from tests.support.producers import Fact, Gateway, StoryClock, claim, introduce, site_in

SEEN: Fact = (
    kinds.TagArrived,
    "2026-03-01T12:00:00.000Z",
    {"tag": "tag:E0040100", "device": "device:r", "antenna": 1, "reads": 1},
)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as opened:
        introduce(opened, Gateway("gw-a"), Gateway("gw-b"))
        yield opened
    report = examine(site)
    assert report.ok, str(report.first_bad)


class Held:
    """Keeps the writer busy, so that everything submitted meanwhile becomes one group."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._release = threading.Event()

    def __enter__(self) -> None:
        started = threading.Event()

        def wait(_working: Working) -> None:
            started.set()
            self._release.wait(10)

        self._first = self._ledger._writer.submit(wait)
        assert started.wait(10)

    def __exit__(self, *_: object) -> None:
        self._release.set()
        self._first.result(10)


def write_a_stream(name: str) -> Job[int]:
    def job(working: Working) -> int:
        working.wrote = True
        insertion(t.resumptions).run(working.connection, name, 1)
        return 1

    return job


def stumble(working: Working) -> None:
    write_a_stream("gw-stumbles")(working)
    raise ZeroDivisionError


def break_the_database(working: Working) -> None:
    write_a_stream("gw-breaks")(working)
    working.connection.exec_driver_sql("INSERT INTO resumptions (producer, epoch) VALUES (NULL, NULL)")


def resumed(ledger: Ledger) -> set[str]:
    def read(working: Working) -> set[str]:
        return {row[0] for row in working.connection.exec_driver_sql("SELECT producer FROM resumptions")}

    return ledger._writer.submit(read).result(10)


@pytest.fixture
def tidied(ledger: Ledger) -> Iterator[Ledger]:
    """Takes the rows that these jobs wrote past the log out again, so that the ledger is sound at the end."""
    yield ledger
    ledger._writer.submit(lambda working: working.connection.exec_driver_sql("DELETE FROM resumptions")).result(10)


def test_a_job_that_stumbles_leaves_nothing_and_its_neighbours_alone(tidied: Ledger) -> None:
    with Held(tidied):
        one = tidied._writer.submit(write_a_stream("gw-one"))
        bad = tidied._writer.submit(stumble)
        two = tidied._writer.submit(write_a_stream("gw-two"))
    with pytest.raises(ZeroDivisionError):
        bad.result(10)
    assert (one.result(10), two.result(10)) == (1, 1)
    assert resumed(tidied) == {"gw-one", "gw-two"}


def test_when_the_database_refuses_one_job_the_others_are_still_written(tidied: Ledger) -> None:
    with Held(tidied):
        one = tidied._writer.submit(write_a_stream("gw-one"))
        bad = tidied._writer.submit(break_the_database)
        two = tidied._writer.submit(write_a_stream("gw-two"))
    with pytest.raises(StorageError):
        bad.result(10)
    assert (one.result(10), two.result(10)) == (1, 1)
    assert resumed(tidied) == {"gw-one", "gw-two"}


def test_a_job_that_stumbles_by_itself_leaves_nothing(tidied: Ledger) -> None:
    for submit in (tidied._writer.submit, tidied._writer.submit_alone):
        with pytest.raises(ZeroDivisionError):
            submit(stumble).result(10)
        assert resumed(tidied) == set()
    assert tidied._writer.submit_alone(write_a_stream("gw-one")).result(10) == 1
    assert resumed(tidied) == {"gw-one"}


@pytest.mark.sqlite
def test_only_who_shares_a_transaction_needs_a_savepoint(tidied: Ledger) -> None:
    def is_in_a_savepoint(working: Working) -> bool:
        try:
            working.connection.exec_driver_sql("ROLLBACK TO job")
        except OperationalError:
            return False
        return True

    with Held(tidied):
        answers = [
            submit(is_in_a_savepoint)
            for submit in (
                tidied._writer.submit,
                tidied._writer.submit,
                tidied._writer.submit_alone,
                tidied._writer.submit_alone,
                tidied._writer.submit,
            )
        ]
    assert [each.result(10) for each in answers] == [True, True, False, False, False]


def test_what_a_job_that_stumbled_said_of_tags_and_units_is_forgotten(ledger: Ledger) -> None:
    """The examination after the test replays the log: what the writer remembered wrongly would differ from it."""
    bag, other = "unit:A999926123456.E0382V00", "unit:A999926123457.E0382V00"
    gateway = Gateway("gw-a")
    for unit in (bag, other):
        claim(ledger, Draft(kinds.Opening, {"unit": unit}))
    claim(ledger, Draft(kinds.TagAssociated, {"unit": bag, "tag": "tag:E0040100"}))
    arrived = {**SEEN[2], "place": "place:a"}
    ledger.append_batch(gateway.say((kinds.TagArrived, "2026-03-01T12:30:00.000Z", arrived)))
    assert isinstance(ledger.clock, StoryClock)
    ledger.clock.after(35)

    def retag_and_stumble(working: Working) -> None:
        drafts = [
            Draft(kinds.TagAssociated, {"unit": other, "tag": "tag:E0040100"}),
            Draft(kinds.TagAssociated, {"unit": other, "tag": "tag:E0040101"}),
            Draft(kinds.Moved, {"unit": bag, "place": "place:b"}),
        ]
        ledger._own.record(working, "web", drafts, None)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ledger._writer.submit(retag_and_stumble).result(10)
    left = {"tag": "tag:E0040100", "device": "device:r", "reads": 1, "place": "place:a"}
    ledger.append_batch(gateway.say((kinds.TagLeft, "2026-03-01T12:40:00.000Z", left)))
    ledger.append_batch(gateway.say((kinds.TagArrived, SEEN[1], {**SEEN[2], "tag": "tag:E0040101"})))


def fail_next_commit(ledger: Ledger, monkeypatch: pytest.MonkeyPatch, *, written: bool) -> None:
    """The next commit is answered with an error, and was or was not written."""
    dialect = ledger._engine.dialect
    real = dialect.do_commit

    def fail(connection: object) -> None:
        monkeypatch.setattr(dialect, "do_commit", real)
        if written:
            real(connection)
        raise OperationalError("COMMIT", None, OSError("input/output error"))

    monkeypatch.setattr(dialect, "do_commit", fail)


@pytest.mark.parametrize("written", [False, True])
def test_a_failed_commit_is_no_answer_and_the_same_batch_comes_again(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, *, written: bool
) -> None:
    gateway = Gateway("gw-a")
    first, second = gateway.say(SEEN), gateway.say(SEEN)
    size = ledger.size
    fail_next_commit(ledger, monkeypatch, written=written)
    with pytest.raises(Rejected) as caught:
        ledger.append_batch(first)
    assert (caught.value.status, caught.value.retry) == (507, "retry")
    assert ledger.size == size + written
    receipt = ledger.append_batch(first)
    assert ledger.append_batch(first) == receipt
    ledger.append_batch(second)
    ledger.append_batch(Gateway("gw-b").say(SEEN))
    assert ledger.size == size + 3
    check_site(ledger.site)
