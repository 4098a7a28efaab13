"""A site's checkpoints before its partners: cosigned as they come; a ledger that went back hears it from outside."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledger.api.services import services_of
from ledger.app import create_app
from ledger.append import Draft, Ledger, Rejected
from ledger.config import Site, format_config, load
from ledger.core import checkpoint, kinds, note, policy, tlogproof
from ledger.core.errors import ConfigError
from ledger.core.policy import Witness
from ledger.core.signing import verify_note
from ledger.cosigning import Cosigning
from ledger.fsck import examine
from ledger.init import make_site
from ledger.read import cosigned
from ledger.read.reader import reading
from ledger.read.tlogproofs import prove_batch
from ledger.settings.witnesses import OutsideWitnesses
from ledger.witness import make as make_witness
from ledger.witness_client import Ask, NoAnswerError, Reply
from tests.support.copies import copy_site
from tests.support.mldsa import MlDsaCosigner
from tests.support.postgresql import new_ledger_database
from tests.support.producers import CountedEntropy, StoryClock, declare, site_in

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PARTNERS = ("b9999.example", "c9999.example")


class Seconds:
    """Real seconds, as a test sets them."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Partners:
    """The witnesses' sites, behind their real API without a network; each can be cut off."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.sites: dict[str, Site] = {}
        self.clients: dict[str, FlaskClient] = {}
        self.cut_off: set[str] = set()
        self.asked: list[tuple[str, bytes]] = []
        for name in PARTNERS:
            wanted = replace(site, directory=folder / name, name=name, database_url=new_ledger_database())
            made = make_site(wanted, clock=StoryClock(), entropy=CountedEntropy(name)).site
            make_witness(made, entropy=CountedEntropy(f"witness {name}"))
            witnessing = replace(made, witness_for=(site.verifier("log"),))
            witnessing.config_file.write_text(format_config(witnessing), "utf-8")
            self.sites[name] = load(made.directory)

    def outside(self, quorum: int) -> OutsideWitnesses:
        keys = {name: site.cosigner().verifier for name, site in self.sites.items()}
        return OutsideWitnesses(tuple(Witness(name, key, f"https://{name}") for name, key in keys.items()), quorum)

    def ask(self, url: str, body: bytes) -> Reply:
        name = url.removeprefix("https://")
        self.asked.append((name, body))
        if name in self.cut_off:
            raise NoAnswerError("no route")
        answer = self.clients[name].post("/add-checkpoint", data=body)
        return Reply(answer.status_code, answer.content_type.partition(";")[0], answer.data)


@pytest.fixture
def told(tmp_path: Path) -> "Story":
    return Story(tmp_path)


class Story:
    """A site with two partners who witness it."""

    def __init__(self, folder: Path) -> None:
        made = site_in(folder / "site")
        self.folder, self.partners = folder, Partners(folder, made)
        for name, site in self.partners.sites.items():
            writer = Ledger(site, StoryClock())
            app = create_app(site, writer, StoryClock())
            self.partners.clients[name] = app.test_client()
            services_of(app).accounts.close()
            writer.close()
        self.site = replace(made, outside=self.partners.outside(2))
        self.seconds = Seconds()

    def cosigning(self, ledger: Ledger, ask: Ask | None = None) -> Cosigning:
        return Cosigning(ledger, ask=ask or self.partners.ask, jitter=lambda: 1.0, monotonic=self.seconds)

    def grow(self, ledger: Ledger, word: str = "grown") -> int:
        """One more batch, under a signed checkpoint; the log's size."""
        declare(ledger, Draft(kinds.StreamResumed, {"producer": "g", "epoch": ledger.size, "reason": word}))
        ledger.sign_checkpoint()
        return ledger.size

    def copy(self, name: str) -> Site:
        """The site's whole folder, own signed head and all, as a backup or a cloned disk has it."""
        return copy_site(self.site, self.folder / name)

    def witnessed(self, site: Site | None = None) -> int:
        with reading(site or self.site) as reader:
            found = cosigned.latest_witnessed(reader)
        return 0 if found is None else found[0]


