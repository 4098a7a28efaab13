"""Passports with a unit map, good and bad: what an honest ledger shows of the golden log, and what a lying one might.

The map is made by the same core functions as the ledger's; the ledger's own tests hold those against a naive one.
"""

from collections.abc import Callable, Collection, Sequence

import msgspec

from ledger.core import ids, kinds, passport
from ledger.core import note as notes
from ledger.core.completeness import Auditors, subjects_of
from ledger.core.concern import TagPointers, lists_of
from ledger.core.events import Judged, event_leaf, judge
from ledger.core.keys import fingerprint
from ledger.core.mapproof import Absent, CarriedEntry, CarriedMap, MapNote, entries_of, prove
from ledger.core.note import format_signature_lines, format_vkey
from ledger.core.signing import Cosigner, NoteSigner
from ledger.core.unitmap import UnitMap
from tests.support.golden import NURSE, ORIGIN, RED, SITE, TAG, WHOLE, Log, signer, story

AUDITOR = Cosigner("auditor.example", signer("auditor.example").key)
COSIGNED_S = 1_772_500_000
"""When the auditor cosigned: 2026-03-03."""

AUDITORS = Auditors((AUDITOR.verifier,))
STRAY_TAG = "tag:E280A99900000009"
"""What a thief of the web key put on the red cells."""
Leaves = Callable[[str, str], bool]
"""Whether a lying ledger leaves an event of this kind out of this subject's list."""


def honest(_kind: str, _subject: str) -> bool:
    return False


def recalls(kind: str, _subject: str) -> bool:
    return kind == "recalled"


def quiet(_log: Log) -> None:
    """Nothing more happened."""


def theft(log: Log) -> None:
    """A stolen web key puts a tag on the red cells, a gateway sees it, and the key is revoked from before that on."""
    good = [kinds.LastGood(stream="web", seq=max(each.text.last for each in log.batches if each.text.stream == "web"))]
    log.seal("web", [(kinds.TagAssociated, {"unit": RED, "tag": STRAY_TAG})], "web")
    seen = {"tag": STRAY_TAG, "device": "device:r1", "antenna": 1, "reads": 3, "place": "place:centre/fridge-2"}
    log.seal("gw-centre/1/c", [(kinds.TagArrived, seen)], "gw-centre")
    log.seal("site", [(kinds.KeyRevoked, {"key": _key("web"), "last_good": good, "reason": "stolen"})], "site")


def erasure(log: Log) -> None:
    """The site says that the recall, which is the latest batch's, was erased."""
    text = log.batches[-1].text
    said = {
        "of_stream": text.stream,
        "of_seq": text.last,
        "what": "body",
        "reason": "asked for",
        "listed": [RED, WHOLE],
    }
    log.seal("site", [(kinds.Erased, said)], "site")


def map_of(log: Log, *, left_out: Leaves = honest) -> UnitMap:
    """The unit map of the whole log."""
    made, pointers = UnitMap(), TagPointers()
    for sealed in log.batches:
        for offset, body in enumerate(sealed.bodies):
            judged = judge(body, stream=sealed.text.stream, seq=sealed.text.first + offset)
            assert isinstance(judged, Judged)
            for subject in lists_of(judged.event, kind=judged.kind, body=body, pointers=pointers):
                if not left_out(judged.kind, subject):
                    made.append(subject, event_leaf(body))
    return made


