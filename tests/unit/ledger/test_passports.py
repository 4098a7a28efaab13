"""Stating a unit's exposure before its passport is made."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.passports import Fields, state_exposures
from ledger.read import passports
from ledger.read.reader import reading
from tests.support.producers import StoryClock, claim, site_in

IN_THE_CATALOGUE, UNKNOWN_PRODUCT = "unit:A999926123456.A0002V00", "unit:A999926123456.E9999V00"


@pytest.mark.parametrize("unit", [IN_THE_CATALOGUE, UNKNOWN_PRODUCT])
def test_a_passport_holds_the_newest_event_whether_or_not_the_unit_can_be_judged(tmp_path: Path, unit: str) -> None:
    site, clock = site_in(tmp_path / "site"), StoryClock()
    with Ledger(site, clock) as ledger:
        claim(ledger, Draft(kinds.Opening, {"unit": unit, "place": "place:centre/bench"}))
        ledger.sign_checkpoint()
        claim(ledger, Draft(kinds.Quarantined, {"unit": unit, "place": "place:centre/bench"}))

        def record(stated: Sequence[Fields], time: str) -> None:
            ledger.record("site", [Draft(kinds.ExposureStated, fields, time) for fields in stated])

        def publish() -> None:
            ledger.sign_checkpoint()

        state_exposures(site, unit, now_ms=clock.now_ms(), record=record, publish=publish)
        with reading(site) as reader:
            exported = passports.export(reader, unit, log_key=site.verifier("log"))
    assert b"quarantined" in exported
