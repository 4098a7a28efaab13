"""One log key signs for the next: the two proofs of a `log_key_added` event, read without the log."""

from collections.abc import Sequence

import pytest

from ledger.core import events, kinds, succession
from ledger.core import note as notes
from ledger.core.errors import Refused
from ledger.core.note import ED25519, VerifierKey
from ledger.core.signing import NoteSigner, sign_note
from ledger.core.succession import Succession
from tests.support.golden import LOG, ORIGIN, RECEIPT, SITE, signer
from tests.support.golden_keys import NEW_LOG, overlap, successor

NEW_RECEIPT = successor(RECEIPT.name)


def said(text: str, *signers: NoteSigner) -> bytes:
    return sign_note(text, list(signers))


def text_of(new: VerifierKey, origin: str = ORIGIN) -> str:
    return f"xuemai/key/v1\n{origin}\n{notes.format_vkey(new)}\n"


def refused(raw: bytes, believed: Sequence[VerifierKey]) -> str:
    answer = succession.verify(raw, believed, origin=ORIGIN)
    assert isinstance(answer, Refused), answer
    assert answer.step == "succession"
    return answer.reason


def test_what_both_keys_signed_in_the_log_is_a_note_of_its_own() -> None:
    told = [events.decode(body) for sealed in overlap().batches for body in sealed.bodies]
    (added,) = [event for event in told if isinstance(event, kinds.LogKeyAdded)]
    raw = succession.note_of(added, LOG.verifier, origin=ORIGIN)
    assert raw == said(text_of(NEW_LOG.verifier), NEW_LOG, LOG)
    found = succession.verify(raw, [RECEIPT.verifier, LOG.verifier], origin=ORIGIN)
    assert found == Succession("checkpoint", LOG.verifier, NEW_LOG.verifier)


def test_a_receipts_key_follows_a_receipts_key_alone() -> None:
    raw = said(text_of(NEW_RECEIPT.verifier), NEW_RECEIPT, RECEIPT)
    found = succession.verify(raw, [LOG.verifier, RECEIPT.verifier], origin=ORIGIN)
    assert found == Succession("receipt", RECEIPT.verifier, NEW_RECEIPT.verifier)
    across = said(text_of(NEW_RECEIPT.verifier), NEW_RECEIPT, LOG)
    assert succession.verify(across, [LOG.verifier], origin=ORIGIN) is None


def test_a_key_that_nobody_believed_signed_for_is_not_followed() -> None:
    raw = said(text_of(NEW_LOG.verifier), NEW_LOG, signer("stranger"))
    assert succession.verify(raw, [LOG.verifier], origin=ORIGIN) is None
    alone = said(text_of(NEW_LOG.verifier), NEW_LOG)
    assert succession.verify(alone, [LOG.verifier], origin=ORIGIN) is None
    assert succession.verify(alone, [NEW_LOG.verifier], origin=ORIGIN) is None, "a key does not follow itself"


def test_both_have_to_have_signed_this() -> None:
    good = notes.parse(said(text_of(NEW_LOG.verifier), NEW_LOG, LOG))
    for broken in (0, 1):
        lines = list(good.signatures)
        raw = bytearray(lines[broken].raw)
        raw[5] ^= 1
        lines[broken] = notes.Signature(lines[broken].name, lines[broken].key_id, bytes(raw))
        assert "verify" in refused(notes.format(notes.Note(good.text, tuple(lines))), [LOG.verifier])
    assert "got none" in refused(said(text_of(NEW_LOG.verifier), LOG), [LOG.verifier])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff",
        said(text_of(NEW_LOG.verifier, f"{SITE}/ledger/2"), NEW_LOG, LOG),
        said(text_of(NEW_LOG.verifier) + "more\n", NEW_LOG, LOG),
        said(text_of(NEW_LOG.verifier).replace("key/v1", "key/v2"), NEW_LOG, LOG),
        said(f"xuemai/key/v1\n{ORIGIN}\nnonsense\n", LOG),
        said(text_of(signer(f"{SITE}/web").verifier), signer(f"{SITE}/web"), LOG),
        said(text_of(VerifierKey(ORIGIN, notes.COSIGNATURE_V1, NEW_LOG.key.public)), LOG),
    ],
)
def test_anything_else_is_refused(raw: bytes) -> None:
    assert refused(raw, [LOG.verifier])
    assert NEW_LOG.verifier.algorithm == ED25519
