"""Captured bytes of the other device families, through a real gateway, into a real ledger.

What must arrive is taken from what the captures themselves expect; what was corrupt, cut off or a known lie of its
sensor must not arrive as a fact.
"""

import json
import os
import select
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from firmware_mocks.cast import free_port
from tests.journey.captures import captured
from tests.support import invariants, sites
from tests.support.processes import device, ending, pty_link, wait_for

R700, ZIGBEE = captured("impinj_r700_mqtt"), captured("mqtt_temperature")
MODBUS, W1, SCANS = captured("modbus_rtu_temp"), captured("ds18b20_serial"), captured("barcode_isbt128")
R700_TOPIC = str(R700["g01"]["topic"])
SCANNED_UNIT = "unit:A999917123456.A0002V00"

DEVICES = f"""
[[reader]]
name = "dock"
family = "impinj_r700_mqtt"
topic = "{R700_TOPIC}"
antennas = [{{antenna = 1, place = "place:centre/fridge-1"}}, {{antenna = 2, place = "place:centre/bench"}},
            {{antenna = 3, place = "place:hospital-1/ward-3"}}]
rounds = "assumed"
leave_after_seconds = 600
[[scanner]]
name = "desk"
port = "scanner"
place = "place:centre/bench"
[[probe]]
name = "bus"
family = "modbus_rtu_temp"
port = "bus"
place = "place:centre/fridge-1"
measures = "air"
interval_seconds = 0.5
[[probe]]
name = "w1"
family = "ds18b20_serial"
port = "w1"
place = "place:centre/bench"
measures = "air"
[[probe]]
name = "room"
family = "mqtt_temperature"
topic = "{ZIGBEE["g06"]["topic"]}"
place = "place:centre/bench"
measures = "air"
[[probe]]
name = "freezer"
family = "mqtt_temperature"
topic = "{ZIGBEE["g05"]["topic"]}"
place = "place:centre/fridge-1"
measures = "air"
"""


def octets(frame: dict[str, Any]) -> bytes:
    """A captured frame as it was on the wire."""
    return bytes.fromhex(frame["hex"]) if "hex" in frame else frame["text"].encode("ascii")


def centi(frame: dict[str, Any]) -> int:
    """The temperature that a captured frame is expected to mean."""
    celsius: float = frame["expect"]["temp_c"]
    return round(celsius * 100)


@contextmanager
def broker(folder: Path) -> Iterator[int]:
    """A real broker; its port."""
    port = free_port()
    with device("broker", "--port", str(port), "--store", str(folder / "broker"), log=folder / "broker.log"):
        yield port


@contextmanager
def publisher(port: int) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Publishes the payload of a captured message, acknowledged by the broker."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()

    def publish(message: dict[str, Any]) -> None:
        payload = json.dumps(undated(message["payload"]), separators=(",", ":"))
        client.publish(message.get("topic", R700_TOPIC), payload, qos=1).wait_for_publish(10)

    try:
        yield publish
    finally:
        client.disconnect()
        client.loop_stop()


def undated(payload: dict[str, Any]) -> dict[str, Any]:
    """A tag event as a reader sends it that is set to send no times: days of captures in a second are no delay."""
    event = payload.get("tagInventoryEvent")
    if event is None:
        return payload
    inner = {name: value for name, value in event.items() if name != "lastSeenTime"}
    return {name: value for name, value in payload.items() if name != "timestamp"} | {"tagInventoryEvent": inner}


@contextmanager
def modbus_slave(line: int, answers: list[bytes]) -> Iterator[list[bytes]]:
    """Answers each request with the next captured answer, and the last for ever; the requests are yielded."""
    ended, requests, left = threading.Event(), list[bytes](), list(answers)

    def serve() -> None:
        while not ended.is_set():
            if select.select([line], [], [], 0.05)[0]:
                requests.append(os.read(line, 64))
                os.write(line, left.pop(0) if len(left) > 1 else left[0])

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield requests
    finally:
        ended.set()
        thread.join()


def test_captured_bytes_of_every_family_reach_the_log(tmp_path: Path) -> None:
    with ExitStack() as stack:
        port = stack.enter_context(broker(tmp_path))
        devices = f'[mqtt]\nhost = "127.0.0.1"\nport = {port}\n{DEVICES}'
        whole = sites.make(tmp_path, devices, units={SCANNED_UNIT: []})
        lines = {name: stack.enter_context(pty_link(whole.gateway_folder / name)) for name in ("scanner", "bus", "w1")}
        publish = stack.enter_context(publisher(port))
        answers = [octets(MODBUS["g06"]), octets(MODBUS["g07"])]
        requests = stack.enter_context(modbus_slave(lines["bus"], answers))
        stack.enter_context(ending(whole.gateway, whole.server))
        whole.server.start_and_wait()
        whole.gateway.start()

        def wait(found: Callable[[], bool], what: str) -> None:
            wait_for(found, what, whole.gateway, whole.server)

        wait(lambda: whole.counts("bus").get("noise", 0) >= len(answers[0]), "the corrupt answer to be counted")
        replay(lines, publish)
        wait(lambda: whole.counts("dock").get("arrived") == 3, "three arrivals at the dock")
        wait(lambda: whole.counts("desk").get("noise") == len(octets(SCANS["g05"])), "the cut-off scan to be dropped")
        wait(lambda: len(requests) > 4, "some answers of the bus")
        assert whole.gateway.stop() == 0
        check_the_log(whole)
        assert set(requests) == {octets(MODBUS["g03"])}, "the gateway asks as the captured host asked"
        assert whole.server.stop() == 0
        assert whole.fsck()["first_bad"] is None


def replay(lines: dict[str, int], publish: Callable[[dict[str, Any]], None]) -> None:
    """Every device says what it once said; the reader and the probes say it more than once."""
    for name in ("g01", "g01", "g01", "g03"):
        os.write(lines["w1"], octets(W1[name]))
    os.write(lines["scanner"], octets(SCANS["g01"]) + octets(SCANS["g05"]))
    for name in ("g04", "g01", "g02", "g03", "g01", "g02", "g03"):
        publish(R700[name])
    publish(ZIGBEE["g06"])
    publish(ZIGBEE["g05"])


def check_the_log(whole: sites.WholeSite) -> None:
    """What the ledger holds is what the captures mean."""
    bodies = [json.loads(body) for batch in invariants.read_log(whole.site.ledger_db) for _, body in batch.events]
    scans = [event["din"] for event in bodies if event["kind"] == "label_scanned"]
    assert scans == ["din:A999917123456"]
    arrivals = {event["tag"]: event["place"] for event in bodies if event["kind"] == "tag_arrived"}
    assert arrivals == {
        f"tag:{R700[name]['expect']['epc']}": place
        for name, place in (("g01", sites.WARD), ("g02", sites.BENCH), ("g03", sites.FRIDGE))
    }
    series: dict[str, list[tuple[str, set[int]]]] = defaultdict(list)
    for event in bodies:
        if event["kind"] == "temperature_segment":
            name = event["probe"].rpartition("/")[2]
            series[name].append((event["quality"], {value for _, value in event["readings"]}))
    first, good, zero = ("suspect", {centi(W1["g01"])}), ("good", {centi(W1["g01"])}), ("fault", set[int]())
    assert series["w1"] == [first, good, zero]
    assert ("good", {centi(MODBUS["g07"])}) in series["bus"]
    assert {value for _, values in series["bus"] for value in values} == {centi(MODBUS["g07"])}
    assert series["room"] == [("suspect", {centi(ZIGBEE["g06"])})]
    assert series["freezer"] == [("fault", set())]
