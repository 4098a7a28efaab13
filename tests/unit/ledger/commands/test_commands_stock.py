"""What `xuemai stock` prints about a small fridge."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ledger.append import Draft, Ledger
from ledger.clock import SystemClock
from ledger.commands.stock import stock
from ledger.config import Site
from ledger.core import kinds
from ledger.core.ids import format_instant
from tests.support.producers import MINUTE_MS, NOON_MS, StoryClock, claim, declare, site_in

CENTRE, FRIDGE = "org:centre", "place:centre/fridge-1"
DAY_MS = 24 * 60 * MINUTE_MS
NOW_MS = SystemClock().now_ms()


def unit(number: int) -> str:
    return f"unit:A99992600000{number}.A0002V00"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Two O negative and one A positive, free, expiring in three, nine and five days; a fourth went out yesterday."""
    made = site_in(tmp_path / "site")
    clock = StoryClock(NOW_MS - 2 * DAY_MS)
    named = {"name_zh": "某处", "name_en": "Somewhere"}
    with Ledger(made, clock) as ledger:
        declare(ledger, Draft(kinds.OrganisationAdded, {"organisation": CENTRE, "role": "blood_centre"} | named))
        declare(ledger, Draft(kinds.PlaceAdded, {"place": FRIDGE, "organisation": CENTRE} | named))
        for number, abo, rhd, days in ((1, "O", "negative", 9), (2, "O", "negative", 3), (3, "A", "positive", 5),
                                       (4, "O", "negative", 9)):  # fmt: skip
            expires = format_instant(NOW_MS + days * DAY_MS)
            claim(ledger, Draft(kinds.Opening, {"unit": unit(number), "abo": abo, "rhd": rhd, "expires": expires,
                                                "place": FRIDGE}))  # fmt: skip
            claim(ledger, Draft(kinds.Released, {"unit": unit(number)}))
        clock.at_ms = NOW_MS - DAY_MS
        sent = {"dispatch_note": "consignment:N-1", "units": [unit(4)], "to": "org:h1", "place": FRIDGE}
        claim(ledger, Draft(kinds.Dispatched, sent))
    return made


def run(site: Site, *arguments: str, given: str | None = None) -> tuple[int, Any]:
    answer = CliRunner().invoke(stock, [*arguments, "--site", str(site.directory)], input=given)
    return answer.exit_code, json.loads(answer.stdout) if answer.stdout.startswith("{") else answer.output


def test_the_stock_is_counted_by_what_was_asked_for(site: Site) -> None:
    code, told = run(site, "count", "--by", "component,abo", "--holder", CENTRE)
    assert (code, told["basis"], told["by"]) == (0, "as it happened", ["component", "abo"])
    earliest = format_instant(NOW_MS + 5 * DAY_MS), format_instant(NOW_MS + 3 * DAY_MS)
    assert told["lines"] == [
        {"component": "RBC_AS", "abo": "A", "bags": 1, "amounts": {"U": 200}, "unmeasured": 0, "earliest": earliest[0]},
        {"component": "RBC_AS", "abo": "O", "bags": 2, "amounts": {"U": 400}, "unmeasured": 0, "earliest": earliest[1]},
    ]


@pytest.mark.parametrize("past", ["--at", "--known"])
def test_nobody_knows_the_stock_of_a_day_to_come(site: Site, past: str) -> None:
    code, told = run(site, "count", past, format_instant(NOW_MS + 400 * DAY_MS))
    assert code == 1
    assert "expected a past instant, no later than now" in told


def test_the_stock_of_two_days_ago_says_on_what_it_rests(site: Site) -> None:
    then = format_instant(NOW_MS - DAY_MS - 1)
    _, happened = run(site, "count", "--by", "state", "--at", then)
    assert [(each["state"], each["bags"]) for each in happened["lines"]] == [("available", 4)]
    _, known = run(site, "count", "--by", "state", "--known", then)
    assert (known["basis"], known["at"], known["lines"]) == ("as it was known", then, happened["lines"])
    assert known["log_size"] < happened["log_size"]
    _, nothing = run(site, "count", "--known", format_instant(NOON_MS - 9 * DAY_MS))
    assert (nothing["lines"], nothing["log_size"]) == ([], 0)


def test_the_bag_to_take_is_the_first_to_expire(site: Site) -> None:
    asked = ("fefo", "--component", "RBC_AS", "--holder", CENTRE)
    assert [each["unit"] for each in run(site, *asked)[1]["bags"]] == [unit(2), unit(3), unit(1)]
    assert [each["unit"] for each in run(site, *asked, "--abo", "O", "--rhd", "negative")[1]["bags"]] == [
        unit(2),
        unit(1),
    ]
    [first] = run(site, *asked, "--limit", "1")[1]["bags"]
    assert (first["expires"], first["state"]) == (format_instant(NOW_MS + 3 * DAY_MS), "available")
    assert run(site, "fefo", "--component", "FFP", "--holder", CENTRE)[1]["bags"] == []


def test_what_expires_soon_is_listed(site: Site) -> None:
    assert [each["unit"] for each in run(site, "expiring", "--days", "6")[1]["bags"]] == [unit(2), unit(3)]


def test_days_of_cover_say_over_which_window_they_were_counted(site: Site) -> None:
    _, told = run(site, "cover", "--holder", CENTRE, "--window", "14")
    assert told["window_days"] == 14
    assert [(each["abo"], each["bags"], each["gone"], each["tenths_of_days"]) for each in told["cover"]] == [
        ("A", 1, 0, None),
        ("O", 2, 1, 280),
    ]


def test_a_reserve_that_is_short_shows_in_the_exit_code(site: Site) -> None:
    file = site.directory / "stock-targets.toml"
    file.write_text('[[target]]\nname = "O neg"\nabo = "O"\nrhd = "negative"\nbags = 2\n', "utf-8")
    assert run(site, "reserves")[0] == 0
    file.write_text('[[target]]\nname = "O neg"\nabo = "O"\nrhd = "negative"\nbags = 5\n', "utf-8")
    code, told = run(site, "reserves")
    assert (code, told["reserves"][0]["bags"], told["reserves"][0]["shortfall"]) == (3, 2, 3)
    file.write_text("[[target]]\n", "utf-8")
    code, said = run(site, "reserves")
    assert code == 1
    assert "xuemai stock reserves: stock targets: target 1" in said


def test_a_sweep_proposes_what_a_person_may_sign(site: Site) -> None:
    code, told = run(site, "take", "-", "--place", FRIDGE, given=f"{unit(1)}\n{unit(2)}\nnonsense\n")
    assert code == 3
    assert told["stock_taken"] == {"place": FRIDGE, "found": [unit(1), unit(2)], "missing": [unit(3)], "surplus": []}
    assert (told["unknown"], told["agrees"]) == (["nonsense"], False)
    assert run(site, "take", "-", "--place", FRIDGE, given=f"{unit(3)}\n{unit(1)}\n{unit(2)}\n")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("count", "--by", "abo,colour"), "expected some of component,abo,"),
        (("count", "--at", "yesterday"), "yesterday"),
        (("count", "--at", format_instant(0), "--known", format_instant(0)), "--at and --known: one of them"),
    ],
)
def test_a_question_that_cannot_be_is_refused_with_what_was_expected(
    site: Site, arguments: tuple[str, ...], expected: str
) -> None:
    code, said = run(site, *arguments)
    assert code == 2
    assert expected in said
