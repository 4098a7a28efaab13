"""A site's own certificate authority: the server's certificate, and one for each gateway that should show one.

For networks that no public authority knows: a hospital's LAN. It says who may be spoken to on the wire and nothing
else: what is true is decided by the signatures under batches, receipts and checkpoints. ECDSA on P-256 with SHA-256,
which browsers take (they take no Ed25519); a server's certificate for at most 825 days, a limit that browsers enforce.
The authority can make no further authorities (RFC 5280, 4.2.1.9).
"""

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ledger.core.errors import ConfigError

CA_DAYS = 3650
MOST_DAYS = 825
_BEFORE = timedelta(minutes=5)
"""A certificate holds a little before it was made: the clocks of a LAN are not one clock."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A private key with its certificate, in PEM."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def key_pem(self) -> bytes:
        """The key, PKCS #8, not encrypted: it is protected by its file's mode."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def certificate_pem(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def fingerprint(self) -> str:
        """SHA-256 of the certificate in the form that people compare: upper-case hex pairs with colons."""
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def make_authority(site_name: str, now_ms: int) -> Pair:
    """A new authority of a site, for ten years."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"{site_name} CA")
    built = _begin(name, name, key.public_key(), _times(now_ms, CA_DAYS))
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    usage = _usage(key_cert_sign=True, crl_sign=True)
    return Pair(key, built.add_extension(usage, critical=True).sign(key, hashes.SHA256()))


def make_server(authority: Pair, hosts: Sequence[str], *, now_ms: int, days: int) -> Pair:
    """A server's certificate for these names and addresses.

    Raises:
        ConfigError: no name, or one that no certificate can hold.
    """
    if not hosts:
        raise ConfigError("expected at least one name or address of the server; got none")
    names = x509.SubjectAlternativeName([_host(each) for each in hosts])
    return _issue(authority, hosts[0], ExtendedKeyUsageOID.SERVER_AUTH, _times(now_ms, days), names)


def make_client(authority: Pair, gateway: str, *, now_ms: int, days: int) -> Pair:
    """A gateway's certificate, with its name as the common name."""
    return _issue(authority, gateway, ExtendedKeyUsageOID.CLIENT_AUTH, _times(now_ms, days), None)


def read(key_path: Path, certificate_path: Path) -> Pair:
    """What `write` wrote.

    Raises:
        ConfigError: not there, or not such a pair.
    """
    try:
        key = serialization.load_pem_private_key(key_path.read_bytes(), None)
        certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"expected a key at {key_path} and its certificate at {certificate_path}; {error}") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise ConfigError(f"expected the key of {certificate_path} at {key_path}; got another one")
    return Pair(key, certificate)


def write(pair: Pair, folder: Path, name: str) -> None:
    """`<name>.key` (mode 0600) and `<name>.crt`, each replaced in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, content, mode in ((".key", pair.key_pem(), 0o600), (".crt", pair.certificate_pem(), 0o644)):
        aside = folder / f".{name}{suffix}"
        aside.unlink(missing_ok=True)
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(folder / f"{name}{suffix}")


def _issue(
    authority: Pair,
    subject: str,
    purpose: x509.ObjectIdentifier,
    times: tuple[datetime, datetime],
    names: x509.SubjectAlternativeName | None,
) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    until = min(times[1], authority.certificate.not_valid_after_utc)
    built = _begin(_name(subject), authority.certificate.subject, key.public_key(), (times[0], until))
    built = built.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    built = built.add_extension(_usage(digital_signature=True), critical=True)
    built = built.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    built = built.add_extension(issuer, critical=False)
    if names is not None:
        built = built.add_extension(names, critical=False)
    return Pair(key, built.sign(authority.key, hashes.SHA256()))


def _begin(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, times: tuple[datetime, datetime]
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(times[0])
        .not_valid_after(times[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _times(now_ms: int, days: int) -> tuple[datetime, datetime]:
    now = datetime.fromtimestamp(now_ms // 1000, UTC)
    return now - _BEFORE, now + timedelta(days=days)


def _name(common: str) -> x509.Name:
    # Sixty-four characters are all that a common name may have (RFC 5280, appendix A).
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return x509.DNSName(host.encode("idna").decode("ascii"))
    except (UnicodeError, ValueError) as error:
        raise ConfigError(f"expected a host name or an address; got {host!r}") from error
