"""Asking a witness over HTTP: one request, bounded in time and size.

What is asked, and what an answer means, is `ledger.cosigning`'s.

Source: c2sp.org/tlog-witness, `POST <prefix>/add-checkpoint`.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import urllib3

from ledger.core.errors import ConfigError, XuemaiError

PATH = "/add-checkpoint"
CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 5.0
MAX_ANSWER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What a witness answered: HTTP status, media type without parameters, body."""

    status: int
    content_type: str
    body: bytes


Ask: TypeAlias = Callable[[str, bytes], Reply]
"""Posts a request's bytes to the witness at an address. Raises `NoAnswerError`."""


class NoAnswerError(XuemaiError):
    """The network, the name, the server or its certificate: there was no answer."""


def http_ask(ca_file: Path | None) -> Ask:
    """An `Ask` over HTTP or HTTPS.

    Raises:
        ConfigError: the CA file cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"witnesses.ca_file: expected PEM certificates at {ca_file}; {error}") from error
    pool = urllib3.PoolManager(
        retries=False,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS),
        ssl_context=context,
    )

    def ask(url: str, body: bytes) -> Reply:
        try:
            response = pool.request("POST", url + PATH, body=body, redirect=False, preload_content=False)
            answer = response.read(MAX_ANSWER_BYTES)
            # No more is read of what a witness has no reason to say.
            response.close()
            return Reply(response.status, response.headers.get("Content-Type", "").partition(";")[0], answer)
        except urllib3.exceptions.HTTPError as error:
            raise NoAnswerError(str(error)) from error

    return ask
