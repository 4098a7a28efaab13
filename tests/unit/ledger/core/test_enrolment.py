"""What a gateway prints, read again: strictly, and only if the key signed."""

import msgspec
import pytest

from ledger.core import kinds
from ledger.core.enrolment import Enrolment, read
from ledger.core.errors import Refused
from tests.support.golden import ORIGIN, SITE, key_added, signer
from tests.support.golden_keys import rotated

_, FIELDS = key_added("gw-centre")
FIRST = Enrolment(gateway="gw-centre", vkey=str(FIELDS["vkey"]), key=str(FIELDS["key"]), proof=str(FIELDS["proof"]))


def test_a_first_key_becomes_key_added() -> None:
    assert read(FIRST.format(), origin=ORIGIN) == FIRST
    declared = FIRST.declaration()
    assert (declared.kind, declared.fields) == (kinds.KeyAdded, FIELDS)


def test_a_following_key_becomes_key_rotated() -> None:
    _, fields = rotated("gw-centre")
    named = {name: str(fields[name]) for name in ("vkey", "key", "proof", "replaces", "proof_by_old")}
    following = Enrolment(gateway="gw-centre", **named)
    assert read(following.format(), origin=ORIGIN) == following
    assert (following.declaration().kind, following.declaration().fields) == (kinds.KeyRotated, fields)


@pytest.mark.parametrize(
    ("changes", "step"),
    [
        ({"key": "key:" + "0" * 64}, "enrolment"),
        ({"gateway": "gw-other"}, "enrolment"),
        ({"proof": "A" * 86 + "=="}, "possession"),
        ({"vkey": "nonsense"}, "enrolment"),
    ],
)
def test_what_does_not_hold_together_is_refused(changes: dict[str, str], step: str) -> None:
    answer = read(msgspec.structs.replace(FIRST, **changes).format(), origin=ORIGIN)
    assert isinstance(answer, Refused)
    assert answer.step == step


@pytest.mark.parametrize("text", ["", "null", "[1]", "{}", '{"gateway":1}', "[" * 3000, "\ud800", FIRST.format() * 9])
def test_any_other_text_is_refused(text: str) -> None:
    answer = read(text, origin=ORIGIN)
    assert isinstance(answer, Refused)


def test_the_key_must_be_this_sites() -> None:
    assert isinstance(read(FIRST.format(), origin="other.example/ledger/1"), Refused)
    assert signer(f"{SITE}/gw-centre").name == "demo.a9999.example/gw-centre"
