"""The steady flow of blood through the demo site, as data: what is done on an ordinary day, and to which bags.

Donors give; their blood is prepared, stored, tested, labelled and released. In the evening the hospital gets the red
cells that it ordered, first expired, first out, and its own system reports by the API what becomes of them. Platelets
that nobody needed expire.

Nothing here does anything. Bags are chosen here as the ledger would propose them, so that every bag's end is known
before a step is performed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from firmware_mocks.donations import Donation, given_on
from firmware_mocks.script import (
    PLASMA,
    PLATELETS,
    RECEIPT_MET,
    RED_CELLS,
    Action,
    Fill,
    HandIn,
    Record,
    Report,
    day_of,
    person,
)
from firmware_mocks.site_plan import (
    BOX,
    CENTRE,
    CROSSMATCHER,
    DISPATCH,
    DONOR_ROOM,
    FREEZER,
    FRIDGE_1,
    FRIDGE_2,
    HOSPITAL,
    HOSPITAL_FRIDGE,
    INCUBATOR,
    ISSUER,
    LABORATORY,
    QUALITY,
    SECOND_QUALITY,
    SECOND_TECHNICIAN,
    TECHNICIAN,
    TESTER,
    WARD,
    WASTE,
)

PANEL = "HBsAg\nanti-HCV\nHIV-Ag-Ab\nsyphilis\nALT\nNAT"
BOX_PROBE_NAME = "probe:gw-van/box-12"
UNFIT = 27
"""The donation of these weeks whose tests found something."""
MISTYPED = 26
"""The donation whose volume is typed without its last nought."""
LEAST_AT_STATION, MOST_A_DAY, LEAST_AT_HOSPITAL = 7, 3, 4
ONE_FRIDGE_FROM = -9
"""From here on all red cells stand in fridge 2: the failure of fridge 1 is to hit the played day's bags alone."""
_DISPOSAL_DAYS = {0, 3}
"""Mondays and Thursdays."""
_SHELVES = {PLASMA: FREEZER, PLATELETS: INCUBATOR}
_HAND_INS = ("07:20", "10:00", "14:55", "15:55", "17:00")


@dataclass
class Weeks:
    """What was told so far, and what follows from it.

    Attributes:
        told: (when, what), in any order.
        states: unit to the state in which it is left.
        in_stock: donations whose red cells are at the station, released.
        at_hospital: donations whose red cells are at the hospital.
        platelets: donations whose platelets are in the incubator.
        sent: how many consignments were sent.
    """

    told: list[tuple[str, Action]] = field(default_factory=list)
    states: dict[str, str] = field(default_factory=dict)
    in_stock: list[Donation] = field(default_factory=list)
    at_hospital: list[Donation] = field(default_factory=list)
    platelets: list[Donation] = field(default_factory=list)
    sent: int = 0

    def tell(self, day: int, clock: str, *actions: Action) -> None:
        """These happen then."""
        self.told += [(f"{day} {clock}", action) for action in actions]


def lines(units: Iterable[str]) -> str:
    """Units as they are typed, one a line."""
    return "\n".join(units)


def scans(units: Iterable[str]) -> str:
    """What a scanner reads off the labels of these bags: donation number and product code, a line each."""
    named = (unit.removeprefix("unit:").split(".") for unit in units)
    return "\n".join(f"={din}00\n=<{product}" for din, product in named)


def live(weeks: Weeks, day: int) -> None:
    """One day but for what is sent to the hospital in the evening."""
    given = given_on(day)
    for clock in _HAND_INS:
        weeks.tell(day, clock, HandIn())
    _collect(weeks, day, given)
    _test_and_label(weeks, day, given)
    _transfuse(weeks, day, weeks.at_hospital[: max(0, min(MOST_A_DAY, len(weeks.at_hospital) - LEAST_AT_HOSPITAL))])
    _release(weeks, day, given)
    if day_of(day).weekday() in _DISPOSAL_DAYS:
        _discard_expired(weeks, day)


