"""`[[mapping]]` tables: what they may say, and that a mistake names its key."""

from pathlib import Path

import pytest

from gateway import config, lines
from gateway.session import Moment
from gateway.wire.mqtt_mapping import MappedDecoder
from ledger.core.errors import ConfigError
from tests.support.gateway_ledger import RECEIPT_VKEY

GOOD = {"name": '"acme"', "topic": '"acme/{sensor}/state"', "value": '"/t"', "unit": '"F"'}


def parsed(table: dict[str, str], *, family: str = "mqtt_json", named: str = "acme") -> config.Config:
    text = f"""
[gateway]
name = "gw"
origin = "demo.a9999.example/ledger/1"
[uplink]
url = "http://127.0.0.1"
receipt_key = "{RECEIPT_VKEY}"
[mqtt]
host = "127.0.0.1"
[[mapping]]
"""
    text += "\n".join(f"{key} = {value}" for key, value in table.items())
    text += f"""
[[probe]]
name = "p1"
family = "{family}"
mapping = "{named}"
sensor = "f-7"
place = "place:a"
measures = "air"
"""
    return config.parse(text.encode(), Path("/"))


def test_probe_gets_its_mappings_topic_and_decoder() -> None:
    read = parsed(GOOD | {"scale": '"0.1"', "time": '"/at"'})
    assert read.probes[0].topic == "acme/+/state"
    ports = lines.plan(read, moment=lambda: Moment(0, 0.0), post=lambda _: None)
    (subscription,) = ports.brokers[0].subscriptions
    assert subscription.topic == "acme/+/state"
    assert isinstance(subscription.decoder, MappedDecoder)
    assert subscription.decoder.mapping.name == "acme"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"value": '"t"'}, r"mapping\[0\]\.value: expected a JSON pointer such as"),
        ({"unit": '"X"'}, r"mapping\[0\]\.unit: Must be one of"),
        ({"unit_at": '"/u"'}, r"mapping\[0\]\.unit: expected either unit or unit_at"),
        ({"scale": '"ten"'}, r"mapping\[0\]\.scale: expected a decimal number in quotes"),
        ({"scale": '"0"'}, r"mapping\[0\]\.scale: expected a scale between"),
        ({"scale": '"nan"'}, r"mapping\[0\]\.scale: expected a scale between"),
        ({"topic": '"acme/x{sensor}"'}, r"mapping\[0\]\.topic: expected {sensor} once, as a whole level"),
        ({"topic": '"acme/#/x"'}, r"mapping\[0\]\.topic: expected \+ as a whole level, and # as the last"),
        ({"sensor": '"/id"'}, r"mapping\[0\]\.sensor: expected the sensor's name either"),
        ({"time_form": '"iso"'}, r"mapping\[0\]\.time_form: Must be one of"),
        ({"vaule": '"/t"'}, r"mapping\[0\]\.vaule: Unknown field"),
    ],
)
def test_mistake_is_told_by_its_key(change: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        parsed(GOOD | change)


@pytest.mark.parametrize(
    ("family", "named", "told"),
    [
        ("mqtt_json", "other", r"probe p1\.mapping: expected a \[\[mapping\]\] \(acme\); got 'other'"),
        ("mqtt_temperature", "acme", r"probe p1\.mapping: expected a mapping for the family mqtt_json"),
    ],
)
def test_probe_and_mapping_have_to_fit(family: str, named: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        parsed(GOOD, family=family, named=named)
