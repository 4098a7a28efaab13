"""Signatures at the edges of the curve, and notes signed by several."""

import json
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from proofbundle import checkpoint as oracle

from ledger.core import checkpoint, note, signing
from ledger.core.checkpoint import Checkpoint
from ledger.core.errors import NoteError, Refused
from ledger.core.note import Note, Signature, VerifierKey
from ledger.core.signing import Cosigner, NoteSigner, SigningKey
from tests.support.mldsa import MlDsaCosigner

VECTORS = Path(__file__).parents[3] / "vectors"
EDGES = json.loads((VECTORS / "ed25519/edges.json").read_text())["vectors"]

LEDGER = NoteSigner("A9999.example/ledger/1", SigningKey(bytes([1] * 32)))
GATEWAY = NoteSigner("A9999.example/gateway", SigningKey(bytes([2] * 32)))
WITNESS = Cosigner("witness.example/w1", SigningKey(bytes([3] * 32)))
QUANTUM_SAFE = MlDsaCosigner("pq.witness.example/w1", bytes([4] * 32))
STATE = Checkpoint("A9999.example/ledger/1", 3, bytes(range(32)))


def _judge(vector: dict[str, str]) -> Refused | None:
    public, message, signature = (bytes.fromhex(vector[name]) for name in ("public", "message", "signature"))
    return signing.verify_ed25519(public, message, signature)


@pytest.mark.parametrize("vector", EDGES, ids=lambda vector: vector["name"])
def test_edges_of_the_curve(vector: dict[str, str]) -> None:
    verdict = "refused" if _judge(vector) else "verified"
    assert verdict == vector["verdict"], vector["why"]


@pytest.mark.parametrize(
    ("prefix", "reason"),
    [
        ("low-order-key", "public key of full order"),
        ("low-order-R", "R of full order"),
        ("non-canonical-key-zero", "canonical public key"),
        ("non-canonical-R-one", "canonical R"),
        ("non-canonical-key-minus-zero", "public key of full order"),
        ("s-", "S below the group's order"),
        ("short-key", "public key of 32 bytes, got 31"),
        ("short-signature", "signature of 64 bytes, got 63"),
        ("long-signature", "signature of 64 bytes, got 65"),
        ("key-off-curve", "does not verify"),
        ("other-", "does not verify"),
    ],
)
def test_an_edge_is_refused_for_its_own_reason(prefix: str, reason: str) -> None:
    vectors = [vector for vector in EDGES if vector["name"].startswith(prefix)]
    assert vectors
    for vector in vectors:
        refused = _judge(vector)
        assert isinstance(refused, Refused)
        assert reason in refused.reason


def test_the_largest_scalar_below_the_order_goes_on_to_the_library() -> None:
    honest = EDGES[0]
    order = 0x1000000000000000000000000000000014DEF9DEA2F79CD65812631A5CF5D3ED  # RFC 8032, 5.1
    for scalar, reason in [(order - 1, "does not verify"), (order, "below the group's order")]:
        signature = bytes.fromhex(honest["signature"])[:32] + scalar.to_bytes(32, "little")
        refused = signing.verify_ed25519(bytes.fromhex(honest["public"]), bytes.fromhex(honest["message"]), signature)
        assert isinstance(refused, Refused)
        assert reason in refused.reason


def test_the_library_alone_would_have_taken_forgeries() -> None:
    forged = [vector for vector in EDGES if vector["name"].startswith("low-order-key")]
    assert len(forged) == 8
    taken = 0
    for vector in forged:
        public, message, signature = (bytes.fromhex(vector[name]) for name in ("public", "message", "signature"))
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
        except InvalidSignature:
            continue
        taken += 1
    assert taken == 8, "a library that refuses these itself needs no help, but the others still do"


def test_a_key_of_a_known_seed() -> None:
    key = SigningKey(bytes(range(32)))
    assert key.public.hex() == EDGES[0]["public"]
    assert key.sign(bytes.fromhex(EDGES[0]["message"])).hex() == EDGES[0]["signature"]
    with pytest.raises(ValueError, match="expected a seed of 32 bytes, got 31"):
        SigningKey(bytes(31))


def test_a_seed_is_never_shown() -> None:
    assert "01010101" not in repr(LEDGER)
    assert "\\x01" not in repr(LEDGER.key)


