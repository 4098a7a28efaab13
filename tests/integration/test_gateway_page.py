"""The local page of a running gateway whose centre is away: probe, outbox, lag and metrics, read over HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_mocks.cast import free_port
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY
from tests.support.gateway_site import Gateway, Mock, wait_for
from tests.support.processes import fetch


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def gateway(tmp_path: Path, port: int) -> Iterator[Gateway]:
    running = Gateway(tmp_path)
    running.configure(
        f"""
[gateway]
name = "gw-centre"
origin = "{ORIGIN}"
site_name = "Centre"
[uplink]
url = "http://127.0.0.1:9"
receipt_key = "{RECEIPT_VKEY}"
[page]
port = {port}
[[probe]]
name = "fridge-1-air"
family = "modbus_rtu_temp"
port = "bus"
place = "place:centre/fridge-1"
measures = "air"
interval_seconds = 0.3
low = 200
high = 600
"""
    )
    yield running
    running.clean_up()


def test_whoever_stands_beside_the_gateway_sees_how_it_is_while_the_centre_is_away(gateway: Gateway, port: int) -> None:
    bus = Mock("modbus_sht20", "--link", str(gateway.site / "bus"), "--zone", "1=fridge,start=12")
    try:
        gateway.start()
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: _text(gateway, f"{url}/?lang=en").count("out of range"), "the warm fridge on the page")
        page = _text(gateway, f"{url}/?lang=en")
        status = json.loads(_text(gateway, f"{url}/status.json"))
        metrics = _text(gateway, f"{url}/metrics")
        assert gateway.end() == 0
    finally:
        bus.end()
    assert "The centre is unreachable" in page
    assert "nothing yet" in page
    assert status["devices"][0]["reading"] > 600
    assert status["lags"]["gw-centre/1/c"]["waiting_since"] is not None
    assert status["room"]["free_bytes"] > 0
    assert 'xuemai_gateway_device_up{device="fridge-1-air"} 1.0' in metrics
    assert "xuemai_gateway_ledger_reachable 0.0" in metrics


def _text(gateway: Gateway, url: str) -> str:
    assert gateway.process is not None
    assert gateway.process.poll() is None, (gateway.site / "gateway.log").read_text()
    try:
        return fetch(url).body.decode()
    except OSError:
        return ""  # it does not listen yet
