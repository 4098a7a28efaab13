"""`policy.txt` follows the configured witnesses, and keeps the logs that it names."""

from dataclasses import replace
from pathlib import Path

import pytest

from ledger.core import policy as policies
from ledger.core.errors import ConfigError
from ledger.core.policy import Log, Policy, Witness
from ledger.core.signing import Cosigner, SigningKey
from ledger.settings.policy import refresh_policy_file
from ledger.settings.witnesses import OutsideWitnesses
from tests.support.partner import signer
from tests.support.producers import site_in

WITNESS = Witness("partner", Cosigner("b9999.example/witness", SigningKey(bytes(32))).verifier, "https://b9999.example")


def test_witnesses_come_into_the_file_and_go_and_its_logs_stay(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    logs = (Log(site.verifier("log")), Log(signer(site.origin, "rotated").verifier))
    site.policy_file.write_bytes(policies.format(Policy(logs, (), (), policies.NO_QUORUM)))
    assert not refresh_policy_file(site)
    watched = replace(site, outside=OutsideWitnesses((WITNESS,), 1))
    assert refresh_policy_file(watched)
    assert not refresh_policy_file(watched)
    written = policies.parse(site.policy_file.read_bytes())
    assert (written.logs, written.witnesses) == (logs, (WITNESS,))
    assert written.judge({WITNESS.key})
    assert not written.judge(set())
    assert refresh_policy_file(site)
    assert policies.parse(site.policy_file.read_bytes()) == Policy(logs, (), (), policies.NO_QUORUM)


def test_a_file_that_is_no_policy_is_not_replaced(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    site.policy_file.write_text("trust me\n")
    with pytest.raises(ConfigError, match="policy line 1"):
        refresh_policy_file(site)
    assert site.policy_file.read_text() == "trust me\n"