def test_every_checkpoint_is_cosigned_by_all_who_are_asked(told: Story) -> None:
    keys = [each.key for each in told.site.outside.witnesses]
    with Ledger(told.site, StoryClock()) as ledger:
        cosigning = told.cosigning(ledger)
        cosigning.begin()
        for _ in range(4):
            size = told.grow(ledger)
            told.seconds.now += 10
            cosigning.ask_now()
            assert told.witnessed() == size
            with reading(told.site) as reader:
                published = cosigned.latest_published(reader)
            assert published is not None
            assert set(verify_note(note.parse(published[1]), keys)) == set(keys)  # type: ignore[arg-type]  # no Refused
        assert [each.problem for each in cosigning.standings] == ["", ""]
        count = len(told.partners.asked)
        cosigning.ask_now()
        assert len(told.partners.asked) == count
    assert examine(told.site).ok


def test_policy_txt_names_the_witnesses_and_log_proofs_meet_it(told: Story) -> None:
    with Ledger(told.site, StoryClock()) as ledger:
        told.grow(ledger)
        cosigning = told.cosigning(ledger)
        cosigning.begin()
        covered = told.witnessed() - 1
        told.grow(ledger)
    trusted = policy.parse(told.site.policy_file.read_bytes())
    with reading(told.site) as reader:
        for index, verdict in ((covered, "valid"), (covered + 1, "invalid")):
            proof, leaf = prove_batch(reader, index)
            assert tlogproof.verify(proof, leaf, trusted).verdict == verdict


def test_a_witness_may_cosign_with_ml_dsa_beside_its_older_key(told: Story) -> None:
    older, safe = told.partners.sites[PARTNERS[0]].cosigner(), MlDsaCosigner("pq.example", bytes(32))

    def ask(_url: str, body: bytes) -> Reply:
        signed = body.partition(b"\n\n")[2]
        lines = [older.cosign(checkpoint.parse_signed(signed)[0], 1_772_409_900), safe.line(signed, 1_772_409_900)]
        return Reply(200, "text/plain", note.format_signature_lines(lines))

    outside = OutsideWitnesses((Witness("pq", safe.verifier, "https://pq.example"),), 1)
    site = replace(told.site, outside=outside)
    with Ledger(site, StoryClock()) as ledger:
        told.grow(ledger)
        told.cosigning(ledger, ask).begin()
        size = ledger.size
    assert told.witnessed(site) == size
    trusted = policy.parse(site.policy_file.read_bytes())
    assert [each.key for each in trusted.witnesses] == [safe.verifier]
    with reading(site) as reader:
        proof, leaf = prove_batch(reader, size - 1)
    assert tlogproof.verify(proof, leaf, trusted).verdict == "valid"
    assert examine(site).ok


def test_a_witness_that_is_away_is_asked_ever_less_often_and_in_nobodys_way(told: Story) -> None:
    away, there = PARTNERS
    told.partners.cut_off.add(away)
    with Ledger(told.site, StoryClock()) as ledger:
        cosigning = told.cosigning(ledger)
        cosigning.begin()
        asked = []
        for second in range(600):
            told.seconds.now = float(second)
            if second % 20 == 0:
                told.grow(ledger)
            before = len(told.partners.asked)
            cosigning.ask_now()
            asked += [second for name, _ in told.partners.asked[before:] if name == away]
        waits = [later - sooner for sooner, later in itertools.pairwise(asked)]
        assert waits[:4] == [8, 16, 32, 64]
        assert max(waits) == 120
        standings = {each.witness.name: each for each in cosigning.standings}
        assert standings[there].cosigned == ledger.size
        assert standings[away].problem == "no route"
        assert told.witnessed() == 0
        assert ledger.standstill is None

        told.partners.cut_off.clear()
        told.seconds.now += 200
        cosigning.ask_now()
        assert told.witnessed() == ledger.size


def test_a_witness_that_had_to_be_asked_again_from_its_own_size_cosigns(told: Story) -> None:
    """What it cosigned was lost on the way here: its answer says from where to prove."""

    def deaf(url: str, body: bytes) -> Reply:
        told.partners.ask(url, body)
        raise NoAnswerError("the answer was lost")

    with Ledger(told.site, StoryClock()) as ledger:
        told.cosigning(ledger, deaf).begin()
        assert told.witnessed() == 0
        size = told.grow(ledger)
        told.cosigning(ledger).begin()
        assert told.witnessed() == size
        assert ledger.standstill is None


def signs_nothing(ledger: Ledger) -> str:
    with pytest.raises(Rejected) as refused:
        ledger.sign_checkpoint()
    assert refused.value.step == "history"
    return refused.value.reason


