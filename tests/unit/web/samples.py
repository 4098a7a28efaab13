"""A rich unit page made by hand: red cells on a thirty-hour way, with a gap, an excursion and a transit."""

from dataclasses import replace
from datetime import UTC, datetime
from math import sin
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.support import Translations

from ledger.core import kinds
from ledger.core.custody import IN_TRANSIT, Edge, Holding, Recorded, Stay
from ledger.core.ids import format_instant
from ledger.read.values import (
    Discrepancy,
    HistoryLine,
    Named,
    Product,
    Proof,
    ProofStep,
    Run,
    UnitPage,
    UnitSummary,
)
from ledger.rules.exposure import Exposure, Spell
from ledger.rules.refused import Refused
from web.speech import Speech

MINUTE = 60_000
HOUR = 60 * MINUTE
START = round(datetime(2026, 3, 2, 0, 20, tzinfo=UTC).timestamp() * 1000)
NOW = START + 30 * HOUR
EXPIRES = format_instant(START + 35 * 24 * HOUR)
WHOLE = "unit:A999926123456.A0001V00"
UNIT = "unit:A999926123456.A0002V00"
PLASMA = "unit:A999926123456.A0003V00"
PLATELETS = "unit:A999926123456.A0004V00"
CENTRE = "org:centre"
HOSPITAL = "org:first-hospital"
ORGANISATIONS = {
    CENTRE: Named(CENTRE, "血液中心", "Blood centre", CENTRE, role="blood_centre"),
    HOSPITAL: Named(HOSPITAL, "市第一医院", "First City Hospital", HOSPITAL, role="hospital"),
}
PLACES = {
    "place:centre/donation": Named("place:centre/donation", "采血室", "Donation room", CENTRE),
    "place:centre/lab": Named("place:centre/lab", "制备室", "Preparation room", CENTRE, phase="uncontrolled"),
    "place:centre/f-07": Named("place:centre/f-07", "成品库 F-07", "Stock fridge F-07", CENTRE, phase="store"),
    "box:B-12": Named("box:B-12", "运输箱 B-12", "Transport box B-12", CENTRE, phase="transport"),
    "place:hospital/h-02": Named("place:hospital/h-02", "输血科 H-02", "Blood bank H-02", HOSPITAL, phase="store"),
}
_PERSON = "person:" + "1042" * 8
_WORDS = Path(__file__).parents[3] / "web" / "translations"


def speech(language: str) -> Speech:
    catalogue = Translations.load(_WORDS, [language])
    return Speech(language, ZoneInfo("Asia/Shanghai"), catalogue)


def line(kind: type[kinds.Event], hours: float, place: str | None, seq: int, **fields: Any) -> HistoryLine:
    stream = fields.pop("stream", "web")
    time_ms = START + round(hours * HOUR)
    event = kind(
        v=1,
        stream=stream,
        seq=seq,
        nonce="0" * 32,
        time=format_instant(time_ms),
        clock="simulated",
        place=place,
        by=None if "/" in stream else _PERSON,
        **fields,
    )
    tag = str(kind.__struct_config__.tag)
    recorded = Recorded(event, seq + 10, 0)  # type: ignore[arg-type]  # kinds.Event has no other subclasses
    return HistoryLine(recorded, tag, time_ms, PLACES.get(place or ""), stream, seq)


