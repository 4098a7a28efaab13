"""A refrigerator's door stands open (超温): which bags that quarantines, who judges them, and what opens it again."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from firmware_mocks import recompute
from ledger.commands.passports import unit as unit_commands
from ledger.core import kinds
from ledger.core.ids import format_instant
from ledger.fsck import examine
from ledger.judge import Judging
from ledger.read.passports import export_full, latest_statement
from ledger.read.reader import reading
from tests.browser import world as story
from tests.browser.world import BANK, FRIDGE, HOUR_MS, LAB, World, opened
from tests.journey.test_policy_packs import enforced
from tests.support.producers import NOON_MS, Gateway, introduce
from tests.unit.web.conftest import Visitor

EARLY, WARM, LATE = (f"unit:A99992600000{number}.A0002V00" for number in (1, 2, 3))
_HELD = re.compile(r'data-held="(\d+)"')


class Refrigerator:
    """Stock fridge F-07 with its probe."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.gateway = Gateway("gw-centre")
        self.judging = Judging(world.ledger)
        introduce(world.ledger, self.gateway)

    def store(self, unit: str, hour: float) -> None:
        """Put a bag of existing stock there."""
        entered = {"abo": "A", "rhd": "positive", "expires": format_instant(NOON_MS + 30 * 24 * HOUR_MS)}
        self.world.claim(hour, "tech.lin", kinds.Opening, unit=unit, **entered, place=LAB)
        self.world.claim(hour, "tech.lin", kinds.Stored, unit=unit, place=FRIDGE)

    def read(self, start: float, end: float, *, peak: tuple[float, int] | None = None) -> None:
        """A reading every three minutes of some hours; then it is that hour, and all is judged."""
        story._readings(self.world, self.gateway, FRIDGE, start, end, peak=peak)
        self.judging.judge_now()

    def assess(self, unit: str, hour: float, outcome: str = "fit") -> None:
        """Two quality officers judge what befell a bag."""
        second = self.world.people["quality.he"].person
        self.world.claim(hour, "quality.xu", kinds.Assessed, unit=unit, outcome=outcome, second=second)
        self.judging.judge_now()


@pytest.fixture
def fridge(tmp_path: Path) -> Iterator[Refrigerator]:
    """The door stood open at one o'clock: one bag had left before, one was there, one came afterwards."""
    with opened(tmp_path / "site") as world:
        made = Refrigerator(world)
        made.store(EARLY, 0.05)
        made.store(WARM, 0.05)
        made.read(0, 0.5)
        world.claim(0.5, "tech.lin", kinds.Moved, unit=EARLY, place=LAB)
        made.read(0.5, 1.6, peak=(1.0, 520))
        made.store(LATE, 1.6)
        made.read(1.6, 2)
        yield made


def seen_by(fridge: Refrigerator, path: str, login: str = "tech.lin") -> str:
    return Visitor(fridge.world.app.test_client()).signed_in(login).get(path).text


def held(fridge: Refrigerator) -> str:
    """How many bags the home page says are quarantined by temperature."""
    found = _HELD.search(seen_by(fridge, "/"))
    return found[1] if found else "none"


def test_exactly_the_bags_that_were_inside_are_quarantined_at_once(fridge: Refrigerator) -> None:
    assert held(fridge) == "1"
    listed = seen_by(fridge, "/units?cold_chain=held")
    assert WARM[19:] in listed
    assert [unit for unit in (EARLY, WARM, LATE) if f"/units/{unit}" in listed] == [WARM]
    assert examine(fridge.world.site).ok


def test_two_quality_officers_let_it_go_and_the_verdict_stays(fridge: Refrigerator) -> None:
    fridge.assess(WARM, 2.1)
    assert held(fridge) == "none"
    page = seen_by(fridge, f"/units/{WARM}")
    assert "Two quality officers assessed its deviation" in page
    assert "open again" not in page
    assert "out of range; not held back" in seen_by(fridge, "/units")


def test_readings_that_the_assessors_had_not_seen_open_the_question_again(fridge: Refrigerator) -> None:
    """A second probe in the refrigerator kept its readings to itself; they say that it was warmer still."""
    fridge.assess(WARM, 2.1)
    at = fridge.world.at(1.0)
    late = {"place": FRIDGE, "probe": "probe:centre/spare", "measures": "air", "quality": "good"}
    warmer = late | {"readings": [(0, 1200)], "until": format_instant(NOON_MS + HOUR_MS + 60_000)}
    fridge.world.at(2.2)
    story._send(fridge.world, fridge.gateway, [(kinds.TemperatureSegment, at, warmer)], "t")
    fridge.judging.judge_now()
    assert f"/units/{WARM}" in seen_by(fridge, "/units?cold_chain=held")
    page = seen_by(fridge, f"/units/{WARM}")
    assert "readings that came to the log after the assessment say of the time before it" in page
    assert "It is open again: after" not in page
    fridge.assess(WARM, 2.3, "discard")
    assert "open again" not in seen_by(fridge, f"/units/{WARM}")
    assert examine(fridge.world.site).ok


