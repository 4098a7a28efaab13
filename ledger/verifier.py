"""The offline verifier: checks a passport file with nothing but the shared room and the standard library.

    python3 -m ledger.verifier FILE [--policy POLICY] [--auditor VKEY]… [--map-within HOURS] [--now INSTANT]
        [--complete] [--json]
    python3 -m ledger.verifier FILE --trust NOTE --trust-key VKEY [--now INSTANT] [--json]

It opens no connection and no database. Exit codes: 0 valid or valid with warnings, 1 invalid, 2 not decidable (an
unreadable policy or file among them).
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ledger.core import checkpoint as checkpoints
from ledger.core import policy as policies
from ledger.core import printed
from ledger.core.completeness import Auditors
from ledger.core.errors import FormatError
from ledger.core.finding import WORST
from ledger.core.ids import is_id, parse_instant
from ledger.core.note import COSIGNATURE_V1, VerifierKey, parse_vkey
from ledger.core.passport import MAX_PASSPORT_BYTES, out_of_page, parse
from ledger.core.printed import Printed
from ledger.core.trust import verify_under
from ledger.core.verify import EXIT_CODES, Earlier, Outcome, UnitFinding, Verdict, Verification, verify

_MAX_FILE_BYTES = MAX_PASSPORT_BYTES // 3 * 4 + 1024 * 1024
"""The largest passport as base64, and the page around it."""

HOUR_MS = 3_600_000
_MARKS = {"ok": "✓", "warning": "!", "failed": "✗"}
_VERDICT_MARKS: dict[Verdict, str] = {"valid": "✓", "warnings": "!", "invalid": "✗", "undecidable": "?"}


def main(arguments: Sequence[str] | None = None, *, now_ms: int | None = None) -> int:
    """Verify one file and print what was found; returns the exit code.

    Args:
        arguments: the command line; that of the process if None.
        now_ms: the present, in milliseconds since 1970; None where there is no clock but `--now`.
    """
    parser = argparse.ArgumentParser(prog="xuemai passport verify", description="Verify a passport offline.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--policy", type=Path, help="the C2SP trust policy that you keep; without it, warnings at best")
    parser.add_argument("--auditor", action="append", default=[], help="an auditor whom you believe about unit maps")
    parser.add_argument("--auditors-needed", type=int, default=1, metavar="N", help="how many must have cosigned")
    parser.add_argument("--map-within", type=float, metavar="HOURS", help="how old their cosignatures may be")
    parser.add_argument("--now", help="the present, for their age, as 2026-03-02T08:20:00.000Z, if not the clock's")
    parser.add_argument("--complete", action="store_true", help="refuse a passport of which completeness is not shown")
    parser.add_argument("--printed", metavar="LINE", help="the line on a printed dispatch note, to be held against it")
    parser.add_argument("--trust", type=Path, metavar="NOTE", help="a trust note instead of policy and auditors")
    parser.add_argument("--trust-key", metavar="VKEY", help="the key that signs it, which you know from elsewhere")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    try:
        policy = policies.parse(options.policy.read_bytes()) if options.policy else None
        auditors = _auditors(options)
        now_ms = parse_instant(options.now) if options.now else now_ms
        line = printed.parse(options.printed) if options.printed else None
        raw = read(options.file)
        trust = _trust(options)
    except (OSError, FormatError) as error:
        print(f"not decidable: {error}", file=sys.stderr)  # noqa: T201  a program with a stdout
        return EXIT_CODES["undecidable"]
    if trust is None:
        verification = verify(raw, policy=policy, auditors=auditors, now_ms=now_ms)
    else:
        verification = verify_under(raw, trust_note=trust[0], key=trust[1], now_ms=now_ms)
    if line is not None:
        verification = held_against(line, verification, raw)
    text = as_json(verification) if options.json else _report(verification)
    print(text)  # noqa: T201  a program with a stdout
    if verification.failed is not None:
        print(f"failed at step {verification.failed.step}: {verification.failed.detail}", file=sys.stderr)  # noqa: T201
    return EXIT_CODES[verification.verdict]


def _trust(options: argparse.Namespace) -> tuple[bytes, VerifierKey] | None:
    """The trust note and the key that the person pins for it; a note takes the place of everything else."""
    if options.trust is None and options.trust_key is None:
        return None
    if options.trust is None or options.trust_key is None or options.policy or options.auditor:
        raise FormatError("expected --trust and --trust-key together, and neither --policy nor --auditor beside them")
    return options.trust.read_bytes(), parse_vkey(options.trust_key)


def _auditors(options: argparse.Namespace) -> Auditors:
    keys = tuple(parse_vkey(vkey) for vkey in options.auditor)
    if any(key.algorithm != COSIGNATURE_V1 for key in keys):
        raise FormatError("expected cosigning keys (signature type 0x04) of auditors")
    within_ms = None if options.map_within is None else round(options.map_within * HOUR_MS)
    return Auditors(keys, options.auditors_needed, within_ms, "refuse" if options.complete else "warn")


def held_against(line: Printed, verification: Verification, raw: bytes) -> Verification:
    """The verification with one more step: what a printed note says of the log, and what the passport does.

    One that is invalid, or did not come to the subject, stays as it is.
    """
    if verification.subject is None or verification.verdict == "invalid":
        return verification
    head, _ = checkpoints.parse_signed(parse(raw).checkpoint)
    outcome = printed.compare(line, verification.subject, head)
    here: Verdict = {"ok": "valid", "warning": "warnings", "failed": "invalid"}[outcome.status]  # type: ignore[assignment]
    verdict = max(verification.verdict, here, key=WORST.index)
    return replace(verification, verdict=verdict, steps=(*verification.steps, outcome))


def as_json(verification: Verification) -> str:
    """One JSON object: `verdict`, `failed_step`, `subject`, `log_size`, `exposure`, `steps` and `units`."""
    failed = verification.failed
    return json.dumps(
        {
            "verdict": verification.verdict,
            "failed_step": failed.step if failed else None,
            "subject": verification.subject,
            "log_size": verification.log_size,
            "exposure": verification.exposure.verdict if verification.exposure else None,
            "steps": [{"step": step.step, "status": step.status, "detail": step.detail} for step in verification.steps],
            "units": [
                {
                    "unit": found.unit,
                    "verdict": found.verdict,
                    "exposure": found.exposure.verdict if found.exposure else None,
                    "why": found.why,
                    "before": [_earlier(each) for each in found.before],
                }
                for found in verification.units
            ],
        },
        ensure_ascii=False,
    )


def as_text(steps: Iterable[Outcome], verdict: Verdict) -> str:
    """A line a step, then the verdict."""
    lines = [f"{_MARKS[step.status]} {number:2} {step.step}: {step.detail}" for number, step in enumerate(steps, 1)]
    return "\n".join([*lines, f"verdict: {verdict}"])


def _earlier(said: Earlier) -> dict[str, object]:
    """What a passport of another log says of a unit."""
    exposure = said.exposure.verdict if said.exposure else None
    return {
        "origin": said.origin,
        "log_size": said.log_size,
        "unit": said.unit,
        "verdict": said.verdict,
        "exposure": exposure,
    }


def _report(verification: Verification) -> str:
    """The steps; for a dispatch note a line a bag; the verdict."""
    steps, _, verdict = as_text(verification.steps, verification.verdict).rpartition("\n")
    is_note = verification.subject is not None and not is_id(verification.subject, "unit")
    bags = [_bag_line(found) for found in verification.units if is_note]
    earlier = dict.fromkeys(_earlier_line(said) for found in verification.units for said in found.before)
    return "\n".join([steps, *bags, *earlier, verdict])


def _earlier_line(said: Earlier) -> str:
    """What another log stated before, which is never added to what this one states."""
    exposure = said.exposure.verdict if said.exposure else "not stated"
    return f"  before, in {said.origin} at size {said.log_size}: {said.unit}  {said.verdict}  cold chain {exposure}"


def _bag_line(found: UnitFinding) -> str:
    """One bag of a dispatch note: what was found of it, its cold chain, and why it is not more."""
    exposure = found.exposure.verdict if found.exposure else "not stated"
    why = f"; {found.why}" if found.why else ""
    return f"{_VERDICT_MARKS[found.verdict]} {found.unit}  {found.verdict}  cold chain {exposure}{why}"


def read(file: Path) -> bytes:
    """The passport in a file, which may be a page; read only as far as is needed to see that it is too large."""
    with file.open("rb") as stream:
        return out_of_page(stream.read(_MAX_FILE_BYTES + 1))


if __name__ == "__main__":
    sys.exit(main())
