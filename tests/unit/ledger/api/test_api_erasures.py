"""`GET /v1/erasures/<gateway>`: what a gateway still has to erase."""

from flask.testing import FlaskClient

from ledger.append import Erasure, Ledger
from ledger.config import Site
from ledger.core import batch, erasurelist, kinds
from ledger.core.erasurelist import ErasureList, ToErase
from ledger.core.errors import Refused
from ledger.core.events import encode
from ledger.core.ids import format_instant
from tests.unit.ledger.api.world import GATEWAY, NOW, UNIT_OF_H1, Bearers, GatewayKey


def listed(client: FlaskClient, site: Site, gateway: str) -> tuple[ToErase, ...]:
    answer = client.get(f"/v1/erasures/{gateway}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    found = erasurelist.verify(answer.data, site.verifier("receipt"))
    assert isinstance(found, ErasureList)
    assert (found.origin, found.gateway) == (site.origin, gateway)
    return found.listed


def test_an_erasure_is_listed_for_its_gateway_until_that_confirms_it(
    client: FlaskClient, site: Site, ledger: Ledger, gateway: GatewayKey
) -> None:
    said = gateway.batch(gateway.started())
    ledger.append_batch(batch.format_wire(said))
    assert listed(client, site, GATEWAY) == ()
    assert not isinstance(ledger.erase(Erasure(gateway.stream, 1, "a court's order")), Refused)
    assert listed(client, site, GATEWAY) == (ToErase("body", gateway.stream, 1),)
    assert listed(client, site, "gw-other") == ()
    applied = kinds.ErasureApplied(
        v=1, stream=gateway.stream, seq=2, nonce=f"{2:032x}", time=format_instant(NOW), clock="synchronised",
        of_stream=gateway.stream, of_seq=1, what="body",
    )  # fmt: skip
    previous = batch.text_hash(batch.read_note(said.note)[0].text)
    ledger.append_batch(batch.format_wire(gateway.batch(encode(applied), first=2, previous=previous)))
    assert listed(client, site, GATEWAY) == ()


def test_what_is_no_gateways_name_is_not_found(client: FlaskClient) -> None:
    assert client.get("/v1/erasures/-x").status_code == 404


def test_a_units_history_says_when_why_and_by_whom_an_event_was_erased(
    client: FlaskClient, ledger: Ledger, as_user: Bearers
) -> None:
    path, asking = f"/v1/units/{UNIT_OF_H1}/events", as_user("auditor")
    before = client.get(path, headers=asking).get_json()["events"]
    seq = next(each["seq"] for each in before if each["kind"] == "labelled")
    by, second = "person:" + "1" * 32, "person:" + "2" * 32
    assert not isinstance(ledger.erase(Erasure("web", seq, "a court's order"), by=by, second=second), Refused)
    events = client.get(path, headers=asking).get_json()["events"]
    erased = next(each for each in events if each["erasure"] is not None)
    assert (erased["seq"], "event" in erased) == (seq, False)
    assert {**erased["erasure"], "time": ""} == {"time": "", "reason": "a court's order", "by": by, "second": second}
