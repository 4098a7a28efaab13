"""A site's configuration: what it may say, and that what it says wrongly is named."""

from dataclasses import replace
from pathlib import Path

import pytest

from ledger.config import format_config, load, parse
from ledger.core.errors import ConfigError
from ledger.core.note import format_vkey
from ledger.core.signing import Cosigner
from tests.support.mldsa import MlDsaCosigner
from tests.support.partner import signer
from tests.support.producers import site_in

SITE = {"name": "demo.a9999.example"}
PARTNER = format_vkey(signer().verifier)
A_WITNESS = format_vkey(Cosigner("w.example", signer().key).verifier)
OWN = format_vkey(signer("demo.a9999.example/ledger/2").verifier)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    assert load(site.directory) == site
    assert format_config(site) == site.config_file.read_text()


def test_the_defaults() -> None:
    site = parse({"site": SITE}, Path("/srv/xuemai"))
    assert (site.mode, site.number, site.timezone, site.pack) == ("production", 1, "Asia/Shanghai", "cn")
    assert (site.host, site.port) == ("127.0.0.1", 8080)
    assert site.origin == "demo.a9999.example/ledger/1"
    assert site.key_name("log") == site.origin
    assert site.key_name("web") == "demo.a9999.example/web"


def test_the_logs_that_a_site_witnesses_are_read_back(tmp_path: Path) -> None:
    safe = MlDsaCosigner("pq.example/1", bytes(32)).verifier
    keys = (signer().verifier, signer(secret="next").verifier, signer("日志.example/1").verifier, safe)
    site = replace(site_in(tmp_path / "site"), witness_for=keys)
    site.config_file.write_text(format_config(site), "utf-8")
    assert load(site.directory) == site


def test_how_often_the_unit_map_is_rooted_is_read_back(tmp_path: Path) -> None:
    site = replace(site_in(tmp_path / "site"), root_every_seconds=5, auditors_needed=2)
    site.config_file.write_text(format_config(site), "utf-8")
    assert load(site.directory) == site


@pytest.mark.parametrize("url", ["postgresql://xuemai@db.example/blood?sslmode=verify-full", "postgres:///?service=b"])
def test_a_database_url_is_read_back(tmp_path: Path, url: str) -> None:
    site = parse({"site": SITE, "database": {"url": url}}, tmp_path)
    assert site.database_url == url
    (tmp_path / "xuemai.toml").write_text(format_config(site), "utf-8")
    assert load(tmp_path) == site


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://xuemai:s3cret@db/blood",
        "postgresql://:s3cret@db/blood",
        "postgresql:///blood?password=s3cret",
        "postgresql://xuemai:s3cret @db/blood",
        "mysql://xuemai:s3cret@db/blood",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match=r"database\.url") as caught:
        parse({"site": SITE, "database": {"url": url}}, tmp_path)
    assert "s3cret" not in str(caught.value)


def test_a_demo_names_its_clock() -> None:
    site = parse({"site": {**SITE, "mode": "demo"}, "demo": {"clock": "sim-clock"}}, Path("/srv/demo"))
    assert site.simulated_clock == Path("/srv/demo/sim-clock")
    assert 'clock = "sim-clock"' in format_config(site)


@pytest.mark.parametrize(
    ("tables", "key"),
    [
        ({}, "site.name"),
        ({"site": {**SITE, "mod": "demo"}}, "site.mod"),
        ({"site": SITE, "servers": {}}, "servers"),
        ({"site": "demo"}, "site"),
        ({"site": {"name": "Demo Site"}}, "site.name"),
        ({"site": {**SITE, "mode": "test"}}, "site.mode"),
        ({"site": {**SITE, "number": 0}}, "site.number"),
        ({"site": SITE, "unit_map": {"root_every_seconds": 0}}, "unit_map.root_every_seconds"),
        ({"site": SITE, "unit_map": {"auditors_needed": 0}}, "unit_map.auditors_needed"),
        ({"site": SITE, "unit_map": {"every": 5}}, "unit_map.every"),
        ({"site": {**SITE, "number": True}}, "site.number"),
        ({"site": {**SITE, "timezone": "Asia/Nowhere"}}, "site.timezone"),
        ({"site": {**SITE, "timezone": "../etc/passwd"}}, "site.timezone"),
        ({"site": SITE, "server": {"port": 65536}}, "server.port"),
        ({"site": SITE, "server": {"port": "8080"}}, "server.port"),
        ({"site": SITE, "server": {"host": "a b"}}, "server.host"),
        ({"site": SITE, "database": {}}, "database.url"),
        ({"site": SITE, "database": {"url": "postgresql:///b", "host": "db"}}, "database.host"),
        ({"site": SITE, "demo": {"clock": "sim-clock"}}, "demo"),
        ({"site": {**SITE, "mode": "demo"}, "demo": {"clock": "../clock"}}, "demo.clock"),
        ({"site": {"name": "blood.example.org", "mode": "demo"}}, "site.name"),
        ({"site": SITE, "witness_for": {"vkey": PARTNER}}, "witness_for"),
        ({"site": SITE, "witness_for": [PARTNER]}, "witness_for"),
        ({"site": SITE, "witness_for": [{}]}, "witness_for.vkey"),
        ({"site": SITE, "witness_for": [{"key": PARTNER}]}, "witness_for.key"),
        ({"site": SITE, "witness_for": [{"vkey": PARTNER[:-4]}]}, "witness_for.vkey"),
        ({"site": SITE, "witness_for": [{"vkey": PARTNER}, {"vkey": PARTNER}]}, "witness_for.vkey"),
        ({"site": SITE, "witness_for": [{"vkey": A_WITNESS}]}, "witness_for.vkey"),
        ({"site": SITE, "witness_for": [{"vkey": OWN}]}, "witness_for.vkey"),
    ],
)
def test_what_cannot_be_run_is_named(tables: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError, match=f"^{key}: "):
        parse(tables, Path("/srv"))


def test_a_folder_without_a_site_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="xuemai init"):
        load(tmp_path)
    (tmp_path / "xuemai.toml").write_text("[site\n")
    with pytest.raises(ConfigError, match="expected TOML"):
        load(tmp_path)


def test_a_key_that_is_no_key_is_named(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    assert site.signing_key("web").public == site.verifier("web").public
    for text in ("", "ab" * 31 + "\n", "zz" * 32 + "\n", "ab" * 32):
        site.key_file("web").write_text(text)
        with pytest.raises(ConfigError, match=r"web\.key"):
            site.signing_key("web")
    site.key_file("web").unlink()
    with pytest.raises(ConfigError, match=r"web\.key"):
        site.signer("web")
