"""Having this log's checkpoints cosigned by outside witnesses, and hearing from them whether it went back.

One thread beside the publisher asks each witness of `[[witness]]` to cosign the latest signed checkpoint; it never
stands in the way of a batch or of a signature. A witness that saw more than was signed here, or another history, shows
that this database was rolled back or cloned: then the ledger stands still. At the start the witnesses are asked once,
before anything is signed. Whether a witness may cosign is `ledger.core.witness`'s, in its house.

Source: c2sp.org/tlog-witness.
"""

import random
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import structlog

from ledger.append import Ledger, Rejected
from ledger.clock import SystemClock
from ledger.core import checkpoint as checkpoints
from ledger.core import note, witness
from ledger.core.checkpoint import Checkpoint
from ledger.core.errors import ConfigError, NoteError, Refused, XuemaiError
from ledger.core.merkle import MAX_SIZE
from ledger.core.note import Note
from ledger.core.policy import Witness
from ledger.core.signing import verify_note
from ledger.read import cosigned
from ledger.read.reader import reading
from ledger.settings.policy import refresh_policy_file
from ledger.witness_client import Ask, NoAnswerError, Reply, http_ask

LOOK_SECONDS = 1.0
BETWEEN_SECONDS = 5.0
"""A witness is asked no more often than this, unless somebody waits for it."""

FIRST_WAIT_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 120.0
SIZE_TYPE = "text/x.tlog.size"
_SIZE = re.compile(r"0|[1-9][0-9]{0,19}")
_log = structlog.get_logger("ledger.cosigning")


@dataclass(slots=True)
class Standing:
    """Where one witness stands.

    Attributes:
        witness: its name, key and address.
        cosigned: the largest size that it cosigned, as far as is known here.
        problem: why it did not cosign when last asked; empty: it did, or was not asked.
    """

    witness: Witness
    cosigned: int = 0
    problem: str = ""
    failures: int = 0
    due_at: float = field(default=float("-inf"))


