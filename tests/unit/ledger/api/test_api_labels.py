"""Labels and checklists over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.core.checklist import Checklist, Wording
from tests.browser.world import opened
from tests.support.programs import Program

RECEIPT = Checklist("received", "2", (Wording("seal", "封口", "Seal"),), (Wording("broken", "破损", "Broken"),))


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    older = Checklist("received", "1", RECEIPT.items, RECEIPT.refusals)
    with opened(tmp_path / "site", checklists=(older, RECEIPT)) as world:
        yield Program(world, "tech.lin")


def test_a_scan_says_what_it_names(program: Program) -> None:
    told = program.send("/v1/labels", text="=A99992612345600").get_json()
    assert (told["scheme"], told["din"], told["unit"]) == ("isbt128", "A999926123456", None)
    [structure] = told["structures"]
    assert (structure["ds"], structure["fin"], told["compound"]) == ("001", "A9999", None)


def test_what_is_no_label_is_refused_with_what_was_expected(program: Program) -> None:
    assert program.refused("/v1/labels", text="=!!") == (422, "label")
    assert program.refused("/v1/labels", text="") == (422, "fields")


def test_the_checklist_in_force_is_told_as_an_event_has_to_name_it(program: Program) -> None:
    [told] = program.get("/v1/checklists")["checklists"]
    assert (told["step"], told["version"], told["sha256"]) == ("received", "2", RECEIPT.sha256)
    assert told["items"] == [{"code": "seal", "zh": "封口", "en": "Seal"}]
    assert told["refusals"] == [{"code": "broken", "zh": "破损", "en": "Broken"}]
