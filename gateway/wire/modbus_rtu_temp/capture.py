"""What was recorded on the line of a Modbus RTU temperature probe: both sides, or its answers alone.

What an answer says depends on the request before it, if one was recorded. So what came after one answer is looked at
together with the next, where they follow each other as they did before: as one frame that ends in an answer.
"""

from dataclasses import dataclass, field, replace

from typing_extensions import override

from gateway.wire.frames import FrameDecoder
from gateway.wire.items import Item
from gateway.wire.modbus_rtu_temp import crc
from gateway.wire.modbus_rtu_temp.line import EXCEPTION, READS, ModbusLine, misfit
from gateway.wire.modbus_rtu_temp.probe import (
    PROBE_RANGE_CENTI_CELSIUS,
    REGISTER_MAPS,
    Probe,
    Request,
    Scale,
    readings_alike,
    registers,
    registers_alike,
)
from gateway.wire.stream import Frame, Spoilt, Verdict

_FIRST_SETTING = 0x0100
"""From here on these probes keep address, baud rate and offsets, and no measured value."""
_HUMIDITY_REGISTERS = {(4, 2)}
_HUMIDITY_IN_TENTHS, _LEAST_HUMIDITY, _DISCONNECTED = 1500, 10, -1270
_HEAD_BYTES, _MOST_BYTES_BEFORE = 3, 64
_ANSWER_BYTES, _SHORT_ANSWER_BYTES = 9, 7  # of two registers, and of one


