"""Verification of a passport, in the numbered steps of docs/format.md §8. Bytes in, verdict out; no I/O, no clock.

Each step either passes, warns or fails; the first failure ends the verification and names its step. What is trusted
beforehand comes in as a policy; keys that the file itself carries can show that it was not altered since somebody made
it, not who did: so without a policy the best verdict is `warnings`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from ledger.core import batch as batches
from ledger.core import checkpoint as checkpoints
from ledger.core import custody, events, kinds, passport
from ledger.core import note as notes
from ledger.core.errors import FormatError, Refused
from ledger.core.ids import din_of
from ledger.core.keys import KeyState, apply_key_event, fingerprint
from ledger.core.merkle import leaf_hash, root_from_multiproof, root_of
from ledger.core.note import VerifierKey, format_vkey, parse_vkey
from ledger.core.policy import Policy
from ledger.core.signing import verify_note

Status = Literal["ok", "warning", "failed"]
Verdict = Literal["valid", "warnings", "invalid", "undecidable"]

EXIT_CODES: dict[Verdict, int] = {"valid": 0, "warnings": 0, "invalid": 1, "undecidable": 2}
"""Verdict → exit code of `xuemai passport verify`."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One step's outcome: its stable name, how it went, and against what it was checked, in English."""

    step: str
    status: Status
    detail: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict and every step that was taken, in order; the last one is the one that failed, if one did."""

    verdict: Verdict
    steps: tuple[Outcome, ...]
    subject: str | None = None
    log_size: int | None = None
    exposure: kinds.ExposureStated | None = None

    @property
    def failed(self) -> Outcome | None:
        """The step that failed, if one did."""
        return next((step for step in self.steps if step.status == "failed"), None)


@dataclass(frozen=True, slots=True)
class _Warned:
    detail: str


class _Undecidable(Exception):  # noqa: N818  not an error: an answer that ends the verification
    """Nothing can be said; the message is why."""


@dataclass(slots=True)
class _Opened:
    index: int
    signed: notes.Note
    text: batches.BatchNote
    carried: passport.CarriedBatch
    recorded: list[custody.Recorded] = field(default_factory=list)


@dataclass(slots=True)
class _Work:
    """What the steps hand on to each other."""

    passport: passport.Passport
    policy: Policy | None
    checkpoint: checkpoints.Checkpoint | None = None
    signed: notes.Note | None = None
    batches: list[_Opened] = field(default_factory=list)
    keys: KeyState = field(default_factory=KeyState)
    family: set[str] = field(default_factory=set)
    exposure: kinds.ExposureStated | None = None

    @property
    def head(self) -> checkpoints.Checkpoint:
        if self.checkpoint is None:
            raise AssertionError("the checkpoint step comes first")
        return self.checkpoint

    def recorded(self) -> list[custody.Recorded]:
        return [recorded for opened in self.batches for recorded in opened.recorded]


_Result = str | _Warned | Refused
_Step = Callable[[_Work], _Result]


def verify(raw: bytes, *, policy: Policy | None) -> Verification:
    """Verify a passport's bytes.

    Args:
        raw: the file.
        policy: the trust policy that a person keeps; None if there is none.

    Returns:
        `valid`: every step holds and what is trusted did not come with the file. `warnings`: nothing is wrong, but
        something is not shown. `invalid`: a step failed. `undecidable`: the version or the log is not known here.
    """
    try:
        read = passport.parse(raw)
    except passport.UnknownVersionError as unknown:
        return Verification("undecidable", (Outcome("format", "warning", str(unknown)),))
    except FormatError as error:
        return Verification("invalid", (Outcome("format", "failed", str(error)),))
    work = _Work(read, policy)
    outcomes = [Outcome("format", "ok", f"{read.format} for {read.subject}")]
    for name, step in STEPS:
        try:
            outcomes.append(_take(name, step, work))
        except _Undecidable as why:
            outcomes.append(Outcome(name, "warning", str(why)))
            return _conclude("undecidable", outcomes, work)
        if outcomes[-1].status == "failed":
            return _conclude("invalid", outcomes, work)
    warned = any(outcome.status == "warning" for outcome in outcomes)
    return _conclude("warnings" if warned else "valid", outcomes, work)


def _take(name: str, step: _Step, work: _Work) -> Outcome:
    try:
        result = step(work)
    except FormatError as error:
        return Outcome(name, "failed", str(error))
    match result:
        case Refused(step=_, reason=reason):
            return Outcome(name, "failed", reason)
        case _Warned(detail):
            return Outcome(name, "warning", detail)
        case str():
            return Outcome(name, "ok", result)


def _conclude(verdict: Verdict, outcomes: list[Outcome], work: _Work) -> Verification:
    size = work.checkpoint.size if work.checkpoint else None
    return Verification(verdict, tuple(outcomes), work.passport.subject, size, work.exposure)


def _checkpoint(work: _Work) -> _Result:
    """Step 2: the checkpoint is signed by a log that is trusted, or at least by the key that the file carries."""
    work.checkpoint, work.signed = checkpoints.parse_signed(work.passport.checkpoint)
    origin = work.checkpoint.origin
    carried = parse_vkey(work.passport.log_key)
    if work.policy is None:
        verified = verify_note(work.signed, [carried])
        if isinstance(verified, Refused) or carried.name != origin:
            return Refused("checkpoint", f"the carried log key did not sign the checkpoint of {origin}")
        shown = fingerprint(format_vkey(carried))
        return _Warned(f"signed by a key that came with the file; compare its fingerprint: {shown}")
    trusted = [log.key for log in work.policy.logs_of(origin)]
    if not trusted:
        raise _Undecidable(f"the policy names no log with the origin {origin}")
    verified = verify_note(work.signed, trusted)
    if isinstance(verified, Refused):
        return verified
    return f"{origin} at size {work.checkpoint.size}, signed by a log of the policy"


def _witnesses(work: _Work) -> _Result:
    """Step 3: the policy's quorum of witnesses cosigned the checkpoint."""
    if work.policy is None:
        return _Warned("no policy says which witnesses are needed")
    if work.signed is None or not work.policy.witnesses:
        return "the policy asks for no witness" if work.policy.quorum == "none" else _Warned("the quorum names nobody")
    verified = verify_note(work.signed, [witness.key for witness in work.policy.witnesses])
    cosigners: frozenset[VerifierKey] = frozenset() if isinstance(verified, Refused) else frozenset(verified)
    if not work.policy.judge(cosigners):
        return _Warned(
            f"{len(cosigners)} of the policy's witnesses cosigned; its quorum {work.policy.quorum} is not met"
        )
    return f"{len(cosigners)} witnesses cosigned, the quorum {work.policy.quorum} is met"


