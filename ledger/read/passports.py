"""Putting together the passport of a unit or of a dispatch note from what is stored; verifying it for the page.

Chooses which events a passport carries (docs/format.md §7). The bytes are made by `ledger.core.passport`; whether they
hold is decided by `ledger.core.verify`, here as anywhere else.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Protocol

import msgspec
from sqlalchemy import Connection, bindparam, select

from ledger.core import checkpoint as checkpoints
from ledger.core import completeness, custody, kinds, passport
from ledger.core import note as notes
from ledger.core.concern import TagPointers
from ledger.core.errors import Refused, XuemaiError
from ledger.core.events import SITE_STREAM, is_canonical
from ledger.core.ids import din_of, format_instant, is_id, parse_instant
from ledger.core.merkle import root_of
from ledger.core.note import VerifierKey
from ledger.core.policy import Log
from ledger.core.signing import verify_note
from ledger.core.verify import Verification, verify
from ledger.read import cosigned
from ledger.read.history import Entry, as_said
from ledger.read.judging import ColdChain
from ledger.read.keys import beyond_revocation
from ledger.read.mapping import best_root, show
from ledger.read.reader import Reader
from ledger.read.trees import nodes_of
from ledger.read.values import Proof, ProofStep
from ledger.rules.exposure import Exposure
from ledger.rules.occasions import Against, against_limits
from ledger.store import enclosures
from ledger.store.prepared import Prepared
from ledger.store.tables import batches

_SITE_KINDS = (
    "site_opened", "key_added", "key_rotated", "key_revoked", "log_key_added", "log_key_retired", "organisation_added",
    "place_added", "probe_placed", "agitation_stopped",
    "agitation_resumed", "erased",
)  # fmt: skip
"""What a passport carries of the site stream besides exposure statements."""
_NOTE = Prepared(select(batches.c.note).where(batches.c.log_index == bindparam("index")), "index")


class NotYetError(XuemaiError):
    """Nothing about the subject stands under a signed checkpoint yet; try again in a second."""


def statement(chain: ColdChain, *, unit: str, log_size: int) -> dict[str, object]:
    """The fields of the `exposure_stated` event that says what `chain` says, as of `log_size`."""
    judged = chain.exposure
    fields: dict[str, object] = {
        "unit": unit,
        "component": judged.component,
        "pack": judged.pack,
        "version": judged.pack_version,
        "verified": _standing(judged),
        "as_of_size": log_size,
        "verdict": judged.verdict,
        "out_ms": judged.out_ms,
        "unknown_ms": judged.unknown_ms,
        "tolerated_ms": judged.tolerated_ms,
        "judged_ms": judged.judged_ms,
        "segments": len(chain.segments),
        "segments_root": notes.format_base64(root_of(entry.leaf for entry in chain.segments)),
    }
    against = [_against(each) for each in against_limits(judged)]
    if against:
        fields["limits"] = against
    if judged.first_ms is not None:
        fields |= {"since": format_instant(judged.first_ms), "until": format_instant(judged.until_ms)}
    if judged.lowest_centi is not None:
        fields |= {"lowest_centi_celsius": judged.lowest_centi, "highest_centi_celsius": judged.highest_centi}
    return fields


def _against(each: Against) -> kinds.AgainstLimits:
    return kinds.AgainstLimits(
        phase=each.phase,
        low_centi_celsius=each.low,
        high_centi_celsius=each.high,
        above_ms=each.above_ms,
        below_ms=each.below_ms,
        occasions=len(each.occasions),
        longest_ms=each.longest_ms,
    )


def _standing(judged: Exposure) -> str:
    """How the figures that a verdict rests on are known."""
    if not judged.verified:
        return "no"
    return "station" if judged.confirmed_here else "yes"


def says_the_same(stated: kinds.ExposureStated, fields: dict[str, object]) -> bool:
    """Whether a statement says what these fields say, though perhaps as of a smaller log and until earlier."""
    passing = {"as_of_size", "until"}
    return all(getattr(stated, name) == value for name, value in fields.items() if name not in passing)


def latest_statement(reader: Reader, unit: str) -> kinds.ExposureStated | None:
    """The latest exposure statement about a unit."""
    events = [entry.event for entry in as_said(reader.history.of([unit]))]
    stated = [event for event in events if isinstance(event, kinds.ExposureStated)]
    return stated[-1] if stated else None


class Export(Protocol):
    """Makes a passport's bytes: `export`, `export_full`."""

    def __call__(self, reader: Reader, subject: str, /, *, log_key: VerifierKey) -> bytes:
        """The passport of the subject."""


