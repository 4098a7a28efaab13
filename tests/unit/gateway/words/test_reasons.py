"""Reasons in Chinese: their figures kept, and the gateway's own not left in English."""

import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from gateway import tls
from gateway.alarm.condition import Facts, Roles, conditions
from gateway.alarm.settings import AlarmSchema
from gateway.doubt import STUCK_MS, DoubtRule, Doubts
from gateway.endings import Ending, Kind
from gateway.hearing import SET_BACK
from gateway.page import page
from gateway.ports.serial_port import LineSettings, SerialPort
from gateway.ports.tcp_port import TcpPort
from gateway.probe_watch import HELD_BACK, LATE
from gateway.uplink import Answer, refused_by
from gateway.wire import chafon_codes, feig_codes, m100_codes, r2000_codes, thingmagic_codes
from gateway.wire.families import FAMILIES, ByteFamily
from gateway.wire.items import Fault, Reading
from gateway.wire.modbus_rtu_temp.crc import crc16
from gateway.words.illnesses import ILLNESSES
from gateway.words.reasons import in_chinese
from tests.support.statuses import PROBE, READER, TROUBLED
from tests.unit.gateway.page.test_page import EN, ZH

MINUTE_MS = 60_000


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("no good frame for 10 s", "10 秒内没有收到有效数据"),
        ("slave 3 does not answer: 4 requests in a row", "从站 3 连续 4 次不应答"),
        ("antenna 2 disconnected", "天线 2 断开"),
        ("antenna 2 disconnected (12 answers)", "天线 2 断开（12 次应答）"),
        ("8.20 °C, the limit is 6.00 °C", "8.20 °C，限值 6.00 °C"),
        ("the limit is 6.00 °C", "限值 6.00 °C"),
        ("120 MB are free, expected 500 at least", "剩余 120 MB，至少应有 500 MB"),
        ("another device: expected 'E2 80', it says 'E2 81'", "设备不符：应为 'E2 80'，实为 'E2 81'"),
        ("device:gw/r2000/antenna-2: error 22: antenna missing", "r2000/antenna-2：错误 22：天线未接"),
        (
            "device:gw/tm: status 0504: too hot: the radio is throttled; device:gw/tm/antenna-1: no temperature",
            "tm：状态 0504：过热，射频已降功率；tm/antenna-1：没有温度值",
        ),
        ("the connection to the broker is lost", "与消息服务器的连接中断"),
        ("no broker at 10.0.0.7:1883", "消息服务器 10.0.0.7:1883 无应答"),
        ("the broker refused the subscription to 'a/#'", "消息服务器拒绝订阅 'a/#'"),
        ("the broker refused: Not authorized", "消息服务器拒绝连接：Not authorized"),
        ("set-power: error 25: cannot set the power", "错误 25：无法设置功率"),
        ("slave 3: exception 4: device failure (2 answers)", "从站 3 异常码 4：设备故障（2 次应答）"),
    ],
)
def test_a_reason_keeps_its_figures(reason: str, said: str) -> None:
    assert in_chinese(reason) == said


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "E-7031",
        "device:gw/tm: E-7031; device:gw/x: no temperature",
        "error 22: E-7031",
        "no good frame for ten s",
        "said: no temperature",
        "x (3 answers)",
    ],
)
def test_a_makers_own_words_are_left_as_they_are(reason: str) -> None:
    assert in_chinese(reason) is None