def to_send(weeks: Weeks) -> list[Donation]:
    """Whose red cells the hospital needs: the first to expire, as long as the station keeps enough."""
    return weeks.in_stock[: max(0, min(MOST_A_DAY, len(weeks.in_stock) - LEAST_AT_STATION))]


def _collect(weeks: Weeks, day: int, given: Iterable[Donation]) -> None:
    for number, each in enumerate(given):
        volume = "40" if each.number == MISTYPED else "400"
        donor = {"unit": each.whole, "donor": person(f"donor {each.din}"), "volume_ml": volume, "place": DONOR_ROOM}
        weeks.tell(day, f"08:{10 + 15 * number}", Record(TECHNICIAN, "collected", donor))
        children = lines(f"{each.unit(product)}, {each.expires(product)}" for product in each.products)
        made = {"parents": each.whole, "children": children, "equipment": "CENTRIFUGE-2", "place": LABORATORY}
        weeks.tell(day, f"09:{30 + 8 * number}", Record(TECHNICIAN, "prepared", made))
        weeks.states[each.whole] = "consumed"
    for product in (RED_CELLS, PLASMA, PLATELETS):
        stored = lines(each.unit(product) for each in given if product in each.products)
        shelf = _SHELVES.get(product, FRIDGE_1 if day % 2 and day < ONE_FRIDGE_FROM else FRIDGE_2)
        if stored:
            weeks.tell(day, "10:10", Record(TECHNICIAN, "stored", {"unit": stored, "place": shelf}))


def _test_and_label(weeks: Weeks, day: int, given: Iterable[Donation]) -> None:
    for each in given:
        overall = "unfit" if each.number == UNFIT else "fit"
        result = {"din": f"din:{each.din}", "overall": overall, "abo": each.abo, "rhd": each.rhd, "panel": PANEL}
        weeks.tell(day, "13:30", Record(TESTER, "tested", result))
        for product in each.products if each.number != UNFIT else ():
            label = {"unit": each.unit(product), "abo": each.abo, "rhd": each.rhd, "expires": each.expires(product)}
            weeks.tell(day, "14:10", Record(TECHNICIAN, "labelled", label))


def _release(weeks: Weeks, day: int, given: Iterable[Donation]) -> None:
    fit = [each for each in given if each.number != UNFIT]
    units = [each.unit(product) for each in fit for product in each.products]
    batch = {"unit": lines(units), "release_batch": f"R-{day_of(day):%Y-%m%d}"}
    weeks.tell(day, "15:00", Record(QUALITY, "released", batch, second=SECOND_QUALITY))
    weeks.states |= dict.fromkeys(units, "available")
    weeks.in_stock += fit
    weeks.platelets += [each for each in fit if PLATELETS in each.products]
    for each in given:
        if each.number == UNFIT:
            discard(weeks, day, [each.unit(product) for product in each.products], code="test-result")


