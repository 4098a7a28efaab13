"""`xuemai audit` against a running ledger: it cosigns what it confirmed, and a ledger that omits a recall is caught.

Three who do not know of each other catch it: whoever examines the database, whoever audits the log, and the hospital
that asks for an auditor's word.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ledger.accounts import LOCAL, Accounts
from ledger.app import create_app
from ledger.append import Draft, Ledger
from ledger.audit import Audit, Stated
from ledger.audit_source import Source
from ledger.clock import SystemClock
from ledger.commands.audit import audit
from ledger.config import Site
from ledger.core import kinds, passport
from ledger.core.batch import Batch, parse_wire
from ledger.core.completeness import Auditors
from ledger.core.note import VerifierKey, parse_vkey
from ledger.core.policy import parse as parse_policy
from ledger.core.verify import Outcome, verify
from ledger.fsck import examine
from ledger.read import passports
from ledger.read.history import Entry, History
from ledger.read.mapping import wires
from ledger.read.reader import reading
from tests.support.producers import claim, site_in
from tests.support.serving import serving

RED, OTHER = "unit:A999926000001.A0002V00", "unit:A999926000002.A0002V00"
DAY_MS = 24 * 3600 * 1000


@contextmanager
def served(site: Site, ledger: Ledger) -> Iterator[tuple[str, str]]:
    """The site's API on a port of this machine: its address, and an auditor's token."""
    accounts = Accounts(site.accounts_db)
    now_ms = SystemClock().now_ms()
    person = accounts.add_user(
        "outside", printed_name="outside", organisation=None, roles={"auditor"}, actor=LOCAL, now_ms=now_ms
    ).person
    token = accounts.issue_token(
        person, label="audit", roles={"auditor"}, expires_ms=now_ms + DAY_MS, actor=LOCAL, now_ms=now_ms
    )
    with serving(create_app(site, ledger, SystemClock(), accounts=accounts)) as at:
        yield at.address, token


class Auditor:
    """An auditor with a folder of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        made = CliRunner().invoke(audit, ["key", "--key", str(folder / "key"), "--name", "auditor.example"])
        self.key: VerifierKey = parse_vkey(made.output.strip())

    def replay(self, site: Site, address: tuple[str, str], *more: str) -> Result:
        token = self.folder / "token"
        token.write_text(address[1], "ascii")
        return CliRunner().invoke(
            audit,
            [
                *("replay", "--from", address[0], "--token-file", str(token), "--key", str(self.folder / "key")),
                *("--name", "auditor.example", "--state", str(self.folder / "state")),
                *("--policy", str(site.policy_file), "--json", *more),
            ],
        )


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def exported(site: Site, ledger: Ledger, unit: str) -> bytes:
    ledger.root_unit_map()
    ledger.sign_checkpoint()
    with reading(site) as reader:
        return passports.export(reader, unit, log_key=site.verifier("log"))


def received(site: Site, raw: bytes, auditors: Auditors) -> Outcome:
    """What a hospital finds that trusts the site's log and an auditor, and has a clock."""
    policy = parse_policy(site.policy_file.read_bytes())
    found = verify(raw, policy=policy, auditors=auditors, now_ms=SystemClock().now_ms())
    return next(step for step in found.steps if step.step == "completeness")


def test_an_honest_ledger_is_cosigned_and_its_passports_show_it(tmp_path: Path) -> None:
    site, auditor = site_in(tmp_path / "site"), Auditor(tmp_path / "auditor")
    with Ledger(site, SystemClock()) as ledger, served(site, ledger) as address:
        claim(ledger, Draft(kinds.Opening, {"unit": RED, "place": "place:a"}))
        ledger.sign_checkpoint()
        assert json.loads(auditor.replay(site, address).output)["cosigned"] is None
        exported(site, ledger, RED)
        told = json.loads(auditor.replay(site, address).output)
        assert (told["reason"], told["cosigned"], told["confirmed"]) == (None, 2, [2])
        again = json.loads(auditor.replay(site, address).output)
        assert (again["cosigned"], again["confirmed"]) == (2, []), "the latest root is cosigned anew, with a new time"
        claim(ledger, Draft(kinds.Quarantined, {"unit": RED}))
        raw = exported(site, ledger, RED)
        believed = Auditors((auditor.key,), max_age_ms=DAY_MS, otherwise="refuse")
        found = received(site, raw, believed)
        assert (found.status, "; 1 came later; cosigned lately by auditor.example" in found.detail) == ("ok", True)
        carried = passport.parse(raw).map
        assert carried is not None
        assert carried.as_of_size == 2, "of the newest root that somebody cosigned, not of the newest"
    report = examine(site)
    assert report.ok, str(report.first_bad)
    kept = [f"audits: {count} cosignatures by auditors of the unit map" for count in (1, 2)]
    assert not set(kept).isdisjoint(report.checks), "the two may be of one second, and then are one"


