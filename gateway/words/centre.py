"""What is wrong with the centre, the disk or an alarm's output, in Chinese; patterns as in `reasons`."""

CENTRE = (
    (
        r"the certificate of (\S+) is not from the authority that is believed here: (.+)\. Let it .*",
        r"\1 的证书不是本机信任的机构签发的（本机信任 \2）：请核对指纹后放入中心的 tls/ca.crt",
    ),
    (r"the certificate of (\S+) is not valid yet: .*", r"\1 的证书尚未生效：请核对两台机器的时钟"),
    (r"the certificate of (\S+) has expired: .*", r"\1 的证书已过期：请更新（本站自签的用 xuemai tls init）"),
    (
        r"the certificate of (\S+) ends on (\S+), days left: (\d+): .*",
        r"\1 的证书将于 \2 到期，还剩 \3 天：请其管理员更新",
    ),
    (r"the certificate of (\S+) ended on (\S+): .*", r"\1 的证书已于 \2 到期：请其管理员更新"),
    (
        r"this gateway's certificate (\S+) ends on (\S+), days left: (\d+): .*",
        r"本网关的证书 \1 将于 \2 到期，还剩 \3 天：请重新制作并重启网关",
    ),
    (r"this gateway's certificate (\S+) ended on (\S+): .*", r"本网关的证书 \1 已于 \2 到期：请重新制作并重启网关"),
    (
        r"the authority in (\S+) ends on (\S+), days left: (\d+): .*",
        r"\1 中的签发机构将于 \2 到期，还剩 \3 天：请换上新的并重启网关",
    ),
    (r"the authority in (\S+) ended on (\S+): .*", r"\1 中的签发机构已于 \2 到期：请换上新的并重启网关"),
    (
        r"the calibration of (\S+) ends on (\S+), days left: (\d+): .*",
        r"探头 \1 的校准将于 \2 到期，还剩 \3 天：请重新校准，并写入 gateway.toml",
    ),
    (
        r"the calibration of (\S+) ended on (\S+): .*",
        r"探头 \1 的校准已于 \2 到期：请重新校准，并写入 gateway.toml",
    ),
    (r"the certificate is not one for (\S+): .*", r"证书不是签发给 \1 的：请检查地址或更换证书"),
    (r"the certificate of (\S+) is refused: (.+)", r"\1 的证书被拒绝：\2"),
    (
        r"the ledger asks for this gateway's own certificate: set .*",
        r"中心要求本网关出示证书：请设置 uplink.certificate_file 和 key_file（在中心用 xuemai tls gateway 制作）",
    ),
    (
        r"the ledger does not believe the authority of this gateway's certificate: .*",
        r"中心不信任签发本网关证书的机构：请在中心用 xuemai tls gateway 重新制作",
    ),
    (
        r"the ledger says that this gateway's certificate has expired: .*",
        r"中心称本网关的证书已过期：请在中心用 xuemai tls gateway 重新制作",
    ),
    (r"the ledger refuses this gateway's certificate", r"中心拒绝本网关的证书"),
    (r"the ledger says that this gateway's certificate was revoked", r"中心称本网关的证书已被吊销"),
    (r"what answers there speaks no TLS: .*", r"对方不使用 TLS：是否填成了 http 端口？"),
    (r"what answers there speaks no TLS 1\.2 or newer", r"对方不支持 TLS 1.2 或更新版本"),
    (r"the TLS connection to (\S+) was refused: (.+)", r"与 \1 的 TLS 连接被拒绝：\2"),
    (
        r"the ledger tells another story: its tree of size (\d+) does not begin with the one of (\d+) .*",
        r"中心账本分叉：大小 \1 的账本与本机已固定的 \2 不是同一部历史",
    ),
    (
        r"the ledger lost a batch: at log index (\d+) .* events to (\d+) of (\S+?)(?:;.*)?",
        r"中心账本丢失了一批：日志序号 \1 处不是 \3 第 \2 条事件的回执所指的那一批",
    ),
    (r"the ledger fell behind its own receipts: .*", r"中心账本落后于它自己的回执：须由人员恢复最新的数据库"),
    (
        r"the ledger is at event (-?\d+) but gave a receipt for (\d+): .*",
        r"中心只到第 \1 条事件，却给过第 \2 条的回执：历史丢失。须由人员恢复，此前不再重发",
    ),
    (
        r"the ledger already has events up to (\d+) of this stream .*",
        r"中心已有本数据流到第 \1 条的其他事件：另有网关使用此名称，或本机待发箱由副本恢复。请改用新的纪元",
    ),
    (
        r"the ledger's last event (\d+) of this stream has another hash: .*",
        r"中心的最后一条事件（第 \1 条）与本机不同：请改用新的纪元",
    ),
    (r"the ledger answers for another origin .*", r"中心属于另一部账本：请检查 gateway.origin，并改用新的待发箱"),
    (
        r"HTTP (\d+), from a proxy and not from the ledger: .*",
        r"中心前的代理拒绝了请求（HTTP \1）：若它要求证书，请设置 uplink.certificate_file 和 key_file",
    ),
    (
        r"key (\S+) was revoked; the last good event of (\S+) is (\d+), not (\d+)\..*",
        r"密钥已被吊销（有效至第 \3 条，本批至 \4）：换新密钥并经批准，gateway.epoch 加一，再 carry-over",
    ),
    (r"40[0-9] key: (.+)", r"中心不接受本网关的密钥（\1）"),
    (r"no receipt: (.+)", r"中心的答复不是可信的回执：\1"),
    (r"no checkpoint: (.+)", r"没有得到可信的存证点：\1"),
    (r"its tiles are not those of its checkpoint: (.+)", r"中心的账本内容与其存证点不符：\1"),
    (
        r"the ledger signs its checkpoints with the key (\w+), which .*",
        r"中心用密钥 \1 签发存证点，本机所信任的密钥没有交接给它：核对指纹后再写入 uplink.log_keys",
    ),
    (r"a hand-over of the ledger's keys does not hold: (.+)", r"中心的密钥交接不成立：\1"),
    (
        r"expected (\d+) MB of room for (.+); (\d+) MB is left, for custody and alarms: readings wait\. .*",
        r"磁盘只剩 \3 MB（应有 \1 MB），留给流转与报警；温度读数暂存内存。请清理 \2 所在的磁盘",
    ),
    (
        r"expected to write to (.+); (.+)\. Free space on its disk: .*",
        r"无法写入 \1（\2）：新的记录尚未保存。请清理该磁盘",
    ),
    (r"expected exit code 0; got (-?\d+) ?(.*)", r"程序退出码为 \1（应为 0）\2"),
    (r"expected an end within ([\d.]+) s; it was stopped", r"程序 \1 秒内没有结束，已被终止"),
    (r"expected a program at (.+); there is none that may be run", r"找不到可运行的程序 \1"),
    (r"expected a relay board at ([^;]+); .*", r"继电器 \1 无法打开：请检查连接"),
    (r"expected [0-9a-f ]+ from slave (\d+); got nothing", r"继电器（从站 \1）没有应答"),
    (r"expected [0-9a-f ]+ from slave (\d+); got ([0-9a-f ]+)", r"继电器（从站 \1）应答有误：\2"),
    (r"expected coil (\d+) to be (?:on|off); it is not", r"继电器线圈 \1 没有动作：可能已粘连"),
    (r"expected a modem at ([^;]+); .*", r"短信模块 \1 无法打开：请检查连接"),
    (r"expected the modem to stay; .*", r"短信模块已断开"),
    (r"expected OK to (\S+); got nothing", r"短信模块对 \1 没有应答"),
    (r"expected OK to (\S+); got (.+)", r"短信模块对 \1 的应答有误：\2"),
    (r"expected an open SIM; got (.+): say its PIN in pin_file", r"SIM 卡未解锁（\1）：请在 pin_file 中给出 PIN"),
    (r"expected to be in a network .*; got (.+)", r"短信模块没有入网：\1"),
    (r"(number \d+ of \d+: .+)", r"短信未被接受：\1"),
    (r"expected a broker at ([^;]+); .*", r"消息服务器 \1 无应答"),
    (r"expected a connection to the broker at ([^;]+); it is lost", r"与消息服务器 \1 的连接中断"),
    (r"expected the broker at (\S+) to take the notice; .*", r"消息服务器 \1 没有接收报警"),
)
"""Chinese by the English pattern."""
