"""Why something is wrong, in Chinese: the gateway's own reasons are English sentences with figures in them.

They stay English where they are recorded. What is not listed here, such as a maker's own words, is shown as it came.
"""

import re

from gateway.words.centre import CENTRE
from gateway.words.illnesses import ILLNESSES
from gateway.words.machine import MACHINE

_SAID = (
    (r"no good frame for (\d+) s", r"\1 秒内没有收到有效数据"),
    (r"no good frame after (\d+) questions", r"询问 \1 次，没有有效应答"),
    (r"nothing heard for (\d+) s", r"\1 秒未收到任何数据"),
    (r"the device closed the connection", r"设备断开了连接"),
    (r"slave (\d+) does not answer: (\d+) requests in a row", r"从站 \1 连续 \2 次不应答"),
    (r"does not answer: (\d+)(?: polls)? in a row", r"连续 \1 次轮询不应答"),
    (r"no reading for (\d+) s", r"\1 秒没有读数"),
    (r"the probe's bridge says offline", r"探头的网桥显示离线"),
    (r"what it says cannot be believed", r"读数不可信"),
    (r"nothing disciplines the clock", r"时钟没有同步源"),
    (r"the ledger's clock is (\d+) s ahead of this gateway's", r"中心时钟比本机快 \1 秒"),
    (r"the ledger's clock is (\d+) s behind this gateway's", r"中心时钟比本机慢 \1 秒"),
    (r"the ledger's clock is (\d+) min ahead of this gateway's", r"中心时钟比本机快 \1 分钟"),
    (r"the ledger's clock is (\d+) min behind this gateway's", r"中心时钟比本机慢 \1 分钟"),
    (r"there is no mains power", r"市电中断"),
    (r"the ledger does not answer", r"中心无应答"),
    (
        r"the ledger went back: its checkpoint is of size (\d+), and one of (\d+) is pinned here(.*)",
        r"中心账本倒退：其存证点为 \1，本机已固定 \2\3",
    ),
    (
        r"the ledger stands still: a receipt was given for event (\d+) of (\S+) at log index (\d+); (.+?)(?:\. .*)?",
        r"中心账本倒退，已停止签发：\2 第 \1 条事件有回执（日志序号 \3），数据库却没有。须由人员恢复最新的数据库",
    ),
    (
        r"the ledger stands still: a checkpoint of size (\d+) was signed; the database holds (\d+) batches: .*",
        r"中心账本倒退，已停止签发：签发过大小为 \1 的存证点，数据库却只有 \2 批。须由人员恢复最新的数据库",
    ),
    (r"the ledger stands still: (.+)", r"中心账本已停止签发，须由人员处理：\1"),
    (
        r"another reader than before: expected (.+), it says (.+)\. Put the right one back, or write (.+) for a new .+",
        r"不是原来的读写器：应为 \1，实为 \2。请接回原来的；确已更换则写入 \3",
    ),
    (r"the connection to the broker is lost(.*)", r"与消息服务器的连接中断\1"),
    (r"no broker at (\S+)", r"消息服务器 \1 无应答"),
    (r"the broker refused the subscription to (.+)", r"消息服务器拒绝订阅 \1"),
    (r"the broker refused: (.+)", r"消息服务器拒绝连接：\1"),
    (r"overflow: the reader dropped .*", r"读写器缓存溢出，丢失了数据"),
    (r"antenna (\S+) disconnected", r"天线 \1 断开"),
    (r"no temperature", r"没有温度值"),
    (r"first reading after the probe appeared", r"探头上线后的第一个读数"),
    (r"first payload, and no last_seen: perhaps from the cache", r"首条消息且无 last_seen，可能是缓存"),
    (r"has not changed for half an hour or more, and usually does", r"半小时以上没有变化，而平时会变化"),
    (r"came late, and nobody can tell when it was read", r"迟到的读数，测量时间不明"),
    (r"came at once with the connection, and nobody can tell when it was read", r"连接恢复时一并到达，测量时间不明"),
    (r"the device's clock was set back, or this came late: nobody .+", r"设备时钟被拨回，或读数迟到：测量时间不明"),
    (r"jumped from (-?\d+) to (-?\d+) centi-degrees in (\d+) s", r"\3 秒内从 \1 跳到 \2（单位 0.01 °C）"),
    (
        r"the first value (-?\d+) is outside what its cabinet can read \((-?\d+) to (-?\d+) centi-degrees\): .*",
        r"首个值 \1 超出该柜可能的范围（\2 至 \3，单位 0.01 °C）：请检查量程、单位和安装位置",
    ),
    (r"(-?[\d.]+) °C may be a power-on value", r"\1 °C 可能是上电初值"),
    (r"humidity of (-?[\d.]+) %", r"湿度为 \1 %"),
    (r"the line never falls silent: look at the wiring", r"线路一直有信号：请检查接线"),
    (r"another device: expected (.+), it says (.+)", r"设备不符：应为 \1，实为 \2"),
    (r"(\d+) MB are free, expected (\d+) at least", r"剩余 \1 MB，至少应有 \2 MB"),
    (r"(-?[\d.]+) °C, the limit is (-?[\d.]+) °C", r"\1 °C，限值 \2 °C"),
    (r"the limit is (-?[\d.]+) °C", r"限值 \1 °C"),
    (r"(-?[\d.]+) °C, beyond its warning limit", r"\1 °C，超出预警限值"),
)
_ZH = tuple((re.compile(said), spoken) for said, spoken in (*CENTRE, *_SAID, *MACHINE))
_OWN = tuple(re.compile(said) for said, _ in (*CENTRE, *_SAID))
# A family's code with its words, perhaps behind what was asked: `real-time-inventory: error 22: antenna missing`.
_ILL = re.compile(r"(?:[\w-]+: )?(?P<what>error|status) (?P<code>[0-9A-F]+): (?P<words>.+)")
_EXCEPTION = re.compile(r"slave (?P<slave>\d+): exception (?P<code>\d+): (?P<words>.+)")
_CODES = {"error": "错误", "status": "状态"}
# The state of a device names each of its parts that is ill: `device:gw/fridge/antenna-2: why; device:gw/fridge: why`.
_NEXT_PART = re.compile(r"; (?=device:\S+: )")
_PART = re.compile(r"device:(?:[^/\s]+/)?(?P<name>\S+): (?P<reason>.*)", re.DOTALL)
_NAMED = re.compile(r"(?:(?:ledger_went_back|ledger_not_believed|ledger_key|uplink): )?(?:no answer: (?=.))?")
_STREAM = re.compile(r"(?P<name>\S+/\d+/[ct]): (?:\d{3} [\w-]*: )?(?P<reason>.*)", re.DOTALL)
_NEXT_STREAM = re.compile(r"; (?=\S+/\d+/[ct]: )")
_COUNTED = re.compile(r"(?P<reason>.*) \((?P<answers>\d+) answers\)", re.DOTALL)


