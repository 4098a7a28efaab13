"""A serial port on a real pseudo-terminal: unplug, replug under another number, a second owner, a line that died."""

import itertools
import os
import queue
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.ports import serial_port
from gateway.ports.line import Line
from gateway.ports.mailbox import Heard, Letter, Lost, Opened
from gateway.ports.serial_port import LineSettings, SerialPort
from gateway.session import NOTHING, Listening, Moment, Session, Turn
from gateway.wire.barcode_isbt128 import BarcodeDecoder
from gateway.wire.decoder import Counters
from gateway.wire.items import LabelScan


class Plug:
    """A pty behind a link, as udev makes one by id."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.ends: tuple[int, int] | None = None
        self.plug()

    def plug(self) -> None:
        self.ends = os.openpty()
        for end in self.ends:
            tty.setraw(end)
        self.link.symlink_to(os.ttyname(self.ends[1]))

    def unplug(self) -> None:
        self.link.unlink(missing_ok=True)
        for end in self.ends or ():
            os.close(end)
        self.ends = None

    def send(self, content: bytes) -> None:
        assert self.ends is not None
        os.write(self.ends[0], content)


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Plug]:
    plug = Plug(tmp_path / "usb-scanner")
    yield plug
    plug.unplug()


@pytest.fixture
def letters() -> "queue.SimpleQueue[Letter]":
    return queue.SimpleQueue()


@pytest.fixture
def port(plug: Plug, letters: "queue.SimpleQueue[Letter]") -> Iterator[Callable[..., Line]]:
    made: list[Line] = []

    def make(keepalive_seconds: float | None = None) -> Line:
        session: Session = Listening(BarcodeDecoder(), 0.2)
        made.append(
            Line(
                SerialPort(str(plug.link), LineSettings(9600)),
                session,
                moment,
                letters.put,
                lambda: 0.0,
                keepalive_seconds,
            )
        )
        made[-1].start()
        return made[-1]

    yield make
    for each in made:
        each.end()


def moment() -> Moment:
    return Moment(0, time.monotonic())


def expect(letters: "queue.SimpleQueue[Letter]", kind: type[Letter]) -> Letter:
    """The next letter of a kind; what comes before it is passed over."""
    give_up_at = time.monotonic() + 10
    while True:
        letter = letters.get(timeout=give_up_at - time.monotonic())
        if isinstance(letter, kind):
            return letter


def test_what_was_scanned_is_heard(plug: Plug, letters: "queue.SimpleQueue[Letter]", port: Callable[..., Line]) -> None:
    port()
    expect(letters, Opened)
    plug.send(b"=A99992")
    time.sleep(0.05)
    plug.send(b"612345600\r\n")
    heard = expect(letters, Heard)
    assert isinstance(heard, Heard)
    assert heard.items == (LabelScan("=A99992612345600"),)


def test_an_unplugged_scanner_comes_back_under_another_number(
    plug: Plug, letters: "queue.SimpleQueue[Letter]", port: Callable[..., Line]
) -> None:
    port()
    expect(letters, Opened)
    plug.unplug()
    expect(letters, Lost)
    plug.plug()
    expect(letters, Opened)
    plug.send(b"=A99992612345600\r")
    assert isinstance(expect(letters, Heard), Heard)


def test_a_line_has_one_owner(letters: "queue.SimpleQueue[Letter]", port: Callable[..., Line]) -> None:
    port()
    expect(letters, Opened)
    port()
    lost = expect(letters, Lost)
    assert isinstance(lost, Lost)
    assert "lock" in lost.reason


def test_a_line_without_a_good_frame_is_opened_again(
    plug: Plug, letters: "queue.SimpleQueue[Letter]", port: Callable[..., Line]
) -> None:
    port(keepalive_seconds=0.4)
    expect(letters, Opened)
    plug.send(b"\xff\xfe noise")
    lost = expect(letters, Lost)
    assert isinstance(lost, Lost)
    assert "no good frame" in lost.reason
    expect(letters, Opened)


class Asking:
    """A session that asks again and again, of a device that says nothing."""

    def __init__(self) -> None:
        self.counters = Counters()

    def opened(self, _moment: Moment) -> Turn:
        return Turn(send=b"?")

    def heard(self, content: bytes, _moment: Moment) -> Turn:
        self.counters.accepted += len(content)
        return NOTHING

    def tick(self, _moment: Moment) -> Turn:
        return Turn(send=b"?")


def test_a_line_that_answers_no_question_is_opened_again_ever_more_slowly(
    plug: Plug, letters: "queue.SimpleQueue[Letter]"
) -> None:
    port = Line(
        SerialPort(str(plug.link), LineSettings(9600)), Asking(), moment, letters.put, lambda: 1.0, unanswered=3
    )  # fmt: skip
    port.start()
    opened_at = []
    for _ in range(4):
        expect(letters, Opened)
        opened_at.append(time.monotonic())
        lost = expect(letters, Lost)
        assert isinstance(lost, Lost)
        assert lost.reason == "no good frame after 3 questions"
    port.end()
    waits = [later - earlier for earlier, later in itertools.pairwise(opened_at)]
    assert waits[0] < waits[1] < waits[2], "it waits twice as long each time until the device has spoken"


def test_a_line_that_spoke_before_it_went_is_looked_for_soon_again(
    plug: Plug, letters: "queue.SimpleQueue[Letter]"
) -> None:
    port = Line(
        SerialPort(str(plug.link), LineSettings(9600)), Asking(), moment, letters.put, lambda: 1.0, unanswered=30
    )
    port.start()
    for _ in range(3):
        expect(letters, Lost)
    expect(letters, Opened)
    plug.send(b"here I am")
    expect(letters, Lost)
    began = time.monotonic()
    expect(letters, Opened)
    # The next wait would have been 1.6 seconds.
    assert time.monotonic() - began < 1.2
    port.end()


def test_a_line_that_never_pauses_is_left_to_gather_for_longer_and_longer() -> None:
    waits = [serial_port.GATHER_SECONDS]
    for _ in range(5):
        waits.append(serial_port.gather_again(waits[-1], serial_port.BUSY_BYTES))
    assert waits == [0.03, 0.06, 0.12, 0.12, 0.12, 0.12]
    assert serial_port.gather_again(0.12, serial_port.BUSY_BYTES - 1) == 0.03, "and soon again, once it pauses"
