"""A small log made from fixed seeds, so that every format has golden bytes; and the defects, one a file.

`python3 -m tests.support.golden` writes them to `tests/vectors/format`; the test re-makes and compares them.
"""

import dataclasses
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ledger.core import batch, checkpoint, events, ids, keys, kinds, passport, policy, receipt
from ledger.core import note as notes
from ledger.core.merkle import Frontier, leaf_hash, root_of
from ledger.core.note import ED25519, VerifierKey
from ledger.core.signing import NoteSigner, SigningKey, sign_note
from tests.support.golden_equivocation import equivocation_files
from tests.support.golden_tagmemory import tag_memory_files
from tests.support.golden_tlog import tlog_files
from tests.support.golden_witness import witness_files

FOLDER = Path(__file__).parent.parent / "vectors" / "format"
SITE = "demo.a9999.example"
ORIGIN = f"{SITE}/ledger/1"
WHOLE = "unit:A999926000001.A0001V00"
RED = "unit:A999926000001.A0002V00"
TAG = "tag:E280A99900000001"
NURSE = "person:" + "1" * 32
DONOR = "person:" + "d" * 32
FRIDGE = "place:centre/fridge-1"


def signer(name: str) -> NoteSigner:
    """A signer whose seed is the hash of its name."""
    return NoteSigner(name, SigningKey(hashlib.sha256(name.encode()).digest()))


LOG = signer(ORIGIN)
RECEIPT = signer(f"{SITE}/receipt")


@dataclass
class Sealed:
    note: bytes
    bodies: tuple[bytes, ...]
    text: batch.BatchNote


@dataclass
class Log:
    """An in-memory log that goes through the same core functions as the ledger, without storage."""

    minute: int = 0
    site: str = SITE
    batches: list[Sealed] = field(default_factory=list)
    frontier: Frontier = field(default_factory=Frontier)
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    signers: dict[str, NoteSigner] = field(default_factory=dict)
    log_signers: list[NoteSigner] = field(default_factory=list)

    @property
    def origin(self) -> str:
        """The log's origin, which is also the name of its key."""
        return f"{self.site}/ledger/1"

    def instant(self) -> str:
        self.minute += 1
        return ids.format_instant(1_772_409_600_000 + self.minute * 60_000)

    def seal(self, stream: str, drafts: Sequence[tuple[type[kinds.Event], dict[str, object]]], by: str) -> Sealed:
        earlier = [sealed.text for sealed in self.batches if sealed.text.stream == stream]
        first = earlier[-1].last + 1 if earlier else 1
        bodies = []
        for offset, (kind, fields) in enumerate(drafts):
            nonce = hashlib.sha256(f"{stream} {first + offset}".encode()).hexdigest()[:32]
            common: dict[str, object] = {"v": 1, "stream": stream, "seq": first + offset, "nonce": nonce}
            common |= {"time": self.instant(), "clock": "simulated"}
            bodies.append(events.encode(kind(**(common | fields))))  # type: ignore[arg-type]
        return self.seal_bodies(stream, bodies, by)

    def seal_bodies(self, stream: str, bodies: Sequence[bytes], by: str) -> Sealed:
        earlier = [sealed.text for sealed in self.batches if sealed.text.stream == stream]
        text = batch.compose(
            bodies,
            origin=self.origin,
            stream=stream,
            first=earlier[-1].last + 1 if earlier else 1,
            previous=batch.text_hash(earlier[-1].format()) if earlier else batch.NO_PREVIOUS,
            time=self.instant(),
        )
        signed = sign_note(text.format(), [self.signers.get(by) or signer(f"{self.site}/{by}")])
        sealed = Sealed(signed, tuple(bodies), text)
        self.batches.append(sealed)
        for level, index, value in self.frontier.append(leaf_hash(sealed.note)):
            self.nodes[level, index] = value
        return sealed

    def checkpoint(self) -> bytes:
        head = checkpoint.Checkpoint(self.origin, self.frontier.size, self.frontier.root())
        return sign_note(checkpoint.format(head), self.log_signers or [signer(self.origin)])

    def passport(
        self, unit: str, wanted: dict[int, Sequence[int]] | None = None, before: Sequence[bytes] = ()
    ) -> passport.Passport:
        """A passport of every event of the log, or of the positions named a batch; with those of earlier logs."""
        chosen = []
        for index, sealed in enumerate(self.batches):
            positions = range(len(sealed.bodies)) if wanted is None else wanted.get(index, ())
            bodies = {position: sealed.bodies[position] for position in positions}
            if bodies:
                leaves = [events.event_leaf(body) for body in sealed.bodies]
                chosen.append(passport.Chosen(index, sealed.note, leaves, bodies))
        return passport.assemble(
            unit,
            chosen,
            checkpoint=self.checkpoint(),
            size=self.frontier.size,
            log_key=notes.format_vkey((self.log_signers or [signer(self.origin)])[0].verifier),
            node=lambda level, index: self.nodes[level, index],
            before=before,
        )


