"""Verification of a passport, in the numbered steps of docs/format.md §8. Bytes in, verdict out; no I/O, no clock.

Each step either passes, warns or fails; the first failure ends the verification and names its step. What is trusted
beforehand comes in as a policy; keys that the file itself carries can show that it was not altered since somebody made
it, not who did: so without a policy the best verdict is `warnings`.

The steps up to `subject` are about the file as a whole. Those after it are taken for each unit apart: for the one unit
that is the subject, or for each unit of the dispatch note that is. So one unit's failure makes the whole invalid, and
hides nothing of the others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from ledger.core import batch as batches
from ledger.core import checkpoint as checkpoints
from ledger.core import completeness, custody, events, handover, kinds, passport
from ledger.core import note as notes
from ledger.core.completeness import Auditors, Place, Seen, ShownMap
from ledger.core.errors import FormatError, Refused
from ledger.core.finding import EXIT_CODES, WORST, Earlier, Outcome, UnitFinding, Verdict, Verification
from ledger.core.ids import din_of, is_id
from ledger.core.keys import SITE_PRODUCER, KeyState, apply_key_event, fingerprint
from ledger.core.logkeys import LogKeys, apply_log_key_event
from ledger.core.merkle import leaf_hash, root_from_multiproof, root_of
from ledger.core.note import VerifierKey, format_vkey, parse_vkey
from ledger.core.policy import Policy
from ledger.core.signing import verify_note
from ledger.core.versions import UnknownVersionError

__all__ = ["EXIT_CODES", "STEP_NAMES", "Earlier", "Outcome", "UnitFinding", "Verdict", "Verification", "verify"]


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


@dataclass(frozen=True, slots=True)
class _Trust:
    policy: Policy | None
    auditors: Auditors
    now_ms: int | None
    roots: Mapping[str, str]


@dataclass(slots=True)
class _Work:
    """What the steps hand on to each other."""

    passport: passport.Passport
    trust: _Trust
    checkpoint: checkpoints.Checkpoint | None = None
    signed: notes.Note | None = None
    batches: list[_Opened] = field(default_factory=list)
    keys: KeyState = field(default_factory=KeyState)
    seen: list[Seen] = field(default_factory=list)
    signers: set[str] = field(default_factory=set)
    log_keys: LogKeys = field(default_factory=LogKeys)
    units: tuple[str, ...] = ()
    exposures: dict[str, kinds.ExposureStated] = field(default_factory=dict)
    depth: int = 0
    carried: dict[str, Verification] = field(default_factory=dict)
    before: dict[str, tuple[Earlier, ...]] = field(default_factory=dict)
    left_ms: dict[str, int | None] = field(default_factory=dict)
    map: ShownMap | Refused | None = None

    @property
    def policy(self) -> Policy | None:
        return self.trust.policy

    @property
    def head(self) -> checkpoints.Checkpoint:
        if self.checkpoint is None:
            raise AssertionError("the checkpoint step comes first")
        return self.checkpoint

    def recorded(self) -> list[custody.Recorded]:
        return [recorded for opened in self.batches for recorded in opened.recorded]


_Result = str | _Warned | Refused
_Step = Callable[[_Work], _Result]
_UnitStep = Callable[[_Work, str], _Result]


def verify(
    raw: bytes,
    *,
    policy: Policy | None,
    auditors: Auditors | None = None,
    now_ms: int | None = None,
    roots: Mapping[str, str] | None = None,
) -> Verification:
    """Verify a passport's bytes.

    Args:
        raw: the file.
        policy: the trust policy that a person keeps; None if there is none.
        auditors: whom that person believes about unit maps; None: nobody.
        now_ms: the present, in milliseconds since 1970, for the age of auditors' cosignatures; None: not known.
        roots: origin → fingerprint of the site key that the log's first batch must add; other logs: any.

    Returns:
        `valid`: every step holds and what is trusted did not come with the file. `warnings`: nothing is wrong, but
        something is not shown. `invalid`: a step failed. `undecidable`: the version or the log is not known here.
    """
    return _verify(raw, _Trust(policy, auditors or completeness.NOBODY, now_ms, roots or {}), 0)


def _verify(raw: bytes, trust: _Trust, depth: int) -> Verification:
    """Verify a passport that is carried in `depth` others."""
    try:
        read = passport.parse(raw)
    except UnknownVersionError as unknown:
        return Verification("undecidable", (Outcome("format", "warning", str(unknown)),))
    except FormatError as error:
        return Verification("invalid", (Outcome("format", "failed", str(error)),))
    work = _Work(read, trust, depth=depth)
    outcomes = [Outcome("format", "ok", f"{read.format} for {read.subject}")]
    for name, step in FILE_STEPS:
        verdict, outcome = _take(name, partial(step, work))
        outcomes.append(outcome)
        if verdict in {"undecidable", "invalid"}:
            return _conclude(verdict, outcomes, work)
    warned = any(outcome.status == "warning" for outcome in outcomes)
    so_far: Verdict = "warnings" if warned else "valid"
    judged = [_judge_unit(work, unit, so_far) for unit in work.units]
    outcomes += _overall([taken for _, taken in judged])
    found = tuple(finding for finding, _ in judged)
    return _conclude(max((each.verdict for each in found), key=WORST.index), outcomes, work, found)


def _take(name: str, step: Callable[[], _Result]) -> tuple[Verdict, Outcome]:
    """Take one step: the verdict that it alone would give, and its outcome."""
    try:
        result = step()
    except FormatError as error:
        return "invalid", Outcome(name, "failed", str(error))
    except _Undecidable as why:
        return "undecidable", Outcome(name, "warning", str(why))
    match result:
        case Refused(step=_, reason=reason):
            return "invalid", Outcome(name, "failed", reason)
        case _Warned(detail):
            return "warnings", Outcome(name, "warning", detail)
        case str():
            return "valid", Outcome(name, "ok", result)


def _judge_unit(work: _Work, unit: str, so_far: Verdict) -> tuple[UnitFinding, list[Outcome]]:
    """Take the steps about one unit; the first that fails ends them for this unit alone."""
    verdict, taken = so_far, list[Outcome]()
    for name, step in UNIT_STEPS:
        here, outcome = _take(name, partial(step, work, unit))
        verdict = max(verdict, here, key=WORST.index)
        taken.append(outcome)
        if here == "invalid":
            break
    last = taken[-1]
    telling = [last] if last.status == "failed" else [outcome for outcome in taken if outcome.status == "warning"]
    why = "; ".join(f"{outcome.step}: {outcome.detail}" for outcome in telling)
    left, before = work.left_ms.get(unit), work.before.get(unit, ())
    return UnitFinding(unit, verdict, work.exposures.get(unit), why, left, before), taken


def _overall(taken: list[list[Outcome]]) -> list[Outcome]:
    """The steps about units as steps of the whole; the first that failed for any unit is the last."""
    merged: list[Outcome] = []
    for name, _ in UNIT_STEPS:
        merged.append(_merge([outcome for outcomes in taken for outcome in outcomes if outcome.step == name]))
        if merged[-1].status == "failed":
            break
    return merged


def _merge(outcomes: list[Outcome]) -> Outcome:
    """One step's outcome over every unit that came to it: the worst, and for how many."""
    if len(outcomes) == 1:
        return outcomes[0]
    worst = max(outcomes, key=lambda outcome: ("ok", "warning", "failed").index(outcome.status))
    alike = sum(outcome.status == worst.status for outcome in outcomes)
    if worst.status == "ok":
        return Outcome(worst.step, "ok", f"holds for each of {alike} units")
    return Outcome(worst.step, worst.status, f"{alike} of {len(outcomes)} units: {worst.detail}")


