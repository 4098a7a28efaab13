"""Enrolment: a key of the gateway's own, and proof that it has it."""

import base64
import json
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway import enrol
from gateway.cli import gateway
from gateway.config import GatewaySettings
from ledger.core import enrolment, note
from ledger.core.custody import Recorded
from ledger.core.errors import ConfigError
from ledger.core.keys import KeyState, apply_key_event, fingerprint, grouped
from ledger.core.signing import verify_ed25519
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY

SETTINGS = GatewaySettings("gw-centre", ORIGIN, 1, "")


def site(directory: Path) -> Path:
    (directory / "gateway.toml").write_text(
        f'[gateway]\nname = "gw-centre"\norigin = "{ORIGIN}"\n'
        f'[uplink]\nurl = "http://127.0.0.1"\nreceipt_key = "{RECEIPT_VKEY}"\n'
    )
    return directory


def test_enrolling_twice_gives_the_same_key_and_a_proof_of_possession(tmp_path: Path) -> None:
    runs = [CliRunner().invoke(gateway, ["enroll", "--site", str(site(tmp_path))]) for _ in range(2)]
    assert [run.exit_code for run in runs] == [0, 0]
    first, second = (json.loads(run.stdout) for run in runs)
    assert first == second == json.loads((tmp_path / "enrolment.json").read_text())
    key = note.parse_vkey(first["vkey"])
    assert key.name == "demo.a9999.example/gw-centre"
    possession = f"xuemai/key/v1\n{ORIGIN}\n{first['vkey']}\n".encode()
    assert verify_ed25519(key.public, possession, base64.b64decode(first["proof"])) is None
    assert first["key"] == "key:" + sha256(first["vkey"].encode()).hexdigest()
    assert f"fingerprint {grouped(first['key'])}\n" in runs[0].stderr
    assert (tmp_path / "keys/gateway.key").stat().st_mode & 0o777 == 0o600


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    enrol.make_key(tmp_path, lambda size: bytes(range(size)))
    (tmp_path / "keys/gateway.key").chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        enrol.load_signer(tmp_path, SETTINGS)


@pytest.mark.parametrize("content", ["", "zz" * 32, "ab" * 31])
def test_what_is_no_key_is_refused(tmp_path: Path, content: str) -> None:
    enrol.make_key(tmp_path, bytes)
    (tmp_path / "keys/gateway.key").write_text(content)
    with pytest.raises(ConfigError, match="64 hex digits"):
        enrol.load_signer(tmp_path, SETTINGS)


def test_no_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="enroll"):
        enrol.load_signer(tmp_path, SETTINGS)


def test_a_key_that_is_to_follow_is_signed_for_by_both_and_takes_its_place_when_approved(tmp_path: Path) -> None:
    CliRunner().invoke(gateway, ["enroll", "--site", str(site(tmp_path))])
    old = enrol.load_signer(tmp_path, SETTINGS)
    runs = [CliRunner().invoke(gateway, ["rotate-key", "--site", str(tmp_path)]) for _ in range(2)]
    first, again = (enrolment.read(run.stdout, origin=ORIGIN) for run in runs)
    assert isinstance(first, enrolment.Enrolment)
    assert first == again, "asked again, it is the same key"
    assert first.replaces == fingerprint(note.format_vkey(old.verifier))
    state = KeyState()
    for index, declared in enumerate((enrol.enrol(old, SETTINGS).declaration(), first.declaration())):
        event = declared.kind(
            v=1, stream="site", seq=1, nonce="0" * 32, time="2026-03-02T00:00:00.000Z", clock="synchronised",
            **declared.fields,  # type: ignore[arg-type]
        )  # fmt: skip
        assert apply_key_event(state, Recorded(event, index, 0), origin=ORIGIN) is None  # type: ignore[arg-type]
    assert enrol.load_signer(tmp_path, SETTINGS).verifier == old.verifier
    assert (tmp_path / enrol.NEXT_KEY_PATH).stat().st_mode & 0o777 == 0o600

    assert CliRunner().invoke(gateway, ["rotate-key", "--approved", "--site", str(tmp_path)]).exit_code == 0
    assert note.format_vkey(enrol.load_signer(tmp_path, SETTINGS).verifier) == first.vkey
    assert not (tmp_path / enrol.NEXT_KEY_PATH).exists()
    assert CliRunner().invoke(gateway, ["rotate-key", "--approved", "--site", str(tmp_path)]).exit_code == 1


def test_a_gateway_without_a_key_has_none_to_follow(tmp_path: Path) -> None:
    said = CliRunner().invoke(gateway, ["rotate-key", "--site", str(site(tmp_path))])
    assert (said.exit_code, "xuemai gateway enroll" in said.output) == (1, True)
