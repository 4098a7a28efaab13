"""What enters the log and what is refused, told with two gateways of a blood centre and a hospital."""

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.append import Draft, Ledger, Rejected
from ledger.config import Site
from ledger.core import batch as batches
from ledger.core import kinds
from ledger.core.batch import Batch
from ledger.core.errors import ConfigError, Refused
from ledger.core.receipt import Receipt, verify
from ledger.core.signing import sign_note
from ledger.fsck import examine
from ledger.read import overview
from ledger.read.reader import reading
from tests.support.copies import keep, put_back
from tests.support.log_checker import check_site
from tests.support.producers import (
    CountedEntropy,
    Gateway,
    StoryClock,
    claim,
    declare,
    introduce,
    site_in,
)

UNIT = "unit:A999926123456.E0382V00"
TAG = "tag:E00401500000ABCD"
DONOR = "person:" + "d" * 32
NURSE = "person:" + "a" * 32
NOON = "2026-03-01T12:00:00.000Z"
PATIENT = "person:" + "b" * 32
CENTRE_FRIDGE = "place:centre/fridge-1"
HOSPITAL_FRIDGE = "place:hospital/fridge-1"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return site_in(tmp_path / "site")


@pytest.fixture
def clock() -> StoryClock:
    return StoryClock()


@pytest.fixture
def centre() -> Gateway:
    return Gateway("gw-centre")


@pytest.fixture
def hospital() -> Gateway:
    return Gateway("gw-hospital")


@pytest.fixture
def ledger(site: Site, clock: StoryClock, centre: Gateway, hospital: Gateway) -> Iterator[Ledger]:
    with Ledger(site, clock, entropy=CountedEntropy("story")) as opened:
        introduce(opened, centre, hospital)
        yield opened
    report = examine(site)
    assert report.ok, f"after the story: {report.first_bad}"


def organisation(name: str, role: str) -> Draft:
    fields = {"organisation": f"org:{name}", "role": role, "name_zh": name, "name_en": name}
    return Draft(kinds.OrganisationAdded, fields)


def place(name: str, owner: str) -> Draft:
    fields = {"place": name, "organisation": f"org:{owner}", "phase": "store", "name_zh": name, "name_en": name}
    return Draft(kinds.PlaceAdded, fields)


def furnish(ledger: Ledger) -> None:
    declare(
        ledger,
        organisation("centre", "blood_centre"),
        organisation("hospital", "hospital"),
        place(CENTRE_FRIDGE, "centre"),
        place(HOSPITAL_FRIDGE, "hospital"),
    )


def recheck(ledger: Ledger) -> None:
    """The whole log, by the independent checker."""
    check_site(ledger.site)


def arrived(at: str, where: str = CENTRE_FRIDGE, tag: str = TAG) -> tuple[type[kinds.Event], str, dict[str, object]]:
    return (kinds.TagArrived, at, {"tag": tag, "device": "device:reader-1", "antenna": 1, "reads": 3, "place": where})


def left(at: str, where: str = CENTRE_FRIDGE) -> tuple[type[kinds.Event], str, dict[str, object]]:
    return (kinds.TagLeft, at, {"tag": TAG, "device": "device:reader-1", "reads": 9, "place": where})


def summary(ledger: Ledger, unit: str = UNIT) -> tuple[str, bool, str | None, str | None]:
    with reading(ledger.site) as reader:
        found = reader.summary(unit)
        assert found is not None
        return found.state, found.on_hold, found.place.id if found.place else None, found.holder


def discrepancies(ledger: Ledger) -> set[tuple[str, str]]:
    with reading(ledger.site) as reader:
        home = overview.home(reader, organisation=None, now_ms=ledger.clock.now_ms())
        return {(each.rule, each.subject) for each in home.discrepancies}


def receipt_of(site: Site, raw: bytes) -> Receipt:
    answer = verify(raw, site.verifier("receipt"))
    assert isinstance(answer, Receipt), answer
    return answer


def collect(ledger: Ledger, clock: StoryClock) -> None:
    claim(
        ledger,
        Draft(kinds.Collected, {"unit": UNIT, "donor": DONOR, "by": NURSE, "place": CENTRE_FRIDGE}),
        Draft(kinds.Labelled, {"unit": UNIT, "abo": "A", "rhd": "positive", "expires": "2026-04-05T12:00:00.000Z"}),
        Draft(kinds.TagAssociated, {"unit": UNIT, "tag": TAG}),
    )
    clock.after(1)