def key_added(producer: str, site: str = SITE) -> tuple[type[kinds.Event], dict[str, object]]:
    by = signer(f"{site}/{producer}")
    vkey = notes.format_vkey(VerifierKey(by.name, ED25519, by.key.public))
    proof = keys.prove_possession(by.key, origin=f"{site}/ledger/1", vkey=vkey)
    fields = {"key": keys.fingerprint(vkey), "vkey": vkey, "producer": producer, "proof": proof}
    return kinds.KeyAdded, fields


def story() -> Log:
    """One donation, red cells, a tag, an hour in a fridge, a release and its exposure statement."""
    log = Log()
    opened = {
        "origin": ORIGIN,
        "mode": "demo",
        "log_key": notes.format_vkey(LOG.verifier),
        "receipt_key": notes.format_vkey(RECEIPT.verifier),
    }
    log.seal("site", [(kinds.SiteOpened, opened), key_added("site"), key_added("web")], "site")
    log.seal("site", [key_added("gw-centre")], "site")
    collected = {"unit": WHOLE, "donor": DONOR, "by": NURSE, "place": "place:centre/bleed", "volume_ml": 400}
    log.seal("web", [(kinds.Collected, collected)], "web")
    child = kinds.Component(unit=RED, expires="2026-04-06T15:59:00.000Z", volume_ml=284)
    prepared = {"parents": [WHOLE], "children": [child], "by": NURSE, "place": "place:centre/lab"}
    log.seal("web", [(kinds.Prepared, prepared), (kinds.TagAssociated, {"unit": RED, "tag": TAG})], "web")
    arrived = {"tag": TAG, "device": "device:r1", "antenna": 1, "reads": 2, "place": FRIDGE}
    log.seal("gw-centre/1/c", [(kinds.TagArrived, arrived)], "gw-centre")
    segment = {
        "probe": "probe:fridge-1",
        "place": FRIDGE,
        "measures": "air",
        "until": log.instant(),
        "quality": "good",
        "readings": [[0, 412], [60_000, 418], [120_000, 405]],
    }
    sealed = log.seal("gw-centre/1/t", [(kinds.TemperatureSegment, segment)], "gw-centre")
    tested = {"din": ids.din_of(RED), "overall": "fit", "abo": "A", "rhd": "positive"}
    log.seal("web", [(kinds.Tested, tested), (kinds.Released, {"unit": RED, "by": NURSE})], "web")
    stated = {
        "unit": RED,
        "component": "RBC_AS",
        "pack": "cn",
        "version": "2026.1",
        "verified": "no",
        "as_of_size": log.frontier.size,
        "verdict": "ok",
        "out_ms": 0,
        "unknown_ms": 0,
        "tolerated_ms": 0,
        "judged_ms": 120_000,
        "lowest_centi_celsius": 405,
        "highest_centi_celsius": 418,
        "segments": 1,
        "segments_root": notes.format_base64(root_of([events.event_leaf(sealed.bodies[0])])),
    }
    log.seal("site", [(kinds.ExposureStated, stated)], "site")
    return log


NOTE = "consignment:N-1"
SECOND = "unit:A999926000002.A0002V00"


