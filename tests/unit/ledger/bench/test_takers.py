"""Who takes a benchmark's batches works as the server does."""

import gc
from pathlib import Path

from ledger.bench.takers import OwnWriter
from tests.support.producers import site_in


def test_while_the_writer_in_this_process_takes_nobody_looks_through_what_stays(tmp_path: Path) -> None:
    before = gc.get_freeze_count()
    with OwnWriter(site_in(tmp_path / "site")):
        assert gc.get_freeze_count() > before
    assert gc.get_freeze_count() == 0
