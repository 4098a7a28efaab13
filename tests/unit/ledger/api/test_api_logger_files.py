"""A logger's file judged over HTTP: the verdict of the command, to the letter, and nothing is kept."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from ledger.commands.coldchain import coldchain
from ledger.read.logger_files import MOST_OCTETS
from ledger.read.reader import reading
from ledger.rules import files
from ledger.store.tables import evidence
from tests.browser.world import World, opened
from tests.support.programs import Program

WARM = b"time,celsius\n2026-03-02T08:00:00Z,5.5\n2026-03-02T08:05:00Z,8.0\n2026-03-02T08:10:00Z,5.5\n"
LOCAL = "日期时间;温度(℃)\r\n2026年3月2日 8:00;5,5\r\n2026年3月2日 8:20;5,5\r\n".encode("gb18030")
STORE = {"pack": "us", "component": "RBC_AS", "phase": "store"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "site") as found:
        yield found


def judged(world: World, octets: bytes, *, login: str = "quality.he", **asked: str) -> TestResponse:
    program = Program(world, login)
    headers = {"Authorization": f"Bearer {program.token}"}
    return program.client.post("/v1/cold-chain/judgement", query_string=asked, data=octets, headers=headers)


@pytest.mark.parametrize(
    ("octets", "asked"),
    [
        (WARM, STORE),
        (WARM, {"pack": "uk", "component": "RBC_AS", "phase": "uncontrolled"}),
        (WARM, {"pack": "uk", "component": "RBC_AS", "phase": "uncontrolled", "before": "1"}),
        (WARM, {"pack": "eu", "component": "RBC_AS", "phase": "transport"}),
        (LOCAL, {**STORE, "timezone": "Asia/Shanghai"}),
        (b"time,celsius\n", STORE),
    ],
)
def test_the_answer_is_that_of_the_command(world: World, octets: bytes, asked: dict[str, str]) -> None:
    answer = judged(world, octets, **asked)
    assert answer.status_code == 200, answer.data
    options = [part for name, value in asked.items() for part in (f"--{name}", value)]
    printed = CliRunner().invoke(coldchain, ["judge", *options, "-"], input=octets)
    assert answer.get_json() == json.loads(printed.stdout)


def test_the_pack_in_force_judges_where_none_is_named(world: World) -> None:
    with reading(world.site) as reader:
        in_force = reader.pack
    told = judged(world, WARM, component="RBC_AS", phase="store").get_json()
    assert (told["pack"], told["version"]) == (in_force.name, in_force.version)
    assert told["verdict"] == "out"


def test_times_without_a_zone_are_the_sites(world: World) -> None:
    twice = b"time,celsius\n2026-10-25 02:30,5\n"
    assert judged(world, twice, **STORE).status_code == 200, "clocks in Shanghai are never changed"
    refused = judged(world, twice, **STORE, timezone="Europe/Berlin")
    assert (refused.status_code, refused.get_json()["step"]) == (422, "logger.file")


@pytest.mark.parametrize("login", ["tech.lin", "quality.he", "hospital.wu"])
def test_whoever_may_see_a_cold_chain_may_ask(world: World, login: str) -> None:
    assert judged(world, WARM, login=login, **STORE).status_code == 200


def test_nothing_is_kept(world: World) -> None:
    before = world.ledger.size
    assert judged(world, WARM, **STORE).status_code == 200
    assert world.ledger.size == before
    with reading(world.site) as reader:
        assert reader.connection.scalar(select(func.count()).select_from(evidence)) == 0


@pytest.mark.parametrize(
    ("octets", "changed", "step"),
    [
        (b"", {}, "logger.file"),
        (b"time,celsius\n2026-03-02T08:00:00Z,warm\n", {}, "logger.file"),
        (b"time,fahrenheit\n2026-03-02T08:00:00Z,40\n", {}, "logger.file"),
        (WARM, {"pack": "jp"}, "logger.pack"),
        (WARM, {"pack": "../../etc/passwd"}, "logger.pack"),
        (WARM, {"component": "RBCS"}, "logger.pack"),
        (WARM, {"phase": "fridge"}, None),
        (WARM, {"before": "-1"}, None),
        (WARM, {"timezone": "Asia"}, None),
        (WARM, {"patient": "1"}, None),
    ],
)
def test_what_cannot_be_judged_is_refused(
    world: World, octets: bytes, changed: dict[str, str], step: str | None
) -> None:
    answer = judged(world, octets, **{**STORE, **changed})
    assert answer.status_code == 422, answer.data
    assert answer.content_type == "application/problem+json"
    assert answer.get_json().get("step") == step


def test_no_file_of_the_server_is_read_as_a_pack(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.toml").write_text(files.pack_text("uk"), "utf-8")
    monkeypatch.chdir(tmp_path)
    answer = judged(world, WARM, **{**STORE, "pack": "own.toml"})
    assert (answer.status_code, answer.get_json()["step"]) == (422, "logger.pack")


def test_a_refusal_names_the_line(world: World) -> None:
    detail = judged(world, b"time,celsius\n2026-03-02T08:00:00Z,warm\n", **STORE).get_json()["detail"]
    assert "line 2: celsius: expected a number such as 4.25" in detail


def test_a_longer_file_is_not_read(world: World) -> None:
    assert judged(world, b"\n" * (MOST_OCTETS + 1), **STORE).status_code == 413