@pytest.fixture
def lying(tmp_path: Path) -> Iterator[tuple[Site, Ledger]]:
    """A ledger whose program leaves recalls out of the unit map."""
    site = site_in(tmp_path / "site")
    with pytest.MonkeyPatch.context() as lie, Ledger(site, SystemClock()) as ledger:
        lie.setattr("ledger.store.unitmap.LEFT_OUT", frozenset({"exposure_stated", "recalled"}))
        claim(ledger, Draft(kinds.Opening, {"unit": RED, "place": "place:a"}))
        claim(ledger, Draft(kinds.Opening, {"unit": OTHER, "place": "place:a"}))
        claim(ledger, Draft(kinds.Recalled, {"units": [RED], "reason": "the donor reported a fever"}))
        ledger.root_unit_map()
        ledger.sign_checkpoint()
        yield site, ledger


def without_the_recall(site: Site, ledger: Ledger) -> bytes:
    """The passport that such a ledger hands out."""
    honest = History.of

    def of(history: History, names: list[str]) -> list[Entry]:
        return [entry for entry in honest(history, names) if entry.kind != "recalled"]

    with pytest.MonkeyPatch.context() as lie:
        lie.setattr(History, "of", of)
        lie.setattr("ledger.read.mapping.list_as_of", lambda *_: ())
        return exported(site, ledger, RED)


def test_the_examination_names_the_root_that_omits_a_recall(lying: tuple[Site, Ledger]) -> None:
    site, ledger = lying
    with pytest.MonkeyPatch.context() as honest:
        honest.setattr("ledger.store.unitmap.LEFT_OUT", frozenset({"exposure_stated"}))
        report = examine(site)
    assert report.first_bad is not None
    assert (report.first_bad.check, report.first_bad.where) == ("unit-map", "events")
    assert report.first_bad.key == f"log_index={ledger.size - 1} position=0"


def test_an_auditor_refutes_the_root_that_omits_a_recall_and_names_the_unit(
    lying: tuple[Site, Ledger], tmp_path: Path
) -> None:
    site, ledger = lying
    auditor = Auditor(tmp_path / "auditor")
    with served(site, ledger) as address:
        for _ in range(2):
            ran = auditor.replay(site, address)
            told = json.loads(ran.stdout)
            assert (ran.exit_code, told["cosigned"]) == (1, None), "and it never goes on behind it"
    refuted = json.loads(Path(told["refuted"]).read_bytes())
    assert (refuted["format"], refuted["subject"]) == ("xuemai/map-refutation/v1", RED)
    assert (refuted["expected"]["count"], refuted["found"]["count"]) == (2, 1)
    own_words = parse_wire(refuted["batch"].encode())
    assert refuted["stated"].encode() in own_words.bodies[0], "the site's own signed statement"


def test_a_hospital_refuses_a_passport_under_a_root_that_nobody_cosigned(
    lying: tuple[Site, Ledger], tmp_path: Path
) -> None:
    site, ledger = lying
    auditor = Auditor(tmp_path / "auditor")
    with served(site, ledger) as address:
        auditor.replay(site, address)
    raw = without_the_recall(site, ledger)
    assert b"recalled" not in raw
    found = received(site, raw, Auditors((auditor.key,), otherwise="refuse"))
    assert (found.step, found.status) == ("completeness", "failed")
    assert found.detail.startswith("0 of the auditors cosigned the map")