def _conclude(
    verdict: Verdict, outcomes: list[Outcome], work: _Work, units: tuple[UnitFinding, ...] = ()
) -> Verification:
    origin, size = (work.checkpoint.origin, work.checkpoint.size) if work.checkpoint else (None, None)
    return Verification(verdict, tuple(outcomes), work.passport.subject, origin, size, units)


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
            work.seen.append(Seen(Place(opened.index, position), judged))
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
    """Step 8: the site's own stream names the keys, from the log's first batch on; the log's own signed this size."""
    if not work.batches or work.batches[0].index != 0:
        return Refused("keys", "expected the log's first batch, which adds the site's key")
    for opened in work.batches:
        if opened.text.stream != events.SITE_STREAM:
            continue
        for recorded in opened.recorded:
            refused = apply_key_event(work.keys, recorded, origin=work.head.origin)
            refused = refused or apply_log_key_event(work.log_keys, recorded, origin=work.head.origin)
            if refused is not None:
                return refused
    pinned = work.trust.roots.get(work.head.origin)
    root = next((key for key, known in work.keys.known.items() if known.producer == SITE_PRODUCER), None)
    if pinned is not None and root != pinned:
        return Refused("keys", f"expected the log to begin with the site key {pinned}; it began with {root}")
    refused = None if work.signed is None else work.log_keys.check_checkpoint(work.signed, work.head.size)
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
        work.signers.add(fingerprint(format_vkey(known.key)))
    return f"{len(work.batches)} batches signed by {', '.join(sorted(signers))}"


