"""A trust note of the golden log, from fixed seeds."""

from dataclasses import replace

from ledger.core import note as notes
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

ODD_SPELLINGS = (
    ("xuemai/trust/v1", "xuemai/trust/v2"),
    ("\npolicy\n", "\npolicies\n"),
    ("issued ", "made "),
    ("auditors 1 ", "auditors 0 "),
    ("auditors 1 ", "auditors 9 "),
    (" refuse\n", " perhaps\n"),
    (" refuse\n", " refuse lately\n"),
    ("quorum none", "quorum nobody"),
    ("quorum none\n", "quorum none\n\n"),
    ("quorum none\n", "quorum  none\n"),
    ("policy\nlog ", "policy\n# whom we believe\nlog "),
    ("quorum none\n", f"quorum none\nlog {notes.format_vkey(signer('other.example/ledger/1').verifier)}\n"),
    (f"site {ORIGIN} key:", f"site {ORIGIN} "),
    (f"site {ORIGIN} ", f"site {ORIGIN}  "),
    ("site ", f"site {ORIGIN} {named(ROOT)}\nsite "),
    ("site ", f"site zz.example/ledger/1 {named(ROOT)}\nsite "),
    ("expires 2026-05", "expires 2029-05"),
    ("expires 2026-05", "expires 2025-05"),
    ("expires 2026-05-31", "expires 2026-05-32"),
)
"""What stands in the trust note's text, and what in its place makes another text of it: none is a trust note."""


def odd_notes() -> dict[str, bytes]:
    """Name → a trust note that is well signed and says something else, or is none."""
    text = TRUST.format()
    told = {f"{number}: {new!r}": text.replace(old, new, 1) for number, (old, new) in enumerate(ODD_SPELLINGS)}
    alone = replace(TRUST, auditors=Auditors(()))
    more = (("aa.example/ledger/1", named(LOG)), *TRUST.roots, ("\uffee.example/ledger/1", named(LOG)))
    group = (policy.Group("both", 1, ("w1", "w2")),)
    names = ("w1", "w2")
    witnesses = tuple(policy.Witness(name, _cosigner(name).verifier, f"https://{name}.example") for name in names)
    told["without auditors"] = alone.format()
    told["auditors of any age who only warn"] = replace(
        TRUST, auditors=replace(AUDITORS, max_age_ms=None, otherwise="warn")
    ).format()
    told["another site key"] = replace(alone, roots=((ORIGIN, named(signer(f"{SITE}/web"))),)).format()
    told["no site key"] = replace(alone, roots=()).format()
    told["three sites"] = replace(alone, roots=more).format()
    told["three sites and one beyond"] = replace(
        alone, roots=(*more, ("\U0001f9ea.example/ledger/1", named(LOG)))
    ).format()
    asked = policy.Policy((policy.Log(LOG.verifier, "https://log.example"),), witnesses, group, "both")
    told["witnesses"] = replace(alone, policy=asked).format()
    told["any of the witnesses"] = told["witnesses"].replace("group both 1 ", "group both any ")
    elsewhere = replace(asked, logs=(policy.Log(signer("a.example/l").verifier),))
    told["another log"] = replace(alone, policy=elsewhere).format()
    return {name: sign_note(each, [ROOT]) for name, each in told.items()}


def _cosigner(name: str) -> Cosigner:
    return Cosigner(name, signer(name).key)


def trust_files() -> dict[str, bytes]:
    """File name → bytes of the golden vectors."""
    return {"trust.note": NOTE}