def test_every_doubt_about_a_reading_has_its_words() -> None:
    doubts, kept = Doubts(DoubtRule(cabinet_low=0, cabinet_high=2000)), []
    answers = [(-8500, 0), (420, 1), (430, 2), (2900, 3)]
    answers += [(500 + minute % 2, 10 + minute) for minute in range(60)]
    answers += [(430, 100 + minute) for minute in range(2 * STUCK_MS // MINUTE_MS)]
    for centi, minute in answers:
        kept.append(doubts.judge(Reading("p", centi), minute * MINUTE_MS))
        if kept[-1].quality == "good":
            doubts.trust(kept[-1])
    reasons = {each.reason for each in kept if each.reason}
    assert len({re.sub(r"[-\d]+", "#", reason) for reason in reasons}) == 4, "impossible, first, too fast, stuck"
    reasons |= {LATE, HELD_BACK, SET_BACK}
    assert [reason for reason in reasons if in_chinese(reason) is None] == []


def test_what_the_system_says_of_a_port_has_its_words(tmp_path: Path) -> None:
    for port, said in (
        (SerialPort(str(tmp_path / "gone"), LineSettings()), "未找到设备：请检查连接"),
        (TcpPort("tcp://here", ("127.0.0.1", 9)), "连接被拒绝"),
    ):
        with pytest.raises(OSError, match=r".") as caught, port.open():
            pass
        assert in_chinese(str(caught.value)) == said


def test_the_page_says_it_in_chinese_and_marks_what_it_cannot() -> None:
    silent = replace(PROBE, state="fault", reason="nothing heard for 60 s")
    odd = replace(READER, state="fault", reason="E-7031")
    status = msgspec.structs.replace(TROUBLED, devices=[silent, odd], alarms=[])
    shown = page.render(status, ZH, age_seconds=0).decode()
    assert '<span class="reason">60 秒未收到任何数据</span>' in shown
    assert '<span lang="en" class="reason">E-7031</span>' in shown or '<span class="reason" lang="en">E-7031' in shown
    assert "nothing heard for 60 s" in page.render(status, EN, age_seconds=0).decode()


def test_what_a_gateway_finds_wrong_with_itself_has_its_words() -> None:
    lost = msgspec.structs.replace(TROUBLED, clock="unsynchronised", alarms=[])
    facts, roles = Facts(lost, mains=False), Roles(frozenset(), frozenset(), frozenset())
    found = [
        each.reason for each in conditions(facts, roles, AlarmSchema().load({})) if each.device == "device:gw-centre"
    ]
    assert len(found) >= 3, "ledger, clock, power"
    assert [reason for reason in found if in_chinese(reason) is None] == []


def test_every_illness_that_a_family_knows_has_its_words() -> None:
    modbus = FAMILIES["modbus_rtu_temp"]
    assert isinstance(modbus, ByteFamily)
    answers = [bytes((1, 0x84, code)) for code in range(1, 16)]
    asked = [item for answer in answers for item in modbus.capture().feed(answer + crc16(answer))]
    spoken = {item.reason.split(": ", 2)[2] for item in asked if isinstance(item, Fault)}
    spoken |= {feig_codes.STATUSES[code] for code in feig_codes.ILL}
    spoken |= {chafon_codes.STATUSES[code] for code in chafon_codes.ILL}
    spoken |= {r2000_codes.ERRORS[code] for code in r2000_codes.ILL}
    spoken |= {m100_codes.error(code) for code in m100_codes.ILL}
    spoken |= {thingmagic_codes.fault(code) for code in range(0x10000) if thingmagic_codes.is_illness(code)}
    assert spoken == set(ILLNESSES)


def test_the_page_says_why_a_device_is_ill_in_the_readers_language() -> None:
    ill = replace(READER, reason="device:gw-centre/fridge-1: error 22: antenna missing")
    said = page.render(msgspec.structs.replace(TROUBLED, devices=[ill]), ZH, age_seconds=0).decode()
    assert said.count(">fridge-1：错误 22：天线未接") == 2, "on top, and beside its state, its name once"
    assert "fridge-1: " not in said


def test_whatever_is_wrong_with_a_certificate_has_its_words() -> None:
    verdicts = {each.format(host="localhost", believed="/a/ca.crt", told="x") for each in tls.VERDICTS.values()}
    assert len(verdicts) == 4
    told = [f"ledger_not_believed: {each}" for each in (*verdicts, *tls.ALERTS.values())]
    assert [reason for reason in told if in_chinese(reason) is None] == []


def test_why_nothing_more_is_sent_is_said_for_each_stream() -> None:
    reasons = (
        "409 chain: the ledger is at event 4 but gave a receipt for 9: it lost history. Its operator must restore it",
        "409 chain: the ledger already has events up to 9 of this stream and they are not these: another gateway",
    )
    both = f"gw/1/c: {reasons[0]}; gw/1/t: {reasons[1]}"
    said = in_chinese(both)
    assert said is not None
    assert "gw/1/c：中心只到第 4 条事件" in said
    assert "；gw/1/t：中心已有本数据流到第 9 条" in said


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            "uplink: no answer: HTTPSConnection(host='x', port=1): Failed to resolve 'x' ([Errno -2] Name or service",
            "找不到该主机名：请检查地址或域名解析",
        ),
        ("uplink: no answer: ('Connection aborted.', RemoteDisconnected('Remote end', ...))", "连接中断"),
        ("no receipt: expected a signature", "中心的答复不是可信的回执：expected a signature"),
        (
            f"uplink: {refused_by(Answer(403, b'<html>'))}",
            "中心前的代理拒绝了请求（HTTP 403）：若它要求证书，请设置 uplink.certificate_file 和 key_file",
        ),
        (
            "gw/1/c: 403 key: key a.example/gw was revoked; the last good event of gw/1/c is 19, not 21. It goes on",
            "gw/1/c：密钥已被吊销（有效至第 19 条，本批至 21）：换新密钥并经批准，gateway.epoch 加一，再 carry-over",
        ),
        ("uplink: 403 key: no key gw+1 in the log", "中心不接受本网关的密钥（no key gw+1 in the log）"),
        (
            "expected 32 MB of room for /a/outbox.db; 8 MB is left, for custody and alarms: readings wait. Free space",
            "磁盘只剩 8 MB（应有 32 MB），留给流转与报警；温度读数暂存内存。请清理 /a/outbox.db 所在的磁盘",
        ),
        (
            "expected to write to /a/outbox.db; database or disk is full. Free space on its disk: until then",
            "无法写入 /a/outbox.db（database or disk is full）：新的记录尚未保存。请清理该磁盘",
        ),
        ("expected exit code 0; got 1", "程序退出码为 1（应为 0）"),
        ("expected a relay board at /dev/x; [Errno 2] No such file or directory", "继电器 /dev/x 无法打开：请检查连接"),
        ("expected 01 01 01 from slave 1; got nothing", "继电器（从站 1）没有应答"),
        ("expected coil 0 to be on; it is not", "继电器线圈 0 没有动作：可能已粘连"),
        ("expected OK to AT+CPIN?; got +CME ERROR: 14", "短信模块对 AT+CPIN? 的应答有误：+CME ERROR: 14"),
        ("expected a broker at 10.0.0.7:1883; [Errno 111] Connection refused", "消息服务器 10.0.0.7:1883 无应答"),
    ],
)
def test_what_is_wrong_with_the_centre_the_disk_and_outputs_has_its_words(reason: str, said: str) -> None:
    assert in_chinese(reason) == said


