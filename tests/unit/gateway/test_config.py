"""The configuration: what a mistake is called."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway import config
from gateway.spool.room import BALLAST_BYTES, MEGABYTE, Allowance
from ledger.core.errors import ConfigError
from ledger.core.tagmemory import Layout
from tests.support.gateway_ledger import RECEIPT_VKEY

GOOD = f"""
[gateway]
name = "gw-centre"
origin = "demo.a9999.example/ledger/1"
[uplink]
url = "https://ledger.a9999.example/"
receipt_key = "{RECEIPT_VKEY}"
ca_file = "ca.pem"
[mqtt]
host = "127.0.0.1"
[[reader]]
name = "r1"
family = "m100_uhf"
port = "/dev/serial/by-id/usb-M100"
antennas = [{{antenna = 1, place = "place:centre/fridge-1"}}]
known_tags = ["E280A999"]
[[reader]]
name = "gate"
family = "impinj_r700_mqtt"
topic = "rfid/r700"
antennas = [{{antenna = 1, place = "place:centre/gate"}}]
[[scanner]]
name = "desk"
port = "scanner"
place = "place:centre/desk"
[[probe]]
name = "p1"
family = "modbus_rtu_temp"
port = "bus"
slave = 3
place = "place:centre/fridge-1"
measures = "load"
low = 200
high = 600
calibration_until = "2027-01-01T00:00:00Z"
[[probe]]
name = "p2"
family = "mqtt_temperature"
topic = "zigbee2mqtt/+"
sensor = "fridge-2"
place = "place:centre/fridge-2"
measures = "air"
"""


def parse(text: str) -> config.Config:
    return config.parse(text.encode(), Path("/site"))


def test_a_whole_configuration_is_read() -> None:
    read = parse(GOOD)
    assert read.gateway.epoch == 1
    assert read.uplink.url == "https://ledger.a9999.example"
    assert read.uplink.ca_file == Path("/site/ca.pem")
    assert [each.rounds for each in read.readers] == ["reported", "reads"]
    assert (read.scanners[0].port, read.readers[0].port) == ("/site/scanner", "/dev/serial/by-id/usb-M100")
    assert (read.probes[0].sensor, read.probes[1].sensor) == ("p1", "fridge-2")
    assert read.probes[0].calibration_until == "2027-01-01T00:00:00.000Z"
    assert (read.clock.source, read.probes[0].segment_seconds) == ("system", 900)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('name = "gw-centre"', 'name = "gw centre"', r"gateway\.name: expected a name"),
        ("low = 200", "lwo = 200", r"probe\[0\]\.lwo: Unknown field"),
        ("low = 200", "low = 700", r"probe\[0\]\.low: expected low <= high"),
        ("low = 200", 'low = "2 C"', r"probe\[0\]\.low"),
        ('place = "place:centre/gate"', 'place = "gate"', r"reader\[1\]\.antennas\[0\]\.place: expected a place"),
        (RECEIPT_VKEY, RECEIPT_VKEY[:-2], r"uplink\.receipt_key"),
        ('topic = "rfid/r700"', 'topic = "rfid/r700"\nport = "x"', r"reader\[1\]\.port: expected either"),
        ('topic = "rfid/r700"', 'topic = "rfid/r700"\nidentity = "A"', r"reader\[1\]\.identity: expected none"),
        ('port = "bus"', "", r"probe\[0\]\.port: expected either"),
        (
            'known_tags = ["E280A999"]',
            'known_tags = ["e280"]',
            r"reader\[0\]\.known_tags\[0\]: expected upper-case hex",
        ),
        ('name = "desk"', 'name = "p1"', "name of its own; got 'p1' twice"),
        ('[mqtt]\nhost = "127.0.0.1"', "", "mqtt: expected a broker"),
        ("[gateway]", "[gateway", "expected TOML"),
        ("[uplink]", '[clock]\nsource = "simulated"\n[uplink]', r"clock\.path: expected the path"),
        ("[uplink]", '[page]\nport = 1\nhost = "0.0.0.0"\n[uplink]', r"page\.host: expected 127\.0\.0\.1"),
        ("[uplink]", '[page]\nhost = "127.0.0.1"\n[uplink]', r"page\.port"),
        ("[uplink]", '[colour]\nname = "red"\n[uplink]', "colour: Unknown field"),
    ],
)
def test_a_mistake_is_told_by_its_key(old: str, new: str, told: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError, match=told):
        parse(GOOD.replace(old, new, 1))


def probe(**more: object) -> str:
    fields = {"name": "p9", "family": "mqtt_temperature", "topic": "zigbee2mqtt/+", "place": "place:x"} | more
    return "\n[[probe]]\n" + "".join(f'{key} = "{value}"\n' for key, value in fields.items()) + 'measures = "air"\n'


@pytest.mark.parametrize("more", [{}, {"sensor": "fridge-2"}])
def test_probes_that_nothing_tells_apart_are_refused(more: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"sensor"):
        parse(GOOD + probe(**more))


def test_two_probes_under_one_modbus_address_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"slave"):
        parse(GOOD + probe(family="modbus_rtu_temp", port="bus", topic="").replace('topic = ""\n', "slave = 3\n"))


def test_no_configuration_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gateway\.toml"):
        config.load(tmp_path)


def test_an_outbox_may_be_told_how_large_it_may_become() -> None:
    assert parse(GOOD).outbox == Allowance(0, 32 * MEGABYTE)
    told = parse(GOOD + "[outbox]\nmax_megabytes = 100\nreserve_megabytes = 10\n").outbox
    assert told == Allowance(100 * MEGABYTE, 10 * MEGABYTE)
    with pytest.raises(ConfigError, match=r"outbox\.max_megabytes: expected 0 or at least twice"):
        parse(GOOD + "[outbox]\nmax_megabytes = 50\n")


def test_a_reserve_is_more_than_what_is_given_up_on_a_full_disk() -> None:
    """Else there would be room enough for readings again as soon as it was given up, for a scan."""
    with pytest.raises(ConfigError, match=r"outbox\.reserve_megabytes: expected 5 at least: .*; got 4"):
        parse(GOOD + "[outbox]\nreserve_megabytes = 4\n")
    assert parse(GOOD + "[outbox]\nreserve_megabytes = 5\n").outbox.reserve_bytes > BALLAST_BYTES


SCHEME = '[[label_scheme]]\nname = "station"\npattern = "{fin:5}{year:2}{sequence:6}"\n'


def test_labels_are_read_as_the_site_prints_them(tmp_path: Path) -> None:
    assert parse(GOOD).labels.reading().schemes == ()
    read = parse(f'[labels]\ncodes = "codes.toml"\n{GOOD}\n{SCHEME}').labels
    assert (read.codes, [each.name for each in read.schemes]) == (Path("/site/codes.toml"), ["station"])
    with pytest.raises(ConfigError, match=r"labels.codes: expected a file in UTF-8 at /site/codes.toml"):
        read.reading()
    codes = tmp_path / "codes.toml"
    codes.write_text('facility = "A9999"\nversion = "3"\n', encoding="utf-8")
    assert replace(read, codes=codes).reading().codes.version == "3"
    assert replace(read, codes=codes).reading().read("3501226123456").scheme == "station"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('[labels]\ncode = "x"\n', "labels.code: Unknown field"),
        (SCHEME.replace("sequence:6", "sequence:5"), "label scheme station: expected sequence of 6 characters"),
        (SCHEME * 2, "expected each name once"),
    ],
)
def test_a_label_scheme_that_cannot_be_is_refused(more: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse(f"{GOOD}\n{more}")


def test_how_a_site_writes_its_tags_is_said_at_its_reader() -> None:
    known = 'known_tags = ["E280A999"]'
    assert parse(GOOD).readers[0].memory is None
    assert parse(GOOD.replace(known, "memory = {}")).readers[0].memory == Layout()
    told = parse(GOOD.replace(known, 'memory = {blocks = 64, crc = "none", afi = 196}')).readers[0].memory
    assert told == Layout(blocks=64, crc="none", afi=196)
    for wrong, key in (("filler = 1", "filler"), ('crc = "both"', "crc"), ("afi = 300", "afi"), ("block = 3", "block")):
        with pytest.raises(ConfigError, match=rf"reader\[0\]\.memory\.{key}: "):
            parse(GOOD.replace(known, f"memory = {{{wrong}}}"))
