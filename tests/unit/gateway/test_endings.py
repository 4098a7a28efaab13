"""Certificates and calibrations end on a known day, and somebody hears of it a month before."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway import tls as gateway_tls
from gateway.config import Config, MqttSettings, load
from gateway.endings import SOON_DAYS, Ending, Endings
from ledger import tls
from ledger.core.ids import format_instant, parse_instant
from tests.support.gateway_site import centre

NOW_MS = parse_instant("2026-03-02T12:00:00.000Z")
DAY_MS = 24 * 3600 * 1000
PROBE = """
[[probe]]
name = "fridge-1-air"
family = "modbus_rtu_temp"
port = "/dev/bus"
slave = 1
place = "place:centre/fridge-1"
measures = "air"
calibrated = 2025-04-01T00:00:00Z
calibration_until = {until}
"""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    authority = tls.make_authority("demo.a9999.example", NOW_MS)
    tls.write(authority, tmp_path, "ca")
    own = tls.make_client(authority, "gw-centre", now_ms=NOW_MS, days=20)
    tls.write(own, tmp_path, "gw-centre")
    (tmp_path / "gateway.toml").write_text(
        centre("https://blood.a9999.example")
        + f'ca_file = "{tmp_path / "ca.crt"}"\n'
        + f'certificate_file = "{tmp_path / "gw-centre.crt"}"\nkey_file = "{tmp_path / "gw-centre.key"}"\n'
        + PROBE.format(until="2026-03-01T12:00:00Z")
    )
    return load(tmp_path)


def test_the_broker_has_a_certificate_and_an_authority_of_its_own(tmp_path: Path, config: Config) -> None:
    tls.write(tls.make_authority("broker.a9999.example", NOW_MS + DAY_MS), tmp_path, "broker")
    broker = MqttSettings("mqtt.a9999.example", 8883, None, None, tmp_path / "broker.crt")
    endings = Endings(replace(config, probes=(), mqtt=broker))
    endings.hear_broker(NOW_MS + 3 * DAY_MS)
    told = [(each.kind, each.name, each.days) for each in endings.told(NOW_MS)]
    assert told[:2] == [("broker", "mqtt.a9999.example", 3), ("gateway", "gw-centre.crt", 20)]
    assert told[2:] == [("authority", "ca.crt", tls.CA_DAYS), ("authority", "broker.crt", tls.CA_DAYS + 1)]
    shared = Endings(replace(config, mqtt=replace(broker, ca_file=config.uplink.ca_file)))
    assert [each.kind for each in shared.told(NOW_MS)].count("authority") == 1
    alone = Endings(replace(config, mqtt=None))
    alone.hear_broker(NOW_MS)
    assert "broker" not in {each.kind for each in alone.told(NOW_MS)}


def test_what_ends_first_is_told_first_with_the_days_that_are_left(config: Config) -> None:
    endings = Endings(config)
    endings.hear_ledger(NOW_MS + 40 * DAY_MS)
    told = endings.told(NOW_MS)
    assert [(each.kind, each.name, each.days, each.is_soon) for each in told] == [
        ("calibration", "fridge-1-air", -1, True),
        ("gateway", "gw-centre.crt", 20, True),
        ("ledger", "blood.a9999.example", 40, False),
        ("authority", "ca.crt", tls.CA_DAYS, False),
    ]
    assert told[2].until == format_instant(NOW_MS + 40 * DAY_MS)
    assert told[0].said == (
        "the calibration of fridge-1-air ended on 2026-03-01: have the probe calibrated, and write it into gateway.toml"
    )
    assert told[1].said.startswith("this gateway's certificate gw-centre.crt ends on 2026-03-22, days left: 20: have a")


@pytest.mark.parametrize(("left_ms", "days"), [(DAY_MS, 1), (DAY_MS - 1, 0), (0, 0), (-1, -1)])
def test_days_are_whole_and_the_last_instant_still_counts(config: Config, left_ms: int, days: int) -> None:
    endings = Endings(replace(config, probes=(), uplink=replace(config.uplink, ca_file=None, certificate_file=None)))
    assert endings.told(NOW_MS) == []
    endings.hear_ledger(NOW_MS + left_ms)
    assert [each.days for each in endings.told(NOW_MS)] == [days]


def test_a_month_is_soon() -> None:
    left = Ending(kind="ledger", name="blood.a9999.example", until=format_instant(NOW_MS), days=SOON_DAYS)
    assert not left.is_soon
    assert replace_days(left, SOON_DAYS - 1).is_soon


def replace_days(ending: Ending, days: int) -> Ending:
    return Ending(kind=ending.kind, name=ending.name, until=ending.until, days=days)


def test_an_old_authority_beside_the_next_ends_nothing_and_a_chain_ends_with_its_first(
    config: Config, tmp_path: Path
) -> None:
    next_one = tls.make_authority("demo.a9999.example", NOW_MS + 100 * DAY_MS).certificate_pem()
    chain = tmp_path / "gw-centre.crt"
    chain.write_bytes(chain.read_bytes() + next_one)
    (tmp_path / "ca.crt").write_bytes((tmp_path / "ca.crt").read_bytes() + next_one)
    told = {each.kind: each.days for each in Endings(config).told(NOW_MS)}
    assert told == {"calibration": -1, "gateway": 20, "authority": tls.CA_DAYS + 100}


def test_a_file_that_is_no_certificate_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "none.crt").write_text("nothing")
    assert gateway_tls.ends_ms(tmp_path / "none.crt") == gateway_tls.ends_ms(tmp_path / "missing.crt") == []