def _batch_notes(work: _Work) -> _Result:
    """Step 4: every batch note is well formed, made for this log, and listed once, in order."""
    for carried in work.passport.batches:
        signed, text = batches.read_note(carried.note.encode())
        if text.origin != work.head.origin:
            return Refused("batch-notes", f"batch {carried.index} was made for {text.origin}, not {work.head.origin}")
        if work.batches and carried.index <= work.batches[-1].index:
            return Refused("batch-notes", f"batch {carried.index} is out of order")
        work.batches.append(_Opened(carried.index, signed, text, carried))
    return f"{len(work.batches)} batch notes for {work.head.origin}"


def _log_proof(work: _Work) -> _Result:
    """Step 5: the batch notes lead to the checkpoint's root."""
    leaves = {opened.index: leaf_hash(opened.carried.note.encode()) for opened in work.batches}
    root = root_from_multiproof(leaves, work.head.size, passport.decode_proof(work.passport.proof))
    if isinstance(root, Refused):
        return root
    if root != work.head.root:
        return Refused("log-proof", f"expected root {work.head.root.hex()}; the batches lead to {root.hex()}")
    return f"in the log of size {work.head.size} with root {root.hex()[:16]}…"


def _event_proofs(work: _Work) -> _Result:
    """Step 6: the events lead to their batches' roots."""
    count = 0
    for opened in work.batches:
        carried = opened.carried
        if len(carried.positions) != len(carried.events) or carried.positions != sorted(set(carried.positions)):
            return Refused("event-proofs", f"batch {opened.index}: expected one ascending position an event")
        bodies = [body.encode() for body in carried.events]
        leaves = dict(zip(carried.positions, map(events.event_leaf, bodies), strict=True))
        root = root_from_multiproof(leaves, opened.text.count, passport.decode_proof(carried.proof))
        if isinstance(root, Refused):
            return Refused("event-proofs", f"batch {opened.index}: {root.reason}")
        if root != opened.text.root:
            return Refused("event-proofs", f"batch {opened.index}: an event was altered; its root does not come out")
        count += len(bodies)
    return f"{count} events, byte for byte as their producers sealed them"


def _events(work: _Work) -> _Result:
    """Step 7: each event is one of its stream at its place; those that nobody understands are pointed out."""
    defects = 0
    for opened in work.batches:
        for position, text in zip(opened.carried.positions, opened.carried.events, strict=True):
            judged = events.judge(text.encode(), stream=opened.text.stream, seq=opened.text.first + position)
            if isinstance(judged, Refused):
                return Refused("events", f"batch {opened.index}: {judged.reason}")
            if judged.event is None:
                if not events.is_canonical(judged.body):
                    return Refused("events", f"batch {opened.index}: event {position} is not canonical JSON")
                defects += 1
                continue
            opened.recorded.append(custody.Recorded(judged.event, opened.index, position))
    if defects:
        return _Warned(f"{defects} events are kept without being understood")
    return "every event is well formed and stands at its place in its stream"