def history() -> tuple[HistoryLine, ...]:
    tag = "tag:E00401500A1B2C3D"
    device = "device:gw-centre/uhf-1"
    lines = [
        line(kinds.Collected, 0, "place:centre/donation", 1, unit=WHOLE, donor="person:" + "ab" * 16, volume_ml=400),
        line(kinds.Prepared, 3, "place:centre/lab", 4, parents=[WHOLE], children=[kinds.Component(unit=UNIT)]),
        line(kinds.Labelled, 3.4, "place:centre/lab", 5, unit=UNIT, abo="A", rhd="positive", expires=EXPIRES),
        line(kinds.TagAssociated, 3.5, "place:centre/lab", 6, unit=UNIT, tag=tag),
        line(kinds.TagArrived, 3.8, "place:centre/f-07", 512, tag=tag, device=device, antenna=1, reads=9,
             stream="gw-centre/1/c"),
        line(kinds.Tested, 6, "place:centre/lab", 9, din="din:A999926123456", overall="fit", abo="A", rhd="positive"),
        line(kinds.Released, 7, "place:centre/f-07", 12, unit=UNIT, release_batch="0815"),
        line(kinds.Excursion, 12.2, "place:centre/f-07", 530, probe="probe:gw-centre/p1", limit="high",
             limit_centi_celsius=600, centi_celsius=640, stream="gw-centre/1/c"),
        line(kinds.Packed, 18, "place:centre/f-07", 21, box="box:B-12", units=[UNIT]),
        line(kinds.Dispatched, 18.3, "place:centre/f-07", 22, dispatch_note="consignment:FX-26-0812", units=[UNIT],
             to=HOSPITAL),
        line(kinds.Received, 20, "place:hospital/h-02", 30, dispatch_note="consignment:FX-26-0812", units=[UNIT],
             outcome="accepted"),
        line(kinds.TagArrived, 20.2, "place:hospital/h-02", 77, tag=tag, device="device:gw-hospital/uhf-1", antenna=1,
             reads=4, stream="gw-hospital/1/c"),
    ]  # fmt: skip
    return tuple(reversed(lines))


def readings(start: float, end: float, place: str, *, base: int, peak: tuple[float, int] | None = None) -> Run:
    points = []
    for minute in range(round(start * 60), round(end * 60), 2):
        value = base + round(45 * sin(minute / 14))
        if peak and abs(minute / 60 - peak[0]) < 0.5:
            value += round(peak[1] * (1 - 2 * abs(minute / 60 - peak[0])))
        points.append((START + minute * MINUTE, value))
    return Run(place, "probe:" + place.partition(":")[2], "good", tuple(points))


def spell(start: float, end: float, status: Any, place: str | None, **more: Any) -> Spell:
    transport = place == "box:B-12"
    return Spell(
        START + round(start * HOUR),
        START + round(end * HOUR),
        status,
        place,
        "transport" if transport else "store",
        200,
        1000 if transport else 600,
        more.get("reason", ""),
        more.get("lowest", 355),
        more.get("highest", 450),
    )


def exposure(verdict: Any = "out") -> Exposure:
    fridge, box, ward = "place:centre/f-07", "box:B-12", "place:hospital/h-02"
    spells = (
        spell(3.8, 12.2, "ok", fridge),
        spell(12.2, 12.9, "out", fridge, reason="above", highest=980, lowest=610),
        spell(12.9, 18, "ok", fridge),
        spell(18, 18.13, "tolerated", None, reason="moved", lowest=None, highest=None),
        spell(18.13, 20, "ok", box, highest=790),
        spell(20, 24, "ok", ward),
        spell(24, 25.5, "unknown", ward, reason="no-reading", lowest=None, highest=None),
        spell(25.5, 30, "ok", ward),
    )
    if verdict == "ok":
        spells = tuple(replace(each, status="ok") if each.status in {"out", "unknown"} else each for each in spells)
    lasted = {status: sum(each.lasted_ms for each in spells if each.status == status)
              for status in ("ok", "out", "unknown", "tolerated")}  # fmt: skip
    return Exposure(
        verdict=verdict,
        pack="cn",
        pack_version="2026.1",
        verified=False,
        component="red_cells",
        spells=spells,
        out_ms=lasted["out"],
        unknown_ms=lasted["unknown"],
        tolerated_ms=lasted["tolerated"],
        covered_ms=lasted["ok"] + lasted["out"],
        judged_ms=sum(lasted.values()),
        over_tolerance=verdict == "out",
        lowest_centi=355,
        highest_centi=980,
        first_ms=spells[0].start_ms,
        last_reading_ms=NOW,
        until_ms=NOW,
        confirmed_here=False,
    )


