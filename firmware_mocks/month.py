"""Four weeks at the demo site before the played day, as data: an ordinary day after the other, and four occasions."""

from dataclasses import dataclass

from firmware_mocks import occasions
from firmware_mocks.donations import DONATIONS, FIRST_DAY, LAST_DAY, Donation
from firmware_mocks.flow import MISTYPED, Weeks, live, order_and_send, receive, to_send
from firmware_mocks.occasions import MISMATCH_DAY, RECALL_DAY, RETURN_DAY
from firmware_mocks.script import HandIn, Step, at

START_MS = at(f"{FIRST_DAY} 07:00")
LAST_HAND_IN = "07:29"
"""On the morning of the played day, a minute before the gateways themselves begin to read."""
READ_UNTIL_MS = at(f"{LAST_DAY + 1} {LAST_HAND_IN}")


@dataclass(frozen=True, slots=True)
class Remarkable:
    """What there is to be found.

    Attributes:
        corrected: the donation whose volume was corrected.
        recalled: the donation that was recalled.
        returned: whose red cells came back from the hospital.
        note: the dispatch note at whose receipt something differed, `FX-…`.
        missing: whose red cells are on that note and did not come.
        extra: whose red cells came instead.
    """

    corrected: Donation
    recalled: Donation
    returned: Donation
    note: str
    missing: Donation
    extra: Donation


def _lived() -> tuple[Weeks, Remarkable]:
    weeks, corrected = Weeks(), DONATIONS[MISTYPED - 1]
    occasions.correct_the_volume(weeks, corrected)
    _ordinary(weeks, FIRST_DAY, RECALL_DAY)
    recalled = occasions.recall(weeks)
    _ordinary(weeks, RECALL_DAY, RETURN_DAY)
    returned = occasions.send_back(weeks)
    _ordinary(weeks, RETURN_DAY, MISMATCH_DAY)
    live(weeks, MISMATCH_DAY)
    chosen = to_send(weeks)
    beside = next(each for each in weeks.in_stock if each not in chosen)
    found = occasions.receive_another(weeks, chosen, beside)
    weeks.tell(LAST_DAY + 1, LAST_HAND_IN, HandIn())
    return weeks, Remarkable(corrected, recalled, returned, *found)


def _ordinary(weeks: Weeks, first: int, end: int) -> None:
    """Days, up to but not including `end`, on which all that is sent arrives."""
    for day in range(first, end):
        live(weeks, day)
        if chosen := to_send(weeks):
            receive(weeks, day, order_and_send(weeks, day, chosen), chosen)


_WEEKS, REMARKABLE = _lived()
FINAL_STATES = dict(_WEEKS.states)
"""What every unit of these weeks is in the end."""


def steps() -> tuple[Step, ...]:
    """The four weeks, in order."""
    return tuple(sorted((Step(at(when), action) for when, action in _WEEKS.told), key=lambda step: step.at_ms))
