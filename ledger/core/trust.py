"""Trust notes: what a verifier who is off line believes, signed by a key that it pins, and only for a while.

A trust note is a C2SP signed note (docs/format.md §16): which logs under which policy, the site keys that their first
batches must add, which auditors about unit maps, issued when and until when. Whoever verifies passports off line keeps
one instead of a bare policy, so that keys that were retired and auditors who were dismissed are forgotten in time. The
present is an argument: what has expired decides nothing.
"""

import re
from dataclasses import dataclass

from ledger.core import note as notes
from ledger.core import policy as policies
from ledger.core.completeness import Auditors
from ledger.core.errors import FormatError, NoteError, Refused
from ledger.core.finding import Outcome, Verification
from ledger.core.ids import format_instant, is_id, parse_instant
from ledger.core.note import COSIGNATURE_V1, VerifierKey, format_vkey, parse_vkey
from ledger.core.policy import Policy
from ledger.core.signing import verify_note
from ledger.core.verify import verify

HEADER = "xuemai/trust/v1"
MAX_DAYS = 400
"""The longest time that one note speaks of: a yearly one, and a month to renew it."""
_DAY_MS = 86_400_000
_NUMBER = re.compile(r"[1-9][0-9]{0,14}\Z")


@dataclass(frozen=True, slots=True)
class Trust:
    """What a trust note says.

    Attributes:
        issued_ms: from when on it holds, in milliseconds since 1970.
        expires_ms: the instant from which on it holds no more.
        roots: (origin, fingerprint) of the site key that the log's first batch adds, by origin, each origin once.
        auditors: whom to believe about unit maps.
        policy: the logs and witnesses to believe.

    Raises:
        NoteError: it expires before it is issued, or later than `MAX_DAYS` after; a root is none, or stands twice.
    """

    issued_ms: int
    expires_ms: int
    roots: tuple[tuple[str, str], ...]
    auditors: Auditors
    policy: Policy

    def __post_init__(self) -> None:
        if not 0 < self.expires_ms - self.issued_ms <= MAX_DAYS * _DAY_MS:
            raise NoteError(f"expected a trust note for at most {MAX_DAYS} days; it holds until before it was issued")
        origins = [origin for origin, _ in self.roots]
        if origins != sorted(set(origins)) or not all(is_id(key, "key") for _, key in self.roots):
            raise NoteError("expected each origin once, in order, with the fingerprint of its site key")

    def format(self) -> str:
        """The note's text, ending in a newline.

        Raises:
            NoteError: the policy cannot be written.
        """
        auditors = self.auditors
        age = "any" if auditors.max_age_ms is None else str(auditors.max_age_ms)
        lines = [HEADER, f"issued {format_instant(self.issued_ms)}", f"expires {format_instant(self.expires_ms)}"]
        lines += [f"site {origin} {key}" for origin, key in self.roots]
        if auditors.keys:
            lines.append(f"auditors {auditors.needed} {age} {auditors.otherwise}")
            lines += [f"auditor {format_vkey(key)}" for key in auditors.keys]
        return "\n".join([*lines, "policy"]) + "\n" + policies.format(self.policy).decode()


def parse(text: str) -> Trust:
    """Read a trust note's text.

    Raises:
        NoteError: anything that `Trust.format` would not have written.
    """
    head, found, policy = text.partition("\npolicy\n")
    lines = head.split("\n")
    if not found or len(lines) < 3 or lines[0] != HEADER:
        raise NoteError(f"expected {HEADER}, its times and a policy; got {lines[0]!r:.60}")
    rest = lines[3:]
    roots = [line.split(" ")[1:] for line in rest if line.startswith("site ")]
    try:
        trust = Trust(
            parse_instant(_after(lines[1], "issued ")),
            parse_instant(_after(lines[2], "expires ")),
            tuple((origin, key) for origin, key in roots),
            _auditors(rest[len(roots) :]),
            policies.parse(policy.encode()),
        )
    except (FormatError, ValueError) as error:
        raise NoteError(f"expected a trust note; {error}") from error
    if trust.format() != text:
        raise NoteError("expected a trust note in its one spelling")
    return trust


def read(raw: bytes, *, key: VerifierKey, now_ms: int | None) -> Trust | Refused:
    """What a signed trust note says, if it may be believed now.

    Args:
        raw: the signed note.
        key: the key that the verifier pins.
        now_ms: the present, in milliseconds since 1970; None: not known, and then nothing is believed.

    Returns:
        The trust; or Refused at step `trust-note` (malformed), `trust-key` (the pinned key did not sign) or
        `trust-time` (expired, not in force yet, or the present is not known).
    """
    try:
        signed = notes.parse(raw)
        verified = verify_note(signed, [key])
        if isinstance(verified, Refused):
            return Refused("trust-key", verified.reason)
        trust = parse(signed.text)
    except NoteError as error:
        return Refused("trust-note", str(error))
    if now_ms is None:
        return Refused("trust-time", "the present is not known, and a trust note holds only for a while")
    if now_ms >= trust.expires_ms:
        return Refused("trust-time", f"the trust note expired at {format_instant(trust.expires_ms)}; ask for a new one")
    if now_ms < trust.issued_ms:
        return Refused("trust-time", f"the trust note holds from {format_instant(trust.issued_ms)}; check the clock")
    return trust


def verify_under(raw: bytes, *, trust_note: bytes, key: VerifierKey, now_ms: int | None) -> Verification:
    """Verify a passport under a trust note; what the note cannot vouch for is `undecidable`, with the step's name."""
    trust = read(trust_note, key=key, now_ms=now_ms)
    if isinstance(trust, Refused):
        return Verification("undecidable", (Outcome(trust.step, "warning", trust.reason),))
    return verify(raw, policy=trust.policy, auditors=trust.auditors, now_ms=now_ms, roots=dict(trust.roots))


def _after(line: str, word: str) -> str:
    if not line.startswith(word):
        raise NoteError(f"expected a line `{word.strip()} …`; got {line!r:.80}")
    return line.removeprefix(word)


def _auditors(lines: list[str]) -> Auditors:
    if not lines:
        return Auditors(())
    needed, age, otherwise = _after(lines[0], "auditors ").split(" ")
    keys = tuple(parse_vkey(_after(line, "auditor ")) for line in lines[1:])
    if any(key.algorithm != COSIGNATURE_V1 for key in keys) or len(set(keys)) != len(keys):
        raise NoteError("expected cosigning keys (signature type 0x04) of auditors, each once")
    if not _NUMBER.match(needed) or int(needed) > len(keys) or not (age == "any" or _NUMBER.match(age)):
        raise NoteError(
            f"expected how many of {len(keys)} auditors, and their age in milliseconds; got {lines[0]!r:.80}"
        )
    max_age_ms = None if age == "any" else int(age)
    return Auditors(keys, int(needed), max_age_ms, "refuse" if otherwise == "refuse" else "warn")
