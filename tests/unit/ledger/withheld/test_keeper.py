"""The keeper's file: what is kept, what an attempt leaves, and what is destroyed."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from ledger.core.errors import ConfigError
from ledger.core.ids import commitment
from ledger.withheld.keeper import Keeper, read_kept
from ledger.withheld.values import Kept

ORIGIN, NEXT = "a9999.example/ledger/1", "a9999.example/ledger/2"


def value(text: str, salt: bytes = b"s" * 16) -> Kept:
    return Kept(commitment(salt, text), salt, text, "org:a9999")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "withheld.db"


@pytest.fixture
def keeper(path: Path) -> Iterator[Keeper]:
    opened = Keeper(path, ORIGIN)
    yield opened
    opened.close()


def test_there_is_no_file_until_the_first_value_comes(path: Path, keeper: Keeper) -> None:
    keeper.keep("web", 1, {})
    assert keeper.of_events([("web", 1)]) == {}
    assert keeper.destroy([("web", 1)])
    assert not keeper.is_there
    keeper.keep("web", 1, {1: [value("reactive")]})
    assert keeper.is_there
    assert path.stat().st_mode & 0o077 == 0


def test_values_are_kept_by_event_in_their_order(path: Path, keeper: Keeper) -> None:
    first, second, third = value("one"), value("two"), value("three")
    keeper.keep("web", 7, {7: [first, second], 9: [third]})
    wanted = [("web", 7), ("web", 8), ("web", 9), ("site", 7)]
    assert keeper.of_events(wanted) == {("web", 7): (first, second), ("web", 9): (third,)}
    assert read_kept(path, ORIGIN) == [(("web", 7), first), (("web", 7), second), (("web", 9), third)]


def test_another_log_of_the_site_has_its_own_values(path: Path, keeper: Keeper) -> None:
    keeper.keep("web", 1, {1: [value("of the first log")]})
    following = Keeper(path, NEXT)
    following.keep("web", 1, {1: [value("of the next")]})
    assert following.destroy([("web", 1)])
    assert following.of_events([("web", 1)]) == {}
    following.close()
    assert keeper.of_events([("web", 1)]) == {("web", 1): (value("of the first log"),)}


def test_whoever_writes_to_a_place_takes_away_what_a_failed_attempt_left_there(keeper: Keeper) -> None:
    committed, lost, later = value("committed"), value("never committed"), value("later")
    keeper.keep("web", 3, {3: [committed]})
    keeper.keep("web", 4, {4: [lost], 5: [lost_too := value("neither")]})
    keeper.keep("web", 4, {5: [later]})
    assert keeper.of_events([("web", 3), ("web", 4), ("web", 5)]) == {("web", 3): (committed,), ("web", 5): (later,)}
    keeper.keep("web", 5, {5: [lost_too]})
    keeper.keep("web", 5, {})
    assert keeper.of_events([("web", 5)]) == {}, "also by an event that withholds nothing"


def test_what_is_destroyed_is_in_no_byte_of_the_folder(tmp_path: Path, keeper: Keeper) -> None:
    for number in range(1, 200):  # so that pages split, and rows leave copies behind
        keeper.keep("web", number, {number: [value(f"noise {number}" * 20, bytes([number]) * 16)]})
    keeper.keep("web", 200, {200: [value("CANARY-VALUE" * 9, b"CANARY-SALT-0123")]})
    for number in range(201, 300):
        keeper.keep("web", number, {number: [value(f"noise {number}" * 20, number.to_bytes(2, "big") * 8)]})

    def found() -> set[str]:
        return {each.name for each in tmp_path.iterdir() if b"CANARY" in each.read_bytes()}

    assert found(), "the canary is seen while it is there"
    assert keeper.destroy([("web", 200), ("web", 999)])
    assert found() == set()
    assert len(keeper.of_events(("web", number) for number in range(1, 300))) == 298


def test_a_reader_of_the_old_file_defers_its_end_until_it_lets_go(path: Path, keeper: Keeper, tmp_path: Path) -> None:
    keeper.keep("web", 1, {1: [value("CANARY-VALUE")]})
    reading = sqlite3.connect(path, isolation_level=None)
    reading.execute("BEGIN")
    reading.execute("SELECT count(*) FROM kept").fetchall()
    assert not keeper.destroy([("web", 1)])
    reading.close()
    assert keeper.destroy([]), "what is unfinished is made good, though nothing new is to go"
    assert not [each for each in tmp_path.iterdir() if b"CANARY" in each.read_bytes()]


def test_what_was_deleted_before_a_crash_is_written_over_afterwards(path: Path) -> None:
    keeper = Keeper(path, ORIGIN)
    keeper.keep("web", 1, {1: [value("a value")]})
    keeper.close()
    with sqlite3.connect(path) as crashed:  # as far as `destroy` came
        crashed.execute("DELETE FROM kept")
        crashed.execute("INSERT INTO unfinished DEFAULT VALUES")
    crashed.close()
    after = Keeper(path, ORIGIN)
    assert after.destroy([])
    after.close()
    with sqlite3.connect(path) as looked:
        assert looked.execute("SELECT count(*) FROM unfinished").fetchone() == (0,)
    looked.close()


def test_no_message_of_a_failure_shows_a_value(keeper: Keeper) -> None:
    keeper.keep("web", 1, {1: [value("the secret")]})
    with pytest.raises(SQLAlchemyError) as failed:
        keeper.keep("web", 2, {2: [value("the secret")]})  # the same commitment twice
    assert "the secret" not in str(failed.value)


def test_another_file_is_refused_by_name(path: Path, keeper: Keeper) -> None:
    path.write_bytes(b"no database at all, but long enough to be taken for one" * 20)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match=r"withheld\.db"):
        read_kept(path, ORIGIN)
    path.unlink()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE kept (id)")
    other.close()
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="a keeper's database of version 1"):
        keeper.of_events([("web", 1)])
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        keeper.of_events([("web", 1)])
