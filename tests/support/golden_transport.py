"""Golden vectors of a way in a box: a probe is moved into it, the box is packed and sealed, and judged on the road."""

from ledger.core import events, kinds, passport
from ledger.core.merkle import root_of
from ledger.core.note import format_base64
from tests.support.golden import FRIDGE, NURSE, RED, Log, Sealed, story

BOX, PROBE = "box:B-12", "probe:b-12"
NOTE, GATE = "consignment:N-2", "place:centre/gate"


def carried() -> Log:
    """The story, told on until the box is opened."""
    log = story()
    named = {
        "place": BOX,
        "organisation": "org:centre",
        "phase": "transport",
        "name_zh": "12 号箱",
        "name_en": "Box 12",
    }
    log.seal("site", [(kinds.PlaceAdded, named)], "site")
    by: dict[str, object] = {"by": NURSE, "place": GATE}
    hung = (kinds.ProbePlaced, {"probe": PROBE, "by": NURSE, "place": BOX})
    packed = (kinds.Packed, {"box": BOX, "units": [RED], "probe": PROBE, **by})
    log.seal("site", [hung], "site")
    log.seal("web", [packed, (kinds.Sealed, {"box": BOX, "units": [RED], "seal": "S-0042", **by})], "web")
    sent = {"dispatch_note": NOTE, "units": [RED], "boxes": [BOX], "to": "org:hospital-1", **by}
    log.seal("web", [(kinds.Dispatched, sent)], "web")
    told = {"probe": PROBE, "place": BOX, "measures": "air", "until": log.instant(), "quality": "good"}
    read = log.seal(
        "gw-centre/1/t", [(kinds.TemperatureSegment, told | {"readings": [[0, 640], [60_000, 1020]]})], "gw-centre"
    )
    taken = (kinds.ProbePlaced, {"probe": PROBE, "by": NURSE})
    opened = (kinds.Opened, {"box": BOX, "units": [RED], "seal": "S-0042", "by": NURSE})
    log.seal("web", [opened, (kinds.Unpacked, {"box": BOX, "units": [RED], "by": NURSE})], "web")
    log.seal("site", [taken, (kinds.ExposureStated, _stated(log, [log.batches[5], read]))], "site")
    return log


def lain_still() -> Log:
    """The story, told on: a person says that the agitator stood still, and that it runs again."""
    log = story()
    said = {"by": NURSE, "place": FRIDGE}
    log.seal("site", [(kinds.AgitationStopped, said)], "site")
    log.seal("site", [(kinds.AgitationResumed, said)], "site")
    return log


def _stated(log: Log, segments: list[Sealed]) -> dict[str, object]:
    """What the ledger says of the shelf and of the road, each against its own limits."""
    road = {"low_centi_celsius": 200, "high_centi_celsius": 1000, "above_ms": 60_000, "longest_ms": 60_000}
    beyond = kinds.AgainstLimits(phase="transport", occasions=1, **road)  # type: ignore[arg-type]
    return {
        "unit": RED,
        "component": "RBC_AS",
        "pack": "cn",
        "version": "2026.1",
        "verified": "no",
        "as_of_size": log.frontier.size,
        "verdict": "out",
        "out_ms": 60_000,
        "unknown_ms": 0,
        "tolerated_ms": 0,
        "judged_ms": 240_000,
        "lowest_centi_celsius": 405,
        "highest_centi_celsius": 1020,
        "segments": len(segments),
        "segments_root": format_base64(root_of([events.event_leaf(each.bodies[0]) for each in segments])),
        "limits": [kinds.AgainstLimits(phase="store", low_centi_celsius=200, high_centi_celsius=600), beyond],
    }


def transport_passports() -> dict[str, bytes]:
    """The full passports of both: every temperature record is carried."""
    made = {"good_transport": carried(), "good_agitation": lain_still()}
    return {name: passport.format(log.passport(RED)) for name, log in made.items()}
