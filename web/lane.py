"""Where batches wait in `xuemai serve`: one thread takes all of them together, beside the threads of all else.

Gateways send at once, and what their small batches cost is mostly what a request and a transaction cost. So requests
that are batches do not go to a thread each: as many as wait are handed to `Intake` at once and answered one after the
other. A request that it does not admit, or one of those to which something unexpected happened, goes the way of all
others.
"""

import threading
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from queue import SimpleQueue
from typing import Any

import structlog
from typing_extensions import override
from waitress.task import ThreadedTaskDispatcher, WSGITask  # type: ignore[import-untyped]  # it has no types

from ledger.app import Answer, Intake
from ledger.clock import SystemClock
from web.kept import Come, KeptConnections, never

MAX_AT_ONCE = 64
"""So many batches are taken at once at most; each is of 1 MiB at most."""
LINGER_SECONDS = 0.001
"""So long those are waited for who came together the last time: a transaction costs the same, however many share it."""
STOP_SECONDS = 5
_ASKED = "xuemai.asked"
_log = structlog.get_logger("xuemai.serve")
Environ = dict[str, Any]


class Door:
    """The application as the server knows it; where a lane asks, it says what the request is and answers nothing.

    A server puts layers of its own around an application, which settle whose word about host and scheme counts: so only
    from behind them is a request seen as the application would see it.
    """

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Answer the request; or, asked by `seen`, only note it."""
        asked: list[Environ] | None = environ.get(_ASKED)
        if asked is None:
            answered: Iterable[bytes] = self._application(environ, start_response)
            return answered
        asked.append(environ)
        return ()


def seen(channel: Any, request: Any) -> Environ | None:
    """A request of a channel as the application behind its server's door sees it; None if it never would."""
    asked: list[Environ] = []
    environ: Environ = WSGITask(channel, request).get_environment()
    channel.server.application({**environ, _ASKED: asked}, _start_nothing)
    return asked[0] if asked else None


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A request, and whose it is: a channel's, or a kept connection's."""

    environ: Environ
    at: Any


class Lane(ThreadedTaskDispatcher):  # type: ignore[misc]  # as above
    """waitress's threads, and one more for batches.

    Args:
        intake: takes batches.
        path: the address that they are sent to.
    """

    def __init__(self, intake: Intake, path: str) -> None:
        super().__init__()
        self._intake = intake
        self._path = path
        self._batches: SimpleQueue[Any] = SimpleQueue()
        self._kept = KeptConnections(self._admitted, lambda: SystemClock().now_ms() / 1000)
        self._came_before = 0
        self._thread = threading.Thread(target=self._run, name="ledger-intake", daemon=True)
        self._thread.start()

    @override
    def add_task(self, task: Any) -> None:
        """Give the channel's next request to the thread of its kind."""
        request = task.requests[0]
        if request.error is None and request.command == "POST" and request.path == self._path:
            self._batches.put(task)
            self._kept.wake()
        else:
            super().add_task(task)

    @override
    def shutdown(self, cancel_pending: bool = True, timeout: float = STOP_SECONDS) -> bool:
        """Answer the batches that wait, then stop every thread."""
        self._batches.put(None)
        self._kept.wake()
        self._thread.join(timeout)
        return bool(super().shutdown(cancel_pending, timeout))

    def _run(self) -> None:
        last = False
        while not last:
            come = self._kept.wait(None)
            while come and len(come) < self._came_before and (more := self._kept.wait(LINGER_SECONDS)):
                come += more
            self._came_before = len(come)
            channels, last = self._take_waiting()
            try:
                waiting = [*(_Waiting(each.environ, each) for each in come), *self._all_admitted(channels)]
                for first in range(0, len(waiting), MAX_AT_ONCE):
                    self._serve(waiting[first : first + MAX_AT_ONCE])
            except Exception as error:  # noqa: BLE001  whatever it is, it must not end the thread
                _log.error("batches were not answered", trace="".join(traceback.format_exception(error)))
        self._kept.close()

    def _take_waiting(self) -> tuple[list[Any], bool]:
        channels: list[Any] = []
        while not self._batches.empty():
            channel = self._batches.get()
            if channel is None:
                return channels, True
            channels.append(channel)
        return channels, False

    def _all_admitted(self, channels: Sequence[Any]) -> Iterator[_Waiting]:
        for channel in channels:
            environ = self._admitted(channel, channel.requests[0])
            if environ is None:
                super().add_task(channel)
            else:
                yield _Waiting(environ, channel)

    def _admitted(self, channel: Any, request: Any) -> Environ | None:
        environ = seen(channel, request)
        return environ if environ is not None and self._intake.admits(environ) else None

    def _serve(self, waiting: Sequence[_Waiting]) -> None:
        if not waiting:
            return
        try:
            answers = self._intake.take([each.environ for each in waiting])
        except Exception as error:  # noqa: BLE001  whatever it is, it is one request's: alone, each gets its own answer
            _log.error("batches go one by one", trace="".join(traceback.format_exception(error)))
            for each in waiting:
                self._leave(each)
            return
        for each, answer in zip(waiting, answers, strict=True):
            self._say(each, answer)

    def _leave(self, waiting: _Waiting) -> None:
        """Let another thread answer a request, alone."""
        if isinstance(waiting.at, Come):
            self._kept.give_back(waiting.at.kept)
            return
        waiting.environ["wsgi.input"].seek(0)
        super().add_task(waiting.at)

    def _say(self, waiting: _Waiting, answer: Answer) -> None:
        if isinstance(waiting.at, Come):
            self._kept.answer(waiting.at, answer)
            return
        channel, own = waiting.at, waiting.at.requests[0]
        is_kept = answer.status == HTTPStatus.OK and own.version == "1.1"
        if is_kept:
            channel.readable = never  # before it is answered: from then on the server's loop would read what comes next
        answered = partial(_Answered, answer=answer, secure=waiting.environ["wsgi.url_scheme"] == "https")
        # The channel's next request may be served by another thread as soon as this one is done.
        channel.task_class = lambda of, request: (answered if request is own else WSGITask)(of, request)
        channel.service()
        if not is_kept:
            return
        if channel.requests or channel.request is not None or channel.total_outbufs_len or channel.close_when_flushed:
            del channel.readable
            channel.server.pull_trigger()
        else:
            self._kept.keep(channel)


class _Answered(WSGITask):  # type: ignore[misc]  # as above
    """A request whose answer is there already."""

    def __init__(self, channel: Any, request: Any, *, answer: Answer, secure: bool) -> None:
        super().__init__(channel, request)
        self._answer = answer
        self._secure = secure

    @override
    def execute(self) -> None:
        self.complete = True
        self.status = self._answer.status_line
        self.response_headers = self._answer.all_headers(secure=self._secure)
        self.content_length = len(self._answer.body)
        # In one piece: a second one would be a second packet, and wake the gateway twice.
        self.channel.write_soon(self.build_response_header() + self._answer.body)
        self.wrote_header = True


def _start_nothing(_status: str, _headers: object, _error: object = None) -> None:
    """Nobody is answered: a layer of the server's that refuses the request will do so once more."""
