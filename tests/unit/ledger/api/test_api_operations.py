"""What those who run the site can ask, and who may."""

from flask.testing import FlaskClient

from ledger.append import Ledger
from ledger.config import Site
from ledger.core.batch import format_wire
from tests.unit.ledger.api.world import UNIT_OF_H1, Bearers, GatewayKey

ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


def test_health_reveals_nothing(client: FlaskClient) -> None:
    answer = client.get("/healthz", environ_base=ELSEWHERE)
    assert (answer.status_code, answer.data) == (200, b"ok\n")
    assert "Server" not in answer.headers


def test_ready_while_the_writer_answers(client: FlaskClient, ledger: Ledger) -> None:
    answer = client.get("/readyz", environ_base=ELSEWHERE)
    assert (answer.status_code, answer.data) == (200, b"ready\n")
    ledger.close()
    closed = client.get("/readyz", environ_base=ELSEWHERE)
    assert closed.status_code == 503
    assert closed.get_json()["detail"] == "not ready: busy"


def test_metrics_are_for_this_machine_or_a_token(client: FlaskClient, as_user: Bearers) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", environ_base=ELSEWHERE).status_code == 401
    assert client.get("/metrics", environ_base=ELSEWHERE, headers=as_user("hospital")).status_code == 403
    assert client.get("/metrics", environ_base=ELSEWHERE, headers=as_user("auditor")).status_code == 200


def test_a_proxy_on_this_machine_does_not_make_everyone_local(client: FlaskClient, site: Site) -> None:
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        assert client.get("/metrics", headers={name: "192.0.2.7"}).status_code == 401
    assert client.get("/metrics", headers={"Host": site.name}).status_code == 401


def test_metrics_count_and_name_nobody(client: FlaskClient, as_user: Bearers, gateway: GatewayKey) -> None:
    client.post("/v1/batches", data=format_wire(gateway.batch(gateway.started())))
    client.post("/v1/batches", data=b"x")
    client.get(f"/v1/units/{UNIT_OF_H1}", headers=as_user("hospital"))
    client.get("/no/such/address")
    text = client.get("/metrics").get_data(as_text=True)
    assert 'xuemai_batches_total{step="accepted"} 1.0' in text
    assert 'xuemai_batches_total{step="envelope"} 1.0' in text
    assert 'xuemai_http_requests_total{endpoint="units.unit",status="200"} 1.0' in text
    assert 'endpoint="none",status="404"' in text
    assert "xuemai_log_size " in text
    for secret in ("A9999261", "org:", "person:", "no/such"):
        assert secret not in text
