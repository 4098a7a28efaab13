"""The demo site as data: its organisations, places, people, gateways and devices.

Nothing here runs anything. What happens there in a day is `scenarios`.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from firmware_mocks.addresses import Addresses

SITE_NAME = "demo.a9999.example"
TIME_ZONE = "Asia/Shanghai"
PROBE_SECONDS = 120
READER_SECONDS = 60
FRIDGE_LIMITS = (200, 600)
"""Red cells in store, centi-degrees, inclusive: what the probes of the fridges alarm at."""
TAG_PREFIX = "E280A999"


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation of the site."""

    id: str
    role: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place; `phase` empty: nothing is judged there; `use`: what it is set apart for."""

    id: str
    organisation: str
    phase: str
    name_zh: str
    name_en: str
    use: str = ""


@dataclass(frozen=True, slots=True)
class Reserve:
    """How many bags an organisation wants to have at least; `abo` empty: of any group."""

    name: str
    holder: str
    component: str
    abo: str
    bags: int


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the pages: who signs in as `login`, with which roles, for whom (empty: the whole site)."""

    login: str
    printed_name: str
    organisation: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeviceProgram:
    """One device: its name, the program that plays it, and its options.

    Attributes:
        name: what steps and messages call it.
        program: module of firmware_mocks.
        options: its own options.
        link: name of its link below `devices/`; empty for a device on the broker.
        zones: name of a zone to the probe that the ledger knows it as.
    """

    name: str
    program: str
    options: tuple[str, ...]
    link: str = ""
    zones: tuple[tuple[str, str], ...] = ()


CENTRE, HOSPITAL = "org:blood-centre", "org:hospital-1"

ORGANISATIONS = (
    Organisation(CENTRE, "blood_centre", "市血液中心", "City Blood Centre"),
    Organisation(HOSPITAL, "hospital", "市第一医院", "City First Hospital"),
)

DONOR_ROOM, LABORATORY = "place:centre/donor-room", "place:centre/laboratory"
FRIDGE_1, FRIDGE_2 = "place:centre/fridge-1", "place:centre/fridge-2"
FREEZER, INCUBATOR = "place:centre/freezer-1", "place:centre/incubator-1"
DISPATCH, WASTE = "place:centre/dispatch", "place:centre/waste"
BOX = "box:B-12"
HOSPITAL_FRIDGE, WARD = "place:hospital-1/fridge-1", "place:hospital-1/ward-3"

PLACES = (
    Place(DONOR_ROOM, CENTRE, "", "采血室", "Donor room"),
    Place(LABORATORY, CENTRE, "", "成分制备室", "Component laboratory"),
    Place(FRIDGE_1, CENTRE, "store", "1 号储血冰箱", "Blood fridge 1"),
    Place(FRIDGE_2, CENTRE, "store", "2 号储血冰箱", "Blood fridge 2"),
    Place(FREEZER, CENTRE, "store", "1 号低温冰箱", "Plasma freezer 1"),
    Place(INCUBATOR, CENTRE, "store", "1 号血小板保存箱", "Platelet incubator 1"),
    Place(DISPATCH, CENTRE, "", "发血室", "Dispatch room"),
    Place(WASTE, CENTRE, "", "报废区", "Disposal area", use="disposal"),
    Place(BOX, CENTRE, "transport", "12 号运输箱", "Transport box 12"),
    Place(HOSPITAL_FRIDGE, HOSPITAL, "store", "输血科 1 号冰箱", "Hospital blood fridge 1"),
    Place(WARD, HOSPITAL, "", "三病区", "Ward 3"),
)

RESERVES = (
    Reserve("红细胞库存 (red cells)", CENTRE, "RBC_AS", "", 6),
    Reserve("O 型红细胞应急储备 (group O red cells, emergency)", CENTRE, "RBC_AS", "O", 4),
    Reserve("新鲜冰冻血浆库存 (fresh frozen plasma)", CENTRE, "FFP", "", 40),
    Reserve("医院红细胞备血 (red cells at the hospital)", HOSPITAL, "RBC_AS", "", 4),
)

