"""A finding: one thing that was looked at, how it is, and what to do, in English and in Chinese."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from gateway.words.reasons import in_chinese_beside

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
    "ending": ("%(reason)s", "%(reason)s"),
    "device-bad": ("gateway.toml: %(reason)s", "gateway.toml 有误：%(reason)s"),
    "broker-good": ("the MQTT broker at %(where)s takes the connection", "MQTT 代理 %(where)s 接受连接"),
    "broker-silent": (
        "no MQTT broker answers at %(where)s: %(reason)s. Does it run, on that port, with no firewall before it?",
        "MQTT 代理 %(where)s 无应答：%(reason)s。请检查它是否运行、端口是否正确、防火墙是否放行",
    ),
    "broker-name": (
        "the MQTT broker's address %(where)s cannot be found: %(reason)s. Look at mqtt.host and the name server",
        "MQTT 代理的地址 %(where)s：%(reason)s。见 mqtt.host",
    ),
    "broker-distrust": (
        "TLS to the MQTT broker %(where)s: %(reason)s. Look at mqtt.ca_file and at the name in its certificate",
        "到 MQTT 代理 %(where)s 的 TLS 连接：%(reason)s。请检查 mqtt.ca_file 与证书中的名称",
    ),
    "broker-secret": (
        "a file that [mqtt] names cannot be read: %(reason)s",
        "[mqtt] 中指定的文件无法读取：%(reason)s",
    ),
    "broker-other": (
        "who answers at %(where)s is no MQTT broker, or not without TLS. Look at mqtt.port and mqtt.ca_file",
        "%(where)s 应答的不是 MQTT 代理，或要求 TLS。请检查 mqtt.port 与 mqtt.ca_file",
    ),
    "broker-password": (
        "the MQTT broker at %(where)s refuses user name or password: look at mqtt.username and mqtt.password_file",
        "MQTT 代理 %(where)s 拒绝用户名或密码：请检查 mqtt.username 与 mqtt.password_file",
    ),
    "broker-rights": (
        "the MQTT broker at %(where)s lets this user not in: give it the right, or a user name in mqtt.username",
        "MQTT 代理 %(where)s 不允许该用户连接：请授权，或在 mqtt.username 中填写用户名",
    ),
    "broker-away": (
        "the MQTT broker at %(where)s says that it is not available now: look at its own log",
        "MQTT 代理 %(where)s 称暂不可用：请查看它的日志",
    ),
    "broker-refused": ("the MQTT broker at %(where)s refuses: %(reason)s", "MQTT 代理 %(where)s 拒绝：%(reason)s"),
    "topic-heard": (
        "%(device)s: %(messages)s messages on %(topic)s in %(seconds)s s, %(facts)s reads or readings in them",
        "%(device)s：%(seconds)s 秒内主题 %(topic)s 收到 %(messages)s 条消息，含 %(facts)s 个读数",
    ),
    "topic-kept": (
        (
            "%(device)s: on %(topic)s there is only what the broker had kept, of unknown age: in %(seconds)s s the "
            "device itself said nothing. One that reports seldom needs longer: --listen 600"
        ),
        (
            "%(device)s：主题 %(topic)s 只有代理保留的消息，时间不明；%(seconds)s 秒内设备没有上报。"
            "上报间隔长的设备请延长侦听：--listen 600"
        ),
    ),
    "topic-silent": (
        (
            "%(device)s: nothing on %(topic)s in %(seconds)s s: the device is off, publishes elsewhere (compare the "
            "proposals below), or reports seldom: --listen 600"
        ),
        (
            "%(device)s：%(seconds)s 秒内主题 %(topic)s 无消息：设备未开机、主题不对（请与下面的建议对照），"
            "或上报间隔长：--listen 600"
        ),
    ),
    "topic-refused": (
        "%(device)s: the broker does not let this user subscribe to %(topic)s: its access list has to allow it",
        "%(device)s：代理不允许该用户订阅 %(topic)s：请在访问控制列表中放行",
    ),
    "topic-strange": (
        "%(device)s: what comes on %(topic)s is nothing that %(family)s says (%(reason)s): it began %(began)s",
        "%(device)s：主题 %(topic)s 的内容不合 %(family)s（%(reason)s），开头为 %(began)s",
    ),
    "sensor-other": (
        "%(device)s: on %(topic)s nobody is called %(sensor)s; who spoke: %(heard)s",
        "%(device)s：主题 %(topic)s 上没有名为 %(sensor)s 的传感器；上报的有：%(heard)s",
    ),
    "topic-unknown": (
        "%(topic)s: %(family)s speaks there, and gateway.toml does not name it",
        "%(topic)s：有 %(family)s 在上报，gateway.toml 中没有",
    ),
    "ledger-name": (
        "the ledger's address %(where)s cannot be found: %(reason)s. Look at uplink.url and the network's name server",
        "中心的地址 %(where)s：%(reason)s。见 uplink.url",
    ),
    "ledger-silent": (
        "nobody answers at %(where)s: %(reason)s. Everything is kept here meanwhile",
        "%(where)s 无应答：%(reason)s。期间数据保存在本机",
    ),
    "ledger-distrust": ("TLS to %(where)s: %(reason)s", "到 %(where)s 的 TLS 连接：%(reason)s"),
    "ledger-standstill": (
        "%(where)s: %(reason)s. Everything is kept here meanwhile",
        "%(where)s：%(reason)s。期间数据保存在本机",
    ),
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
    "ledger-followed": (
        (
            "the ledger at %(where)s answers; checkpoint of size %(size)s, signed by the key %(key)s, to which the "
            "pinned one handed over: the gateway follows it by itself"
        ),
        "中心 %(where)s 有应答；存证点大小 %(size)s，由密钥 %(key)s 签名；该密钥由已固定的密钥交接而来，网关会自动跟随",
    ),
    "ledger-unseen": (
        "the ledger at %(where)s answers; its checkpoints are not followed, because uplink.log_keys is empty",
        "中心 %(where)s 有应答；未配置 uplink.log_keys，不跟踪其存证点",
    ),
    "alarm-none": (
        "no alarm on the spot is configured: while the centre is away nobody hears of a warm fridge",
        "未配置现场报警：中心中断时，超温无人知晓",
    ),
    "alarm-shown": (
        "alarms on the spot have no [[alarm.output]]: they are shown, and nothing sounds",
        "现场报警没有 [[alarm.output]]：只会显示，不会发声",
    ),
    "alarm-mute": (
        "no [[alarm.step]] names %(outputs)s: it never sounds",
        "没有 [[alarm.step]] 用到 %(outputs)s：它永远不会报警",
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
    "port-for-root": (
        (
            "%(port)s is for root alone. If a login is on it: sudo systemctl disable --now serial-getty@%(tty)s. Else"
            ' add a udev rule for it: GROUP="dialout", MODE="0660"'
        ),
        (
            "%(port)s 只允许 root 打开。若有登录终端：sudo systemctl disable --now serial-getty@%(tty)s；否则添加"
            ' udev 规则：GROUP="dialout", MODE="0660"'
        ),
    ),
    "port-forbidden": (
        "%(port)s may only be opened by group %(group)s: sudo usermod -aG %(group)s %(user)s, then sign in again",
        "%(port)s 只允许 %(group)s 组打开：请执行 sudo usermod -aG %(group)s %(user)s，然后重新登录",
    ),
    "port-busy": ("%(port)s is in use by %(who)s", "%(port)s 被 %(who)s 占用"),
    "port-locked": (
        "%(port)s is in use by another program; as root the doctor can say by which",
        "%(port)s 被其他程序占用；以 root 运行可看出是哪一个",
    ),
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
    "port-speed": (
        (
            "%(port)s: %(family)s answers at %(baud)s %(parity)s (%(detail)s), but the gateway would speak at "
            "%(expected)s: set the device to that, or its baud (a reader's dialect) in gateway.toml"
        ),
        (
            "%(port)s：%(family)s 在 %(baud)s %(parity)s 应答（%(detail)s），网关却按 %(expected)s 通信："
            "请改设备的设置，或在 gateway.toml 中改它的 baud（读写器也可改 dialect）"
        ),
    ),
    "port-heard": ("%(port)s: %(family)s speaks: %(detail)s", "%(port)s：%(family)s 有数据：%(detail)s"),
    "port-ill": ("%(port)s: %(family)s says that it is ill: %(reason)s", "%(port)s：%(family)s 报告故障：%(reason)s"),
    "port-foreign": (
        (
            "%(port)s: %(bytes)s bytes came, and nothing in them is %(family)s: another device, or a wrong speed. They "
            "began %(hex)s"
        ),
        "%(port)s：收到 %(bytes)s 字节，都不合 %(family)s：设备不对，或速率不对。开头为 %(hex)s",
    ),
    "probe-good": (
        "%(port)s: %(device)s (slave %(slave)s) reads %(celsius)s °C",
        "%(port)s：%(device)s（从站 %(slave)s）读数 %(celsius)s °C",
    ),
    "probe-scale": (
        (
            "%(port)s: %(device)s (slave %(slave)s) reads %(celsius)s °C, which its cabinet cannot: another scale "
            "(tenths, hundredths), another register map, or another cabinet's probe"
        ),
        (
            "%(port)s：%(device)s（从站 %(slave)s）读数 %(celsius)s °C，该柜不可能有："
            "倍率（tenths、hundredths）或寄存器表不对，或探头装在别的柜里"
        ),
    ),
    "probe-mute": (
        "%(port)s: %(device)s does not answer as slave %(slave)s, while others on the line do: its address, its cable",
        "%(port)s：%(device)s（从站 %(slave)s）无应答，而同线其他探头有应答：请检查地址与接线",
    ),
    "probe-refuses": (
        "%(port)s: %(device)s (slave %(slave)s) refuses the question (%(reason)s): look at registers",
        "%(port)s：%(device)s（从站 %(slave)s）拒绝询问（%(reason)s）：请检查 registers",
    ),
    "probe-ill": (
        "%(port)s: %(device)s (slave %(slave)s) answers without a temperature: %(reason)s",
        "%(port)s：%(device)s（从站 %(slave)s）有应答但无温度：%(reason)s",
    ),
    "reader-silent": (
        "nobody answers at %(port)s: %(reason)s. Power, cable, address",
        "%(port)s 无应答：%(reason)s。请检查电源、网线、地址",
    ),
    "reader-name": (
        "the address %(port)s cannot be found: %(reason)s",
        "地址 %(port)s：%(reason)s",
    ),
    "reader-refused": (
        "the machine at %(port)s takes no connection: LLRP is off, another port, or another program has the reader",
        "%(port)s 拒绝连接：LLRP 未开启、端口不对，或读写器已被其他程序占用",
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
        values: what stands in it; its `reason` in English, as it was said.
    """

    level: Level
    name: str
    values: dict[str, str] = field(default_factory=dict)

    def said(self, language: str) -> str:
        """The sentence, in `zh` or `en`."""
        english, chinese = SAID[self.name]
        if language != "zh":
            return english % self.values
        return chinese % {**self.values, "reason": in_chinese_beside(self.values.get("reason", ""))}


def report(findings: Sequence[Finding], proposals: Sequence[str], language: str) -> str:
    """What a person reads: findings, then the lines that may go into gateway.toml."""
    lines = [f"{_SIGNS[each.level]} {each.said(language)}" for each in findings]
    if proposals:
        head = "# 建议写入 gateway.toml：" if language == "zh" else "# proposed for gateway.toml:"
        lines += ["", head, *proposals]
    return "\n".join(lines)
