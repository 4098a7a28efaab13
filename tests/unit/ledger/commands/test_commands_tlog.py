"""`xuemai tlog`: a batch's log proof, verified by somebody who has only files; and the site as a witness."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from ledger.append import Ledger
from ledger.commands.tlog import tlog
from ledger.config import Site, format_config
from ledger.core import kinds
from ledger.core.batch import read_note
from ledger.core.note import format_vkey
from ledger.witness import open_witness
from tests.support.partner import ORIGIN, Partner, signer
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


def test_a_site_becomes_a_witness_once_and_says_what_it_cosigned(site: Site) -> None:
    code, said = run("witness", "--site", site.directory)
    assert (code, said) == (0, f"witness {format_vkey(site.cosigner().verifier)}\n")
    assert run("witness", "--site", site.directory) == (code, said)

    watching = replace(site, witness_for=(signer().verifier,))
    watching.config_file.write_text(format_config(watching), "utf-8")
    assert f"{ORIGIN}: nothing cosigned yet" in run("witness", "--site", site.directory)[1]
    opened = open_witness(watching)
    assert opened is not None
    opened.add_checkpoint(Partner().grow_to(5).request(0), now_seconds=1)
    assert f"{ORIGIN}: cosigned at size 5" in run("witness", "--site", site.directory)[1]


def test_a_log_that_contradicted_itself_makes_the_witness_exit_one_with_both_checkpoints(site: Site) -> None:
    watching = replace(site, witness_for=(signer().verifier,))
    watching.config_file.write_text(format_config(watching), "utf-8")
    run("witness", "--site", site.directory)
    opened = open_witness(watching)
    assert opened is not None
    true, lie = Partner().grow_to(5), Partner().grow_to(5, "lie")
    opened.add_checkpoint(true.request(0), now_seconds=1)
    opened.add_checkpoint(lie.request(5), now_seconds=1)
    code, said = run("witness", "--site", site.directory, "--json")
    assert code == 1
    told = json.loads(said)
    assert told["logs"] == [{"origin": ORIGIN, "size": 5}]
    assert told["contradictions"] == [{"cosigned": true.signed().decode(), "contradicting": lie.signed().decode()}]
    code, said = run("witness", "--site", site.directory)
    assert code == 1
    assert "cannot both be true" in said


def test_a_witness_that_lost_its_memory_is_not_made_anew(site: Site) -> None:
    run("witness", "--site", site.directory)
    site.witness_db.unlink()
    code, said = run("witness", "--site", site.directory)
    assert code == 1
    assert "remembers what was cosigned" in said


def test_a_contradiction_that_the_witness_kept_leaves_as_a_file_that_others_verify(site: Site, tmp_path: Path) -> None:
    run("witness", "--site", site.directory)
    watching = replace(site, witness_for=(signer().verifier,))
    watching.config_file.write_text(format_config(watching), "utf-8")
    opened = open_witness(watching)
    assert opened is not None
    true = Partner().grow_to(5)
    opened.add_checkpoint(true.request(0), now_seconds=1)
    opened.add_checkpoint(true.other_story(4).grow_to(5, "lie").request(5), now_seconds=2)

    assert run("witness", "--export", tmp_path / "out", "--site", site.directory)[0] == 1
    policy = tmp_path / "policy.txt"
    policy.write_text(f"log {format_vkey(signer().verifier)}\nquorum none\n")
    file = tmp_path / "out" / "001.equivocation"
    assert run("equivocation", "verify", file, "--policy", policy)[0] == 0
