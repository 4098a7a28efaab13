"""One day and the next morning at the demo site, as data: who does what, when, and what must come of it.

Six donors give. Their blood is prepared, tagged, stored, tested, labelled and released; donation 4 is unfit, and its
units end as waste. At night the compressor of fridge 1 fails for seventy minutes, and the horn sounds: red cells 1 and
2 stay inside, 3 is moved to fridge 2 in the middle of it, 5 and 6 were never there. In the morning the three are
quarantined; 5 and 6 go to the hospital in box 12, and 5 is transfused. Device faults are sprinkled over the day.

Times are local, `D HH:MM`, day 1 being 2 March 2026. Nothing here does anything: `stage` performs it, `check` judges
it.
"""

from collections.abc import Iterator

from firmware_mocks.script import (
    ISSUE_MET,
    PLASMA,
    PLATELETS,
    RECEIPT_MET,
    RED_CELLS,
    WHOLE_BLOOD,
    Action,
    Fill,
    Order,
    PutTags,
    Record,
    Refusal,
    Restart,
    Settle,
    Sounding,
    Step,
    TakeTags,
    at,
    check_character,
    day_of,
    person,
)
from firmware_mocks.site_plan import (
    ADMINISTRATOR,
    BOX,
    BOX_PROBE,
    BUS,
    CROSSMATCHER,
    DEVICES,
    DISPATCH,
    DONOR_ROOM,
    FREEZER,
    FRIDGE_1,
    FRIDGE_2,
    HORN,
    HOSPITAL,
    HOSPITAL_FRIDGE,
    INCUBATOR,
    ISSUER,
    LABORATORY,
    PROBE_PLACES,
    QUALITY,
    READER_1,
    READER_2,
    READER_HOSPITAL,
    SCANNER,
    SCANNER_HOSPITAL,
    SECOND_QUALITY,
    SENSOR,
    TAG_PREFIX,
    TECHNICIAN,
    TESTER,
    WARD,
    WASTE,
)

DINS = {n: f"A999926{100 + n:06d}" for n in range(1, 7)}
GROUPS = {
    1: ("O", "positive"),
    2: ("A", "positive"),
    3: ("B", "positive"),
    4: ("O", "positive"),
    5: ("A", "negative"),
    6: ("AB", "positive"),
}
UNFIT = 4
FIT = tuple(n for n in DINS if n != UNFIT)
TRANSFUSED, DELIVERED = 5, (5, 6)
DISPATCH_NOTE = "consignment:FX-2026-0303-01"
FOREIGN_TAG = "3034257BF400B7800004CB2F"


def unit(donation: int, product: str) -> str:
    """A bag of one of the six donations."""
    return f"unit:{DINS[donation]}.{product}"


def epc(donation: int) -> str:
    """The tag on the red cells of a donation: twelve bytes, with the site's own prefix."""
    return f"{TAG_PREFIX}{donation:016X}"


START_MS, END_MS = at("1 07:30"), at("2 12:00")
TAKEN_OUT, HUNG_BACK = "07:30", "07:35"
FAILS, MOVED, MENDED = "1 22:40", "1 23:25", "1 23:50"
PATIENT = person("patient 1")
_EXPIRES = {RED_CELLS: "2026-04-06 23:59", PLASMA: "2027-03-02 23:59", PLATELETS: "2026-03-07 23:59"}
_COMPONENTS = (RED_CELLS, PLASMA, PLATELETS)
_PACKED = "\n".join(unit(n, RED_CELLS) for n in DELIVERED)

FINAL_STATES = {
    **{unit(n, WHOLE_BLOOD): "consumed" for n in DINS},
    **{unit(UNFIT, product): "discarded" for product in _COMPONENTS},
    **{unit(n, product): "available" for n in FIT for product in (PLASMA, PLATELETS)},
    **{unit(n, RED_CELLS): "quarantined" for n in (1, 2, 3)},
    unit(5, RED_CELLS): "transfused",
    unit(6, RED_CELLS): "in_hospital",
}
"""What every unit must be in the end."""

AFFECTED = tuple(unit(n, RED_CELLS) for n in (1, 2, 3))
"""The units that the failure of the compressor must hit, and no other."""


def steps() -> tuple[Step, ...]:
    """The whole story, in order."""
    return tuple(Step(at(when), action) for when, action in _told())


def _told() -> Iterator[tuple[str, Action]]:
    yield from _new_gateways()
    yield from _from_vein_to_shelf()
    yield from _tested_and_released()
    yield from _evening_and_night()
    yield from _to_the_hospital()
    yield from _to_the_patient()


