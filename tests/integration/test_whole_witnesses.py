"""Two sites as processes that witness each other over HTTP: each one's checkpoints carry the other's cosignature.

And the start guard with nothing but the other's memory: a site restored whole, its own signed head with it, is stopped.
"""

import contextlib
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from firmware_mocks.cast import free_port
from ledger.append import Draft, Ledger
from ledger.clock import SystemClock
from ledger.config import Site, format_config, load
from ledger.core import checkpoint, kinds, note, policy, tlogproof
from ledger.core.errors import NoteError, Refused
from ledger.core.note import VerifierKey, parse_vkey
from ledger.core.policy import Witness
from ledger.core.signing import verify_note
from ledger.settings.witnesses import OutsideWitnesses
from tests.support.processes import Server, ending, fetch, wait_for, xuemai

# Several starts and stops of real processes, each of which a busy machine may hold up.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
NAMES = ("blood.a9999.example", "blood.b9999.example")


def two_sites(folder: Path) -> tuple[tuple[Site, Server], tuple[Site, Server]]:
    """Made by the command, each the other's witness, as two administrators would write it into `xuemai.toml`."""
    made: list[tuple[Site, Server, VerifierKey]] = []
    for name in NAMES:
        directory, port = folder / name, free_port()
        options = ("--name", name, "--port", str(port))
        subprocess.run(xuemai("init", str(directory), *options), check=True, capture_output=True)
        said = subprocess.run(
            xuemai("tlog", "witness", "--json", "--site", str(directory)), check=True, capture_output=True
        )
        key = parse_vkey(json.loads(said.stdout)["vkey"])
        made.append((load(directory), Server(directory, port, log=folder / f"{name}.log"), key))
    for (site, _, _), (other, server, key) in zip(made, reversed(made), strict=True):
        outside = OutsideWitnesses((Witness("partner", key, server.url),), 1)
        wanted = replace(site, outside=outside, witness_for=(other.verifier("log"),))
        site.config_file.write_text(format_config(wanted), "utf-8")
    here, there = made
    return (load(here[0].directory), here[1]), (load(there[0].directory), there[1])


def grow(site: Site, reason: str) -> int:
    """While it is stopped: one more batch, under a checkpoint that its own signed head knows; the log's size."""
    with Ledger(site, SystemClock()) as ledger:
        draft = Draft(kinds.StreamResumed, {"producer": "gw", "epoch": ledger.size, "reason": reason})
        assert not isinstance(ledger.record("site", [draft]), Refused)
        return ledger.size


def cosigned_size(site: Site, server: Server) -> int:
    """The size of the published checkpoint if its partner cosigned it, else 0."""
    with contextlib.suppress(OSError, NoteError):
        head, signed = checkpoint.parse_signed(fetch(f"{server.url}/checkpoint").body)
        (witness,) = site.outside.witnesses
        if not isinstance(verify_note(signed, [witness.key]), Refused):
            return head.size
    return 0


def unready(server: Server) -> str:
    with contextlib.suppress(OSError):
        return fetch(f"{server.url}/readyz").body.decode()
    return ""


def test_two_sites_witness_each_other_and_one_that_was_restored_whole_is_stopped(tmp_path: Path) -> None:
    (site, server), (other, partner) = two_sites(tmp_path)
    old, newest = tmp_path / "old", tmp_path / "newest"
    with ending(server, partner):
        for each in (server, partner):
            each.start_and_wait()
        for looked_at, at in ((site, server), (other, partner)):
            wait_for(lambda s=looked_at, a=at: cosigned_size(s, a), "a cosignature", server, partner)  # type: ignore[misc]  # bound now
        prove(site, tmp_path)
        assert server.stop() == 0
        shutil.copytree(site.directory, old)

        size = grow(site, "what the backup lacks")
        server.start_and_wait()
        wait_for(lambda: cosigned_size(site, server) == size, "the newest to be cosigned", server, partner)
        assert server.stop() == 0
        site.directory.rename(newest)
        old.rename(site.directory)
        refuses_to_sign(site, f"cosigned a checkpoint of size {size}, and {size - 1} is signed here")
        server.start()
        wait_for(lambda: "witness partner" in unready(server), "the witness to be heard", server, partner)
        assert f"cosigned a checkpoint of size {size}, and {size - 1} is signed here" in unready(server)
        assert server.stop() == 0

        site.directory.rename(old)
        newest.rename(site.directory)
        server.start_and_wait()
        assert server.stop() == 0
        assert partner.stop() == 0


def refuses_to_sign(site: Site, told: str) -> None:
    """A command that writes, before any server was started, asks the witness as a server would."""
    head = site.signed_head.read_bytes()
    command = xuemai("key", "rotate", "web", "--site", str(site.directory))
    refused = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Error: history: witness partner" in refused.stderr
    assert told in refused.stderr
    assert site.signed_head.read_bytes() == head, "nothing was signed"


def prove(site: Site, folder: Path) -> None:
    """A batch's log proof, exported by the command, meets the policy that the site gives to verifiers."""
    proof, leaf = folder / "a.tlog-proof", folder / "leaf"
    command = xuemai("tlog", "export", "0", "-o", str(proof), "--leaf", str(leaf), "--site", str(site.directory))
    subprocess.run(command, check=True, capture_output=True)
    trusted = policy.parse(site.policy_file.read_bytes())
    assert len(trusted.witnesses) == 1
    assert tlogproof.verify(proof.read_bytes(), leaf.read_bytes(), trusted).verdict == "valid"
    assert note.parse(checkpoint_of(proof)).signatures[1].name.endswith("/witness")


def checkpoint_of(proof: Path) -> bytes:
    return tlogproof.parse(proof.read_bytes()).checkpoint