def consigned(*, stated: Sequence[dict[str, object]] | None = None, named: bool = True) -> Log:
    """The story, and a second unit that goes with the first to a hospital: a dispatch note of two.

    Args:
        stated: what is stated of the second unit's cold chain, over what is stated of the first's; [{}]: the same.
        named: whether a `dispatched` event names the units; else only one that hands them over.
    """
    log = story()
    first = json.loads(log.batches[-1].bodies[0])
    told = {name: first[name] for name in first if name not in {"v", "kind", "stream", "seq", "nonce", "time", "clock"}}
    opening = {"unit": SECOND, "abo": "O", "rhd": "negative", "expires": "2026-04-05T15:59:00.000Z", "by": NURSE}
    log.seal("web", [(kinds.Opening, opening)], "web")
    about = [{"unit": SECOND} | change for change in ([{}] if stated is None else stated)]
    if about:
        log.seal("site", [(kinds.ExposureStated, told | each) for each in about], "site")
    sent: dict[str, object] = {"dispatch_note": NOTE, "units": [RED, SECOND], "by": NURSE, "place": "place:centre/gate"}
    consignment = (kinds.Dispatched, sent | {"to": "org:hospital-1"}) if named else (kinds.HandedOver, sent)
    log.seal("web", [consignment], "web")
    return log


def without_segments(log: Log, *, but: Sequence[int] = ()) -> dict[int, Sequence[int]]:
    """What a dispatch note's passport carries of a log: everything but temperature segments, and these batches."""
    found = enumerate(log.batches)
    told = ((index, each) for index, each in found if not each.text.stream.endswith("/t") and index not in but)
    return {index: range(len(sealed.bodies)) for index, sealed in told}


def golden_files() -> dict[str, bytes]:
    """File name → bytes of every golden vector."""
    from tests.support.golden_bedside import bedside_passports  # noqa: PLC0415  it tells this log's story on
    from tests.support.golden_correction import correction_passports  # noqa: PLC0415  the same
    from tests.support.golden_discard import discard_passports  # noqa: PLC0415  the same
    from tests.support.golden_evidence import evidence_passports  # noqa: PLC0415  the same
    from tests.support.golden_handover import handover_files  # noqa: PLC0415  its logs begin with this one
    from tests.support.golden_map import map_passports  # noqa: PLC0415  it tells this log's story on
    from tests.support.golden_recall import recall_passports  # noqa: PLC0415  the same
    from tests.support.golden_return import return_passports  # noqa: PLC0415  the same
    from tests.support.golden_transport import transport_passports  # noqa: PLC0415  the same

    log = story()
    files: dict[str, bytes] = {}
    for index, sealed in enumerate(log.batches):
        files[f"batch/{index:02}-{sealed.text.stream.replace('/', '_')}.ndjson"] = batch.format_wire(
            batch.Batch(sealed.note, sealed.bodies)
        )
    for index in SUPPLY_ONLY:
        each = supplied().batches[index]
        files[f"batch/order_{index:02}-web.ndjson"] = batch.format_wire(batch.Batch(each.note, each.bodies))
    last = log.batches[-1].text
    given = receipt.Receipt(ORIGIN, last.stream, last.last, len(log.batches) - 1, batch.text_hash(last.format()))
    files["receipt.note"] = sign_note(given.format(), [RECEIPT])
    files["checkpoint.note"] = log.checkpoint()
    files["policy.txt"] = policy.format(policy.Policy((policy.Log(LOG.verifier),), (), (), policy.NO_QUORUM))
    files |= {f"passport/{name}.json": made for name, made in passports(log).items()}
    files |= handover_files()
    files |= {f"passport/{name}.json": made for name, made in (bedside_passports() | correction_passports()).items()}
    files |= {f"passport/{name}.json": made for name, made in (discard_passports() | evidence_passports()).items()}
    told = recall_passports() | return_passports() | transport_passports()
    files |= {f"passport/{name}.json": made for name, made in told.items()}
    files |= {f"passport/{name}.json": made for name, made in map_passports().items()}
    leaves = [sealed.note for sealed in log.batches]
    files |= {f"tlog-proof/{name}": made for name, made in tlog_files(LOG, leaves, signer=signer).items()}
    files |= {f"witness/{name}": made for name, made in witness_files(LOG, leaves, signer=signer).items()}
    two_stories = equivocation_files(LOG, RECEIPT, leaves, signer=signer)
    files |= {f"equivocation/{name}": made for name, made in two_stories.items()}
    from tests.support.golden_keys import key_files  # noqa: PLC0415  its stories go on from this module's
    from tests.support.golden_trust import trust_files  # noqa: PLC0415  the same

    files |= {f"tag-memory/{name}": made for name, made in tag_memory_files().items()}
    return files | {f"keys/{name}": made for name, made in (key_files() | trust_files()).items()}


