"""The outside witnesses in `xuemai.toml`: there and back, every mistake by its key, and the policy that they make."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.config import format_config, load, parse
from ledger.core import policy as policies
from ledger.core.errors import ConfigError
from ledger.core.note import format_vkey
from ledger.core.policy import Log, Witness
from ledger.core.signing import Cosigner, SigningKey
from ledger.settings.witnesses import NOBODY, OutsideWitnesses
from tests.support.partner import signer
from tests.support.producers import site_in

SITE = '[site]\nname = "a9999.example"\n'
KEYS = [Cosigner(f"w{number}.example/witness", SigningKey(bytes([number]) * 32)).verifier for number in (1, 2, 3)]


def witness(number: int, **changed: str) -> str:
    fields = {"name": f"w{number}", "vkey": format_vkey(KEYS[number - 1]), "url": f"https://w{number}.example"}
    return "\n".join(["[[witness]]", *(f'{key} = "{value}"' for key, value in (fields | changed).items())]) + "\n"


def read(text: str) -> OutsideWitnesses:
    return parse(tomllib.loads(SITE + text), Path("/site")).outside


def test_without_witnesses_nobody_is_asked_and_no_quorum_asked_for() -> None:
    assert read("") == NOBODY
    assert NOBODY.policy((Log(signer().verifier),)).quorum == policies.NO_QUORUM


def test_all_must_cosign_unless_the_quorum_says_fewer() -> None:
    assert read(witness(1) + witness(2)).quorum == 2
    found = read('[witnesses]\nquorum = 1\nat_start = "required"\nca_file = "ca.pem"\n' + witness(1) + witness(2))
    assert (found.quorum, found.at_start, found.ca_file) == (1, "required", Path("/site/ca.pem"))
    assert found.witnesses == tuple(Witness(f"w{n}", KEYS[n - 1], f"https://w{n}.example") for n in (1, 2))


def test_the_policy_names_them_and_counts_to_the_quorum() -> None:
    policy = read("[witnesses]\nquorum = 2\n" + witness(1) + witness(2) + witness(3)).policy((Log(signer().verifier),))
    assert policies.parse(policies.format(policy)) == policy
    assert policy.judge({KEYS[0], KEYS[2]})
    assert not policy.judge({KEYS[1]})


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[witnesses]\nquorum = 1\n", "witnesses"),
        ("[witnesses]\nquorum = 2\n" + witness(1), "witnesses.quorum"),
        ("[witnesses]\nquorum = 0\n" + witness(1), "witnesses.quorum"),
        ('[witnesses]\nat_start = "later"\n' + witness(1), "witnesses.at_start"),
        ("[witnesses]\nca_file = 1\n" + witness(1), "witnesses.ca_file"),
        ("[witnesses]\nqorum = 1\n" + witness(1), "witnesses.qorum"),
        ("[witness]\n", "witness"),
        (witness(1, name="with space"), "witness.name"),
        (witness(1, name="none"), "witness.name"),
        (witness(1, url="w1.example"), "witness.url"),
        (witness(1, url="https://w1.example/?q"), "witness.url"),
        (witness(1, vkey="w1"), "witness"),
        (witness(1, vkey=format_vkey(signer().verifier)), "witness"),
        (witness(1, more="1"), "witness.more"),
        (witness(1) + witness(1, name="again"), "witness"),
        (witness(1) + witness(2, name="w1"), "witness"),
    ],
)
def test_a_mistake_is_told_by_its_key(text: str, key: str) -> None:
    with pytest.raises(ConfigError, match=rf"\A{key}:"):
        read(text)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    made = site_in(tmp_path / "site")
    outside = read('[witnesses]\nquorum = 1\nat_start = "required"\n' + witness(1) + witness(2))
    for wanted in (NOBODY, outside, replace(outside, ca_file=made.directory / "ca.pem")):
        site = replace(made, outside=wanted)
        site.config_file.write_text(format_config(site), "utf-8")
        assert load(made.directory).outside == wanted
