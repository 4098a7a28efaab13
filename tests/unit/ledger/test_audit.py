"""The auditor confirms what an honest ledger states, however often it stops in between, and nothing else."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.append import Draft, Ledger
from ledger.audit import Audit, AuditError, read_batches, refutation
from ledger.config import Site
from ledger.core import checkpoint, kinds
from ledger.core.batch import Batch
from ledger.core.errors import FormatError
from ledger.core.note import format_base64
from ledger.read import mapping
from ledger.read.reader import reading
from tests.support import naive_map
from tests.support.producers import Gateway, StoryClock, claim, introduce, site_in

UNITS = [f"unit:A99992600000{number}.E0382V00" for number in range(3)]
TAGS = [f"tag:E004010{number}" for number in range(2)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A day with tags that change bags, an event that nobody understands, a revoked key, and roots in between."""
    made = site_in(tmp_path_factory.mktemp("audit") / "site")
    dice, clock, gateway, lost = random.Random(9), StoryClock(), Gateway("gw"), Gateway("gw-lost")  # noqa: S311
    with Ledger(made, clock) as ledger:
        introduce(ledger, gateway, lost)
        for unit in UNITS:
            claim(ledger, Draft(kinds.Opening, {"unit": unit, "place": "place:a"}))
        for _ in range(25):
            seen = {"tag": dice.choice(TAGS), "device": "device:r", "antenna": 1, "reads": 1, "place": "place:a"}
            body = gateway.events([(kinds.TagArrived, clock.after(1), seen)])[0]
            odd = dice.random() < 0.2
            ledger.append_batch(gateway.seal([body.replace(b"tag_arrived", b"tag_seen_oddly") if odd else body]))
            kind = dice.choice([kinds.TagAssociated, kinds.TagRemoved])
            ledger.record("web", [Draft(kind, {"unit": dice.choice(UNITS), "tag": dice.choice(TAGS)})])
            if dice.random() < 0.3:
                ledger.root_unit_map()
        revoked = {"key": lost.key_id, "last_good": [], "reason": "lost"}
        ledger.record("site", [Draft(kinds.KeyRevoked, revoked)])
        ledger.root_unit_map()
        ledger.sign_checkpoint()
    return made


def batches_of(site: Site) -> Iterator[Batch]:
    with reading(site) as reader:
        raw = b"".join(mapping.wires(reader, 0, reader.log_size(), at_most=10**9))
    yield from read_batches(raw)


def head_of(site: Site) -> checkpoint.Checkpoint:
    return checkpoint.parse_signed(site.signed_head.read_bytes())[0]


@pytest.mark.parametrize("stops", [0.0, 0.4])
def test_every_root_of_an_honest_ledger_is_confirmed(site: Site, stops: float) -> None:
    audit, dice, confirmed = Audit(site.origin), random.Random(1), []  # noqa: S311  a repeatable story
    for batch in batches_of(site):
        if dice.random() < stops:
            audit = Audit.load(audit.dump(), site.origin)
        stated = audit.take(batch)
        assert all(each.is_confirmed for each in stated)
        confirmed += [(each.note.as_of_size, each.note.root) for each in stated]
    assert len(confirmed) > 3
    assert confirmed == naive_map.stated_roots(site)
    audit.require_head(head_of(site))


def test_a_state_is_of_one_log(site: Site) -> None:
    with pytest.raises(AuditError, match="expected xuemai/audit-state/v1 of other"):
        Audit.load(Audit(site.origin).dump(), "other.example/ledger/1")
    with pytest.raises(AuditError, match="the state of an audit"):
        Audit.load(b"no state", site.origin)


def refused(site: Site, batches: list[Batch]) -> str:
    audit = Audit(site.origin)
    for batch in batches[:-1]:
        audit.take(batch)
    with pytest.raises(AuditError) as error:
        audit.take(batches[-1])
    return str(error.value)


def test_what_is_no_log_is_not_audited(site: Site) -> None:
    honest = list(batches_of(site))
    body = honest[1].bodies[0]
    altered = replace(honest[1], bodies=(body.replace(b"gw", b"gv", 1), *honest[1].bodies[1:]))
    assert "batch 1: root" in refused(site, [honest[0], altered])
    assert "to go on at" in refused(site, [*honest[:2], honest[1]])
    assert "expected the log to begin" in refused(site, honest[2:3])
    gateways = next(index for index, each in enumerate(honest) if b"gw/1/c" in each.note)
    unknown = [each for index, each in enumerate(honest[: gateways + 1]) if index != 1]
    assert "no key of the log" in refused(site, [unknown[0], unknown[-1]])
    note = honest[2].note
    forged = replace(honest[2], note=note[:-4] + (b"AA" if note[-4:-2] != b"AA" else b"BB") + note[-2:])
    assert "batch 2:" in refused(site, [*honest[:2], forged])
    other = Audit("other.example/ledger/1")
    with pytest.raises(AuditError, match="expected a batch for other"):
        other.take(honest[0])


def test_a_log_that_went_back_or_told_another_story_is_refused(site: Site) -> None:
    audit, head = Audit(site.origin), head_of(site)
    for batch in batches_of(site):
        audit.take(batch)
    for wrong, said in (
        (replace(head, size=head.size - 1), "it went back"),
        (replace(head, root=bytes(32)), "it told two stories"),
        (replace(head, origin="other"), "expected"),
    ):
        with pytest.raises(AuditError, match=said):
            audit.require_head(wrong)


def test_a_root_that_is_not_the_logs_is_refuted_with_the_sites_own_words(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        claim(ledger, Draft(kinds.Opening, {"unit": UNITS[0], "place": "place:a"}))
        lie = {"as_of_size": ledger.size, "root": "A" * 43 + "="}
        ledger.record("site", [Draft(kinds.UnitMapRooted, lie)])
        late = {"as_of_size": 1, "root": ""}
        ledger.record("site", [Draft(kinds.UnitMapRooted, {**late, "root": "A" * 43 + "="})])
    audit = Audit(site.origin)
    stated = [each for batch in batches_of(site) for each in audit.take(batch)]
    assert [each.is_confirmed for each in stated] == [False, False]
    told = refutation(stated[0], None)
    assert b'"log_index":2,"as_of_size":2' in told
    assert audit.confirmed is None


def test_a_true_root_of_another_size_is_refuted(tmp_path: Path) -> None:
    other = site_in(tmp_path / "site")
    with Ledger(other, StoryClock()) as ledger:
        ledger.root_unit_map()
        root = format_base64(naive_map.stated_roots(other)[0][1])
        ledger.record("site", [Draft(kinds.UnitMapRooted, {"as_of_size": 1, "root": root})])
    audit = Audit(other.origin)
    stated = [each for batch in batches_of(other) for each in audit.take(batch)]
    assert [each.is_confirmed for each in stated] == [True, False]


def test_batches_follow_each_other_on_the_wire(site: Site) -> None:
    with reading(site) as reader:
        raw = b"".join(mapping.wires(reader, 0, 3, at_most=10**9))
        assert len(list(mapping.wires(reader, 0, 3, at_most=0))) == 1
    assert len(list(read_batches(raw))) == 3
    for wrong in (raw[:-1], raw + b"x\n", b"x\n"):
        with pytest.raises(FormatError):
            list(read_batches(wrong))