def _keys(work: _Work) -> _Result:
    """Step 8: the site's own stream names the keys, starting from the log's first batch."""
    if not work.batches or work.batches[0].index != 0:
        return Refused("keys", "expected the log's first batch, which adds the site's key")
    for opened in work.batches:
        if opened.text.stream != events.SITE_STREAM:
            continue
        for recorded in opened.recorded:
            refused = apply_key_event(work.keys, recorded, origin=work.head.origin)
            if refused is not None:
                return refused
    return f"{len(work.keys.known)} keys, as of size {work.head.size}"


def _signatures(work: _Work) -> _Result:
    """Step 9: each batch is signed by a key that may speak for its stream at that place in the log."""
    signers = set()
    for opened in work.batches:
        line = opened.signed.signatures[0]
        known = work.keys.find(name=line.name, key_id=line.key_id)
        if known is None:
            return Refused("signatures", f"batch {opened.index}: no key of the log is {line.name} {line.key_id.hex()}")
        refused = work.keys.judge(known, stream=opened.text.stream, last_seq=opened.text.last, log_index=opened.index)
        if refused is not None:
            return Refused("signatures", f"batch {opened.index}: {refused.reason}")
        verified = verify_note(opened.signed, [known.key])
        if isinstance(verified, Refused):
            return Refused("signatures", f"batch {opened.index}: {verified.reason}")
        signers.add(line.name)
    return f"{len(work.batches)} batches signed by {', '.join(sorted(signers))}"


def _subject(work: _Work) -> _Result:
    """Step 10: the events are those of the subject, its parents, its donation, or say whose keys and places count."""
    recorded = work.recorded()
    work.family = _ancestry(recorded, work.passport.subject)
    tags = {
        entry.event.tag
        for entry in recorded
        if isinstance(entry.event, kinds.TagAssociated) and entry.event.unit in work.family
    }
    concerned = work.family | {din_of(unit) for unit in work.family} | tags
    own = 0
    for entry in recorded:
        if isinstance(entry.event, kinds.Administered | kinds.TemperatureSegment):
            continue
        if not concerned.intersection(custody.subjects(entry.event)):
            return Refused("subject", f"{entry.event.stream} {entry.event.seq} is not about {work.passport.subject}")
        own += 1
    if not own:
        return Refused("subject", f"no event is about {work.passport.subject}")
    return f"{own} events about {work.passport.subject}, its parents and its donation"


def _exposure(work: _Work) -> _Result:
    """Step 11: the latest exposure statement speaks of this unit and, where segments are carried, of exactly them."""
    stated = [entry.event for entry in work.recorded() if isinstance(entry.event, kinds.ExposureStated)]
    about = [event for event in stated if event.unit == work.passport.subject]
    if len(about) != len(stated):
        return Refused("exposure", "an exposure statement speaks of another unit")
    if not about:
        return _Warned("no exposure statement is carried: nothing is shown about its cold chain")
    work.exposure = about[-1]
    if work.exposure.as_of_size > work.head.size:
        return Refused("exposure", "the exposure statement speaks of a larger log than the checkpoint's")
    segments = _carried_segments(work)
    if not segments:
        return (
            f"stated as {work.exposure.verdict} by {work.exposure.pack} {work.exposure.version}; segments not carried"
        )
    root = notes.format_base64(root_of(segments))
    if root != work.exposure.segments_root or len(segments) != work.exposure.segments:
        return Refused("exposure", f"the statement commits to {work.exposure.segments} segments; those carried differ")
    return f"stated as {work.exposure.verdict}; all {len(segments)} segments carried"


def _completeness(work: _Work) -> _Result:  # noqa: ARG001  every step has the same shape
    """Step 12: nothing about the subject was left out, under a cosigned unit-map root."""
    return _Warned("no unit map is carried: that nothing was left out is not shown")


STEPS: tuple[tuple[str, _Step], ...] = (
    ("checkpoint", _checkpoint),
    ("witnesses", _witnesses),
    ("batch-notes", _batch_notes),
    ("log-proof", _log_proof),
    ("event-proofs", _event_proofs),
    ("events", _events),
    ("keys", _keys),
    ("signatures", _signatures),
    ("subject", _subject),
    ("exposure", _exposure),
    ("completeness", _completeness),
)
"""The steps after `format`, which is step 1; their names are part of the interface."""


def _ancestry(recorded: list[custody.Recorded], unit: str) -> set[str]:
    family = {unit}
    edges = list(custody.edges(recorded))
    while True:
        more = {edge.parent for edge in edges if edge.child in family} - family
        if not more:
            return family
        family |= more


def _carried_segments(work: _Work) -> list[bytes]:
    return [
        events.event_leaf(text.encode())
        for opened in work.batches
        if events.carrier_of(opened.text.stream) is events.Carrier.TELEMETRY
        for text in opened.carried.events
    ]