def test_a_note_of_another_program_verifies() -> None:
    key = note.parse_vkey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    signed = note.parse((VECTORS / "note/accepted/go-peter-neumann.note").read_bytes())
    assert signing.verify_note(signed, [key]) == (key,)


def test_a_note_of_two_signers() -> None:
    signed = note.parse(signing.sign_note("hello\n", [GATEWAY, LEDGER]))
    assert signing.verify_note(signed, [LEDGER.verifier, GATEWAY.verifier]) == (GATEWAY.verifier, LEDGER.verifier)
    assert signing.verify_note(signed, [LEDGER.verifier]) == (LEDGER.verifier,)
    assert signing.verify_note(signed, [LEDGER.verifier, LEDGER.verifier]) == (LEDGER.verifier,)


@pytest.mark.parametrize(("text", "signers"), [("hello\n", []), ("hello", [LEDGER]), ("\udcff\n", [LEDGER])])
def test_a_note_that_cannot_be_signed(text: str, signers: list[NoteSigner]) -> None:
    with pytest.raises(NoteError):
        signing.sign_note(text, signers)


def _refusal(signed: Note, *keys: VerifierKey) -> str:
    refused = signing.verify_note(signed, keys)
    assert isinstance(refused, Refused)
    assert refused.step == "signature"
    return refused.reason


def test_a_note_of_strangers_is_refused() -> None:
    signed = note.parse(signing.sign_note("hello\n", [GATEWAY]))
    assert "got none" in _refusal(signed, LEDGER.verifier)
    assert "got none" in _refusal(signed)


def test_a_stranger_may_share_a_name_or_an_id_and_is_ignored() -> None:
    (good,) = note.parse(signing.sign_note("hello\n", [LEDGER])).signatures
    same_name = Signature(good.name, b"\0\0\0\0", b"?")
    same_id = Signature("another", good.key_id, b"?")
    signed = Note("hello\n", (same_name, same_id, same_id, good))
    assert signing.verify_note(signed, [LEDGER.verifier]) == (LEDGER.verifier,)


def test_one_bad_line_of_a_known_key_refuses_the_note() -> None:
    signed = note.parse(signing.sign_note("hello\n", [GATEWAY, LEDGER]))
    good, other = signed.signatures
    forged = Note(signed.text, (good, Signature(other.name, other.key_id, good.raw)))
    assert LEDGER.name in _refusal(forged, GATEWAY.verifier, LEDGER.verifier)
    assert signing.verify_note(forged, [GATEWAY.verifier]) == (GATEWAY.verifier,)
    assert "does not verify" in _refusal(Note("goodbye\n", signed.signatures), LEDGER.verifier)


def test_a_known_key_counts_once() -> None:
    signed = note.parse(signing.sign_note("hello\n", [LEDGER, GATEWAY, LEDGER]))
    keys = (LEDGER.verifier, GATEWAY.verifier)
    assert signing.verify_note(signed, keys) == keys


def test_a_witness_may_cosign_again_and_each_of_its_lines_is_verified() -> None:
    lines = tuple(WITNESS.cosign(STATE, when) for when in (1679315147, 1679315148))
    text = checkpoint.format(STATE)
    assert signing.verify_note(Note(text, lines), [WITNESS.verifier]) == (WITNESS.verifier,)
    forged = Signature(lines[0].name, lines[0].key_id, lines[1].raw[:8] + lines[0].raw[8:])
    assert "does not verify" in _refusal(Note(text, (lines[0], forged)), WITNESS.verifier)


def test_two_known_keys_of_one_name_and_id_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # A true collision takes 2**32 hashes; a narrower id makes one at once.
    monkeypatch.setattr(note, "_KEY_ID_BYTES", 0)
    signed = Note("hello\n", (Signature("a", b"", b"?"),))
    keys = [VerifierKey("a", note.ED25519, bytes([seed] * 32)) for seed in (1, 2)]
    assert "got two" in _refusal(signed, *keys)


def test_an_algorithm_that_is_not_spoken_here_is_refused() -> None:
    key = VerifierKey("ct.example", 0x05, bytes(32))
    assert "got 0x05" in _refusal(Note("hello\n", (Signature("ct.example", key.key_id, b"?"),)), key)


