"""TLS to the ledger: whose certificate is believed, which one the gateway shows, and what a refusal means in words.

With `uplink.ca_file` that authority alone is believed, not those of the system: whoever gets a certificate of a public
one for the ledger's name can then not even listen. What is true is decided by signatures all the same; a ledger behind
a certificate that is refused gets nothing, and nothing is lost meanwhile.
"""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from cryptography import x509
from typing_extensions import override

from gateway.config import UplinkSettings
from ledger.core.errors import ConfigError

VERDICTS = {
    **dict.fromkeys(
        (18, 19, 20, 21),
        "the certificate of {host} is not from the authority that is believed here: {believed}. Let it be the ledger's "
        "own tls/ca.crt, whose fingerprint was compared",
    ),
    9: "the certificate of {host} is not valid yet: look at the clocks of both machines",
    10: "the certificate of {host} has expired: renew it (`xuemai tls init` where the site made it)",
    **dict.fromkeys(
        (62, 63, 64),
        "the certificate is not one for {host}: {told} Use a name that it has, or make it for this one (`xuemai tls "
        "init`)",
    ),
}
"""By OpenSSL's verification result (openssl-verification-options(1), X509_V_ERR_…)."""

_MAKE_ONE = "`xuemai tls gateway` at the ledger makes one"
OWN_IS_ASKED_FOR = f"set uplink.certificate_file and key_file ({_MAKE_ONE})"
ALERTS = {
    "CERTIFICATE_REQUIRED": f"the ledger asks for this gateway's own certificate: {OWN_IS_ASKED_FOR}",
    "UNKNOWN_CA": f"the ledger does not believe the authority of this gateway's certificate: {_MAKE_ONE}",
    "CERTIFICATE_EXPIRED": f"the ledger says that this gateway's certificate has expired: {_MAKE_ONE}",
    "BAD_CERTIFICATE": "the ledger refuses this gateway's certificate",
    "CERTIFICATE_REVOKED": "the ledger says that this gateway's certificate was revoked",
    "WRONG_VERSION_NUMBER": "what answers there speaks no TLS: is it the http port?",
    "PROTOCOL_VERSION": "what answers there speaks no TLS 1.2 or newer",
}
"""By the name of the alert (RFC 8446, 6.2) or of the library's own reason."""


Shown: TypeAlias = Callable[[int], None]
"""Hears of each certificate that was shown and believed: its last instant, in ms since 1970."""


def context(settings: UplinkSettings, shown: Shown | None = None) -> ssl.SSLContext | None:
    """What connections to the ledger are made with; None for plain HTTP.

    Raises:
        ConfigError: the CA file, the certificate or its key cannot be used.
    """
    if not settings.url.startswith("https:"):
        return None
    try:
        made = ssl.create_default_context(cafile=settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"uplink.ca_file: expected PEM certificates at {settings.ca_file}; {error}") from error
    if settings.certificate_file is not None:
        try:
            made.load_cert_chain(settings.certificate_file, settings.key_file)
        except (OSError, ssl.SSLError) as error:
            mismatch = getattr(error, "reason", "") == "KEY_VALUES_MISMATCH"
            raise ConfigError(
                f"uplink.certificate_file: expected a PEM certificate at {settings.certificate_file} and its key at "
                f"{settings.key_file}; {'that is the key of another certificate' if mismatch else error}"
            ) from error
    if shown is not None:
        let_tell(made, shown)
    return made


def let_tell(made: ssl.SSLContext, shown: Shown) -> None:
    """Let every connection that is made with a context tell which certificate it was shown."""

    class Telling(ssl.SSLSocket):
        """A connection that does."""

        @override
        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            certificate = self.getpeercert()
            if certificate:
                shown(int(ssl.cert_time_to_seconds(str(certificate["notAfter"])) * 1000))

    made.sslsocket_class = Telling


def ends_ms(path: Path) -> list[int]:
    """The last instant of each certificate in a PEM file, in its order; none where it cannot be read."""
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        return []
    return [int(each.not_valid_after_utc.timestamp() * 1000) for each in found]


def host_of(settings: UplinkSettings) -> str:
    """The name that the ledger's certificate has to be for."""
    return urlsplit(settings.url).hostname or settings.url


def distrust(error: BaseException, settings: UplinkSettings) -> str:
    """Why an error means that the other side is not believed, or does not believe us; empty if it means neither."""
    found = _ssl_error(error)
    if found is None:
        return ""
    host = host_of(settings)
    if not isinstance(found, ssl.SSLCertVerificationError):
        reason = next((words for name, words in ALERTS.items() if name in str(found.reason)), "")
        return reason or f"the TLS connection to {host} was refused: {found.reason or found}"
    verdict = VERDICTS.get(found.verify_code, "the certificate of {host} is refused: {told}")
    believed = settings.ca_file or "the system's authorities"
    return verdict.format(host=host, believed=believed, told=found.verify_message)


def _ssl_error(error: BaseException) -> ssl.SSLError | None:
    """The TLS error within what a library wrapped around it."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return seen
        within = [each for each in seen.args if isinstance(each, BaseException)]
        seen = within[0] if within else seen.__cause__ or seen.__context__
    return None
