"""A station with bags in the cold, a second technician, a courier, and a hospital that orders."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ledger.accounts import LOCAL
from ledger.acts.ordering import Acting, Wanted
from ledger.append import Draft
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.core.kinds import OrderLine
from tests.browser import world as story
from tests.browser.world import CENTRE, FRIDGE, HOSPITAL, HOUR_MS, LAB, PASSWORD, World, opened
from tests.support.producers import NOON_MS, Gateway, claim, introduce

DX1, DX2 = "order:DX-2026-000001", "order:DX-2026-000002"
FX1, FX2 = "consignment:FX-2026-000001", "consignment:FX-2026-000002"
FOUR_A = OrderLine(component="RBC_AS", abo="A", rhd="positive", amount=400, measure="U")
"""Four U: two bags."""


def red(number: int) -> str:
    """A bag of red cells, two U."""
    return f"unit:A99992600000{number}.A0002V00"


@contextmanager
def stocked(directory: Path, *, warm: Sequence[int] = ()) -> Iterator[World]:
    """A site an hour into its story: five A positive, of which the first expires last, and an O negative (6).

    Those that are `warm` stand in the laboratory, where nothing is measured; the others are cold, and will be.
    """
    with opened(directory) as world:
        for login, printed, organisation in (("tech.ma", "马 1043", CENTRE), ("courier.tang", "唐 3001", CENTRE)):
            _enrol(world, login, printed, organisation)
        centre = Gateway("gw-centre")
        introduce(world.ledger, centre)
        by = {"by": world.people["tech.lin"].person}
        bags = [(number, LAB if number in warm else FRIDGE) for number in range(1, 7)]
        claim(world.ledger, *(Draft(kinds.Opening, _bag(number) | by | {"place": place}) for number, place in bags))
        world.at(0.1)
        claim(world.ledger, *(Draft(kinds.Released, {"unit": red(number)}) for number, _ in bags))
        story._readings(world, centre, FRIDGE, 0, 8)
        world.at(1)
        yield world


def _bag(number: int) -> dict[str, object]:
    abo, rhd = ("O", "negative") if number == 6 else ("A", "positive")
    expires = format_instant(NOON_MS + (30 - number) * 24 * HOUR_MS)
    return {"unit": red(number), "abo": abo, "rhd": rhd, "expires": expires}


def acting(world: World, login: str) -> Acting:
    """Somebody of the site."""
    user = world.people[login]
    return Acting(user.person, user.organisation)


def wanted(*lines: OrderLine, hours: float = 24) -> Wanted:
    """What the hospital orders of the station."""
    by = format_instant(NOON_MS + round(hours * HOUR_MS))
    return Wanted(organisation=HOSPITAL, station=CENTRE, wanted_by=by, lines=lines or (FOUR_A,))


def _enrol(world: World, login: str, printed: str, organisation: str) -> None:
    accounts = world.app.extensions["xuemai"].accounts
    now = world.clock.now_ms()
    user = accounts.add_user(
        login, printed_name=printed, organisation=organisation, roles=("technician",), actor=LOCAL, now_ms=now
    )
    accounts.redeem(accounts.issue_code(user.person, LOCAL, now_ms=now), PASSWORD, address="test", now_ms=now)
    world.people[login] = user
