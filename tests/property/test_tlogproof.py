"""Log proofs of any log: written and read again; judged as an independent library judges them; in trees of any size."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proofbundle import tlogproof as oracle
from proofbundle.errors import BundleFormatError

from ledger.core import checkpoint, merkle, note, policy, tlogproof
from ledger.core.errors import NoteError
from ledger.core.signing import Cosigner, NoteSigner, SigningKey, sign_note
from tests.support.mldsa import MlDsaCosigner
from tests.support.vast_trees import node_of_a_vast_tree


def key(name: str) -> SigningKey:
    return SigningKey(hashlib.sha256(name.encode()).digest())


LOG = NoteSigner("log.a9999.example/ledger/1", key("log"))
WITNESSES: list[Cosigner | MlDsaCosigner] = [
    *(Cosigner(f"w{number}.example", key(f"witness {number}")) for number in range(3)),
    MlDsaCosigner("pq.example", bytes(32)),
]
VKEYS = [note.format_vkey(each.verifier) for each in WITNESSES]
SIGNED = sign_note(checkpoint.format(checkpoint.Checkpoint(LOG.name, 9, bytes(32))), [LOG])


def proof_of(index: int, size: int, cosigners: list[Cosigner | MlDsaCosigner]) -> tlogproof.TlogProof:
    """The proof of the one marked leaf of a tree, whose bytes are its index in decimal."""
    node = node_of_a_vast_tree(frozenset({index}))
    head = checkpoint.Checkpoint(LOG.name, size, merkle.Frontier.from_nodes(size, node).root())
    signed = sign_note(checkpoint.format(head), [LOG])
    lines = [cosigned(each, head, signed) for each in cosigners]
    signed += note.format_signature_lines(lines) if lines else b""
    return tlogproof.TlogProof(index, tuple(merkle.inclusion_proof(index, size, node)), signed)


def cosigned(by: Cosigner | MlDsaCosigner, head: checkpoint.Checkpoint, signed: bytes) -> note.Signature:
    if isinstance(by, MlDsaCosigner):
        return by.line(signed, 1_772_409_900)
    return by.cosign(head, 1_772_409_900)


def policy_of(threshold: int) -> policy.Policy:
    witnesses = tuple(policy.Witness(f"w{number}", each.verifier) for number, each in enumerate(WITNESSES))
    groups = (policy.Group("g", threshold, tuple(each.name for each in witnesses)),) if threshold else ()
    return policy.Policy((policy.Log(LOG.verifier),), witnesses, groups, "g" if threshold else policy.NO_QUORUM)


hashes = st.lists(st.binary(min_size=32, max_size=32), max_size=64).map(tuple)
proofs = st.builds(
    tlogproof.TlogProof,
    index=st.integers(0, 2**64 - 2),
    hashes=hashes,
    checkpoint=st.just(SIGNED),
    extra=st.binary(max_size=40),
)


@given(proofs)
def test_proofs_round_trip_and_another_library_reads_and_writes_the_same(written: tlogproof.TlogProof) -> None:
    raw = tlogproof.format(written)
    assert tlogproof.parse(raw) == written
    read = oracle.parse_tlog_proof(raw.decode())
    assert (read["index"], tuple(read["proof"]), read["extra"] or b"") == (written.index, written.hashes, written.extra)
    assert read["checkpoint"].encode() == written.checkpoint
    given_to_it = (written.index, list(written.hashes), written.checkpoint.decode(), written.extra or None)
    assert oracle.format_tlog_proof(*given_to_it).encode() == raw


@given(written=proofs, draw=st.data())
def test_an_edited_proof_is_refused_or_is_another_proof(written: tlogproof.TlogProof, draw: st.DataObject) -> None:
    raw = tlogproof.format(written)
    at = draw.draw(st.integers(0, len(raw) - 1))
    put = draw.draw(st.binary(max_size=2) | st.sampled_from([b"\n", b"\n\n", b" ", b"=", b"\r\n", b"extra AAAA\n"]))
    edited = raw[:at] + put + raw[at + 1 :]
    try:
        read = tlogproof.parse(edited)
    except NoteError:
        return
    assert tlogproof.format(read) == edited
    assert (read == written) == (edited == raw)
    try:
        oracle.parse_tlog_proof(edited.decode())
    except BundleFormatError as error:
        pytest.fail(f"read here, refused by another library: {error}")


sizes = st.integers(1, 300) | st.integers(2**39, 2**64 - 1) | st.sampled_from([2**40, 2**63, 2**64 - 2, 2**64 - 1])


@given(size=sizes, draw=st.data())
@settings(max_examples=60, deadline=None)
def test_leaves_of_trees_of_any_size_are_judged_as_another_library_judges_them(size: int, draw: st.DataObject) -> None:
    index = draw.draw(st.integers(0, size - 1))
    cosigners = draw.draw(st.lists(st.sampled_from(WITNESSES), unique_by=lambda each: each.name))
    threshold = draw.draw(st.integers(0, 4))
    proof = proof_of(index, size, cosigners)
    leaf = b"%d" % index

    raw = tlogproof.format(proof)
    found = tlogproof.verify(raw, leaf, policy_of(threshold))
    assert found.verdict == ("valid" if len(cosigners) >= threshold else "invalid")
    assert oracle_accepts(raw, leaf, threshold) == (found.verdict == "valid")

    raw = tlogproof.format(draw.draw(spoilt(proof, size)))
    found = tlogproof.verify(raw, leaf, policy_of(0))
    assert found.verdict == "invalid"
    assert not oracle_accepts(raw, leaf, 0)


def oracle_accepts(raw: bytes, leaf: bytes, threshold: int) -> bool:
    judged = oracle.verify_tlog_proof(
        raw.decode(), leaf, note.format_vkey(LOG.verifier), VKEYS, threshold=threshold, expected_origin=LOG.name
    )
    return bool(judged["ok"])


@st.composite
def spoilt(draw: st.DrawFn, proof: tlogproof.TlogProof, size: int) -> tlogproof.TlogProof:
    """A proof with exactly one thing wrong."""
    longer = ["longer"] if len(proof.hashes) < tlogproof.MAX_HASHES else []
    match draw(st.sampled_from(["index", *longer, *(["shorter", "bit"] if proof.hashes else [])])):
        case "index":
            beyond = st.integers(size, 2**64 - 2) if size < 2**64 - 1 else st.nothing()
            elsewhere = (
                st.integers(0, size - 1).filter(lambda index: index != proof.index) if size > 1 else st.nothing()
            )
            return replace(proof, index=draw(beyond | elsewhere))
        case "longer":
            return replace(proof, hashes=(*proof.hashes, bytes(32)))
        case "shorter":
            at = draw(st.integers(0, len(proof.hashes) - 1))
            return replace(proof, hashes=proof.hashes[:at] + proof.hashes[at + 1 :])
        case _:
            at, bit = draw(st.integers(0, len(proof.hashes) - 1)), draw(st.integers(0, 255))
            flipped = (int.from_bytes(proof.hashes[at], "big") ^ (1 << bit)).to_bytes(32, "big")
            return replace(proof, hashes=(*proof.hashes[:at], flipped, *proof.hashes[at + 1 :]))
