"""Who gave blood in the four weeks before the played day: three donors on a working day, two at the week's end."""

import datetime as dt
from dataclasses import dataclass
from itertools import cycle

from firmware_mocks.script import PLASMA, PLATELETS, RED_CELLS, WHOLE_BLOOD, day_of

FIRST_DAY, LAST_DAY = -27, 0
"""Days as the script counts them: 1 is the played day, 2 March 2026, so these are the 2nd of February to the 1st."""
_GROUPS = "O+ A+ B+ O+ A+ B+ O+ AB+ A+ O+ B+ A+ O- B+ A+ O+ B+ O+ A+"
"""One round of donors; negative is as rare as it is where the site is."""
_SIGNS = {"+": "positive", "-": "negative"}
_LIVES = {RED_CELLS: 35, PLASMA: 365, PLATELETS: 5}
"""Days after the donation on whose last minute a component ends, by the pack that the site enforces."""
_PLATELETS_EVERY = 5
_WORKING_DAYS = 5


@dataclass(frozen=True, slots=True)
class Donation:
    """One donation.

    Attributes:
        number: of the site's donations in this year, from 1.
        day: on which it was given, as the script counts.
        abo: A, B, AB or O.
        rhd: `positive` or `negative`.
    """

    number: int
    day: int
    abo: str
    rhd: str

    @property
    def din(self) -> str:
        """The donation number."""
        return f"A999926{self.number:06d}"

    @property
    def sign(self) -> str:
        """The group as it is written short, `AB+`."""
        return self.abo + ("+" if self.rhd == "positive" else "-")

    @property
    def products(self) -> tuple[str, ...]:
        """What is made of it: red cells and plasma, of every fifth platelets too."""
        made = (RED_CELLS, PLASMA)
        return (*made, PLATELETS) if self.number % _PLATELETS_EVERY == 0 else made

    @property
    def whole(self) -> str:
        """The bag of whole blood."""
        return self.unit(WHOLE_BLOOD)

    def unit(self, product: str) -> str:
        """One of its bags."""
        return f"unit:{self.din}.{product}"

    def expires(self, product: str) -> str:
        """Until when a component of it may be used, as it is typed: local, `2026-03-09 23:59`."""
        return f"{day_of(self.day + _LIVES[product]).isoformat()} 23:59"


def _given() -> tuple[Donation, ...]:
    groups = cycle(_GROUPS.split())
    days = [
        day for day in range(FIRST_DAY, LAST_DAY + 1) for _ in range(3 if day_of(day).weekday() < _WORKING_DAYS else 2)
    ]
    signs = [next(groups) for _ in days]
    return tuple(
        Donation(number, day, sign[:-1], _SIGNS[sign[-1]])
        for number, (day, sign) in enumerate(zip(days, signs, strict=True), 1)
    )


DONATIONS = _given()


def given_on(day: int) -> tuple[Donation, ...]:
    """The donations of one day."""
    return tuple(each for each in DONATIONS if each.day == day)


def first_day() -> dt.date:
    """The calendar day on which the four weeks begin."""
    return day_of(FIRST_DAY)