def _subject(work: _Work) -> _Result:
    """Step 10: the events are those of the units, their ancestors and donations, or say whose keys and places count."""
    subject, recorded = work.passport.subject, work.recorded()
    work.units = _units(subject, recorded)
    if not work.units:
        return Refused("subject", f"no `dispatched` event of {subject} is carried, which would name its units")
    family = _ancestry(recorded, work.units)
    tags = {
        entry.event.tag
        for entry in recorded
        if isinstance(entry.event, kinds.TagAssociated) and entry.event.unit in family
    }
    concerned = {subject} | family | {din_of(unit) for unit in family} | tags
    own = 0
    for entry in recorded:
        if isinstance(entry.event, kinds.Administered | kinds.TemperatureSegment):
            continue
        if not concerned.intersection(custody.subjects(entry.event)):
            return Refused("subject", f"{entry.event.stream} {entry.event.seq} is not about {subject}")
        own += 1
    if not own:
        return Refused("subject", f"no event is about {subject}")
    if is_id(subject, "unit"):
        return f"{own} events about {subject}, its parents and its donation"
    return f"{own} events about the {len(work.units)} units of {subject}, their parents and donations"


def _exposure(work: _Work, unit: str) -> _Result:
    """Step 11: the latest exposure statement speaks of this unit and, where segments are carried, of exactly them."""
    stated = [entry.event for entry in work.recorded() if isinstance(entry.event, kinds.ExposureStated)]
    if any(event.unit not in work.units for event in stated):
        return Refused("exposure", "an exposure statement speaks of another unit")
    about = [event for event in stated if event.unit == unit]
    if not about:
        return _Warned("no exposure statement is carried: nothing is shown about its cold chain")
    latest = about[-1]
    if latest.as_of_size > work.head.size:
        return Refused("exposure", "the exposure statement speaks of a larger log than the checkpoint's")
    segments = _carried_segments(work)
    if segments and unit != work.passport.subject:
        return Refused("exposure", "segments are carried, which the passport of a dispatch note does not do")
    if segments:
        root = notes.format_base64(root_of(segments))
        if root != latest.segments_root or len(segments) != latest.segments:
            return Refused("exposure", f"the statement commits to {latest.segments} segments; those carried differ")
    work.exposures[unit] = latest
    carried = f"all {len(segments)} segments carried" if segments else "segments not carried"
    return f"stated as {latest.verdict} by {latest.pack} {latest.version}; {carried}"