@dataclass(slots=True)
class ModbusCaptureDecoder(ModbusLine, FrameDecoder):
    """Reads captured answers whose requests were not captured: takes every answer of the probe's slave as asked for.

    Attributes:
        probe: whose answers the capture holds.
        scale: the scale, where it is known. Only here may it be left open, and then only a register that tenths would
            put beyond the probe is taken for hundredths.
    """

    head_bytes = _HEAD_BYTES
    probe: Probe = field(default_factory=Probe)
    scale: Scale | None = None
    _asked: Request | None = field(default=None, init=False)
    _before: bytes = field(default=b"", init=False)

    @override
    def run(self, window: bytes, at: int, items: list[Item]) -> int:
        # An answer to what was asked before this run says something else than one that stands alone.
        return at if self._asked else FrameDecoder.run(self, window, at, items)

    @override
    def judge(self, window: bytes, at: int) -> Verdict:
        verdict = ModbusLine.judge(self, window, at)
        if isinstance(verdict, Frame):
            frame = window[at : at + verdict.length]
            if self._asked or frame[1] & ~EXCEPTION not in READS:
                self._before = (self._before + frame)[: _MOST_BYTES_BEFORE + 1]
                return verdict
            if len(self._before) <= _MOST_BYTES_BEFORE:
                self.learn(self._before + frame[:_HEAD_BYTES], len(self._before) + len(frame))
        if not self._asked:
            self._before = b""
        return verdict

    @override
    def heads(self, frames: list[bytes]) -> list[bytes]:
        return [self.begun(frame, 0)[0] for frame in frames]

    @override
    def read(self, frame: bytes) -> Frame | Spoilt:
        said: tuple[Item, ...] = ()
        at = 0
        while at < len(frame):
            verdict = ModbusLine.judge(self, frame, at)
            if not isinstance(verdict, Frame):
                self._asked = None
                return Spoilt(1, "no answer")
            said += verdict.items
            at += verdict.length
        return Frame(at, said)

    @override
    def read_alike(self, frames: bytes, length: int) -> list[Item]:
        start = len(self.begun(frames, 0)[0]) - _HEAD_BYTES
        before = self.read(frames[:start])
        asked, self._asked = self._asked, None
        plain = frames[start + 1] in READS and length - start in {_ANSWER_BYTES, _SHORT_ANSWER_BYTES}
        if not plain or _asks_no_measurement(asked) or not crc.all_hold(frames, length, start):
            return []
        probe = self._answering(asked, frames[start:length])
        if isinstance(probe, Spoilt) or isinstance(before, Spoilt):
            return []
        values = registers_alike(probe, frames, length, start + _HEAD_BYTES)
        scale = self._one_scale(values["temperature"], values.get("humidity", []))
        readings = readings_alike(replace(probe, scale=scale), values) if scale else []
        said = [*before.items, *readings[:1]] * len(readings)
        said[len(before.items) :: len(before.items) + 1] = readings
        return said

    @override
    def overheard(self, request: Request) -> None:
        self._asked = request

    @override
    def is_measurement(self, frame: bytes) -> bool:
        # Without its request, an answer of 03 may be settings: more registers, or less humidity than there ever is.
        measured = not _asks_no_measurement(self._asked) and (
            frame[1] & EXCEPTION
            or len(frame) < _ANSWER_BYTES
            or (len(frame) == _ANSWER_BYTES and (frame[1] == 4 or self._humidity_by_03(frame) >= _LEAST_HUMIDITY))
        )
        if not measured:
            self._asked = None
        return bool(measured)

    @override
    def answers_pending(self, frame: bytes) -> Spoilt | Probe:
        probe = self._answering(self._asked, frame)
        if isinstance(probe, Spoilt):
            return probe
        self._asked = None
        values = registers(probe, frame[3:-2])
        return replace(probe, scale=self._scale(values.get("temperature", 0), values.get("humidity", 0)))

    def _answering(self, asked: Request | None, frame: bytes) -> Spoilt | Probe:
        """Whose answer it is; its scale is another question."""
        reason = misfit(frame, asked or self._unheard(frame))
        if reason:
            return Spoilt(len(frame), reason)
        humidity_first = frame[1] == 3 and len(frame) == _ANSWER_BYTES and _asks_humidity_first(asked)
        return replace(
            self.probe, quantities=REGISTER_MAPS["humidity-first" if humidity_first else "xy-md02"].quantities
        )

    def _humidity_by_03(self, frame: bytes) -> int:
        at = _HEAD_BYTES if _asks_humidity_first(self._asked) else _HEAD_BYTES + 2
        return int.from_bytes(frame[at : at + 2], "big")

    def _unheard(self, frame: bytes) -> Request:
        """The request that an answer whose request was not captured would fit, if it is of the probe's slave."""
        return replace(self.probe.request, function=frame[1] & ~EXCEPTION, count=frame[2] // 2)

    def _scale(self, temperature: int, humidity: int) -> Scale:
        """Hundredths where tenths cannot be: a temperature beyond the probe, or more humidity than there can be.

        -127 degrees in tenths is what bridges of DS18B20 say of an unplugged one, and no -12.7.
        """
        low, high = PROBE_RANGE_CENTI_CELSIUS
        possible = temperature == _DISCONNECTED or low <= Scale.TENTHS.centi(temperature) <= high
        tenths = possible and humidity <= _HUMIDITY_IN_TENTHS
        return self.scale or (Scale.TENTHS if tenths else Scale.HUNDREDTHS)

    def _one_scale(self, temperatures: list[int], humidities: list[int]) -> Scale | None:
        """The scale of many answers; None where it is not surely one, or where humidity may be none at all."""
        if min(humidities, default=_LEAST_HUMIDITY) < _LEAST_HUMIDITY:
            return None
        most = max(humidities, default=0)
        if {self._scale(each, most) for each in (min(temperatures), max(temperatures))} == {Scale.TENTHS}:
            return Scale.TENTHS
        hundredths = self.scale is Scale.HUNDREDTHS or min(humidities, default=0) > _HUMIDITY_IN_TENTHS
        return Scale.HUNDREDTHS if hundredths else None


def _asks_humidity_first(asked: Request | None) -> bool:
    """Whether function 03 tells humidity before temperature: where it was asked from register 0, or nobody knows."""
    return asked is None or asked.register == REGISTER_MAPS["humidity-first"].register


def _asks_no_measurement(asked: Request | None) -> bool:
    """Whether settings were asked for, or one register that has no temperature in it."""
    if asked is None:
        return False
    humidity_alone = asked.count == 1 and (asked.function, asked.register) in _HUMIDITY_REGISTERS
    return asked.register >= _FIRST_SETTING or humidity_alone
