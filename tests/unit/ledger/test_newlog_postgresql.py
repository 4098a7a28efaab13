"""A new log in PostgreSQL: the old one stays as a file and as a schema put aside, the new one takes its place."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.append import Draft, Ledger
from ledger.config import load
from ledger.core import kinds
from ledger.core.errors import ConfigError
from ledger.fsck import examine
from ledger.newlog import begin_new_log
from tests.support.log_checker import check_site, connected
from tests.support.postgresql import choose, chosen, databases_dropped
from tests.support.producers import CountedEntropy, StoryClock, claim, site_in


@pytest.fixture(autouse=True)
def _postgresql() -> Iterator[None]:
    before = chosen()
    choose("postgresql")
    with databases_dropped():
        yield
    choose(before)


def test_the_old_log_is_kept_twice_and_the_new_one_goes_on_in_the_same_database(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        claim(ledger, Draft(kinds.Opening, {"unit": "unit:A999926000001.E0382V00"}))
        with pytest.raises(ConfigError, match="every server of this log"):
            begin_new_log(site, clock=StoryClock(), entropy=CountedEntropy("new log"))
        size = ledger.size
    begun = begin_new_log(site, clock=StoryClock(), entropy=CountedEntropy("new log"))
    assert (begun.site, begun.site.database_url) == (load(site.directory), site.database_url)
    assert begun.ended_size == size
    old = load(begun.ended)
    assert (old.database_url, examine(old).log_size, examine(old).ok) == (None, size, True)
    with connected(begun.site) as connection:
        assert connection.execute("SELECT count(*) FROM ledger_before_1.batches").fetchone() == (size,)
    assert not list(site.directory.glob("ledger.*")), "neither a file of the ledger nor a seal of one"
    with Ledger(begun.site, StoryClock()) as ledger:
        claim(ledger, Draft(kinds.Opening, {"unit": "unit:A999926000001.E0382V00"}))
    assert begun.site.origin.endswith("/2")
    check_site(begun.site)
    report = examine(begun.site)
    assert report.ok, str(report.first_bad)
