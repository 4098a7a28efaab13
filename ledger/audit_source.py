"""Where an auditor gets a log from: its HTTP interface, asked with a token of the role `auditor`.

Moves bytes and believes none of them; what they show is `ledger.audit`.
"""

import urllib.error
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus

import msgspec

from ledger.audit import AuditError, read_batches, read_entries
from ledger.core.batch import Batch
from ledger.core.errors import FormatError
from ledger.core.note import Signature, VerifierKey, format_signature_lines, format_vkey
from ledger.core.unitmap import BUCKETS, Listed

TIMEOUT_SECONDS = 60
MAX_ANSWER_BYTES = 64 * 1024 * 1024
_HASH = 32


class _Entry(msgspec.Struct, frozen=True):
    path: str
    count: int
    head: str


class _Entries(msgspec.Struct, frozen=True):
    entries: list[_Entry]


class Source:
    """A ledger's server.

    Args:
        url: where it is, with `http:` or `https:`.
        token: an API token; empty for none.

    Raises:
        AuditError: another sort of address.
    """

    def __init__(self, url: str, token: str) -> None:
        if not url.startswith(("http://", "https://")):
            raise AuditError(f"expected an address that begins with http:// or https://; got {url}")
        self._url = url.rstrip("/")
        self._token = token

    def checkpoint(self) -> bytes:
        """The latest signed checkpoint.

        Raises:
            AuditError: there is no answer.
        """
        return self._ask("/checkpoint")

    def batches(self, start: int, end: int) -> Iterator[Batch]:
        """The batches from `start` to `end`, in log order.

        Raises:
            AuditError: there is no answer, or not so many batches.
        """
        at = start
        while at < end:
            try:
                told = list(read_batches(self._ask(f"/v1/log/batches?start={at}")))[: end - at]
            except FormatError as error:
                raise AuditError(f"from batch {at} on: {error}") from error
            if not told:
                raise AuditError(f"expected batch {at}; the server told none")
            yield from told
            at += len(told)

    def bucket_roots(self, size: int) -> list[bytes]:
        """The roots of the site's map as of a size.

        Raises:
            AuditError: there is no answer, or no such number of roots.
        """
        raw = self._ask(f"/v1/map/buckets?as_of_size={size}")
        if len(raw) != BUCKETS * _HASH:
            raise AuditError(f"expected {BUCKETS} roots; got {len(raw)} bytes")
        return [raw[at : at + _HASH] for at in range(0, len(raw), _HASH)]

    def bucket(self, size: int, bucket: int) -> dict[bytes, Listed]:
        """The entries of one bucket of the site's map as of a size, by their paths.

        Raises:
            AuditError: there is no answer, or none of entries.
        """
        raw = self._ask(f"/v1/map/entries?as_of_size={size}&bucket={bucket}")
        try:
            entries = msgspec.json.decode(raw, type=_Entries).entries
            return read_entries((each.path, each.count, each.head) for each in entries)
        except (msgspec.DecodeError, FormatError) as error:
            raise AuditError(f"expected a bucket's entries; {error}") from error

    def hand_in(self, as_of_size: int, key: VerifierKey, cosignature: Signature) -> None:
        """Hand in a cosignature of the root as of a size.

        Raises:
            AuditError: the server did not take it.
        """
        line = format_signature_lines([cosignature]).decode()
        body = {"as_of_size": as_of_size, "vkey": format_vkey(key), "line": line}
        self._ask("/v1/audits", msgspec.json.encode(body))

    def _ask(self, path: str, body: bytes | None = None) -> bytes:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        asked = urllib.request.Request(self._url + path, data=body, headers=headers)  # noqa: S310  checked when made
        try:
            with urllib.request.urlopen(asked, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310  the same
                raw: bytes = answer.read(MAX_ANSWER_BYTES + 1)
        except urllib.error.HTTPError as error:
            with error:
                told = error.read(500).decode(errors="replace")
            phrase = HTTPStatus(error.code).phrase
            raise AuditError(f"{self._url}{path}: {error.code} {phrase}: {told}") from error
        except (urllib.error.URLError, OSError) as error:
            raise AuditError(f"{self._url}{path}: {error}") from error
        if len(raw) > MAX_ANSWER_BYTES:
            raise AuditError(f"{self._url}{path}: expected at most {MAX_ANSWER_BYTES} bytes")
        return raw
