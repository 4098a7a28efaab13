"""Every MQTT family on one real broker: what its devices serve arrives, and arrives again after the broker died."""

import json
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from firmware_mocks.cast import free_port
from firmware_mocks.ruuvi_gateway import address_of
from firmware_mocks.tasmota import rom_of
from ledger.core import kinds
from tests.support.gateway_ledger import LedgerServer, StrictLedger
from tests.support.gateway_site import EPC, Gateway, Mock, T, centre, edges, of_kind, wait_for

# The device's program, its options, its family, the topic that is subscribed to, and the sensor's own name there.
PROBES = {
    "tasmota": (["tasmota", "--fahrenheit"], "mqtt_temperature", "tele/fridge/+", rom_of("fridge")),
    "esphome": (["esphome"], "mqtt_temperature", "node/#", "node/probe_temperature"),
    "ruuvi": (["ruuvi_gateway"], "mqtt_temperature", "ruuvi/#", address_of("ruuvi").hex().upper()),
    "ttn": (["lorawan_server", "--server", "ttn"], "mqtt_temperature", "v3/bank@ttn/devices/+/up", "lht65"),
    "chirpstack": (["lorawan_server", "--server", "chirpstack"], "mqtt_temperature", "application/1/#", "a840414021"),
    "sparkplug": (["sparkplug_node"], "sparkplug_b", "spBv1.0/BloodBank/#", "gw-2/FR-07/Temperature"),
}
ZONES = {
    "tasmota": "fridge",
    "esphome": "node",
    "ruuvi": "ruuvi",
    "ttn": "lht65",
    "chirpstack": "a840414021",
    "sparkplug": "FR-07",
}


def configuration(url: str, port: int) -> str:
    probes = "".join(
        f"""
[[probe]]
name = "{name}"
family = "{family}"
topic = "{topic}"
sensor = "{sensor}"
place = "place:centre/{name}"
measures = "air"
interval_seconds = 0.5
segment_seconds = 2
"""
        for name, (_, family, topic, sensor) in PROBES.items()
    )
    return f"""{centre(url)}[mqtt]
host = "127.0.0.1"
port = {port}
[[reader]]
name = "gate"
family = "zebra_fx_mqtt"
topic = "fx/+"
antennas = [{{antenna = 1, place = "place:centre/gate"}}]
interval_seconds = 0.2
leave_after_seconds = 2.0
{probes}
"""


def heard(ledger: StrictLedger) -> dict[str, Counter[int]]:
    """Every value that arrived, by probe."""
    values: dict[str, Counter[int]] = {name: Counter() for name in PROBES}
    for event in ledger.events(T):
        if isinstance(event, kinds.TemperatureSegment):
            values[event.probe.rpartition("/")[2]] += Counter(value for _, value in event.readings)
    return values


def test_every_family_is_heard_and_heard_again(tmp_path: Path, mock: Callable[..., Mock]) -> None:
    ledger, port = StrictLedger(), free_port()
    with LedgerServer(ledger) as server:
        gateway = Gateway(tmp_path)
        gateway.configure(configuration(server.url, port))
        broker = mock("broker", "--port", str(port), "--store", str(tmp_path / "broker"))
        programs = {
            name: mock(
                *(program[0], "--port", str(port), "--every", "0.5", "--truth", str(tmp_path / name), *program[1:]),
                *("--zone", f"{ZONES[name]}=fridge,start=4"),
            )
            for name, (program, *_) in PROBES.items()
        }
        try:
            gateway.start()
            reader = mock("zebra_fx", "--port", str(port))
            reader.tell(cmd="field", tags=[{"epc": EPC, "antenna": 1, "rssi": -55}])
            wait_for(lambda: edges(ledger) == ["TagArrived"], "the arrival")
            wait_for(lambda: all(heard(ledger).values()), "a segment of every probe")
            assert programs["sparkplug"].tell(cmd="stats")["rebirths"], "the gateway came late and asked for a rebirth"
            before = heard(ledger)
            broker.process.send_signal(signal.SIGTERM)
            wait_for(lambda: len(of_kind(ledger, kinds.DeviceFault)) > len(PROBES), "everybody's fault")
            mock("broker", "--port", str(port), "--store", str(tmp_path / "broker"))
            wait_for(lambda: len(of_kind(ledger, kinds.DeviceRestored)) > len(PROBES), "everybody's return")
            wait_for(
                lambda: all(now.total() > before[name].total() for name, now in heard(ledger).items()), "new readings"
            )
            assert edges(ledger) == ["TagArrived"], "a broker that dies makes nobody leave"
            assert gateway.end() == 0
        finally:
            gateway.clean_up()
    assert ledger.complaints == []
    for name, values in heard(ledger).items():
        served = Counter(json.loads(line)["centi_celsius"] for line in (tmp_path / name).read_text().splitlines())
        assert values <= served, f"{name}: no reading that was not served, and none twice"