def summary(unit: str, component: str, zh: str, en: str, *, state: str, place: str | None) -> UnitSummary:
    return UnitSummary(
        unit=unit,
        state=state,
        on_hold=False,
        abo="A",
        rhd="positive",
        expires_ms=START + 35 * 24 * HOUR,
        place=PLACES.get(place or ""),
        holder=CENTRE,
        changed_ms=NOW,
        product=Product(unit.partition(".")[2], component, zh, en),
        verdict="ok",
    )


def unit_page(verdict: str = "out") -> UnitPage:
    mine = summary(UNIT, "red_cells", "去白细胞悬浮红细胞", "Red cells, leucocyte-depleted",
                   state="in_hospital", place="place:hospital/h-02")  # fmt: skip
    others = (
        summary(WHOLE, "whole_blood", "全血", "Whole blood", state="consumed", place=None),
        summary(PLASMA, "ffp", "新鲜冰冻血浆", "Fresh frozen plasma", state="available", place="place:centre/f-07"),
        summary(PLATELETS, "platelets", "浓缩血小板", "Platelets", state="discarded", place=None),
    )
    fine = verdict == "ok"
    return UnitPage(
        summary=replace(mine, verdict=verdict),
        din="A999926123456",
        check="T",
        volume_ml=284,
        container="container:HW2405-17-0003",
        collected_ms=START,
        history=history(),
        stays=(
            Stay("place:centre/donation", START, START + 2 * HOUR),
            Stay("place:centre/lab", START + 2 * HOUR, START + round(3.8 * HOUR)),
            Stay("place:centre/f-07", START + round(3.8 * HOUR), START + 18 * HOUR),
            Stay("box:B-12", START + 18 * HOUR, START + 20 * HOUR),
            Stay("place:hospital/h-02", START + 20 * HOUR, None),
        ),
        holdings=(
            Holding(CENTRE, START, START + round(18.3 * HOUR)),
            Holding(IN_TRANSIT, START + round(18.3 * HOUR), START + 20 * HOUR),
            Holding(HOSPITAL, START + 20 * HOUR, None),
        ),
        places=PLACES,
        organisations=ORGANISATIONS,
        exposure=exposure(verdict),
        low=200,
        high=600,
        pack_verified=False,
        runs=(
            readings(3.8, 18, "place:centre/f-07", base=400, peak=None if fine else (12.5, 540)),
            readings(18.13, 20, "box:B-12", base=620),
            readings(20, 24 if not fine else 30, "place:hospital/h-02", base=410),
            *(() if fine else (readings(25.5, 30, "place:hospital/h-02", base=405),)),
        ),
        lineage=tuple(Edge(WHOLE, child, "prepared", START + 3 * HOUR) for child in (UNIT, PLASMA, PLATELETS)),
        family={each.unit: each for each in (mine, *others)},
        forbids=() if fine else (Refused("issue.exposure-ok", "the cold chain must be ok, it is out"),),
        discrepancies=() if fine else (Discrepancy("state.late", UNIT, NOW, "a late event would change its state"),),
        lag_ms=2 * MINUTE,
        now_ms=NOW,
        log_size=1820,
    )


def proof() -> Proof:
    return Proof(
        verdict="warnings",
        origin="demo.a9999.example/ledger/1",
        size=1820,
        root="5f" * 32,
        events=12,
        batches=9,
        signers=("demo.a9999.example/web", "demo.a9999.example/gw-centre", "demo.a9999.example/gw-hospital"),
        steps=(
            ProofStep("checkpoint", "ok", "1820"),
            ProofStep("log-proof", "ok", "9 batches"),
            ProofStep("signatures", "ok", "3 keys"),
            ProofStep("witnesses", "warning", "no witness is named by the policy"),
        ),
        verified_ms=NOW,
    )
