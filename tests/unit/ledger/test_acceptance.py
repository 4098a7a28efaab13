"""A bag goes from one site's log into another's: what the second accepts, and what its own passport then shows."""

from dataclasses import replace
from pathlib import Path

import pytest

from ledger import acceptance
from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import kinds, passport
from ledger.core.errors import ConfigError, Refused
from ledger.core.policy import NO_QUORUM, Log, Policy
from ledger.core.policy import format as format_policy
from ledger.core.verify import verify
from ledger.init import make_site
from ledger.passport_page import page_of
from ledger.read import passports
from ledger.read.reader import reading
from tests.support.consignments import NOTE, consign
from tests.support.producers import CountedEntropy, StoryClock, claim

SHELF = "place:hospital/fridge-1"


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Policy, list[str]]:
    """The blood centre's passport of a dispatch note of sixty bags, the policy that names its log, and its bags."""
    for day in consign(tmp_path_factory.mktemp("centre") / "site", 60):
        day.ledger.sign_checkpoint()
        with reading(day.site) as reader:
            raw = passports.export(reader, NOTE, log_key=day.site.verifier("log"))
        return raw, Policy((Log(day.site.verifier("log")),), (), (), NO_QUORUM), day.red_cells
    raise AssertionError("there is one day")


@pytest.fixture
def hospital(tmp_path: Path) -> Site:
    wanted = Site(tmp_path / "site", "hospital.example", "production", 1, "Asia/Shanghai", "cn", "127.0.0.1", 8080)
    return make_site(wanted, clock=StoryClock(), entropy=CountedEntropy("hospital")).site


def test_the_receivers_passport_carries_the_senders_and_both_logs_are_judged(
    hospital: Site, sent: tuple[bytes, Policy, list[str]]
) -> None:
    raw, policy, bags = sent
    judged = acceptance.judge(raw, policy=policy, own=hospital.origin)
    assert not isinstance(judged, Refused)
    assert [len(fields["units"]) for fields in judged.fields] == [50, 10]  # type: ignore[arg-type]  # they are lists
    clock = StoryClock()
    clock.after(24 * 60)
    with Ledger(hospital, clock) as ledger:
        drafts = [Draft(kinds.PassportAccepted, fields) for fields in judged.fields]
        assert not isinstance(ledger.enclose(drafts, raw), Refused)
        claim(ledger, Draft(kinds.Opening, {"unit": bags[-1], "place": SHELF}))
        ledger.sign_checkpoint()
        with reading(hospital) as reader:
            exported = passports.export(reader, bags[-1], log_key=hospital.verifier("log"))
    assert passport.parse(exported).before == [raw.decode()]
    both = replace(policy, logs=(*policy.logs, Log(hospital.verifier("log"))))
    (found,) = verify(exported, policy=both).units
    assert (found.unit, found.verdict) == (bags[-1], "warnings")
    assert [each.origin for each in found.before] == [policy.logs[0].key.name]
    assert "it holds with warnings of its own" in found.why


def test_a_passport_too_large_to_carry_is_left_out_and_says_so(
    hospital: Site, sent: tuple[bytes, Policy, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, policy, bags = sent
    judged = acceptance.judge(raw, policy=policy, own=hospital.origin)
    assert not isinstance(judged, Refused)
    with Ledger(hospital, StoryClock()) as ledger:
        ledger.enclose([Draft(kinds.PassportAccepted, fields) for fields in judged.fields], raw)
        ledger.sign_checkpoint()
        monkeypatch.setattr(passport, "MAX_PASSPORT_BYTES", 100_000)
        with reading(hospital) as reader:
            exported = passports.export(reader, bags[0], log_key=hospital.verifier("log"))
    assert passport.parse(exported).before == []


def test_a_page_that_carries_the_passport_is_accepted_like_the_passport(sent: tuple[bytes, Policy, list[str]]) -> None:
    raw, policy, bags = sent
    judged = acceptance.judge(page_of(raw), policy=policy, own="hospital.example/ledger/1")
    assert not isinstance(judged, Refused)
    assert (judged.sha256, judged.units) == (passport.digest(raw.decode()), bags)


def test_what_does_not_hold_cannot_be_decided_or_is_ones_own_is_refused(
    sent: tuple[bytes, Policy, list[str]],
) -> None:
    raw, policy, _ = sent
    own = policy.logs[0].key.name
    altered = raw.replace(b"RBC_AS", b"RBC_XX", 1) if b"RBC_AS" in raw else raw.replace(b"A0002V00", b"A0003V00", 1)
    for document, trusted, origin, step in (
        (raw, None, "x", "policy"),
        (altered, policy, "x", "event-proofs"),
        (raw, Policy((), (), (), NO_QUORUM), "x", "checkpoint"),
        (b"\xff", policy, "x", "format"),
        (raw, policy, own, "own-log"),
    ):
        refused = acceptance.judge(document, policy=trusted, own=origin)
        assert isinstance(refused, Refused)
        assert refused.step == step


def test_the_policy_of_the_partners_is_a_file_of_the_site(
    hospital: Site, sent: tuple[bytes, Policy, list[str]]
) -> None:
    assert acceptance.partners_policy(hospital) is None
    hospital.partners_file.write_bytes(format_policy(sent[1]))
    assert acceptance.partners_policy(hospital) == sent[1]
    hospital.partners_file.write_text("trust everybody\n")
    with pytest.raises(ConfigError, match="expected a C2SP trust policy"):
        acceptance.partners_policy(hospital)