def export(reader: Reader, subject: str, *, log_key: VerifierKey) -> bytes:
    """The passport of a unit, or of a dispatch note (`consignment:…`), under the latest checkpoint.

    Raises:
        NotYetError: no checkpoint covers anything about the unit, or the note's `dispatched` event.
    """
    return _Desk(reader, log_key).make(subject, ())


def export_at(reader: Reader, subject: str, size: int, *, log_key: VerifierKey) -> bytes:
    """The same under the checkpoint of a size, with nothing that came later: as a printed note has it.

    Raises:
        NotYetError: no checkpoint of that size was signed, or it covers nothing about the subject.
    """
    return _Desk(reader, log_key, size).make(subject, ())


def export_full(reader: Reader, unit: str, *, log_key: VerifierKey) -> bytes:
    """The same, with every temperature segment that its exposure statement rests on.

    Raises:
        NotYetError: no checkpoint covers anything about the unit.
    """
    desk = _Desk(reader, log_key)
    return desk.make(unit, desk.stated_segments(unit))


def prove(reader: Reader, unit: str, *, log_key: VerifierKey, now_ms: int) -> Proof:
    """Verify the unit's events now, as an outsider who knows this site's log key would.

    Raises:
        NotYetError: no checkpoint covers anything about the unit.
    """
    made = _Desk(reader, log_key).assemble(unit, ())
    trusted = reader.site.outside.policy((Log(log_key),))
    return _proof(made, verify(passport.format(made), policy=trusted), now_ms)


