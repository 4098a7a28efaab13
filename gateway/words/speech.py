"""The words of the local page, in Chinese, keyed by their English; and how times and temperatures are spelt."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal, TypeAlias

from ledger.core.ids import parse_instant

Language: TypeAlias = Literal["zh", "en"]

ZH = {
    "Gateway": "网关",
    "All is well": "一切正常",
    "%(n)s things need a person": "有 %(n)s 项需要人处理",
    "One thing needs a person": "有 1 项需要人处理",
    "Somebody is in charge": "已有人负责处理",
    "Temperature unknown": "温度无法判定",
    "This page is old": "本页数据已过时",
    "The gateway wrote this %(ago)s ago. It may have stopped: nothing here is current.": (
        "以下为 %(ago)s前的状态。网关可能已停止，本页内容不代表现状。"
    ),
    "The centre is reachable": "中心可达",
    "The centre is unreachable": "中心不可达",
    "Everything is kept here and goes up by itself.": "数据均已保存在本机，恢复后自动上传。",
    "Delivery to the centre": "上传到中心",
    "The centre has data until": "中心的数据截至",
    "nothing yet": "尚无数据",
    "Waiting": "待上传",
    "nothing waits": "无待上传",
    "%(batches)s batches, %(events)s events": "%(batches)s 批，另有 %(events)s 条事件",
    "for %(ago)s": "已等待 %(ago)s",
    "Custody and alarms": "流转与报警",
    "Temperature records": "温度记录",
    "Stream": "数据流",
    "Devices": "设备",
    "Device": "设备",
    "State": "状态",
    "Last heard": "最近收到",
    "Now": "当前",
    "Counters": "计数",
    "half a bag: scan its donation number": "只扫到血袋的一半：请扫献血码",
    "half a bag: scan its product code": "只扫到血袋的一半：请扫产品码",
    "well": "正常",
    "at fault": "故障",
    "nothing heard yet": "尚未收到数据",
    "never": "从未",
    "%(ago)s ago": "%(ago)s前",
    "unknown": "无法判定",
    "out of range": "超温",
    "in range": "在范围内",
    "%(low)s to %(high)s": "%(low)s 至 %(high)s",
    "at least %(celsius)s": "不低于 %(celsius)s",
    "at most %(celsius)s": "不高于 %(celsius)s",
    "Alarms": "报警",
    "Alarm": "报警",
    "Where": "位置",
    "Since": "开始时间",
    "Step": "级别",
    "In charge": "处理人",
    "nobody": "尚无人确认",
    "over since %(time)s": "已于 %(time)s 解除",
    "none": "无",
    "This machine": "本机",
    "Clock": "时钟",
    "synchronised": "已同步",
    "unsynchronised": "未同步",
    "simulated": "模拟",
    "Clock last set": "最近一次调时",
    "Against the centre": "与中心对比",
    "Certificate of the centre": "中心的证书",
    "Own certificate": "本机的证书",
    "Certificate authority": "证书签发机构",
    "until %(day)s": "有效期至 %(day)s",
    "Renew soon": "即将到期",
    "by %(by)s, to %(to)s": "调整 %(by)s，调至 %(to)s",
    "Disk": "磁盘",
    "outbox %(size)s, free %(free)s": "待发箱 %(size)s，剩余 %(free)s",
    "Checkpoint of the centre": "中心存证点",
    "verified up to %(size)s": "已验证至 %(size)s",
    "none verified yet": "尚未验证",
    "As of": "截至",
    "This page only shows; it cannot change anything.": "本页只读，不能更改任何内容。",
    "No verdict: the check before use stays with the person.": "本页不作判定，使用前仍须人工核对。",
    "stopped": "已停止",
    "中文": "English",
}


@dataclass(frozen=True, slots=True)
class Speech:
    """One reader's language and zone."""

    language: Language
    zone: tzinfo | None = None

    def say(self, message: str, **values: object) -> str:
        """`message` in the reader's language, with `%(name)s` filled in."""
        said = ZH[message] if self.language == "zh" else message
        return said % values if values else said

    def moment(self, instant: str) -> str:
        """An instant as day and time in the zone of the machine, to the second."""
        return f"{self._local(instant):%Y-%m-%d %H:%M:%S}"

    def offset(self, instant: str) -> str:
        """`UTC+08:00`: the zone of every time on the page, as it stands at that instant."""
        offset = f"{self._local(instant):%z}"
        return f"UTC{offset[:3]}:{offset[3:5]}"

    def aside(self, words: str) -> str:
        """`words` in brackets behind something else, each language with its own: ` (a)` or `（a）`."""
        return f"（{words}）" if self.language == "zh" else f" ({words})"

    def duration(self, seconds: int) -> str:
        """`12 s`, `8 min`, `2 h 5 min`, `3 d 4 h`."""
        units = (("天", "d"), ("小时", "h"), ("分钟", "min"), ("秒", "s"))
        amounts = (seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
        first = next((n for n, amount in enumerate(amounts) if amount), 3)
        shown = [first] if first >= 2 or not amounts[first + 1] else [first, first + 1]
        column = 0 if self.language == "zh" else 1
        return " ".join(f"{amounts[n]} {units[n][column]}" for n in shown)

    def _local(self, instant: str) -> datetime:
        since_epoch = timedelta(milliseconds=parse_instant(instant))
        return (datetime(1970, 1, 1, tzinfo=UTC) + since_epoch).astimezone(self.zone)


def celsius(centi_celsius: int) -> str:
    """`5.6 °C`, minus eighteen with a true minus sign, one decimal, two where the second says something."""
    whole, rest = divmod(abs(centi_celsius), 100)
    decimals = f"{rest:02d}" if rest % 10 else f"{rest // 10}"
    return f"{'−' if centi_celsius < 0 else ''}{whole}.{decimals} °C"  # noqa: RUF001  a minus sign


def megabytes(size_bytes: int) -> str:
    """`12.3 MB`."""
    return f"{size_bytes / 1e6:,.1f} MB"
