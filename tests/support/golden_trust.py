"""A trust note of the golden log, from fixed seeds."""

from ledger.core import policy
from ledger.core.completeness import Auditors
from ledger.core.ids import parse_instant
from ledger.core.signing import Cosigner, sign_note
from ledger.core.trust import Trust
from tests.support.golden import LOG, ORIGIN, SITE, signer
from tests.support.golden_keys import named

DAY_MS = 86_400_000
ISSUED_MS = parse_instant("2026-03-02T09:00:00.000Z")
ROOT = signer(f"{SITE}/site")
AUDITORS = Auditors(
    (Cosigner("auditor.example/map", signer("auditor.example/map").key).verifier,), 1, 7 * DAY_MS, "refuse"
)
TRUST = Trust(
    ISSUED_MS,
    ISSUED_MS + 90 * DAY_MS,
    ((ORIGIN, named(ROOT)),),
    AUDITORS,
    policy.Policy((policy.Log(LOG.verifier),), (), (), policy.NO_QUORUM),
)
NOTE = sign_note(TRUST.format(), [ROOT])


def trust_files() -> dict[str, bytes]:
    """File name → bytes of the golden vectors."""
    return {"trust.note": NOTE}