def test_a_unit_goes_from_vein_to_patient_past_two_gateways(
    ledger: Ledger, clock: StoryClock, centre: Gateway, hospital: Gateway
) -> None:
    furnish(ledger)
    collect(ledger, clock)
    recheck(ledger)
    assert summary(ledger) == ("pending", False, CENTRE_FRIDGE, "org:centre")

    raw = ledger.append_batch(centre.say(arrived(clock.after(1))))
    assert receipt_of(ledger.site, raw).stream == "gw-centre/1/c"
    claim(ledger, Draft(kinds.Tested, {"din": "din:A999926123456", "overall": "fit", "abo": "A", "rhd": "positive"}))
    claim(ledger, Draft(kinds.Released, {"unit": UNIT, "place": CENTRE_FRIDGE}))
    ledger.append_batch(centre.say(left(clock.after(30))))
    recheck(ledger)
    assert summary(ledger) == ("available", False, None, "org:centre")

    note = "consignment:D-1"
    claim(
        ledger,
        Draft(kinds.Dispatched, {"dispatch_note": note, "units": [UNIT], "to": "org:hospital", "place": CENTRE_FRIDGE}),
    )
    assert summary(ledger)[3] == "transit"
    clock.after(60)
    claim(
        ledger,
        Draft(
            kinds.Received, {"dispatch_note": note, "units": [UNIT], "outcome": "accepted", "place": HOSPITAL_FRIDGE}
        ),
    )
    ledger.append_batch(hospital.say(arrived(clock.after(1), HOSPITAL_FRIDGE)))
    recheck(ledger)
    assert summary(ledger) == ("in_hospital", False, HOSPITAL_FRIDGE, "org:hospital")

    clock.after(5)
    claim(ledger, Draft(kinds.Issued, {"unit": UNIT, "patient": PATIENT, "place": "place:hospital/ward"}))
    checked = {"unit": UNIT, "patient": PATIENT, "second": "person:" + "9" * 32}
    claim(ledger, Draft(kinds.BedsideChecked, checked))
    claim(ledger, Draft(kinds.Transfused, {"unit": UNIT, "patient": PATIENT}))
    recheck(ledger)
    assert summary(ledger) == ("transfused", False, None, None)
    assert discrepancies(ledger) == {("place.unknown", "place:hospital/ward")}
    with reading(ledger.site) as reader:
        assert reader.visible(UNIT, "org:hospital")
        assert reader.visible(UNIT, "org:centre")
        assert not reader.visible(UNIT, "org:stranger")


def test_a_box_that_nobody_registered_is_noted_though_its_place_is_known(ledger: Ledger, clock: StoryClock) -> None:
    furnish(ledger)
    clock.after(1)
    claim(ledger, Draft(kinds.Packed, {"box": "box:seven", "place": CENTRE_FRIDGE}))
    assert discrepancies(ledger) == {("place.unknown", "box:seven")}


def test_the_same_batch_again_gets_the_same_receipt_and_no_second_place(ledger: Ledger, centre: Gateway) -> None:
    wire = centre.say(arrived("2026-03-01T12:00:00.000Z"))
    first = ledger.append_batch(wire)
    size = ledger.size
    assert ledger.append_batch(wire) == first
    assert ledger.size == size
    assert receipt_of(ledger.site, first).log_index == size - 1
    ledger.append_batch(centre.say(left("2026-03-01T12:01:00.000Z")))
    assert ledger.append_batch(wire) == first
    recheck(ledger)


def refusal(ledger: Ledger, wire: bytes) -> Rejected:
    """The batch is refused, and nothing of it is in the log."""
    size = ledger.size
    with pytest.raises(Rejected) as caught:
        ledger.append_batch(wire)
    assert ledger.size == size
    recheck(ledger)
    return caught.value


def facts(refused: Rejected) -> tuple[int, str, str]:
    return refused.status, refused.step, refused.retry


def test_what_is_no_batch_is_refused_at_the_envelope(ledger: Ledger, centre: Gateway) -> None:
    assert facts(refusal(ledger, b"")) == (400, "envelope", "stop")
    assert facts(refusal(ledger, b"\xff\n\n")) == (400, "envelope", "stop")
    wire = centre.say(arrived("2026-03-01T12:00:00.000Z"))
    assert facts(refusal(ledger, wire.replace(b"xuemai/batch/v1", b"xuemai/batch/v2"))) == (400, "envelope", "stop")


