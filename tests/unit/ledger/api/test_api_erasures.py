"""`GET /v1/erasures/<gateway>`: what a gateway still has to erase."""

import pytest
from flask.testing import FlaskClient

from ledger.append import Erasure, Ledger
from ledger.config import Site
from ledger.core import batch, erasurelist, kinds
from ledger.core.erasurelist import ErasureList, ToErase
from ledger.core.errors import Refused
from ledger.core.events import encode
from ledger.core.ids import format_instant
from tests.unit.ledger.api.world import GATEWAY, NOW, GatewayKey

pytestmark = pytest.mark.sqlite


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
