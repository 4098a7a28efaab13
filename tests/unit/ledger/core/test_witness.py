"""The witness protocol without memory: what a request is, whose it is, and whether it continues what was cosigned."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ledger.core import checkpoint, note, witness
from ledger.core.checkpoint import Checkpoint
from ledger.core.errors import NoteError
from ledger.core.note import VerifierKey
from ledger.core.signing import Cosigner, verify_note
from ledger.core.witness import Admitted, Declined
from tests.support import golden, golden_witness
from tests.support.partner import ORIGIN, Partner, signer

LOGS = [signer().verifier]
LOG = Partner().grow_to(13)
GOOD = LOG.request(5, 13)
GOLDEN = golden.FOLDER / "witness"
OUTSIDE = Path("tests/vectors/mldsa")


def judge(raw: bytes, latest: Checkpoint | None, logs: Sequence[VerifierKey] = LOGS) -> int:
    """The HTTP status of the answer."""
    admitted = witness.admit(raw, logs)
    if isinstance(admitted, Declined):
        return admitted.status
    declined = witness.advance(admitted, latest)
    return 200 if declined is None else declined.status


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.request")), ids=lambda path: path.stem)
def test_each_golden_request_is_answered_as_its_name_says(path: Path) -> None:
    latest = checkpoint.parse_signed((GOLDEN / "cosigned-last.note").read_bytes())[0]
    assert judge(path.read_bytes(), latest, [golden.LOG.verifier]) == int(path.stem.partition("_")[0])


def test_the_golden_cosignature_is_one_of_the_golden_checkpoint() -> None:
    request = witness.parse((GOLDEN / "200_continues.request").read_bytes())
    cosigned = note.parse(request.checkpoint + (GOLDEN / "200_continues.cosignature").read_bytes())
    key = Cosigner(golden_witness.WITNESS, golden.signer(golden_witness.WITNESS).key).verifier
    assert verify_note(cosigned, [key]) == (key,)


def test_a_log_that_signs_with_ml_dsa_is_known_by_its_key() -> None:
    raw = (OUTSIDE / "add-checkpoint.request").read_bytes()
    key = note.parse_vkey((OUTSIDE / "log.vkey").read_text().strip())
    assert judge(raw, None, [key]) == 200
    altered = raw.replace(b"\n1\n", b"\n2\n")
    assert judge(altered, None, [key]) == 403
    assert judge(raw, None, [VerifierKey(key.name, note.ED25519, bytes(32))]) == 403


def test_a_request_round_trips() -> None:
    read = witness.parse(GOOD)
    assert witness.format(read) == GOOD
    assert (read.old_size, len(read.hashes)) == (5, 5)
    assert read.checkpoint == LOG.signed(13)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"old 0\n",
        GOOD.replace(b"old 5", b"old 05"),
        GOOD.replace(b"old 5", b"old -5"),
        GOOD.replace(b"old 5", b"old  5"),
        GOOD.replace(b"old 5", b"OLD 5"),
        GOOD.replace(b"old 5", b"old 18446744073709551616"),
        GOOD.replace(b"old 5", b"old \xef\xbc\x95"),
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"\n\n", b"\n", 1),
        GOOD.replace(b"old 5\n", b"old 5\nAAAA\n"),
        GOOD.replace(b"old 5\n", b"old 5\n" + b"A" * 43 + b"=\n" + (b"A" * 43 + b"=\n") * 63),
        GOOD[:-1],
        GOOD + b"\n",
        GOOD[: GOOD.index(b"\n\n") + 2] + b"no checkpoint\n",
        GOOD.replace(b"old 5\n", b"old 5\n\xff\n"),
    ],
)
def test_what_is_no_request_is_400(raw: bytes) -> None:
    with pytest.raises(NoteError):
        witness.parse(raw)
    assert judge(raw, None) == 400


def test_a_log_that_nobody_asked_for_is_404() -> None:
    stranger = Partner(signer("elsewhere.example/ledger/1")).grow_to(3)
    assert judge(stranger.request(0), None) == 404


def test_a_checkpoint_that_the_log_did_not_sign_is_403() -> None:
    impostor = Partner(signer(secret="another")).grow_to(3)
    assert judge(impostor.request(0), None) == 403
    signed_line = LOG.signed(13).splitlines()[-1]
    another = Partner().grow_to(12).request(0)
    assert judge(another.replace(another.splitlines()[-1], signed_line), None) == 403


def test_a_log_with_two_keys_may_sign_with_either() -> None:
    rotated = signer(secret="next")
    both = [*LOGS, rotated.verifier]
    for log in (signer(), rotated):
        assert isinstance(witness.admit(Partner(log).grow_to(3).request(0), both), Admitted)


def test_an_old_size_above_the_checkpoints_is_400() -> None:
    assert judge(LOG.request(14, 13), LOG.head(13)) == 400


def test_the_first_checkpoint_is_taken_from_nothing() -> None:
    assert judge(LOG.request(0, 13), None) == 200
    assert judge(Partner().request(0), None) == 200, "an empty log is a log"
    assert judge(LOG.request(0, 13), Partner().head()) == 200


def test_a_proof_from_nothing_must_be_empty() -> None:
    assert judge(LOG.request(0, 13, honest_old=5), None) == 422


def test_what_continues_is_taken_and_so_is_the_same_again() -> None:
    assert judge(GOOD, LOG.head(5)) == 200
    assert judge(LOG.request(13, 13), LOG.head(13)) == 200
    assert judge(LOG.request(13, 13, honest_old=5), LOG.head(13)) == 422, "nothing is left to prove"


@pytest.mark.parametrize("latest", [None, LOG.head(4), LOG.head(6), LOG.head(13)])
def test_another_old_size_than_the_one_cosigned_is_409_with_that_size(latest: Checkpoint | None) -> None:
    admitted = witness.admit(GOOD, LOGS)
    assert isinstance(admitted, Admitted)
    declined = witness.advance(admitted, latest)
    assert declined is not None
    assert (declined.status, declined.size) == (409, 0 if latest is None else latest.size)
    assert declined.contradiction is None


def test_two_roots_for_one_size_are_409_and_evidence() -> None:
    other = LOG.other_story(4).grow_to(13, "lie")
    admitted = witness.admit(other.request(13, 13), LOGS)
    assert isinstance(admitted, Admitted)
    declined = witness.advance(admitted, LOG.head(13))
    assert declined is not None
    assert (declined.status, declined.size) == (409, None)
    assert declined.contradiction == other.signed(13)


def test_an_empty_log_with_a_root_of_something_is_422_and_no_evidence() -> None:
    fake = Checkpoint(ORIGIN, 0, bytes(32))
    admitted = Admitted(witness.AddCheckpoint(0, (), LOG.signed(0)), fake)
    declined = witness.advance(admitted, None)
    assert declined is not None
    assert (declined.status, declined.contradiction) == (422, None)
    assert declined == witness.advance(admitted, Partner().head(0)), "nor where the empty log was cosigned"


def test_a_larger_log_that_does_not_continue_is_422() -> None:
    other = LOG.other_story(4).grow_to(13, "lie")
    assert judge(other.request(5, 13), LOG.head(5)) == 422
    assert judge(LOG.request(5, 13, honest_old=6), LOG.head(5)) == 422
    assert judge(LOG.request(5, 13, honest_old=0), LOG.head(5)) == 422


def test_what_cannot_be_read_back_is_not_written() -> None:
    for old, hashes, signed in ((-1, (), LOG.signed()), (0, (b"x",), LOG.signed()), (0, (), b"x\n")):
        with pytest.raises(NoteError):
            witness.format(witness.AddCheckpoint(old, hashes, signed))
