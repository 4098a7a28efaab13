"""`GET /v1/log/keys`: which key of the log follows which, for whoever pins an old one."""

from flask.testing import FlaskClient

from ledger import rotation
from ledger.append import Ledger
from ledger.config import Site
from ledger.core import succession
from ledger.core.errors import Refused
from ledger.core.succession import Succession


def handovers(client: FlaskClient) -> list[str]:
    answer = client.get(succession.PATH)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    told = answer.get_json()["handovers"]
    assert isinstance(told, list)
    return told


def test_a_new_log_tells_of_none(client: FlaskClient) -> None:
    assert handovers(client) == []


def test_who_pins_the_first_keys_is_led_to_those_that_sign_today(
    client: FlaskClient, site: Site, ledger: Ledger
) -> None:
    first = (site.verifier("log"), site.verifier("receipt"))
    for _ in range(2):
        for use in rotation.USES:
            assert not isinstance(rotation.add_log_key(ledger, use), Refused)
            assert not isinstance(rotation.retire_log_key(ledger, use), Refused)
    believed = list(first)
    for raw in handovers(client):
        found = succession.verify(raw.encode(), believed, origin=site.origin)
        assert isinstance(found, Succession)
        believed[believed.index(found.old)] = found.new
    assert believed == [site.verifier("log"), site.verifier("receipt")]
    assert not set(believed).intersection(first)
