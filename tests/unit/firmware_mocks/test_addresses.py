"""A start of the demo chooses its ports anew, and nothing else of what stands in a gateway's configuration changes."""

import tomllib

import pytest

from firmware_mocks import site_plan
from firmware_mocks.addresses import Addresses, readdressed

BEFORE = Addresses("http://127.0.0.1:8080", 1883, {name: 8300 + n for n, name in enumerate(site_plan.GATEWAYS)})
AFTER = Addresses("http://127.0.0.1:9090", 1884, {name: 8400 + n for n, name in enumerate(site_plan.GATEWAYS)})


def written(gateway: str, addresses: Addresses) -> str:
    return site_plan.gateway_configuration(gateway, addresses=addresses, pinned=("k", "l"), origin="o")


@pytest.mark.parametrize("gateway", site_plan.GATEWAYS)
def test_a_configuration_that_is_pointed_elsewhere_is_the_one_that_was_written_for_there(gateway: str) -> None:
    assert readdressed(written(gateway, BEFORE), AFTER.values(gateway)) == written(gateway, AFTER)


def test_a_serial_port_is_not_a_port_of_the_network() -> None:
    text = '[mqtt]\nport = 1\n[page]\nport = 2\n[[probe]]\nport = 3\n[[alarm.output]]\nport = "../relay"\n'
    assert tomllib.loads(readdressed(text, {("mqtt", "port"): 10, ("page", "port"): 20})) == {
        "mqtt": {"port": 10},
        "page": {"port": 20},
        "probe": [{"port": 3}],
        "alarm": {"output": [{"port": "../relay"}]},
    }


def test_what_a_person_wrote_by_hand_stays_even_beside_an_address() -> None:
    text = '# mine\n[ page ] # local\n  port = 1   # of the page\nhost = "localhost"\n\n[mqtt]\nusername = "port = 7"\n'
    assert readdressed(text, {("page", "port"): 2, ("mqtt", "port"): 3}) == (
        '# mine\n[ page ] # local\nport = 2\nhost = "localhost"\n\n[mqtt]\nusername = "port = 7"\n'
    )


def test_a_table_that_has_no_such_key_gets_none() -> None:
    assert readdressed("[uplink]\n", {("uplink", "url"): "http://x", ("mqtt", "port"): 1}) == "[uplink]\n"
