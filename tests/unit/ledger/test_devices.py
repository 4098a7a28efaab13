"""A second signature under each checkpoint, by a program and of a type that nobody here knows."""

import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from ledger import rotation
from ledger.append import Draft, Ledger, Rejected
from ledger.config import Site, format_config, load, parse
from ledger.core import kinds, tlogproof
from ledger.core import note as notes
from ledger.core.errors import ConfigError, Refused
from ledger.core.note import VerifierKey, format_vkey
from ledger.core.policy import NO_QUORUM, Log, Policy
from ledger.core.signing import verify_note
from ledger.core.verify import verify
from ledger.devices import DeviceError, SigningDevice
from ledger.fsck import examine
from ledger.read import passports
from ledger.read.reader import reading
from ledger.read.tlogproofs import prove_batch
from tests.support import mldsa_device, signing_device
from tests.support.log_checker import check_site
from tests.support.mldsa import MlDsaCosigner
from tests.support.producers import StoryClock, claim, site_in

PROGRAM = Path(signing_device.__file__)
KEY = VerifierKey("demo.a9999.example/device", 0xFF, signing_device.public_key())
UNIT = "unit:A999926123456.E0382V00"
PERSON = "person:" + "d" * 32


def device(how: str, **settings: object) -> SigningDevice:
    return SigningDevice(KEY, (sys.executable, str(PROGRAM), how), **settings)  # type: ignore[arg-type]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return site_in(tmp_path / "site")


def collect(ledger: Ledger) -> None:
    claim(ledger, Draft(kinds.Collected, {"unit": UNIT, "donor": PERSON, "place": "place:fridge"}))


def test_the_devices_line_stands_beside_the_logs_and_everybody_else_ignores_it(site: Site) -> None:
    with Ledger(replace(site, signing_devices=(device("sign"),)), StoryClock()) as ledger:
        collect(ledger)
        raw = ledger.sign_checkpoint()
        assert raw is not None
        signed = notes.parse(raw)
        assert [line.name for line in signed.signatures] == [site.origin, KEY.name]
        assert signed.signatures[1].key_id == KEY.key_id
        signing_device.verify(signed.signatures[1].raw, signed.text.encode())
        assert verify_note(signed, [site.verifier("log")]) == (site.verifier("log"),)
        assert ledger.sign_checkpoint() == raw, "one checkpoint a size"
        with reading(site) as reader:
            exported = passports.export(reader, UNIT, log_key=site.verifier("log"))
    policy = Policy((Log(site.verifier("log")),), (), (), NO_QUORUM)
    assert verify(exported, policy=policy).verdict == "warnings"
    check_site(site, log_key=format_vkey(site.verifier("log")))
    assert examine(site).ok
    with Ledger(site, StoryClock()) as again:
        assert again.size > 0, "the site starts without the device, too"


def test_a_device_may_sign_for_the_log_with_ml_dsa_and_log_proofs_rest_on_that(site: Site) -> None:
    key = MlDsaCosigner(site.origin, mldsa_device.SEED).verifier
    quantum_safe = SigningDevice(key, (sys.executable, "-m", mldsa_device.__name__), timeout_seconds=60)
    with Ledger(replace(site, signing_devices=(quantum_safe,)), StoryClock()) as ledger:
        collect(ledger)
        ledger.sign_checkpoint()
        with reading(site) as reader:
            proof, leaf = prove_batch(reader, ledger.size - 1)
    policy = Policy((Log(key),), (), (), NO_QUORUM)
    assert tlogproof.verify(proof, leaf, policy).verdict == "valid"
    assert tlogproof.verify(proof, leaf + b"\n", policy).verdict == "invalid"


@pytest.mark.parametrize("how", ["fail", "silent", "long", "hang"])
def test_a_device_that_does_not_sign_is_missed_or_waited_for_as_configured(site: Site, how: str) -> None:
    with Ledger(site, StoryClock()) as ledger:
        collect(ledger)
        ledger.site = replace(site, signing_devices=(device(how, timeout_seconds=1, need="required"),))
        with pytest.raises(Rejected, match=r"storage: .*device"):
            ledger.sign_checkpoint()
        ledger.site = replace(site, signing_devices=(device(how, timeout_seconds=1),))
        raw = ledger.sign_checkpoint()
        assert raw is not None
        assert len(notes.parse(raw).signatures) == 1
        ledger.site = site


def test_a_program_that_is_not_there_is_told() -> None:
    with pytest.raises(DeviceError, match="/nowhere/sign"):
        SigningDevice(KEY, ("/nowhere/sign",)).sign("text\n")


def test_a_rotation_and_a_device_go_together(site: Site) -> None:
    with Ledger(replace(site, signing_devices=(device("sign"),)), StoryClock()) as ledger:
        assert not isinstance(rotation.add_log_key(ledger, "checkpoint"), Refused)
        raw = ledger.sign_checkpoint()
        assert raw is not None
        assert len(notes.parse(raw).signatures) == 3
        assert not isinstance(rotation.retire_log_key(ledger, "checkpoint"), Refused)
    assert examine(site).ok


def test_a_device_is_written_down_and_read_again(site: Site) -> None:
    configured = replace(site, signing_devices=(device("sign", timeout_seconds=9, need="required"),))
    site.config_file.write_text(format_config(configured))
    assert load(site.directory).signing_devices == configured.signing_devices


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ('command = ["x"]', "vkey: missing"),
        ('vkey = "x"\ncommand = ["x"]', "vkey: expected a verifier key"),
        (f'vkey = "{format_vkey(KEY)}"', "command"),
        (f'vkey = "{format_vkey(KEY)}"\ncommand = "x"', "command"),
        (f'vkey = "{format_vkey(KEY)}"\ncommand = ["x"]\ntimeout_seconds = 0', "timeout_seconds"),
        (f'vkey = "{format_vkey(KEY)}"\ncommand = ["x"]\nneed = "perhaps"', "need"),
        (f'vkey = "{format_vkey(KEY)}"\ncommand = ["x"]\nshell = "yes"', "shell: unknown"),
        (
            f'vkey = "{format_vkey(VerifierKey("a", 1, bytes(range(32))))}"\ncommand = ["x"]',
            "another signature type",
        ),
    ],
)
def test_a_wrong_setting_is_named(site: Site, table: str, named: str) -> None:
    tables = tomllib.loads(f'[site]\nname = "{site.name}"\nmode = "demo"\n[[signing_device]]\n{table}\n')
    with pytest.raises(ConfigError, match=named):
        parse(tables, site.directory)
