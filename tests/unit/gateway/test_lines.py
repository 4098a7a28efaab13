"""Which ports a configuration needs, and who speaks on each."""

from pathlib import Path

import pytest

from gateway import config, lines
from gateway.llrp_session import LlrpSession
from gateway.ports.mailbox import Letter
from gateway.ports.tcp_port import TcpPort
from gateway.session import Listening, M100Session, ModbusBus, Moment
from gateway.wire.modbus_rtu_temp.probe import Request
from ledger.core.errors import ConfigError
from tests.support.gateway_ledger import RECEIPT_VKEY

HEAD = f"""
[gateway]
name = "gw"
origin = "demo.a9999.example/ledger/1"
[uplink]
url = "http://127.0.0.1"
receipt_key = "{RECEIPT_VKEY}"
[mqtt]
host = "127.0.0.1"
"""


def reader(name: str, family: str, way: str) -> str:
    antennas = '[{antenna = 1, place = "place:a"}]'
    return f'[[reader]]\nname = "{name}"\nfamily = "{family}"\n{way}\nantennas = {antennas}\n'


def probe(name: str, family: str, way: str) -> str:
    return f'[[probe]]\nname = "{name}"\nfamily = "{family}"\n{way}\nplace = "place:a"\nmeasures = "air"\n'


def scanner(name: str, answers: str) -> str:
    return f'[[scanner]]\nname = "{name}"\nport = "/{name}"\nplace = "place:a"\nanswers = "{answers}"\n'


SCANNER = '[[scanner]]\nname = "desk"\nport = "/scanner"\nplace = "place:a"\n'


def plan(text: str) -> lines.Ports:
    def post(_letter: Letter) -> None:
        """Nobody listens."""

    return lines.plan(config.parse((HEAD + text).encode(), Path("/")), moment=lambda: Moment(0, 0.0), post=post)


def test_each_line_gets_the_session_of_its_family() -> None:
    ports = plan(
        reader("shelf", "m100_uhf", 'port = "/m100"')
        + SCANNER
        + probe("p1", "modbus_rtu_temp", 'port = "/bus"\nslave = 1')
        + probe("p2", "modbus_rtu_temp", 'port = "/bus"\nslave = 2')
        + probe("p3", "mqtt_temperature", 'topic = "zigbee2mqtt/+"\nsensor = "f3"')
        + probe("p4", "mqtt_temperature", 'topic = "zigbee2mqtt/+"\nsensor = "f4"')
    )
    by_path = {line.path: line for line in ports.lines}
    assert isinstance(by_path["/m100"].session, M100Session)
    assert isinstance(by_path["/scanner"].session, Listening)
    bus = by_path["/bus"].session
    assert isinstance(bus, ModbusBus)
    assert [(slave.probe.sensor, slave.probe.request.slave) for slave in bus.slaves] == [("p1", 1), ("p2", 2)]
    assert by_path["/m100"].keepalive_seconds == 10.0
    assert by_path["/scanner"].keepalive_seconds is None, "a scanner may rest"
    (broker,) = ports.brokers
    assert [each.topic for each in broker.subscriptions] == ["zigbee2mqtt/+"]


def test_probe_is_asked_as_its_make_wants_it() -> None:
    (line,) = plan(probe("p1", "modbus_rtu_temp", 'port = "/bus"\nslave = 3\nregisters = "humidity-first"')).lines
    assert isinstance(line.session, ModbusBus)
    (slave,) = line.session.slaves
    assert slave.probe.request == Request(3, 0, 2, 3)
    assert slave.probe.quantities == ("humidity", "temperature")


