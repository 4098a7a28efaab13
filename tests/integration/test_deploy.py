"""What is handed to systemd, udev, a proxy and containers: that it is sound, and fits the commands that there are."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture import tree
from tests.support.processes import xuemai

DEPLOY = tree.ROOT / "deploy"
UNITS = {"xuemai-gateway.service": 25, "xuemai-ledger.service": 15}
"""What systemd-analyze may find open, in tenths of ten; a unit that forbids nothing has 96. A gateway needs devices."""
GATEWAY = "xuemai-gateway.service"
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not on this machine")


def here(unit: str, folder: Path, *changes: tuple[str, str]) -> Path:
    """The unit as it would be with the program where it is on this machine."""
    text = (DEPLOY / unit).read_text().replace("/opt/xuemai/bin/xuemai", xuemai()[0])
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / unit
    path.write_text(text)
    return path


def analyzed(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run([ANALYZE, "--no-pager", *arguments], capture_output=True, text=True, check=False)


def options_of(unit: str) -> tuple[list[str], list[str]]:
    """The command of a unit, and its options."""
    line = next(line for line in (DEPLOY / unit).read_text().splitlines() if line.startswith("ExecStart="))
    words = line.partition("=")[2].split()[1:]
    return [word for word in words if word.isalpha()], [word for word in words if word.startswith("--")]


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_no_mistake_in_a_unit_and_little_that_it_could_reach(unit: str, tmp_path: Path) -> None:
    verified = analyzed("verify", str(here(unit, tmp_path)))
    assert (verified.returncode, verified.stderr) == (0, "")
    secured = analyzed("security", "--offline=true", f"--threshold={UNITS[unit]}", str(here(unit, tmp_path)))
    assert secured.returncode == 0, secured.stdout


@needs_systemd
def test_a_mistake_and_an_open_door_would_be_seen(tmp_path: Path) -> None:
    wrong = here(GATEWAY, tmp_path, ("Type=notify", "Type=notifying"))
    assert analyzed("verify", str(wrong)).stderr
    weak = here(GATEWAY, tmp_path, ("CapabilityBoundingSet=\n", ""), ("SystemCallFilter=~@privileged @resources\n", ""))
    assert analyzed("security", "--offline=true", "--threshold=25", str(weak)).returncode == 1


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_starts_a_command_that_there_is(unit: str) -> None:
    command, options = options_of(unit)
    told = subprocess.run(xuemai(*command, "--help"), capture_output=True, text=True, check=True).stdout
    assert [option for option in options if option not in told] == []


def test_the_gateway_may_ask_whether_its_clock_is_disciplined() -> None:
    settings = [line for line in (DEPLOY / GATEWAY).read_text().splitlines() if not line.startswith("#")]
    filters = [line.partition("=")[2] for line in settings if line.startswith("SystemCallFilter=")]
    # glibc's adjtimex asks by clock_adjtime since 2.31, by the call of its own name before.
    assert filters[-1].split() == ["adjtimex", "clock_adjtime"], "what is allowed after a refusal counts"
    assert not any(line.startswith("ProtectClock") for line in settings)
    assert "DeviceAllow=char-ttyUSB rw" in settings


@pytest.mark.parametrize(("unit", "first"), [("xuemai-gateway.service", "enroll"), ("xuemai-ledger.service", "init")])
def test_the_first_lines_make_the_folder_before_they_use_it_and_as_its_user(unit: str, first: str) -> None:
    steps = [line for line in (DEPLOY / unit).read_text().splitlines() if line.startswith("#   ")]
    folder = unit.removesuffix(".service").removesuffix("-ledger")
    made = next(place for place, step in enumerate(steps) if f"install -d -o {folder} " in step)
    used = next(place for place, step in enumerate(steps) if f" {first} " in step)
    assert made < used
    assert f"runuser -u {folder} --" in steps[used]


def test_every_line_of_the_udev_rule_is_one() -> None:
    key = r'(?:[A-Z]+(?:\{[A-Za-z_]+\})?)(?:==|!=|\+=|:=|=)"[^"]*"'
    lines = [line for line in (DEPLOY / "70-xuemai.rules").read_text().splitlines() if line and line[0] != "#"]
    assert [line for line in lines if not re.fullmatch(rf"{key}(?:, {key})*", line)] == []
    jumps = {label for line in lines for label in re.findall(r'GOTO="([^"]+)"', line)}
    assert jumps == {label for line in lines for label in re.findall(r'LABEL="([^"]+)"', line)}


def test_the_proxy_hands_on_what_the_ledger_answers() -> None:
    text = (DEPLOY / "nginx.conf").read_text()
    assert text.count("{") == text.count("}")
    # What the ledger believes of a proxy (web/cli.py), and what an upload may take (docs/format.md: 1 MiB a batch).
    for line in ("X-Forwarded-For $remote_addr", "X-Forwarded-Proto https", "client_max_body_size 4m"):
        assert line in text
    assert all(f"{name} 10s;" in text for name in ("client_header_timeout", "client_body_timeout"))


def test_the_containers_folder_is_empty_as_a_new_site_must_be() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    assert "--create-home" not in text.replace("--no-create-home", "")
    assert "init /var/lib/xuemai" in text


def test_the_container_takes_files_that_there_are() -> None:
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    taken = [word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]]
    assert taken
    assert [name for name in taken if not (tree.ROOT / name).exists()] == []