def passports(log: Log) -> dict[str, bytes]:
    """The good passport and, one defect a file, those that must be refused; the name says the step that refuses."""
    good = log.passport(RED)
    made = {"good": passport.format(good)}
    text = made["good"].decode()
    made["format_white-space"] = json.dumps(json.loads(text)).encode()
    made["format_unknown-field"] = text.replace('{"format"', '{"extra":1,"format"', 1).encode()
    other = dataclasses.replace(signer(ORIGIN), key=SigningKey(bytes(32)))
    head = sign_note(notes.parse(good.checkpoint).text, [other]).decode()
    made["checkpoint_another-key"] = passport.format(_with(good, checkpoint=head))
    made["log-proof_missing-hash"] = passport.format(_with(good, batches=good.batches[:-1], proof=good.proof))
    made["log-proof_altered-note"] = _altered(text, "2026-03-02T00:04:00.000Z", "2026-03-02T00:05:00.000Z", "note")
    made["batch-notes_out-of-order"] = passport.format(_with(good, batches=good.batches[::-1]))
    made["event-proofs_altered-event"] = _altered(text, "E280A99900000001", "E280A99900000002", "events")
    made["keys_first-batch-missing"] = passport.format(log.passport(RED, {i: [0] for i in range(1, 8)}))
    made["signatures_unknown-key"] = passport.format(_without_gateway_key(log))
    made["subject_another-unit"] = passport.format(_with(good, subject="unit:A999926000002.A0002V00"))
    made["exposure_segments-differ"] = passport.format(_more_segments().passport(RED))
    made["signatures_forged-batch"] = passport.format(_forged().passport(RED))
    for name, sent in _consignments().items():
        made[name] = passport.format(sent.passport(NOTE, without_segments(sent)))
    made["good_carried-over"] = passport.format(carried_over().passport(RED))
    made["good_order"] = passport.format(supplied().passport(NOTE, without_segments(supplied(), but=SUPPLY_ONLY)))
    made["good_tag-memory"] = passport.format(remembered().passport(RED))
    made["exposure_segments-of-a-note"] = passport.format(consigned().passport(NOTE))
    made["undecidable_version-2"] = text.replace("passport/v1", "passport/v2", 1).encode()
    return made


def _consignments() -> dict[str, Log]:
    """Dispatch notes of two units: the good one, and those in which something is wrong with the second unit, or all."""
    stranger = consigned()
    stranger.seal("web", [(kinds.Stored, {"unit": "unit:A999926000003.A0002V00", "place": FRIDGE})], "web")
    return {
        "good_consignment": consigned(),
        "exposure_one-unit-of-two": consigned(stated=[{"as_of_size": 99}]),
        "exposure_of-a-stranger": consigned(stated=[{}, {"unit": "unit:A999926000003.A0002V00"}]),
        "subject_note-without-dispatch": consigned(named=False),
        "subject_note-with-a-stranger": stranger,
    }


ORDER = "order:DX-2026-000001"
SUPPLY_ONLY = (8, 10)
"""The batches of `supplied` that are about the order, and about none of its bags."""


