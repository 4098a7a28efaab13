"""The rules' tests on each of many changed texts of a module: a fork a text, of a parent that has imported the rest.

    python trial.py FILE TESTS… [--then TESTS…]

Runs inside a copy of the project. The changed texts of FILE come on stdin, a JSON string a line; what came of each goes
to stdout in the same order: `found`, `survived` or `undecided`. A changed text stands on disk while its tests run.
Tests run in rounds, the later ones only if the earlier ones found nothing.

A trial is limited in processor time, so that a busy machine finds nothing that the tests do not; one that the clock on
the wall ends is `undecided`.
"""

import contextlib
import importlib
import importlib.util
import itertools
import json
import os
import resource
import select
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from pathlib import Path

import hypothesis
import pytest

THEN = "--then"
_WALL_SECONDS = 900
_MOST_BYTES = 4 << 30
"""A mistake may make a list that never ends."""
_IMPORTED = Path("imported.json")
_PYTEST = (
    *("-qq", "-x", "-s", "--tb=no", "--assert=plain", "--noconftest", "--basetemp=.trial", "-pno:cacheprovider"),
    *("-otimeout=0", "--randomly-dont-reorganize", "--hypothesis-profile=trial"),
)


@dataclass(frozen=True, slots=True)
class Trials:
    """A plugin of pytest: where tests would be collected, a child a trial collects and runs them."""

    file: Path
    rounds: Sequence[Sequence[str]]
    texts: Sequence[str]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool | None:
        """True in the parent, once every child is done; None in a child, so that pytest goes on there."""
        try:
            self._try_all(session)
        except _InAChildError:
            return None
        return True

    def _try_all(self, session: pytest.Session) -> None:
        _spent(session, list(itertools.chain(*self.rounds)))  # leaves compiled tests, and what they imported
        _import_all_but(".".join(self.file.with_suffix("").parts))
        limits = [(tests, 2 + round(10 * _spent(session, tests))) for tests in self.rounds]
        sys.dont_write_bytecode = True
        Path(importlib.util.cache_from_source(str(self.file))).unlink(missing_ok=True)
        right = self.file.read_text("utf-8")
        for text in self.texts:
            self.file.write_text(text, "utf-8")
            ends = (_end(session, tests, limit) for tests, limit in limits)
            _answer(next((end for end in ends if end != "survived"), "survived"))
        self.file.write_text(right, "utf-8")


class _InAChildError(Exception):
    """No error: takes a child, right after its fork, out of the parent's work."""


def _spent(session: pytest.Session, tests: Sequence[str]) -> float:
    """The processor seconds of these tests without any mistake, all of which must pass."""
    status, seconds = _child(session, tests, limit=None) or (1, 0.0)
    if status:
        pytest.exit(f"these fail without any mistake: {' '.join(tests)}", returncode=1)
    return seconds


def _end(session: pytest.Session, tests: Sequence[str], limit: int) -> str:
    ended = _child(session, tests, limit=limit)
    if ended is None:
        return "undecided"
    return "found" if ended[0] else "survived"


def _child(session: pytest.Session, tests: Sequence[str], *, limit: int | None) -> tuple[int, float] | None:
    """How a child that runs these tests ended, and its processor seconds; None if it took too long by the wall."""
    child = os.fork()
    if not child:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        session.config.args[:] = tests
        raise _InAChildError
    in_time, _, _ = select.select([watched := os.pidfd_open(child)], [], [], _WALL_SECONDS)
    os.close(watched)
    if not in_time:
        os.kill(child, signal.SIGKILL)
    _, status, used = os.wait4(child, 0)
    return (status, used.ru_utime + used.ru_stime) if in_time else None


class _Absent(MetaPathFinder):
    """While it stands first in line, the module cannot be imported, and so nothing that needs it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> None:
        del path, target
        if fullname == self._name:
            raise ImportError(fullname)


def _import_all_but(name: str) -> None:
    """Import whatever the tests imported, other than the module and what depends on it: those are every child's own."""
    sys.meta_path.insert(0, _Absent(name))
    with warnings.catch_warnings(action="ignore"):
        for each in json.loads(_IMPORTED.read_text("utf-8")):
            with contextlib.suppress(ImportError):
                importlib.import_module(each)
    sys.meta_path.pop(0)


def _answer(outcome: str) -> None:
    os.write(_ANSWERS, f"{json.dumps(outcome)}\n".encode())


def _rounds(tests: Sequence[str]) -> Iterator[list[str]]:
    for is_mark, group in itertools.groupby(tests, THEN.__eq__):
        if not is_mark:
            yield list(group)


def main(file: Path, rounds: Sequence[Sequence[str]]) -> None:
    """Try every text that stdin holds; never returns in a child."""
    parent = os.getpid()
    sys.dont_write_bytecode = False
    texts = [json.loads(line) for line in sys.stdin]
    hypothesis.settings.register_profile(
        "trial",
        derandomize=True,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],  # the first failure will do
        suppress_health_check=[hypothesis.HealthCheck.too_slow],  # it reads the clock
    )
    code = pytest.main([*_PYTEST, *itertools.chain(*rounds)], plugins=[Trials(file, rounds, texts)])
    if os.getpid() != parent:
        if not sys.dont_write_bytecode:
            _IMPORTED.write_text(json.dumps([name for name in sys.modules if ".test_" not in name]), "utf-8")
        os._exit(code)
    if code != pytest.ExitCode.NO_TESTS_COLLECTED:
        raise SystemExit(int(code))


if __name__ == "__main__":
    _ANSWERS = os.dup(1)
    os.dup2(2, 1)  # what pytest says
    main(Path(sys.argv[1]), list(_rounds(sys.argv[2:])))
