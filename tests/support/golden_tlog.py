"""The golden C2SP log proofs: good ones, and the defects, one a file, named after the step that refuses them."""

import dataclasses
from collections.abc import Callable, Sequence

from ledger.core import checkpoint, note, policy, tlogproof
from ledger.core.merkle import Frontier, inclusion_proof, leaf_hash
from ledger.core.signing import Cosigner, NoteSigner, SigningKey, sign_note

INDEX = 4
COSIGNED_AT = 1_772_409_900
WITNESSES = ("witness.h1.example", "witness.h2.example", "witness.lab.example")


def tlog_files(log: NoteSigner, leaves: Sequence[bytes], *, signer: Callable[[str], NoteSigner]) -> dict[str, bytes]:
    """File name → bytes: a policy of two witnesses of three, the leaf, and proofs of it.

    Args:
        log: the log's key.
        leaves: the log's leaves, more than `INDEX` of them.
        signer: makes the same key of a name each time.
    """
    made = _Maker(log, leaves, [Cosigner(name, signer(name).key) for name in WITNESSES])
    files = {f"{name}{tlogproof.FILE_SUFFIX}": raw for name, raw in {**_good(made), **_defects(made, signer)}.items()}
    return {**files, "policy.txt": policy.format(made.policy()), "leaf": leaves[INDEX]}


class _Maker:
    def __init__(self, log: NoteSigner, leaves: Sequence[bytes], witnesses: Sequence[Cosigner]) -> None:
        self.log, self.leaves, self.witnesses = log, leaves, witnesses
        frontier, self._nodes = Frontier(), dict[tuple[int, int], bytes]()
        for leaf in leaves:
            for level, index, value in frontier.append(leaf_hash(leaf)):
                self._nodes[level, index] = value
        self.head = checkpoint.Checkpoint(log.name, frontier.size, frontier.root())

    def policy(self) -> policy.Policy:
        names = tuple(f"w{number}" for number, _ in enumerate(self.witnesses, 1))
        witnesses = tuple(
            policy.Witness(*each) for each in zip(names, (w.verifier for w in self.witnesses), strict=True)
        )
        return policy.Policy((policy.Log(self.log.verifier),), witnesses, (policy.Group("two", 2, names),), "two")

    def checkpoint(self, *cosigners: Cosigner, log: NoteSigner | None = None, head: object = None) -> bytes:
        stated = head if isinstance(head, checkpoint.Checkpoint) else self.head
        signed = sign_note(checkpoint.format(stated), [log or self.log])
        lines = [each.cosign(stated, COSIGNED_AT) for each in cosigners]
        return signed + (note.format_signature_lines(lines) if lines else b"")

    def proof(self, index: int = INDEX) -> tlogproof.TlogProof:
        hashes = inclusion_proof(index, self.head.size, lambda level, at: self._nodes[level, at])
        return tlogproof.TlogProof(index, tuple(hashes), self.checkpoint(*self.witnesses[:2]))


def _good(made: _Maker) -> dict[str, bytes]:
    good = made.proof()
    everybody = dataclasses.replace(good, checkpoint=made.checkpoint(*made.witnesses))
    with_extra = dataclasses.replace(good, extra=b"nothing vouches for this")
    return {
        "good": tlogproof.format(good),
        "good_three-witnesses": tlogproof.format(everybody),
        "good_extra": tlogproof.format(with_extra),
    }


def _defects(made: _Maker, signer: Callable[[str], NoteSigner]) -> dict[str, bytes]:
    good, raw = made.proof(), tlogproof.format(made.proof())
    return {
        **_malformed(raw),
        **_unsigned(made, good, signer),
        **{
            f"inclusion_{name}": tlogproof.format(dataclasses.replace(good, **changes))  # type: ignore[arg-type]
            for name, changes in {
                "another-index": {"index": INDEX + 1},
                "index-beyond-size": {"index": made.head.size},
                "missing-hash": {"hashes": good.hashes[:-1]},
                "extra-hash": {"hashes": (*good.hashes, good.hashes[0])},
                "swapped-hashes": {"hashes": good.hashes[::-1]},
            }.items()
        },
        "inclusion_another-leaf": tlogproof.format(made.proof(INDEX + 1)),
        "undecidable_version-2": raw.replace(b"@v1", b"@v2", 1),
    }


