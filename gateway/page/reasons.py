"""Why something is wrong, in Chinese: the gateway's own reasons are English sentences with figures in them.

They stay English where they are recorded. What is not listed here, such as a maker's own words, is shown as it came.
"""

import re

_SAID = (
    (r"no good frame for (\d+) s", r"\1 秒内没有收到有效数据"),
    (r"no good frame after (\d+) questions", r"询问 \1 次，没有有效应答"),
    (r"nothing heard for (\d+) s", r"\1 秒未收到任何数据"),
    (r"the device closed the connection", r"设备断开了连接"),
    (r"slave (\d+) does not answer: (\d+) requests in a row", r"从站 \1 连续 \2 次不应答"),
    (r"does not answer: (\d+) polls in a row", r"连续 \1 次轮询不应答"),
    (r"antenna (\S+) disconnected", r"天线 \1 断开"),
    (r"no temperature", r"没有温度值"),
    (r"first reading after the probe appeared", r"探头上线后的第一个读数"),
    (r"first payload, and no last_seen: perhaps from the cache", r"首条消息且无 last_seen，可能是缓存"),
    (r"has not changed for half an hour or more, and usually does", r"半小时以上没有变化，而平时会变化"),
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
    (r".*No such file or directory.*", r"未找到设备：请检查连接"),
    (r".*Permission denied.*", r"没有访问权限"),
    (r".*(?:Could not exclusively lock port|Device or resource busy).*", r"端口已被其他程序占用"),
    (r".*Connection refused.*", r"连接被拒绝"),
    (r".*(?:timed out|No route to host|Network is unreachable).*", r"网络不可达"),
    (r"device reports readiness to read but returned no data.*", r"设备已断开"),
    (r".*Input/output error.*", r"设备已断开"),
)
_ZH = tuple((re.compile(said), spoken) for said, spoken in _SAID)
_COUNTED = re.compile(r"(?P<reason>.*) \((?P<answers>\d+) answers\)", re.DOTALL)


def in_chinese(reason: str) -> str | None:
    """The reason in Chinese, its figures kept; None if it is none of the gateway's own."""
    counted = _COUNTED.fullmatch(reason)
    if counted is not None:
        said = in_chinese(counted["reason"])
        return None if said is None else f"{said}（{counted['answers']} 次应答）"
    for pattern, spoken in _ZH:
        found = pattern.fullmatch(reason)
        if found is not None:
            return found.expand(spoken)
    return None
