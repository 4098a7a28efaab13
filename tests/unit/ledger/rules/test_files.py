"""What ships with the rules, found by its name."""

import tomllib

import pytest

from ledger.rules.files import (
    PACKS,
    catalogue_text,
    checklists_text,
    codes_text,
    discard_reasons_text,
    pack_text,
    panel_text,
)


@pytest.mark.parametrize("text", [catalogue_text, codes_text, discard_reasons_text], ids=lambda text: text.__name__)
def test_what_ships_for_every_site_is_there_and_is_toml(text: object) -> None:
    assert callable(text)
    assert tomllib.loads(text())


@pytest.mark.parametrize("pack", PACKS)
def test_every_policy_pack_ships_with_the_panel_of_its_region(pack: str) -> None:
    assert tomllib.loads(pack_text(pack))
    panel = panel_text(pack)
    assert panel
    assert tomllib.loads(panel)


def test_a_pack_that_a_site_made_has_no_panel_that_ships() -> None:
    assert panel_text("fuzhou") is None
    with pytest.raises(FileNotFoundError):
        pack_text("fuzhou")


def test_a_new_site_looks_at_what_is_usual_on_receipt_and_at_issue() -> None:
    told = tomllib.loads(checklists_text())["checklist"]
    assert [each["step"] for each in told] == ["received", "issued"]
    for each in told:
        for asked in ("items", "refusals"):
            codes = [line["code"] for line in each[asked]]
            assert len(codes) == len(set(codes)) > 1
            assert all(line["zh"].strip() and line["en"].strip() for line in each[asked])
