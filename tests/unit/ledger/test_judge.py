"""The thread that keeps verdicts up beside the log."""

import time
from pathlib import Path

import pytest

from ledger.append import Draft, Ledger, Rejected
from ledger.core import kinds
from ledger.judge import Judging
from ledger.read.reader import reading
from ledger.read.verdicts import judged_so_far
from tests.support.producers import Gateway, StoryClock, claim, declare, introduce, site_in

FRIDGE, UNIT = "place:centre/fridge-1", "unit:A999926123456.A0002V00"
ENTERED = {"unit": UNIT, "abo": "O", "rhd": "negative", "expires": "2026-04-05T15:59:00.000Z", "place": FRIDGE}


def verdict(ledger: Ledger) -> str | None:
    with reading(ledger.site) as reader:
        (unit,) = reader.with_verdicts(reader.units(organisation=None), now_ms=ledger.clock.now_ms())
    return unit.verdict


def begun(ledger: Ledger, gateway: Gateway) -> None:
    introduce(ledger, gateway)
    names = {"organisation": "org:centre", "name_zh": FRIDGE, "name_en": FRIDGE, "phase": "store"}
    declare(ledger, Draft(kinds.PlaceAdded, {"place": FRIDGE, **names}))
    claim(ledger, Draft(kinds.Opening, ENTERED))


def test_what_comes_is_judged_without_anybody_asking(tmp_path: Path) -> None:
    clock, gateway = StoryClock(), Gateway("gw-centre")
    with Ledger(site_in(tmp_path / "site"), clock) as ledger:
        begun(ledger, gateway)
        assert verdict(ledger) is None, "nobody judged it yet"
        began = clock.after(0)
        until = clock.after(5)
        warm = {"place": FRIDGE, "probe": "probe:p", "measures": "air", "until": until, "quality": "good"}
        with Judging(ledger, interval_seconds=0.01):
            ledger.append_batch(
                gateway.say((kinds.TemperatureSegment, began, {**warm, "readings": [[0, 900]]}), suffix="t")
            )
            while verdict(ledger) != "out":
                time.sleep(0.01)
        with reading(ledger.site) as reader:
            assert judged_so_far(reader).log_size == reader.log_size()
        assert Judging(ledger).judge_now() == ledger.size, "nothing is left to judge"


def test_a_ledger_that_does_not_write_does_not_stop_the_judging(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, say: it is tried again."""
    with Ledger(site_in(tmp_path / "site"), StoryClock()) as ledger:
        begun(ledger, Gateway("gw-centre"))
        keep, failed = ledger.keep_verdicts, []

        def fails_once(found: object) -> bool:
            if not failed:
                failed.append(found)
                raise Rejected("storage", "the disk is full", retry="retry")
            return keep(found)  # type: ignore[arg-type]  # what it was given

        monkeypatch.setattr(ledger, "keep_verdicts", fails_once)
        with Judging(ledger, interval_seconds=0.01):
            while verdict(ledger) is None:
                time.sleep(0.01)
        assert failed
