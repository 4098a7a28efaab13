"""Outputs on their threads: none holds up another, whatever it does."""

import threading
from dataclasses import dataclass, field

from gateway.alarm.notice import Notice
from gateway.alarm.outputs.output import OutputFailed
from gateway.alarm.sounding import MOST_WAITING, Answered, Voice


@dataclass
class Bell:
    """An output that does as the test says."""

    rung: list[str] = field(default_factory=list)
    checks: int = 0
    hangs: threading.Event | None = None
    breaks: Exception | None = None

    def tell(self, notice: Notice) -> None:
        if self.hangs is not None:
            self.hangs.wait(10)
        if self.breaks is not None:
            raise self.breaks
        self.rung.append(notice.phase)

    def check(self) -> None:
        self.checks += 1


class Answers:
    def __init__(self) -> None:
        self.came: list[Answered] = []
        self._more = threading.Condition()

    def __call__(self, answered: Answered) -> None:
        with self._more:
            self.came.append(answered)
            self._more.notify()

    def wait(self, count: int) -> list[Answered]:
        with self._more:
            assert self._more.wait_for(lambda: len(self.came) >= count, timeout=5)
            return self.came


def test_it_is_checked_first_then_told_in_order(notice: Notice) -> None:
    bell, answers = Bell(), Answers()
    voice = Voice("bell", bell, 60.0, answers)
    voice.start()
    voice.tell(notice)
    assert answers.wait(2) == [Answered("bell", None, ""), Answered("bell", notice.key, "")]
    voice.end()
    assert (bell.checks, bell.rung) == (1, ["raised"])


def test_what_goes_wrong_is_an_answer_and_not_an_end(notice: Notice) -> None:
    bell, answers = Bell(breaks=OutputFailed("no clapper")), Answers()
    voice = Voice("bell", bell, 60.0, answers)
    voice.start()
    voice.tell(notice)
    assert answers.wait(2)[1].failed == "no clapper"
    bell.breaks = ZeroDivisionError()
    voice.tell(notice)
    assert answers.wait(3)[2].failed == "it broke: ZeroDivisionError()"
    bell.breaks = None
    voice.tell(notice)
    assert answers.wait(4)[3].failed == ""
    voice.end()


def test_a_bell_that_hangs_holds_up_nobody_who_rings_it(notice: Notice) -> None:
    bell, answers = Bell(hangs=threading.Event()), Answers()
    voice = Voice("bell", bell, 60.0, answers)
    voice.start()
    answers.wait(1)
    for _ in range(MOST_WAITING + 5):
        voice.tell(notice)
    assert "notices wait already" in answers.wait(2)[1].failed
    assert bell.hangs is not None
    bell.hangs.set()
    voice.end()


def test_while_nothing_is_wrong_it_is_checked_again_and_again() -> None:
    bell, answers = Bell(), Answers()
    voice = Voice("bell", bell, 0.02, answers)
    voice.start()
    answers.wait(4)
    voice.end()
    assert bell.checks >= 4
