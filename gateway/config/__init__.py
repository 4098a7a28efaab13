"""`gateway.toml`: which devices hang where, and where events go.

Decides what a configuration may say. A mistake is told by its TOML key and what was expected; an unknown key is a
mistake, because a misspelt limit must not become no limit.

    [gateway]   name, origin, epoch (1), site_name
    [uplink]    url, receipt_key (vkey, pinned), log_keys (vkeys, pinned), checkpoint_seconds, ca_file,
                certificate_file, key_file
    [clock]     source = "system" | "simulated", path
    [mqtt]      host, port, username, password_file, ca_file
    [outbox]    max_megabytes (0: as the disk has), reserve_megabytes (32): of it, for custody and alarms alone
    [page]      port, host ("127.0.0.1"): the local page, on the loopback interface alone; without it there is none
    [alarm]     what is watched on the spot, where it sounds, in which steps: see `gateway.alarm.settings`
    [[reader]]  name, family, port | topic, antennas = [{antenna, place}], interval_seconds, arrive_reads, memory, …
    [[scanner]] name, family, port, place, answers = "none" | "ack_nak" | "bel", pair_seconds (15)
    [[probe]]   name, family, port | topic, slave, rom, place, measures, interval_seconds, low, high, …
    [labels]    codes: the file of the facility's code tables
    [[label_scheme]] name, pattern, fixed, products: national codes, see `ledger.core.labels.scheme`
    [[mapping]] name, topic, value, unit | unit_at, …: MQTT JSON of other makes, see `mappings`

Devices with one `port` share its line: a Modbus bus with several slaves, say. A port is a serial device by its path or
by its plug (`usb:0403:6001:A50285BI`), or `tcp://host:port`: an LLRP reader, or a device server that a serial line
hangs on.
"""

from gateway.config.centre import ClockSettings, GatewaySettings, UplinkSettings
from gateway.config.file import CONFIG_NAME, Config, load, load_mappings, parse
from gateway.config.here import MqttSettings, PageSettings
from gateway.config.probe import MODBUS, ProbeSettings
from gateway.config.reader import AntennaSettings, ReaderSettings
from gateway.config.scanner import ScannerSettings

__all__ = [
    "CONFIG_NAME",
    "MODBUS",
    "AntennaSettings",
    "ClockSettings",
    "Config",
    "GatewaySettings",
    "MqttSettings",
    "PageSettings",
    "ProbeSettings",
    "ReaderSettings",
    "ScannerSettings",
    "UplinkSettings",
    "load",
    "load_mappings",
    "parse",
]