def test_network_reader_and_a_line_behind_a_device_server_are_connections() -> None:
    ports = plan(
        reader("dock", "llrp", 'port = "tcp://10.0.0.5"')
        + '[[scanner]]\nname = "desk"\nport = "tcp://10.0.0.6:4001"\nplace = "place:a"\n'
    )
    dock, desk = ports.lines
    assert isinstance(dock.port, TcpPort)
    assert isinstance(desk.port, TcpPort)
    assert isinstance(dock.session, LlrpSession)
    assert (dock.port.address, dock.session.antennas, desk.port.address) == (
        ("10.0.0.5", 5084),
        (1,),
        ("10.0.0.6", 4001),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (reader("dock", "llrp", 'port = "/dev/ttyUSB0"'), r"dock\.port: expected tcp://host:port of an LLRP reader"),
        (reader("shelf", "telepathy", 'port = "/m100"'), r"shelf\.family: expected one of"),
        (reader("shelf", "impinj_r700_mqtt", 'port = "/m100"'), r"shelf\.family: expected a family of serial devices"),
        (reader("shelf", "m100_uhf", 'topic = "t"'), r"shelf\.family: expected a family that speaks MQTT"),
        (
            reader("one", "m100_uhf", 'port = "/m100"') + reader("two", "m100_uhf", 'port = "/m100"'),
            r"one\.port: expected one \[\[reader\]\]",
        ),
        (reader("shelf", "barcode_isbt128", 'port = "/m100"'), r"shelf\.family: expected .* in \[\[scanner\]\] tables"),
        (probe("p1", "m100_uhf", 'port = "/m100"'), r"p1\.family: expected .* in \[\[reader\]\] tables"),
        (SCANNER + probe("p1", "modbus_rtu_temp", 'port = "/scanner"'), r"p1\.family: expected one family on /scanner"),
    ],
)
def test_what_cannot_be_on_a_line_is_refused(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        plan(text)


def test_only_the_scanner_that_scanned_is_answered_in_the_way_that_it_was_set_to() -> None:
    asked = {"desk": "ack_nak", "gate": "bel", "door": "none"}
    ports = plan("".join(scanner(name, way) for name, way in asked.items()))
    desk, gate, door = ports.lines
    for path in ("/desk", "/gate", "/door"):
        ports.tell_stored(path)
    assert [line._said() for line in (desk, gate, door)] == [b"\x06", b"", b""]
    for path in ("/desk", "/gate", "/door"):
        ports.tell_refused(path)
    assert [line._said() for line in (desk, gate, door)] == [b"\x15", b"\x07\x07\x07", b""]
    for path in ("/desk", "/gate", "/door"):
        ports.tell_unpaired(path)
    assert [line._said() for line in (desk, gate, door)] == [b"", b"\x07\x07", b""], "NAK would ask for the scan again"


def test_a_bus_that_is_asked_in_vain_is_doubted_and_every_thread_has_a_pulse() -> None:
    ports = plan(
        SCANNER
        + probe("p1", "modbus_rtu_temp", 'port = "/bus"\nslave = 1')
        + probe("p2", "modbus_rtu_temp", 'port = "/bus"\nslave = 2')
    )
    assert [(line.path, line.unanswered) for line in ports.lines] == [("/scanner", None), ("/bus", 20)]
    assert [name for name, _ in ports.pulses()] == ["/scanner", "/bus"]


def test_a_port_may_be_named_by_its_plug_but_only_rightly() -> None:
    named = SCANNER.replace("/scanner", "usb:0c2e:0be1:20288B0C45")
    assert [line.path for line in plan(named).lines] == ["usb:0c2e:0be1:20288B0C45"]
    with pytest.raises(ConfigError, match=r"desk\.port: expected usb:VENDOR:PRODUCT:NUMBER"):
        plan(SCANNER.replace("/scanner", "usb:0c2e"))


def test_readings_have_a_connection_of_their_own_so_that_they_never_hold_up_custody() -> None:
    ports = plan(
        probe("p1", "mqtt_temperature", 'topic = "zigbee2mqtt/+"')
        + reader("gate", "impinj_r700_mqtt", 'topic = "rfid/gate"')
        + reader("door", "impinj_r700_mqtt", 'topic = "rfid/door"')
    )
    custody, readings = ports.brokers
    assert sorted(each.topic for each in custody.subscriptions) == ["rfid/door", "rfid/gate"]
    assert [each.topic for each in readings.subscriptions] == ["zigbee2mqtt/+"]
    assert (custody.source, readings.source) == ("mqtt", "mqtt/readings")
    assert custody.client_id != readings.client_id, "a broker lets no two in by one name"
    acknowledged: list[tuple[str, int]] = []
    for port in ports.brokers:
        port._client.ack = lambda number, _quality, source=port.source: acknowledged.append((source, number))  # type: ignore[method-assign, assignment, misc]
    ports.acknowledge([("mqtt", 7), ("mqtt/readings", 7), ("mqtt", 8)])
    assert acknowledged == [("mqtt", 7), ("mqtt", 8), ("mqtt/readings", 7)]
