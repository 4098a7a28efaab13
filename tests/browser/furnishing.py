"""What a site has besides one donation: an order half way, bags that await their discard, an override, an open case."""

from ledger.append import Draft
from ledger.core import kinds
from ledger.core.checklist import Checklist, Wording
from ledger.core.ids import format_instant
from tests.browser.world import BANK, BOX, CENTRE, FRIDGE, HOSPITAL, HOUR_MS, PATIENT, WARD, World
from tests.support.producers import NOON_MS, claim, declare
from tests.support.supplying import red
from tests.unit.web.conftest import Visitor

CHECKLISTS = (
    Checklist(
        "received",
        "R-3",
        (
            Wording("appearance", "外观正常，无溶血、凝块和异物", "Appearance: no haemolysis, clots or foreign bodies"),
            Wording("label", "标签完整、清晰", "Label whole and legible"),
        ),
        (Wording("haemolysis", "溶血", "Haemolysis"), Wording("torn", "标签破损", "Label torn")),
    ),
)
ORDER, CASE, SENT = "/orders/DX-2026-000001", "/recall/case:HIV-2026-004", "/consignments/FX-2026-000001"
LONG = {
    "place": "place:centre/second-basement-east-side-rack-twelve",
    "name_zh": "地下二层成品大库东侧第十二号低温货架（备用，周末值班时启用）",
    "name_en": "Second basement, finished goods store, east side, rack twelve (spare, weekends only)",
}


def furnish(world: World) -> None:
    """Everything that the pages can list, at least once; thirty-one hours into the story."""
    declare(world.ledger, Draft(kinds.PlaceAdded, {"organisation": CENTRE, "phase": "store", **LONG}))
    _stock(world)
    _override(world)
    hospital, technician, officer = (_visitor(world, login) for login in ("hospital.wu", "tech.lin", "quality.xu"))
    wanted = {"organisation": HOSPITAL, "to": CENTRE, "wanted_by": "2026-03-05 08:00", "urgency": "urgent"}
    hospital.post("/orders/new", **wanted, **{"component-1": "RBC_AS/U", "group-1": "A+", "amount-1": "8"})
    technician.post(f"{ORDER}/allocate", page=ORDER, bag=f"{red(1)}=1")
    technician.post("/discards/request", page="/discards", units=f"{red(3)}\n{red(4)}", code="expired")
    officer.post("/discards/approve", page="/discards", unit=red(4))
    finding = {"case": "HIV-2026-004", "about": "person:" + "ab" * 16, "sort": "lookback", "reason": "NAT reactive"}
    officer.post("/recall", **finding)
    world.ledger.sign_checkpoint()


def _stock(world: World) -> None:
    """Six bags: one stays free, one is for the order, two are discarded, two are at the hospital."""
    world.at(30.1)
    by = {"by": world.people["tech.lin"].person}
    for number in range(1, 7):
        expires = format_instant(NOON_MS + (30 - number) * 24 * HOUR_MS)
        said = {"unit": red(number), "abo": "A", "rhd": "positive", "expires": expires, "place": FRIDGE}
        claim(world.ledger, Draft(kinds.Opening, said | by))
    world.at(30.2)
    claim(world.ledger, *(Draft(kinds.Released, {"unit": red(number)}) for number in range(1, 7)))
    sent = {"dispatch_note": "consignment:FX-26-0900", "units": [red(5)], "to": HOSPITAL, "place": FRIDGE}
    world.claim(30.4, "tech.lin", kinds.Dispatched, **sent)
    further = {"dispatch_note": "consignment:FX-26-0901", "units": [red(6)], "boxes": [BOX], "to": HOSPITAL}
    world.claim(30.5, "tech.lin", kinds.Dispatched, **further, place=FRIDGE)
    world.at(31)


def _override(world: World) -> None:
    """One bag was issued over a rule, by three persons."""
    received = {"dispatch_note": "consignment:FX-26-0900", "units": [red(5)], "outcome": "accepted", "place": BANK}
    world.claim(30.6, "hospital.wu", kinds.Received, **received)
    signed = {"collector": world.people["ward.qian"].person, "second": world.people["doctor.sun"].person}
    why = {"override": "massive haemorrhage, and no other bag at hand", "set_aside": ["issue.exposure-ok"]}
    world.claim(30.8, "hospital.wu", kinds.Issued, unit=red(5), patient=PATIENT, place=WARD, **signed, **why)
    world.at(31)


def _visitor(world: World, login: str) -> Visitor:
    return Visitor(world.app.test_client()).signed_in(login)
