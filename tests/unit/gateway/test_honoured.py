"""A key that a reader's family cannot honour is refused, not believed."""

from pathlib import Path

import pytest

from gateway import config, lines
from gateway.ports.serial_port import SerialPort
from gateway.session import Moment
from ledger.core.errors import ConfigError
from tests.support.gateway_ledger import RECEIPT_VKEY

SERIAL, TCP, TOPIC = 'port = "/dev/d"', 'port = "tcp://10.0.0.5"', 'topic = "a/b"'


def plan(family: str, way: str, more: str) -> lines.Ports:
    return plan_of(f"""
[[reader]]
name = "d"
family = "{family}"
antennas = [{{antenna = 1, place = "place:a"}}]
{way}
{more}
""")


def plan_of(tables: str) -> lines.Ports:
    text = f"""
[gateway]
name = "gw"
origin = "demo.a9999.example/ledger/1"
[uplink]
url = "http://127.0.0.1"
receipt_key = "{RECEIPT_VKEY}"
[mqtt]
host = "127.0.0.1"
{tables}
"""
    return lines.plan(config.parse(text.encode(), Path("/")), moment=lambda: Moment(0, 0.0), post=lambda _: None)


@pytest.mark.parametrize(
    ("family", "way", "more", "told"),
    [
        ("m100_uhf", SERIAL, "power_dbm = 20", r"power_dbm: expected it on chafon_crc_uhf, .*; got m100_uhf"),
        ("llrp", TCP, "power_dbm = 20", r"power_dbm: expected it on .*; got llrp"),
        ("impinj_r700_mqtt", TOPIC, "power_dbm = 20", r"power_dbm: expected it on .*; got impinj_r700_mqtt"),
        ("chafon_crc_uhf", SERIAL, 'region = "eu"', r"region: expected it on thingmagic_m6e; got chafon_crc_uhf"),
        ("m100_uhf", SERIAL, 'dialect = "ti"', r"dialect: expected it on hf_iso15693; got m100_uhf ti"),
        ("r2000_a0_uhf", SERIAL, 'dialect = "ti"', r"dialect: expected it on hf_iso15693; got r2000_a0_uhf ti"),
        ("m100_uhf", SERIAL, "memory = {}", r"memory: expected it on an hf_iso15693 reader of the dialect feig; got m"),
        ("hf_iso15693", SERIAL, 'dialect = "ti"\nmemory = {}', r"memory: expected it on .* feig; got hf_iso15693 ti"),
        ("zebra_fx_mqtt", TOPIC, "memory = {}", r"memory: expected it on"),
        ("llrp", TCP, "baud = 9600", r"baud: expected it on a serial port; got tcp://10\.0\.0\.5"),
        ("zebra_fx_mqtt", TOPIC, "baud = 9600", r"baud: expected it on a serial port; got a/b"),
    ],
)
def test_a_key_without_effect_is_refused(family: str, way: str, more: str, told: str) -> None:
    with pytest.raises(ConfigError, match=rf"d\.{told}"):
        plan(family, way, more)


@pytest.mark.parametrize("more", ["slave = 3", 'scale = "hundredths"', 'registers = "humidity-first"'])
def test_what_only_a_modbus_probe_has_is_refused_on_any_other(more: str) -> None:
    probe = (
        f'[[probe]]\nname = "p"\nfamily = "ds18b20_serial"\nport = "/p"\nplace = "place:a"\nmeasures = "air"\n{more}'
    )
    with pytest.raises(
        ConfigError, match=rf"p\.{more.partition(' ')[0]}: expected it on modbus_rtu_temp; got ds18b20_serial"
    ):
        plan("m100_uhf", SERIAL, probe)


@pytest.mark.parametrize(
    ("family", "more"),
    [
        ("chafon_crc_uhf", "power_dbm = 20"),
        ("r2000_a0_uhf", "power_dbm = 20"),
        ("thingmagic_m6e", 'power_dbm = 20\nregion = "eu"'),
        ("hf_iso15693", 'dialect = "feig"\nmemory = {}'),
        ("hf_iso15693", 'dialect = "ti"'),
    ],
)
def test_what_a_family_can_be_told_is_taken(family: str, more: str) -> None:
    assert len(plan(family, SERIAL, more).lines) == 1


@pytest.mark.parametrize("family", ["m100_uhf", "chafon_crc_uhf", "hf_iso15693", "r2000_a0_uhf", "thingmagic_m6e"])
def test_every_reader_on_a_serial_port_may_be_set_to_another_speed(family: str) -> None:
    (line,) = plan(family, SERIAL, "baud = 19200").lines
    assert isinstance(line.port, SerialPort)
    assert line.port.settings.baud == 19200


PROBE = '[[probe]]\nname = "{name}"\nfamily = "{family}"\n{way}\nplace = "place:a"\nmeasures = "air"\n{more}\n'
SCANNER = '[[scanner]]\nname = "s"\nport = "/s"\nplace = "place:a"\n{more}\n'


def bauds(tables: str) -> list[int]:
    return [line.port.settings.baud for line in plan_of(tables).lines if isinstance(line.port, SerialPort)]


def test_probes_and_scanners_are_spoken_with_at_the_speed_that_they_were_set_to() -> None:
    bus = "".join(
        PROBE.format(
            name=f"p{slave}", family="modbus_rtu_temp", way='port = "/b"', more=f"baud = 19200\nslave = {slave}"
        )
        for slave in (1, 2)
    )
    rom = PROBE.format(name="r", family="ds18b20_serial", way='port = "/r"', more="baud = 57600")
    assert bauds(bus + rom + SCANNER.format(more="baud = 115200")) == [115200, 19200, 57600]
    assert bauds(rom.replace("baud = 57600", "") + SCANNER.format(more="")) == [9600, 115200]


def test_one_line_has_one_speed() -> None:
    one = PROBE.format(name="p1", family="modbus_rtu_temp", way='port = "/b"', more="slave = 1\nbaud = 19200")
    other = PROBE.format(name="p2", family="modbus_rtu_temp", way='port = "/b"', more="slave = 2")
    with pytest.raises(ConfigError, match=r"p2\.baud: expected one speed for every device on /b; got 19200 and none"):
        bauds(one + other)


def test_a_probe_on_a_topic_has_no_speed() -> None:
    table = PROBE.format(name="p", family="mqtt_temperature", way='topic = "a"', more="baud = 9600")
    with pytest.raises(ConfigError, match=r"p\.baud: expected it on a serial port; got a"):
        bauds(table)
