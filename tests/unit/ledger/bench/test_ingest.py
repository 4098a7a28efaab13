"""A run goes in stretches, and adds up."""

from pathlib import Path

import pytest

from ledger.bench import ingest
from ledger.bench.traffic import Traffic


def test_a_run_of_several_stretches_tells_each_and_their_sum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "STRETCH_EVENTS", 200)
    progress: list[tuple[int, int]] = []
    found = ingest.in_process(tmp_path, Traffic(500, 64, 2), lambda done, of: progress.append((done, of)))
    assert [each.events for each in found.stretches] == [200, 400, 500]
    assert [each.ledger.events for each in found.stretches] == [200, 200, 100]
    assert progress == [(200, 500), (400, 500), (500, 500)]
    told = found.told()
    assert told["cpu_seconds"] == pytest.approx(sum(each.ledger.cpu_seconds for each in found.stretches), abs=0.001)
    assert told["peak_mb"] == found.peak_mb > 0