class _Desk:
    """Assembles one passport from one snapshot."""

    def __init__(self, reader: Reader, log_key: VerifierKey, at: int | None = None) -> None:
        self._reader = reader
        self._at = at
        self._connection: Connection = reader.connection
        self._log_key = log_key
        self._family: Sequence[str] = ()

    def assemble_with_map(self, subject: str, segments: Sequence[Entry]) -> passport.Passport:
        """The passport, with the entries of the unit map of everything that it is about and of the keys that signed."""
        needed = self._reader.site.auditors_needed
        root = best_root(self._connection, self._size(), auditors_needed=needed)
        if root is None:
            return self.assemble(subject, segments)
        made = self.assemble(subject, [*segments, self._reader.history.at(root.size, root.position)])
        carried = {(batch.index, position) for batch in made.batches for position in batch.positions}
        signed = self._connection.execute(
            select(batches.c.key).distinct().where(batches.c.log_index.in_([batch.index for batch in made.batches]))
        ).scalars()
        subjects = completeness.subjects_of(self._family, sorted(signed))
        return msgspec.structs.replace(made, map=show(self._connection, root, subjects, carried))

    def assemble(self, subject: str, segments: Sequence[Entry]) -> passport.Passport:
        checkpoint = self._reader.checkpoint(self._at)
        if checkpoint is None:
            raise NotYetError("no checkpoint has been signed yet; try again in a second")
        chosen: dict[int, dict[int, bytes]] = {}
        for entry in [*self._own(subject, checkpoint[0], _probes(segments)), *segments]:
            if entry.body is not None and entry.log_index < checkpoint[0] and _can_travel(entry, entry.body):
                chosen.setdefault(entry.log_index, {})[entry.position] = entry.body
        for index in beyond_revocation(self._connection, list(chosen)):
            del chosen[index]
        size, note = self._to_prove_with(max(chosen)) or checkpoint
        head, _ = checkpoints.parse_signed(note)
        return passport.assemble(
            subject,
            [self._chosen(index, bodies) for index, bodies in chosen.items()],
            checkpoint=note,
            size=size,
            log_key=notes.format_vkey(self._log_key),
            node=nodes_of(self._connection, size, root=head.root),
        )

    def _to_prove_with(self, last_index: int) -> tuple[int, bytes] | None:
        if self._at is not None:
            return cosigned.published_at(self._reader, self._at)
        found = cosigned.to_prove_with(self._reader, last_index)
        if found is None or isinstance(verify_note(notes.parse(found[1]), [self._log_key]), Refused):
            return None  # signed before the log's present key was there: who knows that one alone would refuse it
        return found

    def make(self, subject: str, segments: Sequence[Entry]) -> bytes:
        """The passport's bytes, with those of other logs that were accepted, as far as a verifier would read it."""
        made = self.assemble_with_map(subject, segments)
        before = [raw.decode() for raw in self._accepted(subject)]
        raw = passport.format(msgspec.structs.replace(made, before=before))
        return raw if len(raw) <= passport.MAX_PASSPORT_BYTES else passport.format(made)

    def _accepted(self, subject: str) -> list[bytes]:
        """The passports of other logs that were accepted for the units or their ancestors, and are kept."""
        size = self._size()
        units, _ = self._units(subject, size)
        about = self._counting(self._reader.history.of(self._ancestors(units, size)), size)
        events = (each.event for each in as_said(about))
        named = dict.fromkeys(event.sha256 for event in events if isinstance(event, kinds.PassportAccepted))
        found = (enclosures.kept(self._connection, sha256) for sha256 in named)
        return [document for document in found if document is not None]

    def stated_segments(self, unit: str) -> Sequence[Entry]:
        """The segments under the latest statement that a checkpoint covers: judged again as it was known then."""
        size = self._size()
        covered = [entry for entry in self._reader.history.of([unit]) if entry.log_index < size]
        stated = [entry.event for entry in as_said(covered) if isinstance(entry.event, kinds.ExposureStated)]
        if not stated:
            return ()
        then = self._reader.as_known_at(stated[-1].as_of_size)
        chain = then.cold_chain(unit, now_ms=parse_instant(stated[-1].time))
        segments = () if chain is None else chain.segments
        return segments if len(self._counting(segments, size)) == len(segments) else ()

    def _size(self) -> int:
        checkpoint = self._reader.checkpoint(self._at)
        return 0 if checkpoint is None else checkpoint[0]

    def _own(self, subject: str, size: int, probes: set[str]) -> Iterator[Entry]:
        """What is carried but segments: events of the units, their ancestors and donations, and what the site says."""
        units, note = self._units(subject, size)
        self._family = family = self._ancestors(units, size)
        about = self._reader.history.of([*note, *family, *{din_of(name): None for name in family}])
        if not any(entry.log_index < size for entry in about):
            raise NotYetError(f"no signed checkpoint covers {subject} yet; try again in a second")
        covered = _less_misled(about, self._counting(about, size))
        if not covered:
            raise NotYetError(f"a revoked key alone, beyond its last good event, spoke of {subject}")
        yield from (entry for entry in covered if entry.kind != "exposure_stated")
        yield from _latest_statements(covered, units)
        named = {entry.event.place for entry in as_said(covered)} | {*family, *map(din_of, family)} | probes
        yield from (
            entry for entry in self._reader.history.of_kinds(SITE_STREAM, _SITE_KINDS) if _is_needed(entry, named)
        )

    def _units(self, subject: str, size: int) -> tuple[Sequence[str], Sequence[str]]:
        """The units that the passport is about, and the dispatch note that names them, if it is about one."""
        if is_id(subject, "unit"):
            return [subject], []
        about = self._counting(self._reader.history.of([subject]), size)
        units = custody.dispatched_units(as_said(about), subject)
        if not units:
            raise NotYetError(f"no signed checkpoint covers a dispatch of {subject} yet; try again in a second")
        return units, [subject]

    def _counting(self, entries: Iterable[Entry], size: int) -> list[Entry]:
        """Those that count as of a size: below it, and not beyond the last good event of a revoked key."""
        covered = [entry for entry in entries if entry.log_index < size]
        gone = set(beyond_revocation(self._connection, list({entry.log_index for entry in covered})))
        return [entry for entry in covered if entry.log_index not in gone]

    def _ancestors(self, units: Sequence[str], size: int) -> list[str]:
        found = dict.fromkeys(units)
        pending = list(found)
        for name in pending:
            edges = custody.edges(as_said(self._counting(self._reader.history.of([name]), size)))
            parents = [edge.parent for edge in edges if edge.child == name and edge.parent not in found]
            found.update(dict.fromkeys(parents))
            pending += dict.fromkeys(parents)
        return list(found)

    def _chosen(self, index: int, bodies: dict[int, bytes]) -> passport.Chosen:
        ((note,),) = _NOTE.rows(self._connection, index)
        return passport.Chosen(index, note, self._reader.history.leaves(index), bodies)