ADMINISTRATOR = "admin"
TECHNICIAN, TESTER, QUALITY, SECOND_QUALITY = "zhang.wei", "li.na", "wang.min", "chen.jie"
SECOND_TECHNICIAN = "huang.lei"
ISSUER, CROSSMATCHER = "liu.yang", "sun.li"
HOSPITAL_SYSTEM = "his"
"""No person but the hospital's own system: it reports by the API who did what."""
AUDITOR = "zhao.jing"
"""Of no organisation of the site: she replays the whole log."""

PEOPLE = (
    Person(TECHNICIAN, "张伟", CENTRE, ("technician",)),
    Person(SECOND_TECHNICIAN, "黄磊", CENTRE, ("technician",)),
    Person(TESTER, "李娜", CENTRE, ("laboratory",)),
    Person(QUALITY, "王敏", CENTRE, ("quality",)),
    Person(SECOND_QUALITY, "陈洁", CENTRE, ("quality",)),
    Person(ISSUER, "刘洋", HOSPITAL, ("hospital",)),
    Person(CROSSMATCHER, "孙丽", HOSPITAL, ("laboratory",)),
    Person(HOSPITAL_SYSTEM, "医院信息系统", HOSPITAL, ("hospital", "laboratory")),
    Person(AUDITOR, "赵静", "", ("auditor",)),
)

READER_1, READER_2, READER_HOSPITAL = "reader-fridge-1", "reader-fridge-2", "reader-hospital"
BUS, BOX_PROBE, SENSOR = "cabinet-bus", "box-board", "zigbee-bridge"
SCANNER, SCANNER_HOSPITAL = "scanner-centre", "scanner-hospital"
HORN, DUTY_PHONE = "horn", "duty-phone"
DUTY_NUMBER = "+8613800000000"
ALARM_TOPIC = "xuemai/alarm"
BUS_SLAVES = {"1": "fridge-1", "2": "fridge-2", "3": "freezer-1", "4": "incubator-1"}
R700_TOPIC, SENSOR_NAME = "rfid/hospital-1", "hospital-fridge-1"

# A wire's speed is kept where a person would notice it; a bus of four slaves is set to the fastest these transmitters
# know, because a poll of all four has to fit into a tenth of a second of the accelerated day.
_BUS_BAUD = "38400"
_LINE_FAULTS = ("--fault-rate", "noise=0.004", "--fault-rate", "split=0.01", "--fault-rate", "duplicate=0.004")

DEVICES = (
    DeviceProgram(
        READER_1, "m100_uhf", ("--framing", "bb", "--seed", "11", *_LINE_FAULTS, "--fault-rate", "flicker=0.02"),
        link="usb-M100_UHF_0001-if00-port0",
    ),
    DeviceProgram(
        READER_2, "m100_uhf",
        (
            "--framing", "aa", "--seed", "12", *_LINE_FAULTS,
            "--fault-rate", "flicker=0.02", "--fault-rate", "ghost=0.002",
        ),
        link="usb-R200_UHF_0002-if00-port0",
    ),
    DeviceProgram(
        BUS, "modbus_sht20",
        (
            "--zone", "1=fridge", "--zone", "2=fridge", "--zone", "3=freezer", "--zone", "4=platelet_incubator",
            "--scale", "100", "--baud", _BUS_BAUD, "--seed", "13", *_LINE_FAULTS,
        ),
        link="usb-FTDI_RS485_A9999-if00-port0",
        zones=tuple((slave, f"probe:gw-centre/{name}") for slave, name in BUS_SLAVES.items()),
    ),
    DeviceProgram(SCANNER, "barcode_scanner", ("--terminator", "crlf"), link="usb-Scanner_C001-if00"),
    DeviceProgram(
        SCANNER_HOSPITAL, "barcode_scanner", ("--terminator", "cr", "--aim", "]C0"), link="usb-Scanner_H001-if00"
    ),
    DeviceProgram(
        BOX_PROBE, "ds18b20_text",
        ("--zone", "1=transport_box,start=4.2,ambient=4.2", "--every", str(PROBE_SECONDS), "--seed", "14"),
        link="usb-DS18B20_BOX12-if00-port0",
        zones=(("1", "probe:gw-van/box-12"),),
    ),
    DeviceProgram(HORN, "modbus_relay", ("--seed", "17"), link="usb-RELAY_A9999-if00-port0"),
    DeviceProgram(DUTY_PHONE, "sms_modem", ("--seed", "18"), link="usb-MODEM_A9999-if02-port0"),
    DeviceProgram(
        READER_HOSPITAL, "impinj_r700",
        ("--topic", R700_TOPIC, "--antenna", "1=fridge", "--seed", "15", "--fault-rate", "duplicate=0.02"),
    ),
    DeviceProgram(
        SENSOR, "zigbee2mqtt",
        (
            "--zone", f"{SENSOR_NAME}=fridge", "--every", str(PROBE_SECONDS), "--seed", "16",
            "--fault-rate", "duplicate=0.02",
        ),
        zones=((SENSOR_NAME, "probe:gw-hospital/fridge-1"),),
    ),
)  # fmt: skip