def test_a_silent_gateway_quarantines_the_whole_refrigerator_after_an_hour(fridge: Refrigerator) -> None:
    fridge.world.at(2.9)
    assert held(fridge) == "1"
    fridge.world.at(3.1)
    assert held(fridge) == "2", "nobody knows how warm the third bag is now; the first is on the bench"
    fridge.read(2, 3.1)
    assert held(fridge) == "1", "the gateway had only been cut off: what it kept came, and was fine"


def stated(fridge: Refrigerator, unit: str, figures: recompute.Figures = recompute.RED_CELLS) -> recompute.Recomputed:
    """What somebody else works out from the full passport of a bag, just issued."""
    assert (
        Visitor(fridge.world.app.test_client()).signed_in("tech.lin").get(f"/units/{unit}/passport").status_code == 200
    )
    with reading(fridge.world.site) as reader:
        return recompute.recompute(export_full(reader, unit, log_key=fridge.world.site.verifier("log")), figures)


def reasons(fridge: Refrigerator, unit: str) -> list[str]:
    """Why anything of a bag's way is not known."""
    with reading(fridge.world.site) as reader:
        chain = reader.cold_chain(unit, now_ms=fridge.world.clock.at_ms)
    assert chain is not None
    return [spell.reason for spell in chain.exposure.spells if spell.status == "unknown"]


def test_a_probe_that_was_moved_speaks_for_no_bag_that_it_left_behind(fridge: Refrigerator) -> None:
    """The technician took the probe to another refrigerator at two, and the gateway was told of it at four."""
    fridge.read(2, 4)
    assert held(fridge) == "1", "for its gateway the probe hangs where it always did"
    visitor = Visitor(fridge.world.app.test_client()).signed_in("tech.lin")
    told = {"probe": "probe:centre/f-07", "place": "out", "time": format_instant(NOON_MS + 2 * HOUR_MS)}
    assert visitor.post("/probes", **told).status_code == 303
    fridge.judging.judge_now()
    assert held(fridge) == "2", "the third bag was there; the first is on the bench"
    assert reasons(fridge, LATE) == ["probe-moved"]
    assert "the probe was in another place" in seen_by(fridge, f"/units/{LATE}")
    outside = stated(fridge, LATE)
    assert (outside.verdict, outside.stated_verdict) == ("unknown", "unknown")
    assert examine(fridge.world.site).ok


def test_a_probe_that_is_heard_in_another_refrigerator_was_moved(fridge: Refrigerator) -> None:
    """Nobody said a word; its gateway was told of the new place, and that is heard."""
    other = {"place": BANK, "probe": "probe:centre/f-07", "measures": "air", "quality": "good"}
    warm = other | {"readings": [(minute * 60_000, 400) for minute in range(0, 60, 3)], "until": fridge.world.at(3)}
    story._send(fridge.world, fridge.gateway, [(kinds.TemperatureSegment, fridge.world.at(2), warm)], "t")
    fridge.world.at(3)
    fridge.judging.judge_now()
    assert reasons(fridge, LATE) == ["probe-moved"]
    outside = stated(fridge, LATE)
    assert (outside.verdict, outside.stated_verdict) == ("unknown", "unknown")
    assert examine(fridge.world.site).ok


def test_the_minutes_beyond_each_limit_are_told_in_all_and_each_time(fridge: Refrigerator) -> None:
    page = seen_by(fridge, f"/units/{WARM}")
    told = page.partition("data-against>")[2].partition("</table>")[0]
    assert told.count('data-side="above"') == 1
    assert 'data-phase="store"' in told
    assert "up to 8.9" in told
    traced = CliRunner().invoke(
        unit_commands, ["trace", WARM, "--json", "--site", str(fridge.world.site.directory)], catch_exceptions=False
    )
    (limits,) = json.loads(traced.output)["limits"]
    (occasion,) = limits["occasions"]
    assert (limits["phase"], limits["high_centi_celsius"], limits["minutes_below"]) == ("store", 600, 0)
    assert limits["minutes_above"] == occasion["minutes"] > 20
    assert occasion["place"] == FRIDGE
    assert occasion["extreme_centi_celsius"] > 800
    assert occasion["like_an_open_door"] is True
    assert "data-open-door" in told
    stated(fridge, WARM)
    with reading(fridge.world.site) as reader:
        statement = latest_statement(reader, WARM)
    assert statement is not None
    (said,) = statement.limits
    assert (said.phase, said.occasions, said.above_ms) == ("store", 1, limits["minutes_above"] * 60_000)
    assert said.longest_ms == said.above_ms


