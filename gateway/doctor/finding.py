"""A finding: one thing that was looked at, how it is, and what to do, in English and in Chinese."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["ok", "warning", "fault"]
_SIGNS: dict[Level, str] = {"ok": "✓", "warning": "!", "fault": "✗"}

# What is said, by its name: English, Chinese. Values stand in as %(name)s.
SAID: dict[str, tuple[str, str]] = {
    "config-good": ("gateway.toml is read: %(devices)s devices", "gateway.toml 可读：%(devices)s 台设备"),
    "config-bad": ("gateway.toml: %(reason)s", "gateway.toml 有误：%(reason)s"),
    "config-none": (
        "there is no gateway.toml here yet; the proposals below can go into it",
        "此处还没有 gateway.toml；可采用下面的建议",
    ),
    "clock-good": ("the clock is disciplined", "时钟已同步"),
    "clock-alone": (
        (
            "nothing disciplines the clock: events are marked unsynchronised. Start chrony or "
            "systemd-timesyncd with a time source of the site's network"
        ),
        "时钟未同步：事件会标为“未同步”。请用本站网络内的时间源启动 chrony 或 systemd-timesyncd",
    ),
    "disk-good": ("%(free)s MB are free for the outbox", "待发箱磁盘剩余 %(free)s MB"),
    "disk-short": (
        "only %(free)s MB are free for the outbox: a week without the centre needs some 500 MB",
        "待发箱磁盘仅剩 %(free)s MB：中心中断一周约需 500 MB",
    ),
    "key-good": ("the gateway's key is there: fingerprint %(key)s", "网关密钥就绪：指纹 %(key)s"),
    "key-bad": ("%(reason)s", "网关密钥不可用：%(reason)s"),
    "broker-good": ("the MQTT broker at %(where)s answers", "MQTT 代理 %(where)s 有应答"),
    "broker-bad": ("the MQTT broker at %(where)s: %(reason)s", "MQTT 代理 %(where)s：%(reason)s"),
    "ledger-name": (
        "the ledger's address %(where)s cannot be found: %(reason)s. Look at uplink.url and the network's name server",
        "找不到中心地址 %(where)s：%(reason)s。请检查 uplink.url 与域名解析",
    ),
    "ledger-silent": (
        "nobody answers at %(where)s: %(reason)s. Everything is kept here meanwhile",
        "%(where)s 无应答：%(reason)s。期间数据保存在本机",
    ),
    "ledger-distrust": ("TLS to %(where)s: %(reason)s", "到 %(where)s 的 TLS 连接：%(reason)s"),
    "ledger-other": (
        "%(where)s answers, but not as the ledger: %(reason)s. Is it a proxy, or another port?",
        "%(where)s 有应答，但不是账本：%(reason)s。是否为代理或其他端口？",
    ),
    "ledger-stranger": (
        (
            "the checkpoint of %(where)s is not signed by a key of uplink.log_keys: %(reason)s. Another "
            "ledger, or a rotated key: compare with policy.txt"
        ),
        "%(where)s 的存证点不是由 uplink.log_keys 中的密钥签名：%(reason)s。是另一账本或密钥已更换？请核对 policy.txt",
    ),
    "ledger-good": (
        "the ledger at %(where)s answers; checkpoint of size %(size)s, signed by a pinned key",
        "中心 %(where)s 有应答；存证点大小 %(size)s，由已固定的密钥签名",
    ),
    "ledger-unseen": (
        "the ledger at %(where)s answers; its checkpoints are not followed, because uplink.log_keys is empty",
        "中心 %(where)s 有应答；未配置 uplink.log_keys，不跟踪其存证点",
    ),
    "alarm-none": (
        "no alarm on the spot is configured: while the centre is away nobody hears of a warm fridge",
        "未配置现场报警：中心中断时，超温无人知晓",
    ),
    "alarm-good": (
        "alarms on the spot: %(outputs)s outputs, %(steps)s steps",
        "现场报警：%(outputs)s 路输出，%(steps)s 级",
    ),
    "power-unreadable": (
        "alarm.power_file %(path)s cannot be read: a power cut would raise no alarm",
        "alarm.power_file %(path)s 无法读取：停电不会报警",
    ),
    "running": ("the gateway is running (process %(process)s)", "网关正在运行（进程 %(process)s）"),
    "port-numbered": (
        "%(port)s is numbered in the order of plugging: tomorrow it may be another device. Name it by id",
        "%(port)s 按插入顺序编号，明天可能变成另一台设备。请改用按 ID 的名称",
    ),
    "port-lost": ("%(port)s: %(reason)s", "%(port)s：%(reason)s"),
    "port-gone": (
        "%(port)s is not there: unplugged, or another name. Names by id stand in /dev/serial/by-id",
        "%(port)s 不存在：未插好，或名称不对。按 ID 的名称见 /dev/serial/by-id",
    ),
    "port-forbidden": (
        "%(port)s may only be opened by group %(group)s: sudo usermod -aG %(group)s %(user)s, then sign in again",
        "%(port)s 只允许 %(group)s 组打开：请执行 sudo usermod -aG %(group)s %(user)s，然后重新登录",
    ),
    "port-busy": ("%(port)s is in use by %(who)s", "%(port)s 被 %(who)s 占用"),
    "port-gateway": (
        "%(port)s is held by the running gateway, as it should be: see xuemai gateway status",
        "%(port)s 由正在运行的网关使用，属正常：请看 xuemai gateway status",
    ),
    "port-broken": ("%(port)s cannot be opened: %(reason)s", "%(port)s 无法打开：%(reason)s"),
    "port-mute": (
        (
            "nothing answers on %(port)s: power, TX and RX swapped, or a device that only speaks by itself, as "
            "scanners do (scan something while the doctor listens: --listen 10)"
        ),
        "%(port)s 无应答：请检查电源、TX/RX 是否接反；扫描枪等只主动发送的设备，请在侦听时扫一次码（--listen 10）",
    ),
    "port-garbled": (
        (
            "%(port)s says %(bytes)s bytes that fit no family at any speed that was tried: wrong baud or "
            "parity, or a family that is not spoken here. They began %(hex)s"
        ),
        "%(port)s 收到 %(bytes)s 字节，所试各速率下均不合任何协议：波特率或校验位不对，或不支持该设备。开头为 %(hex)s",
    ),
    "port-echo": (
        "%(port)s gives back what is sent: an RS-485 adapter with its echo on, or TX and RX joined. Switch it off",
        "%(port)s 回送所发内容：RS-485 转换器开启了回显，或 TX 与 RX 短接。请关闭回显",
    ),
    "port-found": (
        "%(port)s: %(family)s answers at %(baud)s %(parity)s (%(detail)s)",
        "%(port)s：%(family)s 在 %(baud)s %(parity)s 应答（%(detail)s）",
    ),
    "port-other": (
        "%(port)s: gateway.toml says %(expected)s, but %(family)s answers (%(detail)s): cables swapped?",
        "%(port)s：gateway.toml 写的是 %(expected)s，应答的却是 %(family)s（%(detail)s）：线接错了吗？",
    ),
    "port-unasked": ("%(port)s: not asked, because nothing may be written", "%(port)s：未询问（已要求不写入）"),
    "ports-none": ("no serial ports are there", "没有串口"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        level: `ok`, `warning` or `fault`.
        name: which sentence of `SAID`.
        values: what stands in it.
    """

    level: Level
    name: str
    values: dict[str, str] = field(default_factory=dict)

    def said(self, language: str) -> str:
        """The sentence, in `zh` or `en`."""
        return SAID[self.name][1 if language == "zh" else 0] % self.values


def report(findings: Sequence[Finding], proposals: Sequence[str], language: str) -> str:
    """What a person reads: findings, then the lines that may go into gateway.toml."""
    lines = [f"{_SIGNS[each.level]} {each.said(language)}" for each in findings]
    if proposals:
        head = "# 建议写入 gateway.toml：" if language == "zh" else "# proposed for gateway.toml:"
        lines += ["", head, *proposals]
    return "\n".join(lines)