def test_a_witness_cosigns_a_checkpoint() -> None:
    raw = signing.sign_note(checkpoint.format(STATE), [LEDGER])
    signed = note.parse(raw)
    cosigned = Note(signed.text, (*signed.signatures, WITNESS.cosign(STATE, 1679315147)))
    keys = [LEDGER.verifier, WITNESS.verifier]
    assert signing.verify_note(note.parse(note.format(cosigned)), keys) == tuple(keys)
    assert signing.cosigned_at(cosigned.signatures[1]) == 1679315147


def test_a_cosignature_signs_the_lines_of_the_specification() -> None:
    line = WITNESS.cosign(STATE, 1679315147)
    message = f"cosignature/v1\ntime 1679315147\n{checkpoint.format(STATE)}".encode()
    assert line.raw == (1679315147).to_bytes(8, "big") + WITNESS.key.sign(message)


def test_another_implementation_writes_the_same_bytes_and_believes_ours() -> None:
    log, witness = (Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32)) for seed in (1, 3))
    theirs = oracle.sign_checkpoint(STATE.origin, STATE.size, STATE.root, log, LEDGER.name)
    theirs = oracle.cosign_checkpoint(theirs, witness, WITNESS.name, 1679315147)

    signed = note.parse(signing.sign_note(checkpoint.format(STATE), [LEDGER]))
    ours = note.format(Note(signed.text, (*signed.signatures, WITNESS.cosign(STATE, 1679315147)))).decode()
    assert ours == theirs
    assert oracle.verify_checkpoint(ours, note.format_vkey(LEDGER.verifier))["ok"]
    assert oracle.verify_cosignature(ours, note.format_vkey(WITNESS.verifier))["ok"]


def test_a_cosignature_holds_for_its_time_and_its_checkpoint_only() -> None:
    text, line = checkpoint.format(STATE), WITNESS.cosign(STATE, 1679315147)
    earlier = Signature(line.name, line.key_id, (1679315146).to_bytes(8, "big") + line.raw[8:])
    assert "does not verify" in _refusal(Note(text, (earlier,)), WITNESS.verifier)
    assert "does not verify" in _refusal(Note(text.replace("\n3\n", "\n4\n"), (line,)), WITNESS.verifier)


def _cosigned(state: Checkpoint = STATE, name: str = QUANTUM_SAFE.name) -> tuple[Note, VerifierKey]:
    cosigner = MlDsaCosigner(name, QUANTUM_SAFE.seed)
    signed = signing.sign_note(checkpoint.format(state), [LEDGER])
    return note.parse(cosigner.signed(signed, 1679315147)), cosigner.verifier


def test_an_ml_dsa_cosignature_of_another_implementation_verifies() -> None:
    signed, key = _cosigned()
    assert signing.verify_note(signed, [LEDGER.verifier, key]) == (LEDGER.verifier, key)
    assert signing.cosigned_at(signed.signatures[1], note.ML_DSA_44) == 1679315147


def test_the_request_of_an_ml_dsa_log_of_another_implementation_verifies() -> None:
    key = note.parse_vkey((VECTORS / "mldsa/log.vkey").read_text().strip())
    head, _, signed = (VECTORS / "mldsa/add-checkpoint.request").read_bytes().partition(b"\n\n")
    assert (head, key.algorithm) == (b"old 0", note.ML_DSA_44)
    read, lines = checkpoint.parse_signed(signed)
    assert (read.origin, read.size) == (key.name, 1)
    assert signing.verify_note(lines, [key]) == (key,)


def test_an_ml_dsa_cosignature_signs_the_structure_of_the_specification() -> None:
    since, end = (1679315147).to_bytes(8, "big"), (3).to_bytes(8, "big")
    said = b"subtree/v1\n\0" + b"\x15pq.witness.example/w1" + since + b"\x16A9999.example/ledger/1" + bytes(8) + end
    raw = since + MLDSA44PrivateKey.from_seed_bytes(QUANTUM_SAFE.seed).sign(said + STATE.root)
    key = QUANTUM_SAFE.verifier
    signed = Note(checkpoint.format(STATE), (Signature(key.name, key.key_id, raw),))
    assert signing.verify_note(signed, [key]) == (key,)


def test_an_ml_dsa_cosignature_says_nothing_of_extension_lines() -> None:
    signed, key = _cosigned()
    assert signing.verify_note(Note(signed.text + "more\n", signed.signatures), [key]) == (key,)


