"""The offline verifier of C2SP log proofs: nothing but the shared room and the standard library.

    python3 -m ledger.tlog_verifier PROOF --leaf FILE --policy POLICY [--json]

It opens no connection and no database. Exit codes: 0 valid, 1 invalid, 2 not decidable (an unreadable policy or file
among them).
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ledger.core import policy as policies
from ledger.core.errors import FormatError
from ledger.core.tlogproof import MAX_PROOF_BYTES, LeafVerification, verify
from ledger.core.verify import EXIT_CODES
from ledger.verifier import as_text


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify one proof and print what was found; returns the exit code."""
    parser = argparse.ArgumentParser(prog="xuemai tlog verify", description="Verify a .tlog-proof offline.")
    parser.add_argument("proof", type=Path, help="the .tlog-proof file")
    parser.add_argument("--leaf", type=Path, required=True, help="the leaf's bytes, which did not come with the proof")
    parser.add_argument("--policy", type=Path, required=True, help="the C2SP trust policy that you keep")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    try:
        policy = policies.parse(options.policy.read_bytes())
        verification = verify(_read(options.proof), options.leaf.read_bytes(), policy)
    except (OSError, FormatError) as error:
        print(f"not decidable: {error}", file=sys.stderr)  # noqa: T201  a program with a stdout
        return EXIT_CODES["undecidable"]
    text = as_json(verification) if options.json else as_text(verification.steps, verification.verdict)
    print(text)  # noqa: T201  a program with a stdout
    if verification.failed is not None:
        print(f"failed at step {verification.failed.step}: {verification.failed.detail}", file=sys.stderr)  # noqa: T201
    return EXIT_CODES[verification.verdict]


def as_json(verification: LeafVerification) -> str:
    """One JSON object: `verdict`, `failed_step`, `origin`, `log_size`, `index` and `steps`."""
    failed, head, proof = verification.failed, verification.checkpoint, verification.proof
    return json.dumps(
        {
            "verdict": verification.verdict,
            "failed_step": failed.step if failed else None,
            "origin": head.origin if head else None,
            "log_size": head.size if head else None,
            "index": proof.index if proof else None,
            "steps": [{"step": step.step, "status": step.status, "detail": step.detail} for step in verification.steps],
        },
        ensure_ascii=False,
    )


def _read(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(MAX_PROOF_BYTES + 1)  # one more than allowed, so that the parser sees that it is too large


if __name__ == "__main__":
    sys.exit(main())
