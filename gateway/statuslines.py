"""The status as lines of text, in English or Chinese: what `xuemai gateway status` prints. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.alarm.kept import Kept
from gateway.device import DeviceStatus
from gateway.lag import Lag
from gateway.status import OLD_AFTER_SECONDS, Status
from gateway.words.causes import CAUSES
from gateway.words.counts import COUNTED
from gateway.words.reasons import in_chinese
from gateway.words.speech import ZH, Language

_WANTED = {"donation": ("donation number", "献血码"), "product": ("product code", "产品码")}
_STATES = {"ok": "正常", "fault": "故障", "waiting": "尚无数据"}
_REACHED = {"reachable": "可达", "unreachable": "不可达"}
_USES = {"checkpoint": "存证点", "receipt": "回执"}


def render(status: Status, language: Language = "en", *, age_seconds: int = 0) -> str:
    """The lines; `age_seconds` is how long ago the status was written."""
    lines = _Chinese(status) if language == "zh" else _English(status)
    return "\n".join([*lines.old(age_seconds), *lines.all()])


@dataclass(frozen=True, slots=True)
class _English:
    status: Status

    def old(self, age_seconds: int) -> Iterator[str]:
        if age_seconds > OLD_AFTER_SECONDS:
            yield f"! this is {age_seconds} s old: the gateway has stopped, or cannot write its status"

    def all(self) -> Iterator[str]:
        status = self.status
        seen = f"checkpoint {status.checkpoint_size} verified" if status.checkpoint_size else "checkpoints unseen"
        head = f"{status.gateway} {status.site_name}  {status.time}"
        yield f"{head}  clock {status.clock}  ledger {status.ledger}, {seen}"
        if status.clock_set:
            yield f"  {'clock':<20} was set by {status.clock_set_ms / 1000:+,.1f} s, to {status.clock_set}"
        if status.clocks_apart:
            yield f"! {status.clocks_apart}"
        yield from (f"! {alarm}" for alarm in status.alarms)
        yield from (f"! {self.alarm(alarm)}" for alarm in status.sounding)
        yield from (f"! output {each.name}: {each.reason}" for each in status.outputs if each.state == "fault")
        for use, keys in status.ledger_keys.items():
            told = ", then ".join(f"{key[:20]}…" for key in keys) or "none: they are not followed"
            yield f"  {'ledger keys':<20} {use}s: {told}"
        for device in status.devices:
            yield from self.device(device)
        for name, stream in status.streams.items():
            yield (
                f"  {name:<20} next {stream.next_seq}, acknowledged {stream.acknowledged_seq}, "
                f"waiting {stream.waiting} batches and {stream.unsealed} events"
            )
            if name in status.lags:
                yield f"  {'':<20} {self.lag(status.lags[name])}"
        if status.room is not None:
            yield f"  {'disk':<20} outbox {_mb(status.room.outbox_bytes)}, free {_mb(status.room.free_bytes)}"

    def device(self, device: DeviceStatus) -> Iterator[str]:
        counts = " ".join(f"{name}={number}" for name, number in sorted(device.counts.items()))
        heard = device.last_heard or "never heard"
        yield f"  {device.name:<20} {device.state:<8} {heard:<26} {counts} {device.reason}".rstrip()
        if device.wants:
            yield f"  {'':<20} half a bag: scan its {_WANTED[device.wants][0]} next"

    def alarm(self, alarm: Kept) -> str:
        told = f"alarm {alarm.cause} {alarm.device} {alarm.place}".rstrip() + f" since {alarm.raised}: {alarm.reason}"
        told += f"; over since {alarm.over}" if alarm.over else ""
        if alarm.acknowledged:
            return f"{told}; {alarm.by} took charge at {alarm.acknowledged}"
        return f"{told}; step {alarm.steps}, not acknowledged"

    def lag(self, lag: Lag) -> str:
        told = (
            f"the ledger has data until {lag.delivered_until}" if lag.delivered_until else "the ledger has no data yet"
        )
        waits = f"; the oldest waits since {lag.waiting_since}, {lag.seconds} s" if lag.waiting_since else ""
        return told + waits


@dataclass(frozen=True, slots=True)
class _Chinese:
    """Names of devices, streams and causes stay as they are: other commands take them."""

    status: Status

    def old(self, age_seconds: int) -> Iterator[str]:
        if age_seconds > OLD_AFTER_SECONDS:
            yield f"! 以下为 {age_seconds} 秒前的状态：网关已停止，或无法写入状态"

    def all(self) -> Iterator[str]:
        status = self.status
        seen = f"存证点已验证至 {status.checkpoint_size}" if status.checkpoint_size else "存证点尚未验证"
        clock, reached = ZH[status.clock], _REACHED[status.ledger]
        yield f"{status.gateway} {status.site_name}  {status.time}  时钟{clock}  中心{reached}，{seen}"
        if status.clock_set:
            yield f"  时钟：最近一次调整 {status.clock_set_ms / 1000:+,.1f} s，调至 {status.clock_set}"
        if status.clocks_apart:
            yield f"! {_said(status.clocks_apart)}"
        yield from (f"! {_said(alarm)}" for alarm in status.alarms)
        yield from (f"! {self.alarm(alarm)}" for alarm in status.sounding)
        yield from (f"! 报警输出 {each.name}：{_said(each.reason)}" for each in status.outputs if each.state == "fault")
        for use, keys in status.ledger_keys.items():
            told = "，然后 ".join(f"{key[:20]}…" for key in keys) or "无，不跟踪"
            yield f"  中心密钥（{_USES[use]}）：{told}"
        for device in status.devices:
            yield from self.device(device)
        for name, stream in status.streams.items():
            yield (
                f"  {name:<20} 下一条 {stream.next_seq}，已回执 {stream.acknowledged_seq}，"
                f"待上传 {stream.waiting} 批、{stream.unsealed} 条"
            )
            if name in status.lags:
                yield f"  {'':<20} {self.lag(status.lags[name])}"
        if status.room is not None:
            yield f"  磁盘：待发箱 {_mb(status.room.outbox_bytes)}，剩余 {_mb(status.room.free_bytes)}"

    def device(self, device: DeviceStatus) -> Iterator[str]:
        named = ((COUNTED[name][1] if name in COUNTED else name, n) for name, n in sorted(device.counts.items()))
        counts = " ".join(f"{name}={number}" for name, number in named)
        heard, state = device.last_heard or "从未收到", _STATES.get(device.state, device.state)
        yield f"  {device.name:<20} {state} {heard} {counts} {_said(device.reason)}".rstrip()
        if device.wants:
            yield f"  {'':<20} 只扫到血袋的一半：请扫{_WANTED[device.wants][1]}"

    def alarm(self, alarm: Kept) -> str:
        told = f"报警 {CAUSES[alarm.cause][0]}（{alarm.cause}）{alarm.device} {alarm.place}".rstrip()
        told += f" 自 {alarm.raised}：{_said(alarm.reason)}" + (f"；已于 {alarm.over} 解除" if alarm.over else "")
        if alarm.acknowledged:
            return f"{told}；{alarm.by} 于 {alarm.acknowledged} 接手处理"
        return f"{told}；第 {alarm.steps} 级，尚无人确认"

    def lag(self, lag: Lag) -> str:
        told = f"中心的数据截至 {lag.delivered_until}" if lag.delivered_until else "中心尚无数据"
        return told + (f"；最早一条自 {lag.waiting_since} 起等待，{lag.seconds} 秒" if lag.waiting_since else "")


def _said(reason: str) -> str:
    return in_chinese(reason) or reason


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:,.1f} MB"
