"""One conversation with one device on a serial line, from beginning to end: for commands that a person waits for.

A gateway's own lines are `line`'s. Here a script asks and is given the answers; the line is held alone
meanwhile, so that it fails where a gateway has it.
"""

from collections.abc import Callable, Generator
from typing import TypeVar

import serial

from gateway.ports.address import locate
from gateway.ports.serial_port import LineSettings
from gateway.talk.script import Ask
from gateway.wire.decoder import ByteDecoder
from gateway.wire.items import Item

T = TypeVar("T")
_READ_SECONDS = 0.02


def ask(
    path: str,
    script: Generator[Ask, list[Item], T],
    *,
    settings: LineSettings,
    decoder: ByteDecoder,
    seconds: Callable[[], float],
) -> T:
    """Let a script speak with the device on a line; its value.

    Args:
        path: the line, as in gateway.toml.
        script: asks, and is given what was answered.
        settings: see `LineSettings`.
        decoder: reads what the device says.
        seconds: real seconds, from anywhere.

    Raises:
        serial.SerialException: the line cannot be opened, is in use, or broke.
        OSError: the same, from the system.
    """
    with serial.Serial(
        locate(path), settings.baud, parity=settings.parity, timeout=_READ_SECONDS, write_timeout=1.0, exclusive=True
    ) as line:
        line.reset_input_buffer()
        question = next(script)
        while True:
            try:
                question = script.send(_answer(line, question, decoder, seconds))
            except StopIteration as ended:
                value: T = ended.value
                return value


def _answer(line: serial.Serial, question: Ask, decoder: ByteDecoder, seconds: Callable[[], float]) -> list[Item]:
    """What came until the answer was over, or the device had said nothing for as long as it may."""
    line.write(question.send)
    answer: list[Item] = []
    give_up_at = seconds() + question.seconds
    while seconds() < give_up_at:
        content = line.read(max(1, line.in_waiting))
        items = decoder.feed(content) if content else []
        answer += items
        if any(question.ends(item) for item in items):
            return answer
    return answer + decoder.idle()