def _new_gateways() -> Iterator[tuple[str, Action]]:
    """The gateways were replaced, and their probes were out of the cabinets meanwhile: persons say from when till when.

    A probe's first reading after it appeared is not believed; here it counts for no place, and the minutes between the
    readings before and after are a short gap.
    """
    today = day_of(1).isoformat()
    for device in DEVICES:
        for _, probe in device.zones:
            taken = {"probe": probe, "place": "out", "time": f"{today} {TAKEN_OUT}"}
            yield "1 07:45", Fill(ADMINISTRATOR, "/probes", taken, having="probe")
            hung = {"probe": probe, "place": PROBE_PLACES[probe], "time": f"{today} {HUNG_BACK}"}
            yield "1 07:45", Fill(ADMINISTRATOR, "/probes", hung, having="probe")


def _from_vein_to_shelf() -> Iterator[tuple[str, Action]]:
    for n, din in DINS.items():
        when = f"1 {8 + (10 * n + 10) // 60:02d}:{(10 * n + 10) % 60:02d}"
        donor = {"unit": unit(n, WHOLE_BLOOD), "donor": person(f"donor {n}"), "volume_ml": "400", "place": DONOR_ROOM}
        yield when, Record(TECHNICIAN, "collected", donor)
        yield (
            when,
            Record(TECHNICIAN, "sampled", {"din": f"din:{din}", "sample": f"sample:S-{n:04d}", "retained": "yes"}),
        )
    for n in DINS:
        children = "\n".join(f"{unit(n, product)}, {_EXPIRES[product]}" for product in _COMPONENTS)
        made = {"parents": unit(n, WHOLE_BLOOD), "children": children, "equipment": "CENTRIFUGE-2", "place": LABORATORY}
        yield f"1 09:{20 + 6 * n:02d}", Record(TECHNICIAN, "prepared", made)
    for n in DINS:
        yield "1 10:30", Record(TECHNICIAN, "tag_associated", {"unit": unit(n, RED_CELLS), "tag": f"tag:{epc(n)}"})
    shelves = {FRIDGE_1: (READER_1, (1, 2, 3)), FRIDGE_2: (READER_2, (4, 5, 6))}
    for place, (reader, donations) in shelves.items():
        yield "1 10:40", PutTags(reader, tuple(epc(n) for n in donations))
        yield "1 10:40", _stored(donations, RED_CELLS, place)
    yield "1 10:50", _stored(tuple(DINS), PLASMA, FREEZER)
    yield "1 10:52", _stored(tuple(DINS), PLATELETS, INCUBATOR)
    yield "1 11:20", Order(BUS, "fault", {"name": "cut", "count": 1})
    yield "1 11:40", Order(READER_1, "fault", {"name": "cut", "count": 2})
    yield "1 11:40", Order(READER_1, "fault", {"name": "checksum", "count": 2})
    yield "1 11:40", Order(READER_2, "fault", {"name": "merge", "count": 2})


def _tested_and_released() -> Iterator[tuple[str, Action]]:
    for n, din in DINS.items():
        abo, rhd = GROUPS[n]
        result = {"din": f"din:{din}", "overall": "unfit" if n == UNFIT else "fit", "abo": abo, "rhd": rhd}
        yield "1 13:30", Record(TESTER, "tested", result | {"panel": "HBsAg\nanti-HCV\nHIV-Ag-Ab\nsyphilis\nALT\nNAT"})
    for n in FIT:
        abo, rhd = GROUPS[n]
        for product in _COMPONENTS:
            label = {"unit": unit(n, product), "abo": abo, "rhd": rhd, "expires": _EXPIRES[product]}
            yield "1 14:10", Record(TECHNICIAN, "labelled", label)
    yield "1 14:20", Order(SCANNER, "scan", {"text": f"={DINS[1]}00"})
    yield "1 14:21", Order(SCANNER, "scan", {"text": [f"={DINS[5]}00", f"=<{RED_CELLS}"]})
    yield "1 14:22", Order(SCANNER, "scan", {"text": f"={DINS[2]}{_wrong_check_flag(DINS[2])}"})
    yield "1 15:00", Settle()
    for product in _COMPONENTS:
        yield "1 15:00", _released(FIT, product)
    refused = Record(QUALITY, "released", {"unit": unit(UNFIT, RED_CELLS)}, second=SECOND_QUALITY)
    yield "1 15:20", Refusal(refused, "release.")
    waste = "\n".join(unit(UNFIT, product) for product in _COMPONENTS)
    yield "1 15:40", Fill(TECHNICIAN, "/discards", {"units": waste, "code": "test-result"}, having="code")
    yield "1 15:50", Fill(QUALITY, "/discards", {}, having="unit")
    yield "1 16:00", TakeTags(READER_2, (epc(UNFIT),))
    scans = "\n".join(f"={DINS[UNFIT]}00\n=<{product}" for product in _COMPONENTS)
    counted = {"place": WASTE, "texts": scans, "hand_over": "W-118", "record": "yes"}
    yield "1 16:00", Fill(TECHNICIAN, "/discards", counted, having="hand_over")


