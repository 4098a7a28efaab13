"""The steps of a verification that are about the file as a whole: 2 to 10 of docs/format.md §8.

Each takes what the ones before it left in `Work`, and answers what holds, what is not shown, or why it fails.

A passport is verified in browsers, too, and those know Ed25519 alone. So a policy's keys of other types count as having
signed nothing: whoever opens a passport, and wherever, the verdict is the same.
"""

from ledger.core import batch as batches
from ledger.core import checkpoint as checkpoints
from ledger.core import custody, events, kinds, passport
from ledger.core.completeness import Place, Seen
from ledger.core.errors import Refused
from ledger.core.ids import din_of, is_id
from ledger.core.keys import SITE_PRODUCER, apply_key_event, fingerprint
from ledger.core.logkeys import apply_log_key_event
from ledger.core.merkle import leaf_hash, root_from_multiproof
from ledger.core.note import COSIGNATURE_V1, ED25519, VerifierKey, format_vkey, parse_vkey
from ledger.core.signing import verify_note
from ledger.core.verifying import Opened, Result, Step, Undecidable, Warned, Work, ancestry


def _checkpoint(work: Work) -> Result:
    """Step 2: the checkpoint is signed by a log that is trusted, or at least by the key that the file carries."""
    work.checkpoint, work.signed = checkpoints.parse_signed(work.passport.checkpoint)
    origin = work.checkpoint.origin
    carried = parse_vkey(work.passport.log_key)
    if work.policy is None:
        verified = verify_note(work.signed, [carried])
        if isinstance(verified, Refused) or carried.name != origin:
            return Refused("checkpoint", f"the carried log key did not sign the checkpoint of {origin}")
        shown = fingerprint(format_vkey(carried))
        return Warned(f"signed by a key that came with the file; compare its fingerprint: {shown}")
    trusted = [log.key for log in work.policy.logs_of(origin) if log.key.algorithm == ED25519]
    if not trusted:
        raise Undecidable(f"the policy names no log with the origin {origin} and an Ed25519 key")
    verified = verify_note(work.signed, trusted)
    if isinstance(verified, Refused):
        return verified
    return f"{origin} at size {work.checkpoint.size}, signed by a log of the policy"


def _witnesses(work: Work) -> Result:
    """Step 3: the policy's quorum of witnesses cosigned the checkpoint."""
    if work.policy is None:
        return Warned("no policy says which witnesses are needed")
    if work.signed is None or not work.policy.witnesses:
        return "the policy asks for no witness" if work.policy.quorum == "none" else Warned("the quorum names nobody")
    known = [each.key for each in work.policy.witnesses if each.key.algorithm == COSIGNATURE_V1]
    verified = verify_note(work.signed, known)
    cosigners: frozenset[VerifierKey] = frozenset() if isinstance(verified, Refused) else frozenset(verified)
    if not work.policy.judge(cosigners):
        return Warned(
            f"{len(cosigners)} of the policy's witnesses cosigned; its quorum {work.policy.quorum} is not met"
        )
    return f"{len(cosigners)} witnesses cosigned, the quorum {work.policy.quorum} is met"


def _batch_notes(work: Work) -> Result:
    """Step 4: every batch note is well formed, made for this log, and listed once, in order."""
    for carried in work.passport.batches:
        signed, text = batches.read_note(carried.note.encode())
        if text.origin != work.head.origin:
            return Refused("batch-notes", f"batch {carried.index} was made for {text.origin}, not {work.head.origin}")
        if work.batches and carried.index <= work.batches[-1].index:
            return Refused("batch-notes", f"batch {carried.index} is out of order")
        work.batches.append(Opened(carried.index, signed, text, carried))
    return f"{len(work.batches)} batch notes for {work.head.origin}"


def _log_proof(work: Work) -> Result:
    """Step 5: the batch notes lead to the checkpoint's root."""
    leaves = {opened.index: leaf_hash(opened.carried.note.encode()) for opened in work.batches}
    root = root_from_multiproof(leaves, work.head.size, passport.decode_proof(work.passport.proof))
    if isinstance(root, Refused):
        return root
    if root != work.head.root:
        return Refused("log-proof", f"expected root {work.head.root.hex()}; the batches lead to {root.hex()}")
    return f"in the log of size {work.head.size} with root {root.hex()[:16]}…"


def _event_proofs(work: Work) -> Result:
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


def _events(work: Work) -> Result:
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
        return Warned(f"{defects} events are kept without being understood")
    return "every event is well formed and stands at its place in its stream"


def _keys(work: Work) -> Result:
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


def _signatures(work: Work) -> Result:
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


def _subject(work: Work) -> Result:
    """Step 10: the events are those of the units, their ancestors and donations, or say whose keys and places count."""
    subject, recorded = work.passport.subject, work.recorded()
    work.units = _units(subject, recorded)
    if not work.units:
        return Refused("subject", f"no `dispatched` event of {subject} is carried, which would name its units")
    family = ancestry(recorded, work.units)
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


def _units(subject: str, recorded: list[custody.Recorded]) -> tuple[str, ...]:
    """The subject itself, or the units that the dispatch note's `dispatched` events name, in their order."""
    return (subject,) if is_id(subject, "unit") else custody.dispatched_units(recorded, subject)


FILE_STEPS: tuple[tuple[str, Step], ...] = (
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