def test_a_ledger_that_stands_still_says_why_in_chinese() -> None:
    receipt = "a receipt was given for event 29 of gw/1/c at log index 36; the database holds 29 batches: it went back"
    said = in_chinese(f"ledger_went_back: the ledger stands still: {receipt}. Nothing is signed until a person")
    assert said is not None
    assert said.startswith("中心账本倒退，已停止签发：gw/1/c 第 29 条事件有回执（日志序号 36），数据库却没有")
    smaller = "the ledger went back: its checkpoint is of size 3, and one of 9 is pinned here"
    assert (
        in_chinese(f"ledger_went_back: {smaller}") == in_chinese(smaller) == "中心账本倒退：其存证点为 3，本机已固定 9"
    )
    checkpoint = "a checkpoint of size 9 was signed; the database holds 3 batches: it went back"
    assert in_chinese(f"the ledger stands still: {checkpoint}") is not None
    assert (
        in_chinese("the ledger stands still: a witness says so")
        == "中心账本已停止签发，须由人员处理：a witness says so"
    )


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize(("days", "told"), [(12, "将于 2026-12-05 到期，还剩 12 天"), (-1, "已于 2026-12-05 到期：请")])
def test_what_ends_has_its_words(kind: Kind, days: int, told: str) -> None:
    said = in_chinese(Ending(kind=kind, name="fridge-1", until="2026-12-05T00:00:00.000Z", days=days).said)
    assert said is not None
    assert told in said
    assert "fridge-1" in said
