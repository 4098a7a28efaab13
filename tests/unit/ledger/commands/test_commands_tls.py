"""`xuemai tls`: a site's own authority, made once; a server's certificate, renewed; one for each gateway."""

import ssl
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from ledger import tls
from ledger.clock import SystemClock
from ledger.commands.tls import tls_group
from tests.support.producers import site_in


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return site_in(tmp_path / "site").directory


def run(site: Path, *arguments: str) -> Result:
    return CliRunner().invoke(tls_group, [*arguments[:1], "--site", str(site), *arguments[1:]])


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_authority_stays_and_the_servers_certificate_is_renewed(site: Path) -> None:
    folder = site / "tls"
    made = run(site, "init", "--host", "blood.a9999.example", "--host", "192.0.2.7", "--days", "30")
    assert made.exit_code == 0, made.output
    authority, first = certificate(folder / "ca.crt"), certificate(folder / "server.crt")
    assert (
        "".join(made.stdout.split("fingerprint")[1].split()[0].split(":")).lower()
        == authority.fingerprint(authority.signature_hash_algorithm or pytest.fail("signed without a hash")).hex()
    )
    names = first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["blood.a9999.example"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7"]
    assert run(site, "init", "--host", "blood.a9999.example").exit_code == 0
    again = certificate(folder / "server.crt")
    assert certificate(folder / "ca.crt") == authority
    assert again.serial_number != first.serial_number
    for each in (first, again):
        each.verify_directly_issued_by(authority)


def test_keys_are_their_owners_alone_and_no_certificate_is_an_authority_but_one(site: Path) -> None:
    assert run(site, "init", "--host", "localhost").exit_code == 0
    assert run(site, "gateway", "gw-centre").exit_code == 0
    folder = site / "tls"
    keys = sorted(folder.rglob("*.key"))
    assert [each.name for each in keys] == ["ca.key", "gw-centre.key", "server.key"]
    assert {each.stat().st_mode & 0o777 for each in keys} == {0o600}
    may = {
        path.name: certificate(path).extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        for path in folder.rglob("*.crt")
    }
    assert may == {"ca.crt": True, "server.crt": False, "gw-centre.crt": False}
    purposes = certificate(folder / "gateways" / "gw-centre.crt").extensions
    assert list(purposes.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_no_certificate_outlives_its_authority() -> None:
    now_ms = SystemClock().now_ms()
    authority = tls.make_authority("demo.a9999.example", now_ms)
    late = tls.make_client(authority, "gw", now_ms=now_ms, days=tls.CA_DAYS + 1)
    assert late.certificate.not_valid_after_utc == authority.certificate.not_valid_after_utc
    soon = tls.make_client(authority, "gw", now_ms=now_ms, days=30).certificate.not_valid_after_utc
    assert round((soon.timestamp() - now_ms / 1000) / 86400) == 30


def test_pythons_own_verifier_loads_what_was_made(site: Path) -> None:
    assert run(site, "init", "--host", "localhost").exit_code == 0
    context = ssl.create_default_context(cafile=site / "tls" / "ca.crt")
    assert len(context.get_ca_certs()) == 1
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(site / "tls" / "server.crt", site / "tls" / "server.key")


def test_what_cannot_be_made_is_said(site: Path) -> None:
    assert "tls/ca.key" in run(site, "gateway", "gw").output
    assert run(site, "init", "--host", "localhost").exit_code == 0
    assert "a gateway's name" in run(site, "gateway", "../gw").output
    assert "a host name or an address" in run(site, "init", "--host", "a" * 300).output
    (site / "tls" / "ca.key").write_bytes((site / "tls" / "server.key").read_bytes())
    assert "got another one" in run(site, "init", "--host", "localhost").output