def test_an_event_of_another_stream_is_refused_at_the_envelope(ledger: Ledger, centre: Gateway) -> None:
    stranger = Gateway("gw-stranger").events([arrived("2026-03-01T12:00:00.000Z")])
    refused = refusal(ledger, centre.seal(stranger))
    assert facts(refused) == (400, "envelope", "stop")
    assert "gw-stranger/1/c" in refused.reason


def test_too_many_bytes_or_events_are_refused_by_size(ledger: Ledger, centre: Gateway) -> None:
    assert facts(refusal(ledger, b"x" * (batches.MAX_WIRE_BYTES + 1))) == (413, "size", "stop")
    assert facts(refusal(ledger, b"x\n" * (batches.MAX_EVENTS + 2))) == (413, "size", "stop")
    wire = centre.say(arrived("2026-03-01T12:00:00.000Z"), left("2026-03-01T12:01:00.000Z"))
    one_short = wire[: wire.rindex(b"\n", 0, -1) + 1]
    assert facts(refusal(ledger, one_short)) == (413, "size", "stop")


def test_a_batch_for_another_log_is_to_be_sealed_again(ledger: Ledger) -> None:
    elsewhere = Gateway("gw-centre", origin="other.example/ledger/1")
    assert facts(refusal(ledger, elsewhere.say(arrived("2026-03-01T12:00:00.000Z")))) == (421, "origin", "reseal")


def test_a_key_that_nobody_approved_may_try_again(ledger: Ledger, clock: StoryClock) -> None:
    newcomer = Gateway("gw-new")
    wire = newcomer.say(arrived(clock.after(1)))
    assert facts(refusal(ledger, wire)) == (403, "key", "retry")
    introduce(ledger, newcomer)
    assert receipt_of(ledger.site, ledger.append_batch(wire)).last_seq == 1


def test_a_key_signs_for_its_own_producer_only(ledger: Ledger, centre: Gateway) -> None:
    class Impostor(Gateway):
        def stream(self, suffix: str = "c") -> str:
            return f"gw-hospital/1/{suffix}"

    impostor = Impostor("gw-centre")
    assert facts(refusal(ledger, impostor.say(arrived("2026-03-01T12:00:00.000Z")))) == (403, "key", "stop")
    for stream in ("web", "site"):
        text = batches.compose([b"{}"], origin=centre.origin, stream=stream, first=1, previous=bytes(32), time=NOON)
        wire = batches.format_wire(Batch(batches_note(text, centre), (b"{}",)))
        assert facts(refusal(ledger, wire)) == (403, "key", "stop")


def batches_note(text: batches.BatchNote, gateway: Gateway) -> bytes:
    return sign_note(text.format(), [gateway.signer])


def test_a_revoked_key_vouches_up_to_its_last_good_event(ledger: Ledger, clock: StoryClock, centre: Gateway) -> None:
    first = centre.say(arrived(clock.after(1)))
    receipt = ledger.append_batch(first)
    good = [{"stream": centre.stream(), "seq": 2}]
    declare(ledger, Draft(kinds.KeyRevoked, {"key": centre.key_id, "last_good": last_good(good), "reason": "stolen"}))
    assert ledger.append_batch(first) == receipt
    second = centre.say(left(clock.after(1)))
    third = centre.say(arrived(clock.after(1)))
    ledger.append_batch(second)
    refused = refusal(ledger, third)
    assert facts(refused) == (403, "key", "stop")
    assert "revoked" in refused.reason


def last_good(rows: list[dict[str, object]]) -> list[kinds.LastGood]:
    return [kinds.LastGood(stream=str(row["stream"]), seq=int(str(row["seq"]))) for row in rows]


def test_an_altered_signature_is_refused(ledger: Ledger, centre: Gateway) -> None:
    batch = batches.parse_wire(centre.say(arrived(NOON)))
    other = batches.parse_wire(Gateway("gw-centre").say(arrived("2026-03-01T12:00:01.000Z")))
    text = batch.note[: batch.note.index(b"\n\n") + 2]
    borrowed = Batch(text + other.note[other.note.index(b"\n\n") + 2 :], batch.bodies)
    assert facts(refusal(ledger, batches.format_wire(borrowed))) == (422, "signature", "stop")


