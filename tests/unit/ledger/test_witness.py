"""The witness with its memory: it never cosigns two stories, whatever comes, however often, and after any restart."""

import sqlite3
import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.config import Site, format_config, load
from ledger.core import checkpoint
from ledger.core.errors import ConfigError
from ledger.core.note import Note, VerifierKey, format_vkey, parse_signature_lines
from ledger.core.signing import Cosigner, SigningKey, cosigned_at, verify_note
from ledger.core.witness import Declined
from ledger.witness import Witness, WitnessStorageError, make, open_witness
from tests.support.partner import ORIGIN, Partner, signer
from tests.support.producers import CountedEntropy, site_in

NOW = 1_772_440_000


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site that witnesses one partner."""
    made = replace(site_in(tmp_path / "site"), witness_for=(signer().verifier,))
    made.config_file.write_text(format_config(made), "utf-8")
    make(made, entropy=CountedEntropy("witness"))
    return load(made.directory)


@pytest.fixture
def witness(site: Site) -> Witness:
    opened = open_witness(site)
    assert opened is not None
    return opened


def cosigned(answer: bytes | Declined, head: checkpoint.Checkpoint, keys: Sequence[VerifierKey]) -> None:
    """The answer is one line of the witness that verifies over this checkpoint, at the time that it was told."""
    assert isinstance(answer, bytes), answer
    lines = parse_signature_lines(answer)
    assert len(lines) == 1
    assert verify_note(Note(checkpoint.format(head), lines), keys) == tuple(keys)
    assert cosigned_at(lines[0]) == NOW


def status(answer: bytes | Declined) -> int:
    return answer.status if isinstance(answer, Declined) else 200


def test_a_growing_log_is_cosigned_at_each_step(witness: Witness, site: Site) -> None:
    log, key = Partner(), site.cosigner().verifier
    assert witness.latest(ORIGIN) is None
    old = 0
    for size in (1, 2, 7, 7, 8, 300):
        log.grow_to(size)
        cosigned(witness.add_checkpoint(log.request(old), now_seconds=NOW), log.head(), [key])
        assert witness.latest(ORIGIN) == log.head()
        old = size


def test_a_restart_forgets_nothing(witness: Witness, site: Site) -> None:
    log = Partner().grow_to(9)
    witness.add_checkpoint(log.request(0), now_seconds=NOW)
    again = open_witness(site)
    assert again is not None
    declined = again.add_checkpoint(log.request(0), now_seconds=NOW)
    assert isinstance(declined, Declined)
    assert (declined.status, declined.size) == (409, 9)
    assert status(again.add_checkpoint(log.grow_to(10).request(9), now_seconds=NOW)) == 200


def test_of_two_checkpoints_that_cannot_both_be_true_one_is_cosigned_and_the_other_kept(
    witness: Witness, site: Site
) -> None:
    true = Partner().grow_to(9)
    lie = true.other_story(5).grow_to(9, "lie")
    cosigned(witness.add_checkpoint(true.request(0), now_seconds=NOW), true.head(), [site.cosigner().verifier])
    for _ in range(2):
        assert status(witness.add_checkpoint(lie.request(9), now_seconds=NOW)) == 409
    assert status(witness.add_checkpoint(lie.grow_to(12, "lie").request(9), now_seconds=NOW)) == 422
    assert witness.latest(ORIGIN) == true.head()
    assert witness.contradictions() == ((true.signed(), lie.signed(9)),)


def test_two_stories_at_once_and_only_one_is_cosigned(witness: Witness) -> None:
    trunk = Partner().grow_to(4)
    witness.add_checkpoint(trunk.request(0), now_seconds=NOW)
    # Both continue what was cosigned, by different leaves and to different sizes: whoever is later must be refused.
    stories = [trunk.other_story(4).grow_to(5 + number, f"story {number}") for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda story: witness.add_checkpoint(story.request(4), now_seconds=NOW), stories, timeout=60)
        )
    assert sorted(map(status, answers)) == [200] + [409] * 7
    winner = stories[[status(answer) for answer in answers].index(200)]
    assert witness.latest(ORIGIN) == winner.head()


def test_a_request_that_waits_for_another_is_judged_by_what_that_one_left(witness: Witness, site: Site) -> None:
    trunk = Partner().grow_to(4)
    witness.add_checkpoint(trunk.request(0), now_seconds=NOW)
    first, second = (trunk.other_story(4).grow_to(9, f"story {number}") for number in "ab")
    elsewhere = sqlite3.connect(site.witness_db, isolation_level=None)
    elsewhere.execute("BEGIN IMMEDIATE")
    elsewhere.execute("UPDATE latest SET checkpoint = ?", (first.signed(),))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(witness.add_checkpoint, second.request(4), now_seconds=NOW)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.3)
        elsewhere.execute("COMMIT")
        elsewhere.close()
        declined = waiting.result(timeout=30)
    assert isinstance(declined, Declined)
    assert (declined.status, declined.size) == (409, 9)
    assert witness.latest(ORIGIN) == first.head()


def test_one_log_does_not_move_another(site: Site) -> None:
    names = ("log.c9999.example/ledger/1", "log.d9999.example/ledger/1")
    both = Witness(site.witness_db, site.cosigner(), [signer(name).verifier for name in names])
    one, other = (Partner(signer(name)).grow_to(size) for name, size in zip(names, (3, 5), strict=True))
    assert status(both.add_checkpoint(one.request(0), now_seconds=NOW)) == 200
    assert status(both.add_checkpoint(other.request(0), now_seconds=NOW)) == 200
    assert (both.latest(names[0]), both.latest(names[1])) == (one.head(), other.head())


def test_what_cannot_be_written_is_not_cosigned(witness: Witness, site: Site) -> None:
    log = Partner().grow_to(3)
    connection = sqlite3.connect(site.witness_db)
    connection.execute("CREATE TRIGGER full BEFORE INSERT ON latest BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    with pytest.raises(WitnessStorageError, match="disk is full"):
        witness.add_checkpoint(log.request(0), now_seconds=NOW)
    connection.execute("DROP TRIGGER full")
    connection.close()
    assert witness.latest(ORIGIN) is None
    assert status(witness.add_checkpoint(log.request(0), now_seconds=NOW)) == 200


def test_a_lost_memory_is_never_replaced_by_an_empty_one(witness: Witness, site: Site) -> None:
    witness.add_checkpoint(Partner().grow_to(9).request(0), now_seconds=NOW)
    site.witness_db.unlink()
    with pytest.raises(WitnessStorageError):
        witness.add_checkpoint(Partner().grow_to(3, "lie").request(0), now_seconds=NOW)
    for attempt in (open_witness, make):
        with pytest.raises(ConfigError, match="remembers what was cosigned"):
            attempt(site)
    assert not site.witness_db.exists()


def test_another_witness_after_a_loss_has_another_key(site: Site) -> None:
    before = site.cosigner().verifier
    site.witness_db.unlink()
    site.key_file("witness").unlink()
    assert make(site) != before


def test_made_twice_it_is_the_same_witness(site: Site, witness: Witness) -> None:
    witness.add_checkpoint(Partner().grow_to(9).request(0), now_seconds=NOW)
    before = site.cosigner().verifier
    assert make(site) == site.cosigner().verifier == before
    assert witness.latest(ORIGIN) is not None
    assert {stat.S_IMODE(path.stat().st_mode) for path in (site.witness_db, site.key_file("witness"))} == {0o600}
    assert not list(site.directory.rglob("*.new"))


def test_a_site_that_names_no_log_is_no_witness_and_needs_no_key(tmp_path: Path) -> None:
    assert open_witness(site_in(tmp_path / "site")) is None


def test_a_witness_without_its_key_does_not_start(site: Site) -> None:
    site.key_file("witness").unlink()
    with pytest.raises(ConfigError, match=r"witness\.key"):
        open_witness(site)


def test_the_key_that_partners_are_given_is_the_one_that_cosigns(site: Site) -> None:
    key = make(site)
    assert key.name == f"{site.name}/witness"
    assert format_vkey(key) == format_vkey(Cosigner(key.name, SigningKey(_seed(site))).verifier)


def _seed(site: Site) -> bytes:
    return bytes.fromhex(site.key_file("witness").read_text().strip())
