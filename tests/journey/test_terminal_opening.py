"""A station whose server is down: a copy of the evidence, and a value opened, by whom the audit says."""

import hashlib
import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from ledger.accounts import Accounts
from ledger.config import load
from tests.browser.world import FRIDGE, PASSWORD
from tests.journey.test_evidence import FILE
from tests.journey.test_terminal import Terminal, closed
from tests.support.supplying import red, stocked

DIGEST = hashlib.sha256(FILE).hexdigest()


def audited(terminal: Terminal, action: str) -> list[tuple[str, str | None, str]]:
    """(login, subject, outcome) of what the audit says of an act."""
    with closing(Accounts(load(terminal.directory).accounts_db)) as accounts:
        logins = {each.person: each.login for each in accounts.users()}
        entries = [each for each in accounts.audit() if each.action == action]
        return [(logins[each.actor], each.subject, each.outcome) for each in entries]


def test_a_copy_of_the_evidence_goes_to_whoever_sees_the_unit_and_the_audit_says_so(tmp_path: Path) -> None:
    with stocked(tmp_path / "site") as world:
        terminal = closed(world)
    (tmp_path / "logger.csv").write_bytes(FILE)
    unit, out = red(1), tmp_path / "copy.csv"
    terminal.at(1)
    assert terminal.run("unit", "evidence", unit)[1]["files"] == []
    assert "the ledger has no unit" in terminal.refused("unit", "evidence", "A999926999999")
    terminal.step("quarantined", "quality.xu", {"unit": unit, "reason": "the door stood open"})
    judged = {"unit": unit, "outcome": "fit", "second": "quality.he"}
    files = [{"what": "logger_file", "file": str(tmp_path / "logger.csv")}]
    terminal.step("assessed", "quality.xu", judged, evidence=files, signatures=2)
    _, told = terminal.run("unit", "evidence", unit)
    [file] = told["files"]
    assert (told["unit"], file["sha256"], file["octets"], file["stream"]) == (unit, DIGEST, len(FILE), "web")
    assert (file["told"]["encoding"], file["told"]["highest_centi_celsius"]) == ("utf-8", 680)

    copy = ("unit", "evidence-copy", unit, DIGEST.upper(), "-o", str(out), "--by")
    assert "the ledger has no unit" in terminal.refused(*copy, "hospital.wu"), "not a unit of that hospital"
    lost = ("unit", "evidence-copy", unit, "0" * 64, "-o", str(out), "--by", "tech.lin")
    assert "expected the SHA-256 of a kept file" in terminal.refused(*lost)
    assert not out.exists()
    assert terminal.run(*copy, "tech.lin") == (
        0,
        {"unit": unit, "sha256": DIGEST, "octets": len(FILE), "file": str(out)},
    )
    assert out.read_bytes() == FILE
    nowhere = ("unit", "evidence-copy", unit, DIGEST, "-o", str(tmp_path / "no" / "folder"), "--by", "tech.lin")
    assert "No such file or directory" in terminal.refused(*nowhere)
    assert audited(terminal, "evidence_read") == [("tech.lin", unit, "done")] * 2


def test_a_withheld_reason_is_opened_for_quality_and_the_audit_says_so_to_the_denied_too(tmp_path: Path) -> None:
    with stocked(tmp_path / "site") as world:
        terminal = closed(world)
    unit = red(1)
    terminal.at(1)
    terminal.step("discard_requested", "tech.lin", {"unit": unit, "code": "self-exclusion", "place": FRIDGE})
    opening = ("unit", "withheld", unit, "--by")
    assert "role: only the laboratory and quality" in terminal.refused(*opening, "tech.lin")
    assert "the ledger has no unit" in terminal.refused(*opening, "hospital.wu")
    assert audited(terminal, "value_open") == []
    assert [each[::2] for each in audited(terminal, "value.open")] == [("tech.lin", "denied")]
    code, told = terminal.run(*opening, "quality.xu")
    [value] = told["values"]
    assert (code, told["unit"], value["value"], value["kind"]) == (0, unit, "self-exclusion", "discard_requested")
    assert audited(terminal, "value_open") == [("quality.xu", unit, "done")]
    assert terminal.run("unit", "withheld", red(2), "--by", "quality.xu") == (0, {"unit": red(2), "values": []})
    assert "expected a donation number" in terminal.refused("unit", "withheld", "unit:none", "--by", "quality.xu")


def typed(terminal: Terminal, given: bytes, *arguments: str) -> tuple[int, str, str]:
    """A command where nobody can be asked: exit code, what was printed, what was complained."""
    command = [sys.executable, "-c", "import xuemai; xuemai.main()", *arguments, "--site", str(terminal.directory)]
    answer = subprocess.run(command, input=given, capture_output=True, start_new_session=True, check=False)
    return answer.returncode, answer.stdout.decode(), answer.stderr.decode()


def test_without_a_terminal_a_password_is_a_line_of_stdin_and_the_file_may_follow_it(tmp_path: Path) -> None:
    with stocked(tmp_path / "site") as world:
        terminal = closed(world)
    terminal.at(1)
    step = ("step", "quarantined", "-", "--by", "quality.xu")
    said = json.dumps([{"unit": red(1), "reason": "the door stood open"}]).encode()
    code, out, err = typed(terminal, b"", *step)
    assert (code, out) == (1, "")
    assert err.startswith(
        "xuemai step quarantined: expected the password of quality.xu, typed at a terminal or as a line"
    )
    code, out, err = typed(terminal, PASSWORD.encode() + b"\xff\n", *step)
    assert (code, "Traceback" in err) == (1, False)
    code, out, err = typed(terminal, PASSWORD.encode() + b"\n\xff", *step)
    assert (code, out, err) == (
        1, "", "Error: expected text in UTF-8; came b'\\xff' at byte 0: save the file as UTF-8\n",
    )  # fmt: skip
    code, out, err = typed(terminal, PASSWORD.encode() + b"\r\n" + said, *step)
    assert (code, err, len(json.loads(out)["events"])) == (0, "", 1)
    assert terminal.state(red(1)) == "quarantined"