class MappedLog:
    """The golden story, a sighting and a recall, a stated root, and a quarantine after it."""

    def __init__(
        self,
        *,
        left_out: Leaves = honest,
        stated: bytes | None = None,
        late: bool = False,
        odd: str = "",
        then: Callable[[Log], None] = quiet,
    ) -> None:
        self.log = story()
        arrived = {"tag": TAG, "device": "device:r1", "antenna": 1, "reads": 3, "place": "place:centre/fridge-2"}
        self.log.seal("gw-centre/1/c", [(kinds.TagArrived, arrived)], "gw-centre")
        self.recall = self.log.frontier.size
        recalled = {"units": [RED, WHOLE], "reason": "the donor reported a fever", "by": NURSE}
        self.log.seal("web", [(kinds.Recalled, recalled)], "web")
        if odd:
            self.log.seal_bodies("web", [odd.encode()], "web")
        then(self.log)
        self.map = map_of(self.log, left_out=left_out)
        self.size = self.log.frontier.size
        root = notes.format_base64(stated or self.map.root())
        if late:
            self.log.seal("web", [(kinds.Quarantined, {"unit": RED, "by": NURSE})], "web")
        self.log.seal("site", [(kinds.UnitMapRooted, {"as_of_size": self.size, "root": root})], "site")
        self.log.seal("web", [(kinds.Quarantined, {"unit": RED, "by": NURSE})], "web")

    def passport(
        self,
        *,
        without: Collection[int] = (),
        by: Sequence[Cosigner] = (AUDITOR,),
        change: Callable[[CarriedMap], CarriedMap] = lambda carried: carried,
        entries: Callable[[list[CarriedEntry]], list[CarriedEntry]] = lambda carried: carried,
    ) -> bytes:
        """The passport of the red cells, less some batches, with a map in which something may be changed."""
        wanted = {
            index: range(len(sealed.bodies)) for index, sealed in enumerate(self.log.batches) if index not in without
        }
        made = self.log.passport(RED, wanted)
        note = MapNote(ORIGIN, self.size, self.map.root()).format()
        lines = [each.cosign_text(note, COSIGNED_S) for each in by]
        subjects = subjects_of([RED, WHOLE], [_key(name) for name in ("site", "web", "gw-centre")])
        carried = prove(
            entries(entries_of({subject: self.map.lists[subject] for subject in subjects})),
            as_of_size=self.size,
            cosignatures=format_signature_lines(lines).decode() if lines else "",
            bucket=self.map.bucket,
            node=self.map.node,
        )
        return passport.format(msgspec.structs.replace(made, map=change(carried)))

    def absent(self, entries: list[CarriedEntry], leaf: str | None = None) -> list[CarriedEntry]:
        """The recall, or another event in its place, said to be an event that cannot be carried."""
        leaf = leaf or notes.format_base64(event_leaf(self.log.batches[self.recall].bodies[0]))
        missing = [Absent(index=self.recall, position=0, leaf=leaf)]
        return [
            msgspec.structs.replace(each, absent=missing) if each.subject in {RED, WHOLE} else each for each in entries
        ]


class StolenKey(MappedLog):
    """The same with the theft of the web key: which events count no longer, and which rest on them."""

    def __init__(self) -> None:
        super().__init__(then=theft)
        self.put_on = self.recall + 1
        self.sighting = self.recall + 2
        self.beyond = (self.put_on, self.log.frontier.size - 1)

    def left_out(self, entries: list[CarriedEntry]) -> list[CarriedEntry]:
        """What the thief said of the red cells, and what rests on it alone, are said to be absent."""
        missing = [
            Absent(index=index, position=0, leaf=notes.format_base64(event_leaf(self.log.batches[index].bodies[0])))
            for index in (self.put_on, self.sighting)
        ]
        return [msgspec.structs.replace(each, absent=missing) if each.subject == RED else each for each in entries]


def _key(producer: str) -> str:
    made: NoteSigner = signer(f"{SITE}/{producer}")
    return fingerprint(format_vkey(made.verifier))


def map_passports() -> dict[str, bytes]:
    """Passports with a map; a bad one is named after its step and its defect."""
    log, stolen, erased = MappedLog(), StolenKey(), MappedLog(then=erasure)
    lying = MappedLog(left_out=recalls)

    def shorter(carried: CarriedMap) -> CarriedMap:
        first = carried.entries[0]
        return msgspec.structs.replace(
            carried, entries=[msgspec.structs.replace(first, count=first.count + 1), *carried.entries[1:]]
        )

    return {
        "good_complete": log.passport(),
        "good_map-that-nobody-cosigned": log.passport(by=()),
        "good_map-without-the-recall": lying.passport(without=[lying.recall], by=()),
        "good_event-that-cannot-travel": log.passport(without=[log.recall], entries=log.absent),
        "good_erased-as-the-site-says": erased.passport(without=[erased.recall], entries=erased.absent),
        "good_less-what-a-revoked-key-said": stolen.passport(
            without=[*stolen.beyond, stolen.sighting], entries=stolen.left_out
        ),
        "signatures_beyond-a-revocation": stolen.passport(),
        "subject_tag-that-a-revoked-key-put-on": stolen.passport(without=stolen.beyond),
        "completeness_recall-left-out": log.passport(without=[log.recall]),
        "completeness_recall-left-out-of-the-map": lying.passport(),
        "completeness_said-to-be-absent": log.passport(entries=log.absent),
        "completeness_another-event-absent": log.passport(
            without=[log.recall], entries=lambda carried: log.absent(carried, "A" * 43 + "=")
        ),
        "completeness_root-stated-late": MappedLog(late=True).passport(),
        "completeness_entry-altered": log.passport(change=shorter),
        "completeness_no-entry-of-the-unit": log.passport(
            entries=lambda carried: [each for each in carried if each.subject != RED]
        ),
        "completeness_no-entry-of-the-donation": log.passport(
            entries=lambda carried: [each for each in carried if each.subject != ids.din_of(RED)]
        ),
        "completeness_root-of-another-size": log.passport(
            change=lambda carried: msgspec.structs.replace(carried, as_of_size=carried.as_of_size - 1)
        ),
        "completeness_another-root-stated": MappedLog(stated=bytes(32)).passport(),
    }
