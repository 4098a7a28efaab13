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
from gateway.words.speech import ZH, Language, megabytes

# What is said, by its name: English, Chinese. Names of devices, streams and causes stay as they are in both: other
# commands take them.
_SAID = {
    "old": (
        "! this is {seconds} s old: the gateway has stopped, or cannot write its status",
        "! 以下为 {seconds} 秒前的状态：网关已停止，或无法写入状态",
    ),
    "head": ("{head}  clock {clock}  ledger {ledger}, {seen}", "{head}  时钟{clock}  中心{ledger}，{seen}"),
    "seen": ("checkpoint {size} verified", "存证点已验证至 {size}"),
    "unseen": ("checkpoints unseen", "存证点尚未验证"),
    "clock-set": (
        "  clock                was set by {seconds:+,.1f} s, to {to}",
        "  时钟：最近一次调整 {seconds:+,.1f} s，调至 {to}",
    ),
    "output": ("! output {name}: {reason}", "! 报警输出 {name}：{reason}"),
    "keys": ("  ledger keys          {use}s: {keys}", "  中心密钥（{use}）：{keys}"),
    "next-key": (", then ", "，然后 "),
    "no-key": ("none: they are not followed", "无，不跟踪"),
    "stream": (
        "  {name:<20} next {next}, acknowledged {last}, waiting {batches} batches and {events} events",
        "  {name:<20} 下一条 {next}，已回执 {last}，待上传 {batches} 批、{events} 条",
    ),
    "disk": ("  disk                 outbox {outbox}, free {free}", "  磁盘：待发箱 {outbox}，剩余 {free}"),
    "device": (
        "  {name:<20} {state:<8} {heard:<26} {counts} {reason}",
        "  {name:<20} {state} {heard} {counts} {reason}",
    ),
    "never": ("never heard", "从未收到"),
    "wants-donation": ("half a bag: scan its donation number next", "只扫到血袋的一半：请扫献血码"),
    "wants-product": ("half a bag: scan its product code next", "只扫到血袋的一半：请扫产品码"),
    "alarm": ("alarm {cause} {device} {place}", "报警 {called}（{cause}）{device} {place}"),
    "since": (" since {raised}: {reason}", " 自 {raised}：{reason}"),
    "over": ("; over since {over}", "；已于 {over} 解除"),
    "taken": ("; {by} took charge at {when}", "；{by} 于 {when} 接手处理"),
    "not-taken": ("; step {steps}, not acknowledged", "；第 {steps} 级，尚无人确认"),
    "delivered": ("the ledger has data until {until}", "中心的数据截至 {until}"),
    "undelivered": ("the ledger has no data yet", "中心尚无数据"),
    "waiting": ("; the oldest waits since {since}, {seconds} s", "；最早一条自 {since} 起等待，{seconds} 秒"),
}
_CHINESE = {
    "ok": "正常",
    "fault": "故障",
    "waiting": "尚无数据",
    "reachable": "可达",
    "unreachable": "不可达",
    "checkpoint": "存证点",
    "receipt": "回执",
} | {clock: ZH[clock] for clock in ("synchronised", "unsynchronised", "simulated")}


def render(status: Status, language: Language = "en", *, age_seconds: int = 0) -> str:
    """The lines; `age_seconds` is how long ago the status was written."""
    return "\n".join(_Lines(status, language).all(age_seconds))


@dataclass(frozen=True, slots=True)
class _Lines:
    status: Status
    language: Language

    def all(self, age_seconds: int) -> Iterator[str]:
        if age_seconds > OLD_AFTER_SECONDS:
            yield self._say("old", seconds=age_seconds)
        yield from self._gateway()
        yield from self._wrong()
        for use, keys in self.status.ledger_keys.items():
            told = self._say("next-key").join(f"{key[:20]}…" for key in keys) or self._say("no-key")
            yield self._say("keys", use=self._word(use), keys=told)
        for device in self.status.devices:
            yield from self._device(device)
        yield from self._streams()
        if self.status.room is not None:
            outbox, free = megabytes(self.status.room.outbox_bytes), megabytes(self.status.room.free_bytes)
            yield self._say("disk", outbox=outbox, free=free)

    def _gateway(self) -> Iterator[str]:
        status = self.status
        head = f"{status.gateway} {status.site_name}  {status.time}"
        seen = self._say("seen", size=status.checkpoint_size) if status.checkpoint_size else self._say("unseen")
        yield self._say("head", head=head, clock=self._word(status.clock), ledger=self._word(status.ledger), seen=seen)
        if status.clock_set:
            yield self._say("clock-set", seconds=status.clock_set_ms / 1000, to=status.clock_set)

    def _wrong(self) -> Iterator[str]:
        status = self.status
        if status.clocks_apart:
            yield f"! {self._reason(status.clocks_apart)}"
        yield from (f"! {self._reason(alarm)}" for alarm in status.alarms)
        yield from (f"! {self._alarm(alarm)}" for alarm in status.sounding)
        yield from (f"! {self._reason(each.said)}" for each in status.endings if each.is_soon)
        for each in status.outputs:
            if each.state == "fault":
                yield self._say("output", name=each.name, reason=self._reason(each.reason))

    def _alarm(self, alarm: Kept) -> str:
        called = CAUSES[alarm.cause][0]
        told = self._say("alarm", called=called, cause=alarm.cause, device=alarm.device, place=alarm.place).rstrip()
        told += self._say("since", raised=alarm.raised, reason=self._reason(alarm.reason))
        told += self._say("over", over=alarm.over) if alarm.over else ""
        if alarm.acknowledged:
            return told + self._say("taken", by=alarm.by, when=alarm.acknowledged)
        return told + self._say("not-taken", steps=alarm.steps)

    def _device(self, device: DeviceStatus) -> Iterator[str]:
        counts = " ".join(f"{self._counted(name)}={number}" for name, number in sorted(device.counts.items()))
        heard, reason = device.last_heard or self._say("never"), self._reason(device.reason)
        state = self._word(device.state)
        yield self._say("device", name=device.name, state=state, heard=heard, counts=counts, reason=reason).rstrip()
        if device.wants:
            yield f"  {'':<20} {self._say(f'wants-{device.wants}')}"

    def _streams(self) -> Iterator[str]:
        for name, stream in self.status.streams.items():
            last, batches, events = stream.acknowledged_seq, stream.waiting, stream.unsealed
            yield self._say("stream", name=name, next=stream.next_seq, last=last, batches=batches, events=events)
            if name in self.status.lags:
                yield f"  {'':<20} {self._lag(self.status.lags[name])}"

    def _lag(self, lag: Lag) -> str:
        until = lag.delivered_until
        told = self._say("delivered", until=until) if until else self._say("undelivered")
        return told + (self._say("waiting", since=lag.waiting_since, seconds=lag.seconds) if lag.waiting_since else "")

    def _say(self, name: str, /, **values: object) -> str:
        return _SAID[name][1 if self.language == "zh" else 0].format(**values)

    def _word(self, name: str) -> str:
        return _CHINESE.get(name, name) if self.language == "zh" else name

    def _counted(self, name: str) -> str:
        return COUNTED[name][1] if self.language == "zh" and name in COUNTED else name

    def _reason(self, reason: str) -> str:
        return (in_chinese(reason) if self.language == "zh" else None) or reason