PROBE_PLACES = {
    "probe:gw-centre/fridge-1": FRIDGE_1,
    "probe:gw-centre/fridge-2": FRIDGE_2,
    "probe:gw-centre/freezer-1": FREEZER,
    "probe:gw-centre/incubator-1": INCUBATOR,
    "probe:gw-van/box-12": BOX,
    "probe:gw-hospital/fridge-1": HOSPITAL_FRIDGE,
}
CALIBRATED_UNTIL, CALIBRATED_SHORTLY = "2027-01-31T15:59:59Z", "2026-03-22T15:59:59Z"
"""The calibration of all probes, and of one that ends within the month after the story."""
GATEWAYS = ("gw-centre", "gw-hospital", "gw-van")
EPOCH = 2
"""Of the streams of the gateways that run; in the one before it speaks `past_gateway`, of the weeks before."""


def gateway_configuration(gateway: str, *, addresses: Addresses, pinned: tuple[str, str], origin: str) -> str:
    """The text of a gateway's `gateway.toml`; paths in it start from its own folder, `DIR/gateways/<name>`.

    `pinned` are the verifier keys of receipts and of checkpoints.
    """
    receipt_key, log_key = pinned
    tables = [
        _table("[gateway]", name=gateway, origin=origin, site_name=SITE_NAME, epoch=EPOCH),
        _table("[uplink]", url=addresses.url, receipt_key=receipt_key, log_keys=[log_key]),
        _table("[clock]", source="simulated", path="../../sim-clock"),
        _table("[page]", port=addresses.page_ports[gateway]),
    ]
    if gateway == "gw-hospital":
        tables.append(_table("[mqtt]", host="127.0.0.1", port=addresses.mqtt_port))
    return "\n".join([*tables, *_ALARM_TABLES[gateway], *_DEVICE_TABLES[gateway]])


def links() -> dict[str, str]:
    """Device name to its path as a gateway's configuration gives it."""
    return {device.name: f"../../devices/{device.link}" for device in DEVICES if device.link}


def device_command(device: DeviceProgram, *, directory: Path, mqtt_port: int) -> list[str]:
    """The options of a device's program, below the site's folder."""
    place = ["--link", str(directory / "devices" / device.link)] if device.link else ["--port", str(mqtt_port)]
    truth = ["--truth", str(directory / "devices" / f"{device.name}.truth")] if device.zones else []
    return [*place, "--clock", str(directory / "sim-clock"), *truth, *device.options]


def _table(header: str, **values: object) -> str:
    # JSON's strings, numbers and lists are TOML's.
    return "\n".join([header, *(f"{key} = {json.dumps(value)}" for key, value in values.items()), ""])


