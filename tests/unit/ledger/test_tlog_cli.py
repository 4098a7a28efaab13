"""A batch's log proof from the command line: exported beside a ledger, verified by somebody who has only files."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ledger.append import Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.core.batch import read_note
from ledger.tlog_cli import tlog
from tests.support.producers import Gateway, StoryClock, introduce, site_in

SEEN = {"tag": "tag:E0040100", "device": "device:r", "antenna": 1, "reads": 1}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A log of seven batches under a checkpoint: the opening, a gateway's introduction, five arrivals."""
    made = site_in(tmp_path / "site")
    with Ledger(made, StoryClock()) as ledger:
        centre = Gateway("gw-centre")
        introduce(ledger, centre)
        for second in range(5):
            ledger.append_batch(centre.say((kinds.TagArrived, f"2026-03-01T12:00:0{second}.000Z", SEEN)))
        ledger.sign_checkpoint()
    return made


def run(*arguments: object) -> tuple[int, str]:
    answer = CliRunner().invoke(tlog, [str(each) for each in arguments])
    return answer.exit_code, answer.output


def test_every_batch_of_a_log_is_proved_and_no_other_leaf_is(site: Site, tmp_path: Path) -> None:
    proof, leaf, other = tmp_path / "b.tlog-proof", tmp_path / "b.note", tmp_path / "other.note"
    for index in range(7):
        assert run("export", index, "-o", proof, "--leaf", leaf, "--site", site.directory)[0] == 0
        read_note(leaf.read_bytes())
        code, said = run("verify", proof, "--leaf", leaf, "--policy", site.policy_file, "--json")
        assert code == 0, said
        told = json.loads(said)
        assert (told["origin"], told["log_size"], told["index"]) == (site.origin, 7, index)
        if other.exists():
            code, said = run("verify", proof, "--leaf", other, "--policy", site.policy_file)
            assert code == 1
            assert "failed at step inclusion" in said
        other.write_bytes(leaf.read_bytes())


def test_an_export_beside_an_open_ledger_proves_what_is_signed_and_no_more(site: Site, tmp_path: Path) -> None:
    proof = tmp_path / "b.tlog-proof"
    with Ledger(site, StoryClock()) as ledger:
        late = Gateway("gw-late")
        introduce(ledger, late)
        assert run("export", 6, "-o", proof, "--site", site.directory)[0] == 0
        proof.unlink()
        code, said = run("export", 7, "-o", proof, "--site", site.directory)
        assert code == 1
        assert "whose size is 7; got 7" in said
        assert not proof.exists()
        ledger.sign_checkpoint()
        assert run("export", 7, "-o", proof, "--site", site.directory)[0] == 0


def test_an_export_without_a_site_or_to_nowhere_says_so(site: Site, tmp_path: Path) -> None:
    assert "xuemai init" in run("export", 0, "-o", tmp_path / "b", "--site", tmp_path)[1]
    code, said = run("export", 0, "-o", tmp_path / "absent" / "b", "--site", site.directory)
    assert code == 1
    assert "No such file" in said