def test_events_that_the_note_does_not_commit_to_are_refused_at_the_root(ledger: Ledger, centre: Gateway) -> None:
    batch = batches.parse_wire(centre.say(arrived(NOON)))
    swapped = Batch(batch.note, (batch.bodies[0].replace(b'"reads":3', b'"reads":4'),))
    assert facts(refusal(ledger, batches.format_wire(swapped))) == (422, "root", "stop")
    ledger.append_batch(batches.format_wire(batch))


def test_a_gap_in_the_chain_is_answered_with_the_streams_head(
    ledger: Ledger, clock: StoryClock, centre: Gateway
) -> None:
    one, two, three = (centre.say(arrived(clock.after(1))) for _ in range(3))
    refused = refusal(ledger, two)
    assert facts(refused) == (409, "chain", "stop")
    assert refused.head is not None
    assert (refused.head.last_seq, refused.head.previous) == (0, bytes(32))
    ledger.append_batch(one)
    refused = refusal(ledger, three)
    assert refused.head is not None
    digest = hashlib.sha256(batches.read_note(batches.parse_wire(one).note)[0].text.encode()).digest()
    assert (refused.head.last_seq, refused.head.previous) == (1, digest)
    ledger.append_batch(two)
    ledger.append_batch(three)
    recheck(ledger)


def test_a_second_history_is_a_fork_that_is_kept_once_and_quarantines_the_stream(
    ledger: Ledger, clock: StoryClock, centre: Gateway
) -> None:
    one = centre.say(arrived(clock.after(1)))
    receipt = ledger.append_batch(one)
    liar = Gateway("gw-centre")
    other = liar.say(arrived("2026-03-01T12:30:00.000Z"))
    assert facts(refusal(ledger, other)) == (409, "fork", "stop")
    assert facts(refusal(ledger, other)) == (423, "stream", "stop")
    assert facts(refusal(ledger, centre.say(left(clock.after(1))))) == (423, "stream", "stop")
    assert ledger.append_batch(one) == receipt, "what was acknowledged stays so"
    with reading(ledger.site) as reader:
        assert {each.stream: each.status for each in reader.producers()}["gw-centre/1/c"] == "quarantined"


def test_after_a_fork_an_administrator_resumes_the_gateway_on_a_new_epoch(
    ledger: Ledger, clock: StoryClock, centre: Gateway
) -> None:
    ledger.append_batch(centre.say(arrived(clock.after(1))))
    refusal(ledger, Gateway("gw-centre").say(arrived("2026-03-01T12:30:00.000Z")))
    anew = Gateway("gw-centre", epoch=2)
    wire = anew.say(arrived(clock.after(1)))
    assert facts(refusal(ledger, wire)) == (423, "stream", "stop")
    declare(ledger, Draft(kinds.StreamResumed, {"producer": "gw-centre", "epoch": 2, "reason": "spool restored"}))
    assert receipt_of(ledger.site, ledger.append_batch(wire)).stream == "gw-centre/2/c"
    telemetry = centre.say(
        (
            kinds.TemperatureSegment,
            NOON,
            {
                "probe": "probe:centre/fridge-1/a", "measures": "air", "until": "2026-03-01T12:15:00.000Z",
                "quality": "good", "readings": [(0, 400)], "place": CENTRE_FRIDGE,
            },
        ),
        suffix="t",
    )  # fmt: skip
    assert receipt_of(ledger.site, ledger.append_batch(telemetry)).last_seq == 1, "readings are not held up"
    recheck(ledger)


def test_what_is_not_understood_is_kept_and_flagged_and_blocks_nothing(ledger: Ledger, centre: Gateway) -> None:
    known = centre.events([arrived(f"2026-03-01T12:0{minute}:00.000Z") for minute in range(5)])
    bodies = [
        known[0].replace(b'"kind":"tag_arrived"', b'"kind":"tag_levitated"'),
        known[1].replace(b'"clock":"synchronised"', b'"clock":"simulated"'),
        known[2].replace(b'"reads":3', b'"reads":-3'),
        known[3].replace(b'"time":"2026-03-01', b'"time":"2026-02-30'),
        known[4].replace(b'"reads":3', b'"re\\u0000ds":3'),
    ]
    ledger.append_batch(centre.seal(bodies))
    ledger.append_batch(centre.say(left("2026-03-01T12:05:00.000Z")))
    recheck(ledger)
    with reading(ledger.site) as reader:
        defects = [entry.defect for entry in reader.history.of_stream("gw-centre/1/c")]
    assert [bool(defect) for defect in defects] == [True, True, True, True, True, False]
    assert defects[1] is not None
    assert "simulated" in defects[1]


