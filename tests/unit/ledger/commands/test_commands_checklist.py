"""`xuemai checklist`: the site's lists as data; another version put in force, the earlier ones kept."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ledger.accounts import Accounts
from ledger.commands.checklist import checklist
from ledger.config import CONFIG_NAME, load
from ledger.core.checklist import Checklist, Wording
from ledger.settings.checklists import format_lines
from tests.browser import world as story
from tests.browser.world import PASSWORD

OLD = Checklist("received", "1", (Wording("seal", "封口", "Seal"),), (Wording("leak", "渗漏", "Leaks"),))
WORDS = [{"code": "label", "zh": "标签", "en": 'Label "whole"'}]
NEW = {"step": "received", "version": "2", "items": WORDS, "refusals": WORDS}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    with story.opened(tmp_path / "site"):
        pass
    with (tmp_path / "site" / CONFIG_NAME).open("a", encoding="utf-8") as file:
        file.write("\n".join([*format_lines([OLD]), ""]))
    return tmp_path / "site"


def run(site: Path, *arguments: str, given: str = "", password: str = PASSWORD) -> tuple[int, Any]:
    (site.parent / "list.json").write_text(given, "utf-8")
    words = [str(site.parent / "list.json") if each == "FILE" else each for each in arguments]
    answer = CliRunner().invoke(checklist, [*words, "--site", str(site)], input=f"{password}\n")
    return answer.exit_code, json.loads(answer.stdout)["checklists"] if answer.exit_code == 0 else answer.stderr


def test_what_is_asked_is_shown_and_what_is_shown_may_be_changed_and_put_back(site: Path) -> None:
    _, [shown] = run(site, "show")
    assert shown == {"step": "received", "version": "1", "sha256": OLD.sha256,
                     "items": [{"code": "seal", "zh": "封口", "en": "Seal"}],
                     "refusals": [{"code": "leak", "zh": "渗漏", "en": "Leaks"}]}  # fmt: skip
    before = (site / CONFIG_NAME).read_text("utf-8")
    code, [made] = run(site, "replace", "FILE", "--by", "quality.xu", given=json.dumps(shown | NEW))
    assert (code, made["version"], made["items"]) == (0, "2", WORDS)
    assert made["sha256"] != shown["sha256"]
    assert run(site, "show") == (0, [made])
    assert run(site, "show", "--all") == (0, [shown, made])
    assert (site / CONFIG_NAME).read_text("utf-8").startswith(before.rstrip("\n"))
    assert load(site).checklists[-1].sha256 == made["sha256"]


def test_the_file_keeps_its_rights_and_its_comments_and_the_audit_says_who_it_was(site: Path) -> None:
    path = site / CONFIG_NAME
    path.write_text(path.read_text("utf-8") + "# ours", "utf-8")
    path.chmod(0o640)
    assert run(site, "replace", "FILE", "--by", "quality.xu", given=json.dumps(NEW))[0] == 0
    assert "\n# ours\n" in path.read_text("utf-8")
    assert path.stat().st_mode & 0o777 == 0o640
    assert not path.with_name(f"{CONFIG_NAME}.new").exists()
    with closing(Accounts(load(site).accounts_db)) as accounts:
        person = next(each.person for each in accounts.users() if each.login == "quality.xu")
        [entry] = [each for each in accounts.audit() if each.action == "checklist_replaced"]
    assert (entry.actor, entry.subject) == (person, "received")
    assert entry.detail == f"2 {load(site).checklists[-1].sha256}"


WRONG = (
    ("nonsense", "quality.xu", "expected a checklist as one JSON object; Expecting value: line 1"),
    ("[" * 100_000, "quality.xu", "expected a checklist as one JSON object; "),
    ("[]", "quality.xu", "checklist: expected a table"),
    (json.dumps(NEW | {"version": "1"}), "quality.xu", "expected each version once; got 1 for received again"),
    (json.dumps(NEW | {"items": []}), "quality.xu", "checklist.items: expected 1 to 30 of { code, zh, en }"),
    (json.dumps(NEW | {"steps": 1}), "quality.xu", "checklist.steps: unknown"),
    (json.dumps(NEW), "tech.lin", "tech.lin: expected a role with the permission checklist.replace"),
    (json.dumps(NEW), "nobody", "expected the login of a person who may sign in; got nobody"),
)


def test_what_is_no_list_or_comes_from_nobody_who_may_changes_nothing(site: Path) -> None:
    before = (site / CONFIG_NAME).read_bytes()
    for given, login, said in WRONG:
        code, told = run(site, "replace", "FILE", "--by", login, given=given)
        assert (code, "xuemai checklist replace: " in told, said in told) == (1, True, True), told
        assert (site / CONFIG_NAME).read_bytes() == before


def test_a_file_that_cannot_be_written_is_named_and_stays(site: Path) -> None:
    (site / f"{CONFIG_NAME}.new").mkdir()
    before = (site / CONFIG_NAME).read_bytes()
    code, told = run(site, "replace", "FILE", "--by", "quality.xu", given=json.dumps(NEW))
    assert (code, "nothing was changed" in told) == (1, True)
    assert (site / CONFIG_NAME).read_bytes() == before


def test_no_site_no_list(tmp_path: Path) -> None:
    code, told = run(tmp_path, "show")
    assert (code, "expected a site with xuemai.toml" in told) == (1, True)
