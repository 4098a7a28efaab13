"""What answers have in common: `late` beside everything that rests on what gateways handed in."""

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from ledger.append import Ledger
from ledger.core.batch import format_wire
from ledger.core.ids import format_instant
from tests.unit.ledger.api.world import GATEWAY, NOW, UNIT_OF_H1, Bearers, FixedClock, GatewayKey

HOUR = 3600 * 1000
KNOWN = format_instant(NOW)
PATHS = (
    f"/v1/units/{UNIT_OF_H1}",
    f"/v1/units/{UNIT_OF_H1}/events",
    f"/v1/units/{UNIT_OF_H1}/cold-chain",
    "/v1/inventory",
    "/v1/stock",
    "/v1/materials/equipment:CENTRIFUGE-2",
    "/v1/boxes",
    "/v1/discards",
    "/v1/returns",
    "/v1/fates",
    "/v1/cases",
    f"/v1/lookback/{UNIT_OF_H1}",
    "/v1/consignments/h1/receipt",
)


@pytest.fixture
def heard(ledger: Ledger, gateway: GatewayKey, clock: FixedClock) -> FixedClock:
    """The clock of a site whose gateway is heard now."""
    readings = replace(gateway, stream=f"{GATEWAY}/1/t")
    ledger.append_batch(format_wire(readings.batch(readings.started())))
    ledger.append_batch(format_wire(gateway.batch(gateway.started())))
    return clock


@pytest.mark.parametrize("path", PATHS)
def test_what_rests_on_gateways_names_those_that_are_late(
    client: FlaskClient, as_user: Bearers, heard: FixedClock, path: str
) -> None:
    assert client.get(path, headers=as_user("quality")).get_json()["late"] == []
    heard.ms = NOW + HOUR
    late = [{"gateway": GATEWAY, "custody_until": KNOWN, "readings_until": KNOWN}]
    answer = client.get(path, headers=as_user("quality")).get_json()
    assert answer["late"] == late
    assert str(answer).count(GATEWAY) == 1, "its parts leave it to the whole"


def test_a_family_and_what_persons_say_rest_on_no_gateway(client: FlaskClient, as_user: Bearers) -> None:
    for path in (f"/v1/units/{UNIT_OF_H1}/lineage", "/v1/probes", "/v1/agitation"):
        assert "late" not in client.get(path, headers=as_user("quality")).get_json()


def test_the_description_says_what_late_is(client: FlaskClient) -> None:
    described = client.get("/v1/openapi.json").get_json()["components"]["schemas"]
    assert set(described["Late"]["properties"]) == {"gateway", "custody_until", "readings_until"}
    assert "late" in described["Unit"]["properties"]