def test_a_demo_site_trusts_simulated_time(tmp_path: Path, clock: StoryClock, centre: Gateway) -> None:
    with Ledger(site_in(tmp_path / "demo", mode="demo"), clock) as ledger:
        introduce(ledger, centre)
        body = centre.events([arrived(NOON)])[0].replace(b'"clock":"synchronised"', b'"clock":"simulated"')
        ledger.append_batch(centre.seal([body]))
        with reading(ledger.site) as reader:
            assert [entry.defect for entry in reader.history.of_stream("gw-centre/1/c")] == [None]


def test_an_assertion_that_the_life_cycle_forbids_writes_nothing(ledger: Ledger, clock: StoryClock) -> None:
    furnish(ledger)
    collect(ledger, clock)
    size = ledger.size
    answer = ledger.record(
        "web",
        [
            Draft(kinds.Moved, {"unit": UNIT, "place": CENTRE_FRIDGE}),
            Draft(kinds.Issued, {"unit": UNIT, "patient": PATIENT}),
        ],
    )
    assert isinstance(answer, Refused)
    assert answer.step == "lifecycle.step"
    assert ledger.size == size
    recheck(ledger)


def test_drafts_are_judged_one_after_the_other(ledger: Ledger, clock: StoryClock) -> None:
    """Tested and released in one act: the second draft stands on the first."""
    furnish(ledger)
    collect(ledger, clock)
    released = Draft(kinds.Released, {"unit": UNIT})
    assert isinstance(ledger.record("web", [released, released]), Refused)
    assert len(claim(ledger, Draft(kinds.Moved, {"unit": UNIT, "place": CENTRE_FRIDGE}), released)) == 2


def test_a_check_runs_inside_the_transaction_and_may_refuse(ledger: Ledger, clock: StoryClock) -> None:
    furnish(ledger)
    collect(ledger, clock)
    size = ledger.size
    quarantined = Draft(kinds.Quarantined, {"unit": UNIT, "reason": "leak"})
    refused = Refused("release.two-persons", "expected a second person")
    assert ledger.record("web", [quarantined], lambda _reader: refused) == refused
    assert ledger.size == size
    seen = []
    ledger.record("web", [quarantined], lambda reader: seen.append(reader.log_size()))
    assert seen == [size]
    assert summary(ledger)[0] == "quarantined"


def test_a_draft_that_is_no_event_is_refused(ledger: Ledger, clock: StoryClock) -> None:
    for draft in (
        Draft(kinds.Moved, {"unit": "unit:nonsense"}),
        Draft(kinds.Moved, {"unit": UNIT, "colour": "red"}),
        Draft(kinds.TagArrived, {"tag": TAG, "device": "device:r", "antenna": 1, "reads": 1}),
        Draft(kinds.Moved, {"unit": UNIT}, time=clock.after(-5).replace("2026", "2027")),
    ):
        answer = ledger.record("web", [draft])
        assert isinstance(answer, Refused), draft
        assert answer.step == "fields"
    assert isinstance(ledger.record("web", []), Refused)


def test_a_late_entry_of_paper_records_says_when_it_was_written_down(ledger: Ledger, clock: StoryClock) -> None:
    furnish(ledger)
    collect(ledger, clock)
    clock.after(120)
    (recorded,) = claim(
        ledger, Draft(kinds.Moved, {"unit": UNIT, "place": CENTRE_FRIDGE}, time="2026-03-01T12:30:00.000Z")
    )
    assert recorded.event.time == "2026-03-01T12:30:00.000Z"
    assert recorded.event.recorded_at == "2026-03-01T14:01:00.000Z"


def test_a_key_without_possession_is_refused(ledger: Ledger) -> None:
    stolen = Gateway("gw-victim").introduction()
    forged = Draft(kinds.KeyAdded, {**stolen.fields, "proof": Gateway("gw-thief").introduction().fields["proof"]})
    assert isinstance(ledger.record("site", [forged]), Refused)
    assert isinstance(ledger.record("site", [Gateway("gw-centre").introduction()]), Refused), "known already"