def order_and_send(weeks: Weeks, day: int, chosen: Iterable[Donation]) -> str:
    """The hospital orders these red cells, and the station sends them; the number of the dispatch note."""
    bags = list(chosen)
    signs = sorted({each.sign for each in bags})
    weeks.sent += 1
    order = f"/orders/DX-{day_of(day):%Y}-{weeks.sent:06d}"
    wanted = {"organisation": HOSPITAL, "to": CENTRE, "urgency": "routine", "wanted_by": f"{day_of(day)} 18:00"}
    for row, sign in enumerate(signs, 1):
        amount = 2 * sum(each.sign == sign for each in bags)
        wanted |= {f"component-{row}": "RBC_AS/U", f"group-{row}": sign, f"amount-{row}": str(amount)}
    units = [each.unit(RED_CELLS) for each in bags]
    ticked = lines(f"{each.unit(RED_CELLS)}={1 + signs.index(each.sign)}" for each in bags)
    packed = {"box": BOX, "units": lines(units), "probe": BOX_PROBE_NAME, "place": DISPATCH}
    weeks.tell(day, "11:00", Fill(ISSUER, "/orders/new", wanted, having="wanted_by"))
    weeks.tell(day, "15:56", Fill(TECHNICIAN, order, {"bag": ticked}, having="further"))
    weeks.tell(day, "16:00", Fill(SECOND_TECHNICIAN, order, {"scans": scans(units), "sign": "yes"}, having="scans"))
    weeks.tell(day, "16:05", Record(TECHNICIAN, "packed", packed))
    weeks.tell(day, "16:10", Fill(TECHNICIAN, order, {"place": DISPATCH, "boxes": BOX}, having="boxes"))
    weeks.states |= dict.fromkeys(units, "in_transit")
    weeks.in_stock = [each for each in weeks.in_stock if each not in bags]
    return f"FX-{day_of(day):%Y}-{weeks.sent:06d}"


def receipt_of(note: str) -> str:
    """The page on which a dispatch note is received."""
    return f"/consignments/{note}/receipt"


def receive(weeks: Weeks, day: int, note: str, found: Iterable[Donation]) -> None:
    """The hospital receives these red cells of a dispatch note."""
    bags = list(found)
    units = [each.unit(RED_CELLS) for each in bags]
    signed = {"place": HOSPITAL_FRIDGE, "units": lines(units), "outcome": "accepted", "record": "yes"} | RECEIPT_MET
    weeks.tell(day, "17:02", Fill(ISSUER, receipt_of(note), signed, having="outcome"))
    weeks.states |= dict.fromkeys(units, "in_hospital")
    weeks.at_hospital += bags


def _transfuse(weeks: Weeks, day: int, chosen: Iterable[Donation]) -> None:
    """The hospital's own system reports what became of these red cells."""
    for number, each in enumerate(list(chosen)):
        unit, patient = each.unit(RED_CELLS), {"patient": person(f"patient {each.din}")}
        crossmatched = patient | {"by": CROSSMATCHER, "result": "compatible"}
        at_ward = patient | {"by": ISSUER, "place": WARD}
        minute = 10 * number
        weeks.tell(day, f"10:{12 + minute}", Report(unit, "crossmatched", crossmatched))
        weeks.tell(day, f"10:{15 + minute}", Report(unit, "issued", at_ward | {"collector": CROSSMATCHER}))
        weeks.tell(day, f"11:{10 + minute}", Report(unit, "bedside_checked", at_ward | {"second": CROSSMATCHER}))
        weeks.tell(day, f"12:{10 + minute}", Report(unit, "transfused", {**at_ward, "volume_ml": 390}))
        weeks.states[unit] = "transfused"
        weeks.at_hospital.remove(each)


def _discard_expired(weeks: Weeks, day: int) -> None:
    expired = [each for each in weeks.platelets if each.expires(PLATELETS) < f"{day_of(day)} 00:00"]
    weeks.platelets = [each for each in weeks.platelets if each not in expired]
    if expired:
        discard(weeks, day, [each.unit(PLATELETS) for each in expired], code="expired")


def discard(weeks: Weeks, day: int, units: list[str], *, code: str) -> None:
    """Asked for by one, approved by another, counted when they are handed over for disposal."""
    asked = {"units": lines(units), "code": code}
    counted = {"place": WASTE, "texts": scans(units), "hand_over": f"W-{day_of(day):%m%d}", "record": "yes"}
    weeks.tell(day, "15:20", Fill(TECHNICIAN, "/discards", asked, having="code"))
    weeks.tell(day, "15:30", Fill(QUALITY, "/discards", {}, having="unit"))
    weeks.tell(day, "15:40", Fill(TECHNICIAN, "/discards", counted, having="hand_over"))
    weeks.states |= dict.fromkeys(units, "discarded")