def in_chinese(reason: str) -> str | None:
    """The reason in Chinese, its figures kept; None if it is none of the gateway's own."""
    reason = _NAMED.sub("", reason, count=1)
    streams = [_STREAM.fullmatch(each) for each in _NEXT_STREAM.split(reason)]
    if all(streams):
        told = [(each["name"], in_chinese(each["reason"])) for each in streams if each]
        return None if any(said is None for _, said in told) else "；".join(f"{name}：{said}" for name, said in told)
    parts = [_PART.fullmatch(each) for each in _NEXT_PART.split(reason)]
    if all(parts):
        named = [(part["name"], in_chinese(part["reason"])) for part in parts if part]
        return None if any(said is None for _, said in named) else "；".join(f"{name}：{said}" for name, said in named)
    counted = _COUNTED.fullmatch(reason)
    if counted is not None:
        said = in_chinese(counted["reason"])
        return None if said is None else f"{said}（{counted['answers']} 次应答）"
    for pattern, spoken in _ZH:
        found = pattern.fullmatch(reason)
        if found is not None:
            return found.expand(spoken)
    return _coded(reason)


def in_chinese_beside(reason: str) -> str:
    """The reason in Chinese, and behind it as it came, for who looks further; only as it came if no words are known.

    What the gateway says itself loses nothing in Chinese, and stands alone.
    """
    said = in_chinese(reason)
    if said is None or reason in said:
        return said or reason
    return said if any(each.fullmatch(reason) for each in _OWN) else f"{said}（{reason}）"


def _coded(reason: str) -> str | None:
    """What a device says of itself by a code of its family."""
    told = _ILL.fullmatch(reason) or _EXCEPTION.fullmatch(reason)
    words = ILLNESSES.get(told["words"]) if told else None
    if told is None or words is None:
        return None
    if "slave" in told.re.groupindex:
        return f"从站 {told['slave']} 异常码 {told['code']}：{words}"
    return f"{_CODES[told['what']]} {told['code']}：{words}"