def test_a_page_of_platelets_says_that_nobody_sees_whether_they_are_kept_moving(fridge: Refrigerator) -> None:
    with reading(fridge.world.site) as reader:
        code = next(code for code, each in reader.catalogue.products.items() if each.component == "PLT")
    bag = f"unit:A999926000009.{code}V00"
    fridge.store(bag, 2)
    assert "whether it was is not monitored" in seen_by(fridge, f"/units/{bag}")
    assert "whether it was is not monitored" not in seen_by(fridge, f"/units/{WARM}")


# ── platelets on an agitator ──────────────────────────────────────────────────────────────────────────────────────

STILL = """
pack = "fuzhou"
version = "1"
derives = "cn"
[sources]
sop12 = "Station procedure 12"
[components.PLT]
agitation = { minutes = 30, source = "sop12", verified = true }
"""
PLATELETS = recompute.Figures({"store": (2000, 2400)}, longest_still_ms=30 * 60_000)


def platelets(fridge: Refrigerator, number: int) -> str:
    with reading(fridge.world.site) as reader:
        code = next(code for code, each in reader.catalogue.products.items() if each.component == "PLT")
    return f"unit:A9999260000{number}.{code}V00"


def lasts(fridge: Refrigerator, start: float, end: float) -> None:
    """Some hours at 22 degrees."""
    story._readings(fridge.world, fridge.gateway, FRIDGE, start, end, base=2200)
    fridge.judging.judge_now()


def says(fridge: Refrigerator, what: str, hour: float) -> None:
    """The technician says of the agitator that it stopped, or runs."""
    visitor = Visitor(fridge.world.app.test_client()).signed_in("tech.lin")
    at = format_instant(NOON_MS + round(hour * HOUR_MS))
    assert visitor.post("/agitation", place=FRIDGE, says=what, time=at).status_code == 303
    fridge.judging.judge_now()


@pytest.fixture
def agitator(tmp_path: Path) -> Iterator[Refrigerator]:
    """Stands since one o'clock; one bag of platelets lay there all the time, one came a little before two."""
    with opened(tmp_path / "site") as world:
        made = Refrigerator(world)
        enforced(world, Visitor(world.app.test_client()).signed_in("quality.xu"), "fuzhou", STILL)
        made.store(platelets(made, 11), 0.05)
        lasts(made, 0, 1)
        says(made, "stopped", 1)
        lasts(made, 1, 1.4)
        yield made


def test_platelets_that_lay_still_for_too_long_are_held_back(agitator: Refrigerator) -> None:
    early, late = platelets(agitator, 11), platelets(agitator, 12)
    page = seen_by(agitator, f"/units/{early}")
    assert "It lay still from" in page
    assert "as persons said of the agitators" in page
    assert held(agitator) == "none", "twenty-four minutes are within the station's figure"
    agitator.store(late, 1.8)
    lasts(agitator, 1.4, 2)
    assert held(agitator) == "1", "the one that came a little before two has lain still for twelve minutes"
    assert (reasons(agitator, early), reasons(agitator, late)) == (["agitation-lost"], [])
    assert "it lay still for longer than the policy pack allows" in seen_by(agitator, f"/units/{early}")
    agitator.assess(early, 2, "fit")
    lasts(agitator, 2, 2.2)
    assert held(agitator) == "1", "no assessment settles what still goes on"
    says(agitator, "resumed", 2.2)
    lasts(agitator, 2.2, 3)
    agitator.assess(early, 3, "fit")
    assert held(agitator) == "none"
    assert reasons(agitator, early) == ["agitation-lost"], "what two persons say stands beside the verdict"
    command = CliRunner().invoke(
        unit_commands, ["trace", early, "--json", "--site", str(agitator.world.site.directory)]
    )
    told = json.loads(command.stdout)
    since, until = (format_instant(NOON_MS + round(hour * HOUR_MS)) for hour in (1, 2.2))
    assert (told["agitation"], told["still"]) == ("monitored", [{"since": since, "until": until}])
    for bag, verdict in ((early, "unknown"), (late, "ok")):
        outside = stated(agitator, bag, PLATELETS)
        assert (outside.verdict, outside.stated_verdict) == (verdict, verdict)
    assert examine(agitator.world.site).ok


def test_what_was_said_wrongly_of_an_agitator_is_taken_back_by_the_same_instant(agitator: Refrigerator) -> None:
    lasts(agitator, 1.4, 2)
    assert held(agitator) == "1"
    says(agitator, "resumed", 1)
    assert held(agitator) == "none"
    assert "It lay still from" not in seen_by(agitator, f"/units/{platelets(agitator, 11)}")
    assert examine(agitator.world.site).ok