def supplied() -> Log:
    """A hospital orders; a bag is allocated, checked, dispatched, handed over; the rest of the order is cancelled."""
    log, second = story(), "person:" + "2" * 32
    line = kinds.OrderLine(component="RBC_AS", abo="A", rhd="positive", amount=400, measure="U")
    wanted = {"organisation": "org:hospital-1", "to": "org:centre", "wanted_by": "2026-03-03T00:00:00.000Z"}
    placed = {"order": ORDER, "lines": [line], "urgency": "urgent", "by": "person:" + "3" * 32}
    log.seal("web", [(kinds.Ordered, placed | wanted)], "web")
    sent = {"dispatch_note": NOTE, "units": [RED], "order": ORDER, "to": "org:hospital-1", "second": second}
    passed = {"dispatch_note": NOTE, "units": [RED], "courier": "person:" + "4" * 32}
    facts: list[tuple[type[kinds.Event], dict[str, object]]] = [
        (kinds.Allocated, {"unit": RED, "order": ORDER, "line": 1, "by": NURSE}),
        (kinds.DispatchChecked, {"order": ORDER, "units": [RED], "by": second}),
        (kinds.Dispatched, sent | {"place": "place:centre/gate", "by": NURSE}),
        (kinds.HandedOver, passed | {"place": "place:centre/gate", "by": NURSE}),
        (kinds.HandedOver, passed | {"passes": "to_receiver", "by": "person:" + "3" * 32}),
    ]
    log.seal("web", facts, "web")
    log.seal("web", [(kinds.OrderCancelled, {"order": ORDER, "cause": "no_longer_needed"})], "web")
    return log


def carried_over() -> Log:
    """After a fork the gateway goes on under a new epoch, and says again there what it could not deliver."""
    log = story()
    said = kinds.FirstSaid(origin=ORIGIN, stream="gw-centre/1/c", seq=2)
    left = {"tag": TAG, "device": "device:r1", "reads": 9, "place": FRIDGE, "first_said": said}
    long = {"unit": RED, "device": "device:s1", "structures": ["x" * 60] * 65, "first_said": said}
    log.seal("gw-centre/2/c", [(kinds.TagLeft, left), (kinds.LabelScanned, long)], "gw-centre")
    return log


def remembered() -> Log:
    """The bag's tag was read: its message, and a second time when it no longer could be."""
    log = story()
    says = kinds.MemorySays(din="din:A999926123456", product="E0382V00", abo="O", rhd="positive", structures=["001"])
    read = {"tag": TAG, "device": "device:r1", "place": FRIDGE, "crc": "holds", "protection": "locked"}
    lost = {"tag": TAG, "device": "device:r1", "place": FRIDGE, "outcome": "unreadable", "reason": "expected ASCII"}
    facts: list[tuple[type[kinds.Event], dict[str, object]]] = [
        (kinds.TagMemoryRead, read | {"outcome": "read", "says": says, "afi": 0xC4, "dsfid": 0}),
        (kinds.TagMemoryRead, lost | {"withheld": f"sha256:{'0' * 64}"}),
    ]
    log.seal("gw-centre/1/c", facts, "gw-centre")
    return log


def _with(good: passport.Passport, **changes: object) -> passport.Passport:
    fields = {name: getattr(good, name) for name in good.__struct_fields__}
    return passport.Passport(**(fields | changes))  # type: ignore[arg-type]


def _altered(text: str, old: str, new: str, where: str) -> bytes:
    start = text.index(old, text.index(f'"{where}"'))
    return (text[:start] + new + text[start + len(old) :]).encode()


def _without_gateway_key(log: Log) -> passport.Passport:
    everything = {index: range(len(sealed.bodies)) for index, sealed in enumerate(log.batches) if index != 1}
    return log.passport(RED, everything)


def _more_segments() -> Log:
    log = story()
    segment = {
        "probe": "probe:fridge-1",
        "place": FRIDGE,
        "measures": "air",
        "until": log.instant(),
        "quality": "good",
        "readings": [[0, 900]],
    }
    log.seal("gw-centre/1/t", [(kinds.TemperatureSegment, segment)], "gw-centre")
    return log


def _forged() -> Log:
    log = story()
    arrived = {"tag": TAG, "device": "device:r1", "antenna": 1, "reads": 2, "place": "place:centre/fridge-2"}
    log.seal("gw-centre/1/c", [(kinds.TagArrived, arrived)], "web")  # the web key signs for a gateway's stream
    return log


def main() -> None:
    """Write every golden file."""
    for name, made in golden_files().items():
        target = FOLDER / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(made)
        sys.stderr.write(f"{target}\n")


if __name__ == "__main__":
    main()
