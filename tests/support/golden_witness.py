"""The golden requests of a log to its witness, one a file, each named after the HTTP status that answers it."""

import dataclasses
from collections.abc import Callable, Sequence

from ledger.core import checkpoint, note, witness
from ledger.core.merkle import Frontier, consistency_proof, leaf_hash
from ledger.core.signing import Cosigner, NoteSigner, SigningKey, sign_note

OLD = 5
COSIGNED_AT = 1_772_409_900
WITNESS = "demo.b9999.example/witness"


def witness_files(log: NoteSigner, leaves: Sequence[bytes], *, signer: Callable[[str], NoteSigner]) -> dict[str, bytes]:
    """File name → bytes: what was cosigned last, of `OLD` leaves; requests; and the cosignature of the good one.

    Args:
        log: the log's key.
        leaves: the log's leaves, more than `OLD` of them.
        signer: makes the same key of a name each time.
    """
    frontier, nodes, roots = Frontier(), dict[tuple[int, int], bytes](), [Frontier().root()]
    for leaf in leaves:
        nodes |= {(level, index): value for level, index, value in frontier.append(leaf_hash(leaf))}
        roots.append(frontier.root())
    size = frontier.size
    hashes = tuple(consistency_proof(OLD, size, lambda level, at: nodes[level, at]))

    def signed(at: int, root: bytes, by: NoteSigner = log) -> bytes:
        return sign_note(checkpoint.format(checkpoint.Checkpoint(by.name, at, root)), [by])

    good = witness.AddCheckpoint(OLD, hashes, signed(size, roots[size]))
    forger = dataclasses.replace(log, key=SigningKey(bytes(32)))
    requests = {
        "200_continues": good,
        "400_old-above-size": dataclasses.replace(good, old_size=size + 1),
        "403_another-key": dataclasses.replace(good, checkpoint=signed(size, roots[size], forger)),
        "404_unknown-log": dataclasses.replace(good, checkpoint=signed(size, roots[size], signer("x.example/1"))),
        "409_stale-old-size": dataclasses.replace(good, old_size=0, hashes=()),
        "409_two-roots": witness.AddCheckpoint(OLD, (), signed(OLD, bytes(32))),
        "422_missing-hash": dataclasses.replace(good, hashes=hashes[:-1]),
        "422_another-root": dataclasses.replace(good, checkpoint=signed(size, bytes(32))),
    }
    files = {f"{name}.request": witness.format(request) for name, request in requests.items()}
    files["400_leading-zero.request"] = witness.format(good).replace(b"old ", b"old 0", 1)
    cosigner = Cosigner(WITNESS, signer(WITNESS).key)
    line = cosigner.cosign(checkpoint.Checkpoint(log.name, size, roots[size]), COSIGNED_AT)
    files["200_continues.cosignature"] = note.format_signature_lines([line])
    return {**files, "cosigned-last.note": signed(OLD, roots[OLD])}