def test_a_tag_points_to_its_unit_as_of_the_place_in_the_log(
    ledger: Ledger, clock: StoryClock, centre: Gateway
) -> None:
    furnish(ledger)
    ledger.append_batch(centre.say(arrived(clock.after(1))))
    assert ("tag.unknown", TAG) in discrepancies(ledger)
    collect(ledger, clock)
    ledger.append_batch(centre.say(arrived(clock.after(1))))
    claim(ledger, Draft(kinds.TagRemoved, {"unit": UNIT, "tag": TAG}))
    ledger.append_batch(centre.say(left(clock.after(1))))
    with reading(ledger.site) as reader:
        tagged = [entry.kind for entry in reader.history.of([UNIT]) if entry.kind.startswith("tag_a")]
        seen = [entry.kind for entry in reader.history.of([UNIT]) if entry.stream == "gw-centre/1/c"]
    assert tagged == ["tag_associated", "tag_arrived"]
    assert seen == ["tag_arrived"], "neither the sighting before nor the one after"


def test_many_producers_at_once_lose_nothing(ledger: Ledger) -> None:
    gateways = [Gateway(f"gw-{number}") for number in range(4)]
    introduce(ledger, *gateways)
    before = ledger.size

    def speak(gateway: Gateway) -> None:
        for second in range(25):
            ledger.append_batch(gateway.say(arrived(f"2026-03-01T12:00:{second:02d}.000Z")))

    threads = [threading.Thread(target=speak, args=(gateway,)) for gateway in gateways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.size == before + 100
    recheck(ledger)


@pytest.mark.sqlite
def test_only_one_process_writes(ledger: Ledger, site: Site, clock: StoryClock) -> None:
    with pytest.raises(ConfigError, match="another process"):
        Ledger(site, clock)
    assert ledger.size > 0


def test_a_closed_ledger_goes_on_where_it_was(site: Site, clock: StoryClock, centre: Gateway) -> None:
    with Ledger(site, clock) as ledger:
        introduce(ledger, centre)
        ledger.append_batch(centre.say(arrived(clock.after(1))))
        size = ledger.size
    with Ledger(site, clock) as ledger:
        assert ledger.size == size
        ledger.append_batch(centre.say(left(clock.after(1))))
        recheck(ledger)
    with pytest.raises(Rejected) as caught:
        ledger.append_batch(centre.say(left(clock.after(1))))
    assert caught.value.step == "busy"


def test_a_database_that_was_rolled_back_signs_nothing(site: Site, clock: StoryClock, centre: Gateway) -> None:
    backup = keep(site)
    with Ledger(site, clock) as ledger:
        introduce(ledger, centre)
        ledger.sign_checkpoint()
    put_back(site, backup)
    with pytest.raises(ConfigError, match="rolled back"):
        Ledger(site, clock)


def test_a_database_with_another_history_signs_nothing(tmp_path: Path, clock: StoryClock, centre: Gateway) -> None:
    one, other = site_in(tmp_path / "one"), site_in(tmp_path / "other")
    for site, gateway in ((one, centre), (other, Gateway("gw-else"))):
        with Ledger(site, clock) as ledger:
            introduce(ledger, gateway)
    put_back(one, keep(other))
    with pytest.raises(ConfigError, match="was signed; the database leads to"):
        Ledger(one, clock)


def test_batches_that_come_at_once_are_each_answered_as_if_alone(
    ledger: Ledger, centre: Gateway, hospital: Gateway
) -> None:
    stranger = Gateway("gw-stranger")
    first, lost, third = (centre.say(arrived(NOON)) for _ in range(3))
    before = ledger.size
    wires = [first, b"x", third, hospital.say(arrived(NOON)), stranger.say(arrived(NOON)), first]
    answers = ledger.append_batches(wires)
    told = [answer.step if isinstance(answer, Rejected) else "taken" for answer in answers]
    assert told == ["taken", "envelope", "chain", "taken", "key", "taken"]
    assert answers[5] == answers[0]
    assert ledger.size == before + 2
    assert [ledger.append_batch(lost), ledger.append_batch(third)] == ledger.append_batches([lost, third])
    recheck(ledger)


def test_a_ledger_that_stands_still_or_is_closed_answers_none_of_them(ledger: Ledger, centre: Gateway) -> None:
    wires = [centre.say(arrived(NOON)), b"x"]
    ledger.stand_still("a story")
    assert [str(answer).partition(":")[0] for answer in ledger.append_batches(wires)] == ["history", "history"]
    ledger._standstill = None
    ledger.close()
    assert [str(answer).partition(":")[0] for answer in ledger.append_batches(wires)] == ["busy", "envelope"]