def test_a_ledger_restored_with_its_own_signed_head_hears_it_at_the_start(told: Story) -> None:
    with Ledger(told.site, StoryClock()) as ledger:
        told.cosigning(ledger).begin()
    old = told.copy("old")
    with Ledger(told.site, StoryClock()) as ledger:
        told.grow(ledger)
        newest = told.grow(ledger)
        told.cosigning(ledger).begin()
    with Ledger(old, StoryClock()) as ledger:
        assert ledger.standstill is None
        told.cosigning(ledger).begin()
        assert f"it cosigned a checkpoint of size {newest}, and {newest - 2} is signed here" in signs_nothing(ledger)
    with Ledger(told.site, StoryClock()) as ledger:
        told.cosigning(ledger).begin()
        assert ledger.standstill is None


@pytest.mark.parametrize("further", [0, 1, 5])
def test_of_two_ledgers_on_cloned_disks_the_second_is_stopped_at_its_next_checkpoint(told: Story, further: int) -> None:
    with Ledger(told.site, StoryClock()) as ledger:
        told.cosigning(ledger).begin()
    clone = told.copy("clone")
    with Ledger(told.site, StoryClock()) as first, Ledger(clone, StoryClock()) as second:
        here, there = told.cosigning(first), told.cosigning(second)
        here.begin()
        there.begin()
        told.grow(first, "one story")
        told.seconds.now += 10
        here.ask_now()
        for number in range(1 + further):
            told.grow(second, f"another story {number}")
        there.ask_now()
        assert "it cosigned another history" in signs_nothing(second)
        told.grow(first)
        told.seconds.now += 10
        here.ask_now()
        assert first.standstill is None
        assert told.witnessed() == first.size


@pytest.mark.parametrize(("at_start", "starts"), [("warn", True), ("required", False)])
def test_without_an_answer_the_start_is_as_configured(told: Story, at_start: str, *, starts: bool) -> None:
    told.partners.cut_off.add(PARTNERS[1])
    outside = replace(told.site.outside, at_start="required" if at_start == "required" else "warn")
    with Ledger(replace(told.site, outside=outside), StoryClock()) as ledger:
        cosigning = told.cosigning(ledger)
        if starts:
            cosigning.begin()
            told.grow(ledger)
        else:
            with pytest.raises(ConfigError, match=r"c9999\.example: no route"):
                cosigning.begin()


def line_by_another(told: Story, _url: str, body: bytes) -> Reply:
    """What the other partner would answer."""
    return told.partners.ask(f"https://{PARTNERS[1]}", body)


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (lambda _told, _url, _body: Reply(200, "text/plain", b"<html>"), "signature line"),
        (line_by_another, "known key"),
        (lambda _told, _url, _body: Reply(404, "application/problem+json", b"no such log"), "HTTP 404: no such log"),
        (lambda _told, _url, _body: Reply(502, "text/html", b"<html>"), "HTTP 502"),
        (lambda _told, _url, _body: Reply(409, "text/x.tlog.size", b"0\n"), "changed its mind"),
    ],
)
def test_an_answer_that_is_no_cosignature_counts_for_nothing(
    told: Story, reply: Callable[[Story, str, bytes], Reply], problem: str
) -> None:
    with Ledger(told.site, StoryClock()) as ledger:
        cosigning = told.cosigning(ledger, lambda url, body: reply(told, url, body))
        cosigning.begin()
        assert problem in cosigning.standings[0].problem
        assert told.witnessed() == 0
        assert ledger.standstill is None


def test_who_waits_for_witnesses_gets_them_soon_or_goes_on_without(told: Story) -> None:
    with Ledger(told.site, StoryClock()) as ledger:
        cosigning = Cosigning(ledger, ask=told.partners.ask)
        cosigning.begin()
        with cosigning:
            size = told.grow(ledger)
            assert cosigning.hurry(size, patience_seconds=10)
            assert told.witnessed() == size
            told.partners.cut_off.update(PARTNERS)
            assert not cosigning.hurry(told.grow(ledger), patience_seconds=0.2)
    nobody = replace(told.site, outside=OutsideWitnesses())
    with Ledger(nobody, StoryClock()) as ledger, Cosigning(ledger) as alone:
        assert not alone.hurry(1, patience_seconds=60)


def test_a_witness_is_shown_the_logs_own_lines_alone(told: Story) -> None:
    with Ledger(told.site, StoryClock()) as ledger:
        cosigning = told.cosigning(ledger)
        cosigning.begin()
        told.seconds.now += 10
        cosigning.begin()
    for _, body in told.partners.asked:
        shown = note.parse(body.partition(b"\n\n")[2])
        assert [line.name for line in shown.signatures] == [told.site.origin]
