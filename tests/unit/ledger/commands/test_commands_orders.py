"""`xuemai order` from the order to the dispatch note, at the terminal of a station whose server does not run."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ledger.clock import SIMULATED_CLOCK_BYTES
from ledger.commands.orders import order
from ledger.config import CONFIG_NAME
from tests.browser.world import CENTRE, FRIDGE, HOSPITAL, PASSWORD
from tests.support.supplying import DX1, FX1, red, stocked


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The ledger is closed: the command takes the writer's lock. Its clock stands still."""
    with stocked(tmp_path / "site") as world:
        directory, now_ms = world.site.directory, world.clock.now_ms()
    (directory / "clock").write_bytes(now_ms.to_bytes(SIMULATED_CLOCK_BYTES, "little"))
    with (directory / CONFIG_NAME).open("a", encoding="utf-8") as file:
        file.write('\n[demo]\nclock = "clock"\n')
    return directory


def run(site: Path, *arguments: str, password: str = PASSWORD) -> tuple[int, Any]:
    answer = CliRunner().invoke(order, [*arguments, "--site", str(site)], input=f"{password}\n")
    printed = answer.stdout.strip().splitlines()
    return answer.exit_code, json.loads(printed[-1]) if printed and printed[-1].startswith("{") else answer.output


def test_an_order_goes_from_the_hospital_to_the_road(site: Path) -> None:
    line, by = ["RBC_AS A+ 4 U"], ["--by", "hospital.wu"]
    wanted = ["--for", HOSPITAL, "--from", CENTRE, "--wanted-by", "2026-03-02T12:00:00.000Z", "--urgency", "urgent"]
    assert run(site, "place", *line, *wanted, *by) == (0, {"order": DX1})
    _, told = run(site, "list")
    [listed] = told["orders"]
    assert (listed["order"], listed["state"], listed["urgency"], listed["lines"][0]["written"]) == (
        *(DX1, "open", "urgent", "4 U"),
    )
    code, proposed = run(site, "propose", "DX-2026-000001")
    assert (code, [bag["unit"] for bag in proposed["lines"][0]["bags"]]) == (0, [red(5), red(4)])
    assert run(site, "allocate", DX1, f"{red(1)}=1", "--by", "tech.lin")[1]["allocated"] == {red(1): 1}
    assert run(site, "allocate", DX1, "--by", "tech.lin")[1]["allocated"] == {red(5): 1}, "what is proposed"
    assert run(site, "check", DX1, red(1), red(5), "--by", "tech.ma")[0] == 0
    _, shown = run(site, "show", DX1)
    assert [(each["unit"], each["checked"], each["place"]) for each in shown["pick_list"]] == [
        (red(1), True, FRIDGE),
        (red(5), True, FRIDGE),
    ]
    assert run(site, "send", DX1, "--place", FRIDGE, "--by", "tech.lin")[1] == {"order": DX1, "dispatch_note": FX1}
    assert run(site, "list")[1]["orders"] == []
    [filled] = run(site, "list", "--all")[1]["orders"]
    assert (filled["state"], filled["lines"][0]["sent"]) == ("filled", 400)
    assert run(site, "show", DX1)[1]["dispatch_notes"] == [FX1]


def test_what_is_missing_is_told_by_the_exit_code(site: Path) -> None:
    wanted = ["--for", HOSPITAL, "--from", CENTRE, "--wanted-by", "2026-03-02T12:00:00.000Z"]
    run(site, "place", "RBC_AS A+ 20 U", *wanted, "--by", "hospital.wu")
    code, told = run(site, "propose", DX1)
    assert (code, told["lines"][0]["short"], told["passed_over"]) == (3, 1000, [])
    assert run(site, "cancel", DX1, "--cause", "ordered_wrongly", "--by", "tech.lin") == (
        *(0, {"order": DX1, "state": "cancelled"}),
    )
    assert run(site, "show", DX1)[1]["cancelled"] == "ordered_wrongly"
    code, said = run(site, "allocate", DX1, "--by", "tech.lin")
    assert (code, "nothing can be proposed" in said) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("show", "DX-2026-000009"), "there is no order:DX-2026-000009"),
        (("propose", DX1), "there is no order:DX-2026-000001"),
        (("allocate", DX1, "unit:x=one", "--by", "tech.lin"), "there is no order"),
        (("check", DX1, red(1), "--by", "tech.lin"), "order.unknown"),
        (("send", DX1, "--place", FRIDGE, "--by", "tech.lin"), "order.unknown"),
        (("cancel", DX1, "--cause", "ordered_twice", "--by", "quality.xu"), "event.assert.order_cancelling"),
        (("cancel", DX1, "--cause", "ordered_twice", "--by", "nobody"), "a person who may sign in"),
    ],
)
def test_what_cannot_be_is_said_on_stderr_with_exit_code_1(
    site: Path, arguments: tuple[str, ...], expected: str
) -> None:
    answer = CliRunner().invoke(order, [*arguments, "--site", str(site)], input=f"{PASSWORD}\n")
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert expected in answer.stderr


def test_a_choice_names_a_unit_and_a_line(site: Path) -> None:
    wanted = ["--for", HOSPITAL, "--from", CENTRE, "--wanted-by", "2026-03-02T12:00:00.000Z"]
    run(site, "place", "RBC_AS A+ 2 U", *wanted, "--by", "hospital.wu")
    code, said = run(site, "allocate", DX1, f"{red(1)}=\u0661", "--by", "tech.lin")
    assert (code, "expected a unit and a line" in said) == (1, True)
    code, said = run(site, "place", "red cells for Mr Li", *wanted, "--by", "hospital.wu")
    assert (code, "such as `RBC_AS A+ 4 U`" in said) == (1, True)