def _can_travel(entry: Entry, body: bytes) -> bool:
    """Whether every verifier reads the event alike; one with a defect may hold what languages spell differently."""
    return entry.defect is None or is_canonical(body)


def _less_misled(about: Iterable[Entry], counting: Iterable[Entry]) -> list[Entry]:
    """What counts, less the sightings that a verifier would take for another unit's, or for nobody's.

    The log resolves a tag as it did when its events came. A verifier has only those that count: it cannot follow a tag
    that a revoked key put on a unit, or took off one.
    """
    known, real, counts = TagPointers(), TagPointers(), {entry.id for entry in counting}
    found = []
    for entry in about:
        unit = None if entry.recorded is None else real.follow(entry.recorded.event)
        if entry.id not in counts:
            continue
        if entry.recorded is None or known.follow(entry.recorded.event) == unit:
            found.append(entry)
    return found


def _latest_statements(covered: Iterable[Entry], units: Iterable[str]) -> Iterator[Entry]:
    """For each of the units the latest exposure statement about it."""
    latest: dict[str, Entry] = {}
    for entry in covered:
        if entry.recorded is not None and isinstance(entry.recorded.event, kinds.ExposureStated):
            latest[entry.recorded.event.unit] = entry
    return (latest[unit] for unit in units if unit in latest)


def _probes(segments: Iterable[Entry]) -> set[str]:
    """The probes whose segments these are."""
    events = (each.recorded.event for each in segments if each.recorded is not None)
    return {event.probe for event in events if isinstance(event, kinds.TemperatureSegment)}


def _is_needed(entry: Entry, named: Container[str | None]) -> bool:
    """Whether one of `_SITE_KINDS` says whose keys count, what is gone of a unit, or what else bears on the named."""
    match None if entry.recorded is None else entry.recorded.event:
        case None:
            return False
        case kinds.PlaceAdded() | kinds.AgitationStopped() | kinds.AgitationResumed() as said:
            return said.place in named
        case kinds.ProbePlaced() as placed:
            return placed.probe in named
        case kinds.Erased() as erased:
            return erased.what == "body" and any(subject in named for subject in erased.listed)
        case _:
            return True


def _proof(made: passport.Passport, found: Verification, now_ms: int) -> Proof:
    head = notes.parse(made.checkpoint).text.split("\n")
    signers = {notes.parse(batch.note).signatures[0].name for batch in made.batches}
    return Proof(
        verdict=found.verdict,
        origin=head[0],
        size=int(head[1]),
        root=notes.parse_base64(head[2]).hex(),
        events=sum(len(batch.events) for batch in made.batches),
        batches=len(made.batches),
        signers=tuple(sorted(signers)),
        steps=tuple(ProofStep(step.step, step.status, step.detail) for step in found.steps),
        verified_ms=now_ms,
    )
