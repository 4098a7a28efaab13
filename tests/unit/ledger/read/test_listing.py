"""A list by component goes by the site's catalogue, whatever the division or collection type of a bag."""

from pathlib import Path

from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.read.listing import Wanted, listed
from ledger.read.reader import reading
from tests.support.producers import StoryClock, claim, site_in

RED, WASHED, STRANGE = (f"unit:A999926000001.{code}" for code in ("A0002V00", "A0012VAa", "Z0002V00"))


def test_every_product_of_a_component_is_listed_and_no_other(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        claim(ledger, *(Draft(kinds.Opening, {"unit": unit}) for unit in (RED, WASHED, STRANGE)))
    with reading(site) as reader:

        def found(component: str | None) -> set[str]:
            return {each.unit for each in listed(reader, Wanted(component=component), organisation=None, limit=9)}

        assert found("RBC_AS") == {RED, WASHED}
        assert found("FFP") == found("UNKNOWN") == set()
        assert found(None) == {RED, WASHED, STRANGE}
