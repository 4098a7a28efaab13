"""Batches of several gateways taken at once: what `POST /v1/batches` answers, without a framework around it.

Answers a request exactly as the described endpoint (`batches`) does, which any server can ask, one request at a time.
This is for a server that has several requests waiting: their batches go to the writer together, and no request is
dressed up for Flask. Whatever is not plainly a batch for this site is not admitted here, and is Flask's to answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import BinaryIO, TypeAlias, cast

from ledger.api import problems
from ledger.api.edge import HEADERS, HSTS, INGEST, MAX_INGEST_BYTES, answers_for, moment
from ledger.api.held import notes_in
from ledger.api.services import Services
from ledger.append import Rejected
from ledger.core import held
from ledger.core.note import format_base64

BATCHES_PATH = "/v1/batches"
RECEIPT_TYPE = "text/plain; charset=utf-8"
Environ: TypeAlias = Mapping[str, object]
"""A request as WSGI has it (PEP 3333)."""

_HELD = f"HTTP_{held.HEADER.upper().replace('-', '_')}"
_RETRY_AFTER_SECONDS = "1"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered.

    Attributes:
        status: the HTTP status.
        content_type: of the body.
        body: its bytes.
        headers: further headers.
    """

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status_line(self) -> str:
        """The status as WSGI wants it."""
        return f"{self.status} {HTTPStatus(self.status).phrase.upper()}"

    def all_headers(self, *, secure: bool) -> list[tuple[str, str]]:
        """Its headers and those that every answer carries, less its length, which the server gives.

        Args:
            secure: whether the request came over TLS.
        """
        own = {"Content-Type": self.content_type, **self.headers}
        return list(({**HEADERS, "Strict-Transport-Security": HSTS, **own} if secure else {**HEADERS, **own}).items())


def receipt_of(receipt: bytes) -> Answer:
    """A batch was taken."""
    return Answer(200, RECEIPT_TYPE, receipt)


def refusal_of(rejected: Rejected) -> Answer:
    """A batch was not taken: why, and what its gateway does then (docs/format.md §5)."""
    more: dict[str, object] = {"step": rejected.step, "retry": rejected.retry}
    if rejected.head is not None:
        head = rejected.head
        more["head"] = {
            "stream": head.stream,
            "last_seq": head.last_seq,
            "previous": format_base64(head.previous),
        }
    wait = {"Retry-After": _RETRY_AFTER_SECONDS} if rejected.status in {503, 507} else {}
    kind = f"urn:xuemai:refused:{rejected.step}"
    body = problems.body_of(rejected.status, rejected.reason, kind=kind, more=more)
    return Answer(rejected.status, problems.CONTENT_TYPE, body, {**wait, "Cache-Control": "no-store"})


class Intake:
    """Takes batches that wait, in the order in which they came. Used by one thread."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def admits(self, environ: Environ) -> bool:
        """Whether a request is a batch for this site, sent plainly and of a known length."""
        return (
            environ["PATH_INFO"] == BATCHES_PATH
            and environ["REQUEST_METHOD"] == "POST"
            and "HTTP_CONTENT_ENCODING" not in environ
            and _is_length_of_a_batch(str(environ.get("CONTENT_LENGTH", "")))
            and answers_for(self._services.site, str(environ.get("HTTP_HOST", "")))
        )

    def take(self, environs: Sequence[Environ]) -> list[Answer]:
        """Take the batches of admitted requests; answers in their order.

        Raises:
            Exception: something unexpected. Some of them may be in the log; asked again, each gets its answer.
        """
        begun = moment()
        confronted = [self._confront(environ) for environ in environs]
        wires = [_body_of(environ) for environ, why in zip(environs, confronted, strict=True) if why is None]
        taken = iter(self._services.ledger.append_batches(wires))
        return [self._answered(next(taken) if why is None else why, begun) for why in confronted]

    def _confront(self, environ: Environ) -> Rejected | None:
        try:
            self._services.ledger.confront(notes_in(str(environ.get(_HELD, ""))))
        except Rejected as rejected:
            return rejected
        return None

    def _answered(self, outcome: bytes | Rejected, begun: float) -> Answer:
        counted = self._services.metrics
        if isinstance(outcome, Rejected):
            counted.count_batch(outcome.step)
            answer = refusal_of(outcome)
        else:
            counted.count_batch("accepted")
            answer = receipt_of(outcome)
        counted.count_request(INGEST, answer.status, moment() - begun)
        return answer


def _is_length_of_a_batch(text: str) -> bool:
    return text.isdecimal() and int(text) <= MAX_INGEST_BYTES


def _body_of(environ: Environ) -> bytes:
    return cast("BinaryIO", environ["wsgi.input"]).read(int(str(environ["CONTENT_LENGTH"])))