def test_a_run_that_is_cut_off_goes_on_from_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.commands.audit.SAVE_EVERY_SECONDS", 0.0)
    site, auditor = site_in(tmp_path / "site"), Auditor(tmp_path / "auditor")
    asked: list[int] = []
    honest, taken = Source.batches, Audit.take

    def batches(source: Source, start: int, end: int) -> Iterator[Batch]:
        asked.append(start)
        return honest(source, start, end)

    def take(audit: Audit, batch: Batch) -> list[Stated]:
        if len(asked) == 1 and audit.size == 4:
            raise SystemExit(137)
        return taken(audit, batch)

    with Ledger(site, SystemClock()) as ledger, served(site, ledger) as address:
        for number in range(5):
            claim(ledger, Draft(kinds.Opening, {"unit": f"unit:A99992600000{number}.A0002V00", "place": "place:a"}))
        ledger.root_unit_map()
        ledger.sign_checkpoint()
        monkeypatch.setattr(Source, "batches", batches)
        monkeypatch.setattr(Audit, "take", take)
        assert auditor.replay(site, address).exit_code == 137
        told = json.loads(auditor.replay(site, address).output)
        assert asked == [0, 4]
        assert (told["reason"], told["cosigned"], told["size"]) == (None, ledger.size - 1, ledger.size)
        assert {path.name for path in (auditor.folder / "state").iterdir()} == {"state"}


def test_what_was_saved_under_way_is_forgotten_where_the_log_is_another_one(tmp_path: Path) -> None:
    site, auditor = site_in(tmp_path / "site"), Auditor(tmp_path / "auditor")
    poison = Audit(site.origin)
    with Ledger(site_in(tmp_path / "other"), SystemClock()) as other:
        claim(other, Draft(kinds.Opening, {"unit": OTHER, "place": "place:b"}))
        with reading(other.site) as reader:
            for wire in wires(reader, 0, 2, at_most=1 << 20):
                poison.take(parse_wire(wire))
    with Ledger(site, SystemClock()) as ledger, served(site, ledger) as address:
        for unit in (RED, OTHER):
            claim(ledger, Draft(kinds.Opening, {"unit": unit, "place": "place:a"}))
        ledger.root_unit_map()
        ledger.sign_checkpoint()
        under_way = auditor.folder / "state" / "under-way"
        under_way.parent.mkdir()
        under_way.write_bytes(poison.dump())
        assert "another chain" in json.loads(auditor.replay(site, address).stdout)["reason"]
        assert not under_way.exists()
        assert json.loads(auditor.replay(site, address).stdout)["reason"] is None


def test_a_log_that_went_back_is_not_audited_any_further(tmp_path: Path) -> None:
    site, auditor = site_in(tmp_path / "site"), Auditor(tmp_path / "auditor")
    with Ledger(site, SystemClock()) as ledger, served(site, ledger) as address:
        ledger.sign_checkpoint()
        before = site.signed_head.read_bytes()
        ledger.root_unit_map()
        ledger.sign_checkpoint()
        assert auditor.replay(site, address).exit_code == 0
        with pytest.MonkeyPatch.context() as lie:
            lie.setattr("ledger.audit_source.Source.checkpoint", lambda _source: before)
            ran = auditor.replay(site, address)
    assert (ran.exit_code, "it went back" in json.loads(ran.stdout)["reason"]) == (1, True)


def test_what_cannot_be_asked_or_read_is_said(tmp_path: Path) -> None:
    site, auditor = site_in(tmp_path / "site"), Auditor(tmp_path / "auditor")
    with Ledger(site, SystemClock()) as ledger, served(site, ledger) as (url, _):
        ledger.root_unit_map()
        ledger.sign_checkpoint()
        assert "401 Unauthorized" in json.loads(auditor.replay(site, (url, "xm_none")).stdout)["reason"]
    assert "http://" in json.loads(auditor.replay(site, ("ftp://there", "")).stdout)["reason"]
    assert json.loads(auditor.replay(site, ("http://127.0.0.1:9", "")).stdout)["reason"]
    (auditor.folder / "key").write_text("no key")
    assert "64 hex digits" in json.loads(auditor.replay(site, (url, "")).stdout)["reason"]
