"""A gateway behind TLS: one authority is believed, all other certificates are refused in words, nothing is lost."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger import tls
from ledger.clock import SystemClock
from ledger.core import kinds
from tests.support.gateway_ledger import LedgerServer, StrictLedger
from tests.support.gateway_site import Gateway, centre, of_kind, wait_for
from tests.support.tls_front import TlsFront, make_authority, make_server


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    return tmp_path / "tls"


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Gateway]:
    (tmp_path / "edge").mkdir()
    running = Gateway(tmp_path / "edge")
    yield running
    running.clean_up()


def start(edge: Gateway, url: str, certificates: Path, more: str = "") -> None:
    edge.configure(
        f"""{centre(url)}ca_file = "{certificates / "ca.crt"}"
{more}
"""
    )
    edge.start()


def alarms(edge: Gateway) -> str:
    return " ".join(edge.status()["alarms"])


def endings(edge: Gateway) -> dict[str, int]:
    return {each["kind"]: each["days"] for each in edge.status()["endings"]}


def test_what_is_wrong_with_a_certificate_is_said_and_a_right_one_lets_everything_through(
    ledger: StrictLedger, edge: Gateway, certificates: Path
) -> None:
    authority, stranger = make_authority(certificates), make_authority(certificates / "strangers")
    make_server(certificates, stranger, "localhost")
    with LedgerServer(ledger) as server, TlsFront(certificates, server.port) as front:
        start(edge, front.url, certificates)
        for wrong, told in (
            (lambda: None, "is not from the authority that is believed here"),
            (lambda: make_server(certificates, authority, "localhost", made_days_ago=31), "has expired"),
            (lambda: make_server(certificates, authority, "other.a9999.example"), "is not one for localhost"),
        ):
            wrong()
            wait_for(lambda told=told: told in alarms(edge), told)
            assert "ledger_not_believed: the certificate" in alarms(edge)
        assert ledger.log == []
        assert endings(edge) == {"authority": tls.CA_DAYS - 1}, "no certificate was believed yet"
        make_server(certificates, authority, "localhost", "127.0.0.1")
        wait_for(lambda: of_kind(ledger, kinds.GatewayStarted), "the start, delivered")
        wait_for(lambda: "ledger_not_believed" not in alarms(edge), "the alarm to end")
        assert endings(edge) == {"ledger": 29, "authority": tls.CA_DAYS - 1}
        assert edge.end() == 0
    assert ledger.complaints == []


def test_a_ledger_that_asks_for_the_gateways_certificate_gets_it(
    ledger: StrictLedger, edge: Gateway, certificates: Path
) -> None:
    authority = make_authority(certificates)
    make_server(certificates, authority, "localhost")
    with LedgerServer(ledger) as server, TlsFront(certificates, server.port, asks=certificates / "ca.crt") as front:
        start(edge, front.url, certificates)
        wait_for(lambda: "asks for this gateway's own certificate" in alarms(edge), "words")
        edge.end(signal.SIGKILL)
        assert ledger.log == []
        own = tls.make_client(authority, "gw-centre", now_ms=SystemClock().now_ms(), days=30)
        tls.write(own, certificates, "gw-centre")
        with (edge.site / "gateway.toml").open("a") as written:
            for which, suffix in (("certificate_file", "crt"), ("key_file", "key")):
                written.write(f'{which} = "{certificates / "gw-centre"}.{suffix}"\n')
        edge.start()
        wait_for(lambda: len(of_kind(ledger, kinds.GatewayStarted)) == 2, "both starts")
        assert edge.end() == 0
    assert ledger.complaints == []


def test_a_port_that_speaks_no_tls_is_named(ledger: StrictLedger, edge: Gateway, certificates: Path) -> None:
    make_authority(certificates)
    with LedgerServer(ledger) as server:
        start(edge, f"https://localhost:{server.port}", certificates)
        wait_for(lambda: "speaks no TLS" in alarms(edge), "words")
    assert ledger.log == []