@pytest.mark.parametrize(
    ("old", "new"),
    [("\n3\n", "\n4\n"), ("ledger/1", "ledger/2"), ("AAEC", "AAED")],
    ids=["size", "origin", "root"],
)
def test_an_ml_dsa_cosignature_holds_for_its_checkpoint_only(old: str, new: str) -> None:
    signed, key = _cosigned()
    text = signed.text.replace(old, new, 1)
    assert text != signed.text
    assert "does not verify" in _refusal(Note(text, signed.signatures), key)


def test_an_ml_dsa_cosignature_holds_for_its_time_and_its_cosigner_only() -> None:
    signed, key = _cosigned()
    line = signed.signatures[1]
    earlier = Signature(line.name, line.key_id, (1679315146).to_bytes(8, "big") + line.raw[8:])
    assert "does not verify" in _refusal(Note(signed.text, (earlier,)), key)
    renamed = VerifierKey("pq.witness.example/w2", note.ML_DSA_44, key.public)
    under = Signature(renamed.name, renamed.key_id, line.raw)
    assert "does not verify" in _refusal(Note(signed.text, (under,)), renamed)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"?", "of 2428 bytes, got 1"),
        (bytes(8 + 64), "of 2428 bytes, got 72"),
        (bytes(8 + 2420), "does not verify"),
        (b"\x80" + bytes(7 + 2420), "time of at most"),
    ],
)
def test_what_is_no_ml_dsa_cosignature_is_refused(raw: bytes, reason: str) -> None:
    key = QUANTUM_SAFE.verifier
    assert reason in _refusal(Note(checkpoint.format(STATE), (Signature(key.name, key.key_id, raw),)), key)


def test_under_an_ml_dsa_cosignature_stands_a_checkpoint_with_names_of_at_most_255_bytes() -> None:
    signed, key = _cosigned()
    assert "expected a checkpoint" in _refusal(Note("hello\n", signed.signatures[1:]), key)
    longest, its_key = _cosigned(name="w" * 255)
    assert signing.verify_note(longest, [its_key]) == (its_key,)
    too_long = VerifierKey("w" * 256, note.ML_DSA_44, key.public)
    line = Signature(too_long.name, too_long.key_id, signed.signatures[1].raw)
    assert "at most 255 bytes" in _refusal(Note(signed.text, (line,)), too_long)
    far_off = Note(checkpoint.format(Checkpoint("o" * 256, 3, STATE.root)), signed.signatures[1:])
    assert "at most 255 bytes" in _refusal(far_off, key)


def test_a_plain_signature_is_no_cosignature() -> None:
    text = checkpoint.format(STATE)
    plain = Signature(WITNESS.name, WITNESS.verifier.key_id, WITNESS.key.sign(text.encode()))
    assert "72 bytes" in _refusal(Note(text, (plain,)), WITNESS.verifier)
    dated = Signature(WITNESS.name, WITNESS.verifier.key_id, bytes(8) + plain.raw)
    assert "does not verify" in _refusal(Note(text, (dated,)), WITNESS.verifier)


def test_the_time_of_a_cosignature_is_bounded() -> None:
    assert signing.cosigned_at(WITNESS.cosign(STATE, 0)) == 0
    latest = WITNESS.cosign(STATE, signing.MAX_TIMESTAMP)
    assert signing.cosigned_at(latest) == 2**63 - 1
    beyond = Signature(latest.name, latest.key_id, (2**63).to_bytes(8, "big") + latest.raw[8:])
    assert "at most 9223372036854775807" in _refusal(Note(checkpoint.format(STATE), (beyond,)), WITNESS.verifier)
    for wrong in (-1, 2**63):
        with pytest.raises(ValueError, match="seconds since 1970"):
            WITNESS.cosign(STATE, wrong)


def test_a_public_key_of_low_order_is_refused_in_a_note_too() -> None:
    vector = next(vector for vector in EDGES if vector["name"].startswith("low-order-key"))
    key = VerifierKey("weak", note.ED25519, bytes.fromhex(vector["public"]))
    text = bytes.fromhex(vector["message"]).decode()
    forged = Note(text, (Signature("weak", key.key_id, bytes.fromhex(vector["signature"])),))
    assert "public key of full order" in _refusal(forged, key)