def _completeness(work: _Work, unit: str) -> _Result:
    """Step 12: nothing about the unit was left out, under a cosigned unit-map root."""
    carried = work.passport.map
    if carried is None:
        return _not_shown(work, "no unit map is carried: that nothing was left out is not shown")
    if work.map is None:
        work.map = completeness.open_map(carried, work.seen, origin=work.head.origin)
    if isinstance(work.map, Refused):
        return work.map
    family = sorted(_ancestry(work.recorded(), (unit,)))
    lists = completeness.judge_lists(work.map, completeness.subjects_of(family, sorted(work.signers)))
    if isinstance(lists, Refused):
        return lists
    vouched = completeness.judge_cosignatures(work.map, work.trust.auditors, now_ms=work.trust.now_ms)
    short = [found.reason for found in (lists, vouched) if isinstance(found, completeness.Short)]
    return _not_shown(work, "; ".join(short)) if short else f"{lists}; {vouched}"


def _not_shown(work: _Work, reason: str) -> _Result:
    return Refused("completeness", reason) if work.trust.auditors.otherwise == "refuse" else _Warned(reason)


def _hand_over(work: _Work, unit: str) -> _Result:
    """Step 13: each passport of another log that this log accepted for the unit holds, and is the one it accepted."""
    accepted = [entry.event for entry in work.recorded() if isinstance(entry.event, kinds.PassportAccepted)]
    work.left_ms[unit] = handover.left_ms(work.recorded(), unit)
    if work.depth == handover.MAX_DEPTH and work.passport.before:
        return Refused("hand-over", f"expected passports that carry each other at most {handover.MAX_DEPTH} deep")
    _open_carried(work)
    if not work.carried.keys() <= {event.sha256 for event in accepted}:
        return Refused("hand-over", "a passport is carried that no `passport_accepted` event of this log is about")
    family = _ancestry(work.recorded(), (unit,))
    concerned = (event for event in accepted if family.intersection(event.units))
    arrivals = [handover.Arrival(event, work.carried.get(event.sha256)) for event in concerned]
    work.before[unit] = handover.earlier(arrivals, family)
    verdict, detail = handover.judge(arrivals, family, here=work.head.origin)
    match verdict:
        case "valid":
            return detail
        case "warnings":
            return _Warned(detail)
        case "undecidable":
            raise _Undecidable(detail)
        case "invalid":
            return Refused("hand-over", detail)


def _open_carried(work: _Work) -> None:
    """Verify each carried passport once, under the same policy, however many units it is about."""
    for text in work.passport.before if not work.carried else ():
        work.carried[passport.digest(text)] = _verify(text.encode(), work.trust, work.depth + 1)


FILE_STEPS: tuple[tuple[str, _Step], ...] = (
    ("checkpoint", _checkpoint),
    ("witnesses", _witnesses),
    ("batch-notes", _batch_notes),
    ("log-proof", _log_proof),
    ("event-proofs", _event_proofs),
    ("events", _events),
    ("keys", _keys),
    ("signatures", _signatures),
    ("subject", _subject),
)
"""The steps about the file after `format`, which is step 1; their names are part of the interface."""

UNIT_STEPS: tuple[tuple[str, _UnitStep], ...] = (
    ("exposure", _exposure),
    ("completeness", _completeness),
    ("hand-over", _hand_over),
)
"""The steps about each unit, which follow them."""

STEP_NAMES = ("format", *(name for name, _ in FILE_STEPS), *(name for name, _ in UNIT_STEPS))
"""Every step's name, in order."""


def _units(subject: str, recorded: list[custody.Recorded]) -> tuple[str, ...]:
    """The subject itself, or the units that the dispatch note's `dispatched` events name, in their order."""
    return (subject,) if is_id(subject, "unit") else custody.dispatched_units(recorded, subject)


def _ancestry(recorded: list[custody.Recorded], units: tuple[str, ...]) -> set[str]:
    family = set(units)
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
