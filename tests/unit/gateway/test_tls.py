"""TLS to the ledger: what is configured and cannot be is told by its key, in words."""

from pathlib import Path

import pytest

from gateway.config import UplinkSettings
from gateway.tls import context
from ledger import tls
from ledger.core.errors import ConfigError
from tests.support.gateway_ledger import RECEIPT_VKEY
from tests.support.producers import NOON_MS
from tests.support.tls_front import make_authority


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    authority = make_authority(tmp_path)
    for name in ("gw-a", "gw-b"):
        tls.write(tls.make_client(authority, name, now_ms=NOON_MS, days=30), tmp_path, name)
    return tmp_path


def settings(folder: Path, *, authority: str = "ca.crt", certificate: str = "gw-a.crt", key: str) -> UplinkSettings:
    return UplinkSettings(
        "https://localhost",
        RECEIPT_VKEY,
        folder / authority,
        certificate_file=folder / certificate,
        key_file=folder / key,
    )


def test_a_certificate_with_its_own_key_is_taken(folder: Path) -> None:
    assert context(settings(folder, key="gw-a.key")) is not None


def test_the_key_of_another_certificate_is_named_as_that(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"uplink\.certificate_file: .*gw-b\.key; that is the key of another certif"):
        context(settings(folder, key="gw-b.key"))


def test_files_that_are_not_there_or_hold_something_else_are_told_by_their_key(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"uplink\.certificate_file: .*No such file"):
        context(settings(folder, certificate="gw-c.crt", key="gw-a.key"))
    with pytest.raises(ConfigError, match=r"uplink\.ca_file: expected PEM certificates at .*gw-a\.key"):
        context(settings(folder, authority="gw-a.key", key="gw-a.key"))
