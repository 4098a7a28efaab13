"""A bag came from another site: what that site's passport tells of it leads on and back like one's own records."""

from pathlib import Path

from ledger import acceptance
from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.policy import NO_QUORUM, Log, Policy
from ledger.init import make_site
from ledger.read import passports
from ledger.read.affected import Question, affected
from ledger.read.foreign import told_elsewhere
from ledger.read.reader import reading
from tests.support.consignments import DONOR, NOTE, consign
from tests.support.producers import CountedEntropy, StoryClock, claim, declare

SHELF = "place:hospital/fridge-1"


def hospital_that_accepted(folder: Path, raw: bytes, policy: Policy) -> tuple[Site, StoryClock, Ledger]:
    wanted = Site(folder / "site", "hospital.example", "production", 1, "Asia/Shanghai", "cn", "127.0.0.1", 8080)
    site, clock = make_site(wanted, clock=StoryClock(), entropy=CountedEntropy("hospital")).site, StoryClock()
    clock.after(24 * 60)
    judged = acceptance.judge(raw, policy=policy, own=site.origin)
    assert not isinstance(judged, Refused)
    ledger = Ledger(site, clock)
    assert not isinstance(ledger.enclose([Draft(kinds.PassportAccepted, each) for each in judged.fields], raw), Refused)
    return site, clock, ledger


def test_what_another_site_recorded_of_a_bag_is_walked_like_ones_own(tmp_path: Path) -> None:
    for day in consign(tmp_path / "centre", 2):
        day.ledger.sign_checkpoint()
        with reading(day.site) as reader:
            raw = passports.export(reader, NOTE, log_key=day.site.verifier("log"))
        policy, bags, wholes = (
            Policy((Log(day.site.verifier("log")),), (), (), NO_QUORUM),
            day.red_cells,
            day.whole_blood,
        )
    site, clock, ledger = hospital_that_accepted(tmp_path, raw, policy)
    named = {"name_zh": "医院", "name_en": "Hospital"}
    with ledger:
        declare(ledger, Draft(kinds.OrganisationAdded, {"organisation": "org:h", "role": "hospital"} | named))
        declare(ledger, Draft(kinds.PlaceAdded, {"place": SHELF, "organisation": "org:h"} | named))
        claim(ledger, Draft(kinds.Opening, {"unit": bags[0], "place": SHELF}))
        with reading(site) as reader:
            back = affected(reader, Question(bags[0], "back"), organisation=None, now_ms=clock.at_ms)
            assert any(isinstance(each.event, kinds.Collected) for each in told_elsewhere(reader, [bags[0]]))
            assert told_elsewhere(reader, [wholes[0]]) == []
    assert back is not None
    assert {each.unit: (str(each.why), str(each.fate)) for each in back.units} == {
        bags[0]: ("named", "in_stock"),
        wholes[0]: ("source", "unknown"),
    }
    assert [each.donor for each in back.donations] == [DONOR]
    assert back.withdrawable == (bags[0],), "what only the other site has is the other site's to recall"
