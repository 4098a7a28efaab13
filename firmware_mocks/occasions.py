"""What is out of the ordinary in the four weeks: a correction, a recall, a return, and a mismatch at receipt, as data.

The excursion is the played night's (`scenarios`). Each occasion is told as the people concerned would do it, and names
what `check` has to find afterwards.
"""

from firmware_mocks.donations import Donation
from firmware_mocks.flow import Weeks, order_and_send, receipt_of, receive, scans
from firmware_mocks.script import PLASMA, RED_CELLS, Compare, Correct, Fill, HandIn
from firmware_mocks.site_plan import (
    BOX,
    CENTRE,
    FRIDGE_2,
    HOSPITAL_FRIDGE,
    ISSUER,
    QUALITY,
    SECOND_QUALITY,
    TECHNICIAN,
)

CORRECTION_DAY, RECALL_DAY, RETURN_DAY, MISMATCH_DAY = -17, -9, -4, 0
RECALL = "case:R-2026-001"
RETURN = "TX-2026-000001"
RIGHT_VOLUME = "400"


def correct_the_volume(weeks: Weeks, mistyped: Donation) -> None:
    """A nought was left out when the volume was typed; the next morning somebody holds it against the scales' list."""
    why = "采血量漏录一个零，应为 400 mL (a nought was left out)"
    right = Correct(QUALITY, mistyped.whole, {"volume_ml": RIGHT_VOLUME}, why, second=SECOND_QUALITY)
    weeks.tell(CORRECTION_DAY, "07:40", right)


def recall(weeks: Weeks) -> Donation:
    """A donor tells of a fever: what came of the donation is withdrawn, the hospital answers, the case is closed."""
    donation = weeks.at_hospital.pop()
    found = "献血者次日报告发热 (fever on the day after the donation)"
    opened = {"about": f"din:{donation.din}", "case": RECALL, "reason": found}
    page = f"/recall/{RECALL}"
    withdrawn = Fill(QUALITY, page, {}, having="seen", passwords={"password": QUALITY})
    taken = {"reason": "已下架，单独存放 (taken out of use, set apart)"}
    weeks.tell(RECALL_DAY, "08:20", Fill(QUALITY, "/recall", opened, having="about"))
    weeks.tell(RECALL_DAY, "08:30", withdrawn)
    weeks.tell(RECALL_DAY, "09:05", Fill(ISSUER, page, taken, having="reason"))
    weeks.tell(RECALL_DAY, "16:40", _closed(page))
    weeks.states |= {donation.unit(product): "recalled" for product in (RED_CELLS, PLASMA)}
    return donation


def _closed(page: str) -> Fill:
    """Everything is withdrawn and everybody has answered: two quality officers close the case."""
    came = {
        "reason": "涉及血袋均已收回，医院已确认 (all withdrawn, the hospital has answered)",
        "colleague": SECOND_QUALITY,
    }
    signs = {"password": QUALITY, "colleague_password": SECOND_QUALITY}
    return Fill(QUALITY, page, came, having="colleague", passwords=signs)


def send_back(weeks: Weeks) -> Donation:
    """The hospital ordered more than it needed: a bag goes back in the box, and the station takes it into stock again.

    It is back to pending: to be released anew.
    """
    donation = weeks.at_hospital.pop()
    unit = donation.unit(RED_CELLS)
    sent = {"units": unit, "to": CENTRE, "place": HOSPITAL_FRIDGE, "code": "not-needed", "box": BOX, "seal": "SEAL-T1"}
    taken = {
        f"outcome.{unit}": "accepted",
        f"seal.{unit}": "intact",
        "place": FRIDGE_2,
        "second": QUALITY,
        "reason": "箱温记录完整，封箱完好 (recorded throughout, sealed)",
    }
    signs = {"second_password": QUALITY}
    weeks.tell(RETURN_DAY, "11:28", HandIn())
    weeks.tell(RETURN_DAY, "11:30", Fill(ISSUER, "/returns", sent, having="units"))
    weeks.tell(RETURN_DAY, "11:49", HandIn())
    weeks.tell(RETURN_DAY, "11:50", Fill(TECHNICIAN, take_back_of(RETURN), taken, having="place", passwords=signs))
    weeks.states[unit] = "pending"
    return donation


def take_back_of(note: str) -> str:
    """The page on which a station decides of what came back."""
    return f"/consignments/{note}/return"


def receive_another(weeks: Weeks, chosen: list[Donation], in_the_box: Donation) -> tuple[str, Donation, Donation]:
    """A bag of the shelf beside it went into the box: one is missing at the hospital, and one is not on the note.

    Returns:
        The number of the dispatch note, the donation of the bag that is missing, and that of the one that came instead.
    """
    note = order_and_send(weeks, MISMATCH_DAY, chosen)
    *found, missing = chosen
    swept = scans(each.unit(RED_CELLS) for each in (*found, in_the_box))
    looked = {"place": HOSPITAL_FRIDGE, "texts": swept}
    path = receipt_of(note)
    weeks.tell(MISMATCH_DAY, "17:01", Compare(ISSUER, path, looked, frozenset({"missing", "extra"})))
    receive(weeks, MISMATCH_DAY, note, found)
    return note, missing, in_the_box