def _evening_and_night() -> Iterator[tuple[str, Action]]:
    yield "1 16:30", PutTags(READER_2, (FOREIGN_TAG,))
    yield "1 17:00", TakeTags(READER_2, (FOREIGN_TAG,))
    yield "1 17:20", Order(READER_2, "replug")
    yield "1 18:20", Order(BUS, "fault", {"name": "checksum", "count": 1})
    yield "1 18:50", Order(SENSOR, "fault", {"name": "retained", "count": 1})
    yield "1 19:10", Restart("gw-hospital")
    yield FAILS, Order(BUS, "compressor", {"zone": "1", "on": False})
    yield MOVED, Sounding(HORN)
    yield MOVED, TakeTags(READER_1, (epc(3),))
    yield MOVED, PutTags(READER_2, (epc(3),))
    rescue = {"unit": unit(3, RED_CELLS), "place": FRIDGE_2, "reason": "1 号冰箱升温 (fridge 1 warming up)"}
    yield MOVED, Record(TECHNICIAN, "moved", rescue)
    yield MENDED, Order(BUS, "compressor", {"zone": "1", "on": True})


def _to_the_hospital() -> Iterator[tuple[str, Action]]:
    held = {"unit": "\n".join(AFFECTED), "reason": "夜间超温，1 号冰箱压缩机故障 (compressor failure)"}
    yield "2 06:40", Record(QUALITY, "quarantined", held)
    yield "2 06:50", Order(BOX_PROBE, "replug")
    yield "2 07:50", Settle()
    yield "2 08:00", TakeTags(READER_2, tuple(epc(n) for n in DELIVERED))
    packed = {"box": BOX, "units": _PACKED, "probe": "probe:gw-van/box-12", "place": DISPATCH}
    yield "2 08:00", Record(TECHNICIAN, "packed", packed)
    yield "2 08:02", Record(TECHNICIAN, "sealed", {"box": BOX, "units": _PACKED, "seal": "SEAL-0917"})
    sent = {"dispatch_note": DISPATCH_NOTE, "units": _PACKED, "boxes": BOX, "to": HOSPITAL, "place": DISPATCH}
    yield "2 08:10", Settle()
    yield "2 08:10", Record(TECHNICIAN, "dispatched", sent)
    yield "2 08:12", Order(BOX_PROBE, "ambient", {"zone": "1", "celsius": 22})
    yield "2 08:40", Order(BOX_PROBE, "fault", {"name": "noise", "count": 1})
    opened = {"box": BOX, "units": _PACKED, "seal": "SEAL-0917", "place": HOSPITAL_FRIDGE}
    yield "2 09:00", Record(ISSUER, "opened", opened)
    for n in DELIVERED:
        yield "2 09:02", Order(SCANNER_HOSPITAL, "scan", {"text": [f"={DINS[n]}00", f"=<{RED_CELLS}"]})
    yield "2 09:05", Settle()
    yield "2 09:05", PutTags(READER_HOSPITAL, tuple(epc(n) for n in DELIVERED))
    accepted = {"dispatch_note": DISPATCH_NOTE, "units": _PACKED, "boxes": BOX, "outcome": "accepted"}
    yield "2 09:05", Record(ISSUER, "received", accepted | {"place": HOSPITAL_FRIDGE} | RECEIPT_MET)


def _to_the_patient() -> Iterator[tuple[str, Action]]:
    bag = unit(TRANSFUSED, RED_CELLS)
    patient = {"unit": bag, "patient": PATIENT}
    yield "2 09:30", Order(SENSOR, "fault", {"name": "silence", "count": 2})
    yield "2 10:00", Record(CROSSMATCHER, "crossmatched", patient | {"result": "compatible"})
    yield "2 10:30", Settle()
    yield "2 10:30", TakeTags(READER_HOSPITAL, (epc(TRANSFUSED),))
    collected = patient | {"collector": CROSSMATCHER, "place": WARD}
    yield "2 10:30", Record(ISSUER, "issued", collected | ISSUE_MET)
    yield "2 10:50", Record(ISSUER, "bedside_checked", patient | {"place": WARD}, second=CROSSMATCHER)
    yield "2 11:40", Record(ISSUER, "transfused", patient | {"volume_ml": "390", "place": WARD})
    # The box is back in the cold room, where it stood before.
    yield "2 11:50", Order(BOX_PROBE, "ambient", {"zone": "1", "celsius": 4.2})


def _stored(donations: tuple[int, ...], product: str, place: str) -> Record:
    units = "\n".join(unit(n, product) for n in donations)
    return Record(TECHNICIAN, "stored", {"unit": units, "place": place})


def _released(donations: tuple[int, ...], product: str) -> Record:
    units = "\n".join(unit(n, product) for n in donations)
    return Record(QUALITY, "released", {"unit": units, "release_batch": "R-2026-0302"}, second=SECOND_QUALITY)


def _wrong_check_flag(din: str) -> int:
    """A type 3 flag (60 plus the check value) that does not belong to the number."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
    return 60 + (alphabet.index(check_character(din)) + 1) % 37