class Cosigning:
    """Asks the site's witnesses. `begin` once before anything is signed, then as a context manager."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        ask: Ask | None = None,
        jitter: Callable[[], float] = random.random,
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        """Prepare; nothing is asked yet.

        Args:
            ledger: whose checkpoints; whoever opened it closes it.
            ask: see `witness_client.Ask`; over HTTP if not given.
            jitter: a number from 0 to 1, so that ledgers do not come back to a witness in step.
            monotonic: real seconds; the machine's if not given.

        Raises:
            ConfigError: the CA file cannot be used.
        """
        self._ledger, self._site = ledger, ledger.site
        self._ask = ask or http_ask(self._site.outside.ca_file)
        self._jitter = jitter
        self._seconds = monotonic or SystemClock().monotonic
        self._standings = tuple(Standing(each) for each in self._site.outside.witnesses)
        self._stop, self._wake = threading.Event(), threading.Event()
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Ask every witness once what it saw of this log, before anything is signed: the outside start guard.

        Raises:
            ConfigError: one did not answer, and `witnesses.at_start` requires it; or there is no `policy.txt`.
        """
        if refresh_policy_file(self._site):
            _log.info("policy.txt names other witnesses now; hand it to those who verify", path="policy.txt")
        for standing in self._standings:
            with reading(self._site) as reader:
                standing.cosigned = cosigned.cosigned_size(reader, standing.witness.key)
            self._ask_one(standing)
        silent = [each.witness.name for each in self._standings if each.problem]
        if silent and self._site.outside.at_start == "required" and self._ledger.standstill is None:
            told = "; ".join(f"{each.witness.name}: {each.problem}" for each in self._standings if each.problem)
            raise ConfigError(f"witnesses.at_start: expected every witness to answer before the start; {told}")

    def __enter__(self) -> Self:
        if self._standings:
            self._thread = threading.Thread(target=self._run, name="ledger-cosigning", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    @property
    def standings(self) -> tuple[Standing, ...]:
        """Where each witness stands, in the order of the configuration."""
        return self._standings

    def hurry(self, size: int, *, patience_seconds: float) -> bool:
        """Ask now, and wait so long for the quorum over a checkpoint of `size` or more; whether it came."""
        if not self._standings:
            return False
        give_up_at = self._seconds() + patience_seconds
        for standing in self._standings:
            if not standing.failures:
                standing.due_at = float("-inf")
        self._wake.set()
        while self._seconds() < give_up_at:
            with reading(self._site) as reader:
                witnessed = cosigned.latest_witnessed(reader)
            if witnessed is not None and witnessed[0] >= size:
                return True
            if self._stop.wait(0.05):
                break
        return False

    def ask_now(self) -> None:
        """Ask every witness that is due, one after the other; whatever goes wrong is noted, and tried again later."""
        with self._turn:
            for standing in self._standings:
                if self._seconds() >= standing.due_at and not self._stop.is_set() and self._has_news(standing):
                    self._ask_one(standing)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.ask_now()
            except (XuemaiError, OSError) as error:
                _log.error("the witnesses could not be asked; trying again", error=str(error))
            self._wake.wait(LOOK_SECONDS)
            self._wake.clear()

    def _has_news(self, standing: Standing) -> bool:
        """Whether the witness has something to cosign, or has not answered yet."""
        return standing.failures > 0 or self._newest_size() > standing.cosigned

    def _ask_one(self, standing: Standing) -> None:
        with reading(self._site) as reader:
            latest = cosigned.latest_signed(reader)
        if latest is None:
            return
        try:
            problem = self._exchange(standing, *latest)
        except (NoAnswerError, NoteError, Rejected) as error:
            problem = str(error)
        self._note(standing, problem)

    def _exchange(self, standing: Standing, size: int, signed: bytes) -> str:
        """One request, and a second one from where the witness says that it is; why it did not cosign, or nothing."""
        reply = self._request(standing, min(standing.cosigned, size), signed)
        told = _told_size(reply)
        if told is not None:
            newest = self._newest_size()
            if told > newest:
                return self._went_back(
                    standing, f"it cosigned a checkpoint of size {told}, and {newest} is signed here"
                )
            if told > size:
                return ""  # another process of this site asked with a newer one in the meantime
            reply = self._request(standing, told, signed)
            if _told_size(reply) is not None:
                return "it changed its mind about the size while it was asked; another process asks it, too"
        if reply.status == 200:
            self._keep(standing, checkpoints.parse_signed(signed)[0], reply.body)
            return ""
        detail = f"HTTP {reply.status}: {reply.body[:300].decode('utf-8', 'replace')}"
        if reply.status in {409, 422}:
            return self._went_back(standing, f"it cosigned another history ({detail})")
        return detail

    def _request(self, standing: Standing, old: int, signed: bytes) -> Reply:
        head = checkpoints.parse_signed(signed)[0]
        with reading(self._site) as reader:
            proof = cosigned.consistency(reader, old, head.size)
        asked = witness.AddCheckpoint(old, tuple(proof), signed)
        url = standing.witness.url
        assert url is not None  # noqa: S101  for the type checker; the configuration asks for one
        return self._ask(url, witness.format(asked))

    def _keep(self, standing: Standing, head: Checkpoint, body: bytes) -> None:
        lines = note.parse_signature_lines(body)
        key = standing.witness.key
        verified = verify_note(Note(checkpoints.format(head), lines), [key])
        if isinstance(verified, Refused):
            raise NoteError(f"expected a cosignature by {key.name}; {verified.reason}")
        mine = [line for line in lines if (line.name, line.key_id) == (key.name, key.key_id)]
        self._ledger.keep_cosignature(head.size, key, note.format_signature_lines(mine))
        standing.cosigned = max(standing.cosigned, head.size)

    def _newest_size(self) -> int:
        with reading(self._site) as reader:
            latest = cosigned.latest_signed(reader)
        return 0 if latest is None else latest[0]

    def _went_back(self, standing: Standing, why: str) -> str:
        self._ledger.stand_still(f"witness {standing.witness.name}: {why}")
        return why

    def _note(self, standing: Standing, problem: str) -> None:
        """Remember how it went, and when to ask again."""
        if problem and problem != standing.problem:
            _log.warning("a witness did not cosign", witness=standing.witness.name, reason=problem)
        if standing.problem and not problem:
            _log.info("the witness cosigns again", witness=standing.witness.name)
        standing.problem = problem
        standing.failures = standing.failures + 1 if problem else 0
        longest = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * float(1 << min(standing.failures, 10)))
        wait_seconds = longest * (0.5 + self._jitter() / 2) if problem else BETWEEN_SECONDS
        standing.due_at = self._seconds() + wait_seconds


def _told_size(reply: Reply) -> int | None:
    """The size that a witness says it cosigned last, if that is its answer."""
    if reply.status != 409 or reply.content_type != SIZE_TYPE:
        return None
    text = reply.body.decode("ascii", "replace").removesuffix("\n")
    return int(text) if _SIZE.fullmatch(text) and int(text) <= MAX_SIZE else None