def _malformed(raw: bytes) -> dict[str, bytes]:
    """Proofs that are not in their one spelling."""
    index, hashed = b"index %d\n" % INDEX, raw.split(b"\n")[2]
    return {
        "format_another-format": raw.replace(b"tlog-proof", b"tlog-poof", 1),
        "format_carriage-returns": raw.replace(b"\n", b"\r\n"),
        "format_leading-zero": raw.replace(index, b"index 0%d\n" % INDEX, 1),
        "format_index-too-large": raw.replace(index, b"index %d\n" % (2**64 - 1), 1),
        "format_no-index": raw.replace(index, b"", 1),
        "format_extra-after-index": raw.replace(index, index + b"extra AAAA\n", 1),
        "format_empty-extra": raw.replace(index, b"extra \n" + index, 1),
        "format_hash-of-33-bytes": raw.replace(hashed, note.format_base64(bytes(33)).encode(), 1),
        "format_hash-without-padding": raw.replace(hashed, hashed.rstrip(b"="), 1),
        "format_too-many-hashes": raw.replace(index, index + (hashed + b"\n") * 62, 1),
        "format_no-blank-line": raw.replace(b"\n\n", b"\n").rstrip(b"\n"),
        "format_two-blank-lines": raw.replace(b"\n\n", b"\n\n\n", 1),
        "format_no-checkpoint": raw[: raw.index(b"\n\n") + 2],
        "format_cut-short": raw[:-1],
    }


def _unsigned(made: _Maker, good: tlogproof.TlogProof, signer: Callable[[str], NoteSigner]) -> dict[str, bytes]:
    """Proofs whose checkpoint is not one that the policy believes."""
    first, second, third = made.witnesses
    forger = dataclasses.replace(made.log, key=SigningKey(bytes(32)))
    stranger = Cosigner("witness.stranger.example", signer("witness.stranger.example").key)
    impostor = Cosigner(second.name, stranger.key)
    larger = dataclasses.replace(made.head, size=made.head.size + 1)
    elsewhere = signer("demo.b9999.example/ledger/1")
    of_elsewhere = dataclasses.replace(made.head, origin=elsewhere.name)
    renamed = made.checkpoint(first, second, head=of_elsewhere)
    signed = {
        "checkpoint_another-key": made.checkpoint(first, second, log=forger),
        "checkpoint_altered-size": good.checkpoint.replace(b"\n%d\n" % made.head.size, b"\n%d\n" % larger.size, 1),
        "witnesses_none": made.checkpoint(),
        "witnesses_one-of-three": made.checkpoint(first),
        "witnesses_one-and-a-stranger": made.checkpoint(first, stranger),
        "witnesses_one-and-an-impostor": made.checkpoint(first, impostor),
        "witnesses_cosigned-another-size": made.checkpoint(first)
        + note.format_signature_lines([second.cosign(larger, COSIGNED_AT)]),
        "witnesses_one-line-bad-of-three": made.checkpoint(first, third)
        + note.format_signature_lines([second.cosign(larger, COSIGNED_AT)]),
        "witnesses_one-twice": made.checkpoint(first)
        + note.format_signature_lines([first.cosign(made.head, COSIGNED_AT + 1)]),
        "undecidable_another-origin": made.checkpoint(first, second, log=elsewhere, head=of_elsewhere),
        "undecidable_origin-renamed": renamed,
    }
    return {name: tlogproof.format(dataclasses.replace(good, checkpoint=raw)) for name, raw in signed.items()}
