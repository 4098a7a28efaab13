"""The histories that folds are made of: what is at hand is not read from the database again."""

from pathlib import Path

from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.store import contents
from ledger.store import tables as t
from ledger.store.database import database_of
from ledger.store.names import Names
from ledger.store.units import read_histories
from tests.support.producers import StoryClock, claim, site_in

UNIT, OTHER = "unit:A999926000001.E0382V00", "unit:A999926000002.E0382V00"
PLACE = {"place": "place:a"}


def test_events_at_hand_are_taken_from_there_and_the_others_are_read(tmp_path: Path) -> None:
    site, clock = site_in(tmp_path / "site"), StoryClock()
    with Ledger(site, clock) as ledger:
        for kind in (kinds.Opening, kinds.Moved):
            claim(ledger, *(Draft(kind, {"unit": unit, **PLACE}) for unit in (OTHER, UNIT)))
    with database_of(site).snapshot() as connection:
        names = Names(t.subjects)
        read = read_histories(connection, [UNIT], names=names)[UNIT]
        assert [type(each.event) for each in read] == [kinds.Opening, kinds.Moved]
        log_index = read[1].log_index
        (batch,) = contents.batches_between(connection, log_index, log_index + 1)
        entries = [contents.as_entry(each) for each in batch.events()]
        taken = read_histories(connection, [UNIT], names=names, at_hand={log_index: entries})[UNIT]
        assert taken == read
        assert taken[1].event is entries[read[1].position].event, "it was not decoded again"