def _reader(name: str, family: str, place: str, **more: object) -> str:
    settings: dict[str, object] = {
        "interval_seconds": READER_SECONDS,
        "arrive_reads": 2,
        "arrive_within_seconds": 60 * READER_SECONDS,
        "leave_after_seconds": 30 * READER_SECONDS,
        "silent_after_seconds": 30,
        "known_tags": [TAG_PREFIX],
    }
    return _table("[[reader]]", name=name, family=family, **more, **settings) + _table(
        "[[reader.antennas]]", antenna=1, place=place
    )


def _probe(name: str, family: str, place: str, **more: object) -> str:
    settings = {"measures": "air", "interval_seconds": PROBE_SECONDS, "calibration_until": CALIBRATED_UNTIL}
    return _table("[[probe]]", name=name, family=family, place=place, **{**settings, **more})


def _alarm_tables() -> dict[str, list[str]]:
    """Who is told on the spot: at the centre a horn and a telephone, at the hospital a screen that hears the broker.

    An excursion of the centre sounds until somebody takes charge of it: the bags have to be judged.
    """
    path = links()
    sounding = {"until_acknowledged": ["excursion"], "repeat_seconds": 0}
    return {
        "gw-centre": [
            _table("[alarm]", **sounding),
            _table("[[alarm.output]]", name=HORN, kind="relay", port=path[HORN]),
            _table("[[alarm.output]]", name=DUTY_PHONE, kind="sms", port=path[DUTY_PHONE], numbers=[DUTY_NUMBER]),
            _table("[[alarm.step]]", outputs=[HORN], causes=["excursion", "outbox_full", "storage_failed"]),
            _table("[[alarm.step]]", outputs=[DUTY_PHONE], causes=["excursion"], after_seconds=2),
        ],
        "gw-hospital": [
            _table("[alarm]", **sounding),
            _table("[[alarm.output]]", name="ward-screen", kind="mqtt", topic=ALARM_TOPIC),
            _table("[[alarm.step]]", outputs=["ward-screen"]),
        ],
        "gw-van": [_table("[alarm]", **sounding)],
    }


def _device_tables() -> dict[str, list[str]]:
    path = links()
    fridge = {"low": FRIDGE_LIMITS[0], "high": FRIDGE_LIMITS[1]}
    bus = {"port": path[BUS], "scale": "hundredths"}
    return {
        "gw-centre": [
            _reader(READER_1, "m100_uhf", FRIDGE_1, port=path[READER_1]),
            _reader(READER_2, "m100_uhf", FRIDGE_2, port=path[READER_2]),
            _table("[[scanner]]", name=SCANNER, port=path[SCANNER], place=LABORATORY, terminator="CRLF"),
            _probe("fridge-1", "modbus_rtu_temp", FRIDGE_1, slave=1, **bus, **fridge),
            _probe("fridge-2", "modbus_rtu_temp", FRIDGE_2, slave=2, **bus, **fridge),
            _probe(
                "freezer-1",
                "modbus_rtu_temp",
                FREEZER,
                slave=3,
                **bus,
                high=-1800,
                calibration_until=CALIBRATED_SHORTLY,
            ),
            _probe("incubator-1", "modbus_rtu_temp", INCUBATOR, slave=4, **bus, low=2000, high=2400),
        ],
        "gw-hospital": [
            _reader(READER_HOSPITAL, "impinj_r700_mqtt", HOSPITAL_FRIDGE, topic=R700_TOPIC, rounds="assumed"),
            _table(
                "[[scanner]]",
                name=SCANNER_HOSPITAL,
                port=path[SCANNER_HOSPITAL],
                place=HOSPITAL_FRIDGE,
                terminator="CR",
            ),
            _probe("fridge-1", "mqtt_temperature", HOSPITAL_FRIDGE, topic=f"zigbee2mqtt/{SENSOR_NAME}", **fridge),
        ],
        "gw-van": [_probe("box-12", "ds18b20_serial", BOX, port=path[BOX_PROBE], low=200, high=1000)],
    }


_ALARM_TABLES = _alarm_tables()
_DEVICE_TABLES = _device_tables()
