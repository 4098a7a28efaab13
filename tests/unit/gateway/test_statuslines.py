"""What `xuemai gateway status` says."""

import dataclasses

from msgspec.structs import replace

from gateway import status as statuses
from gateway import statuslines
from gateway.alarm.kept import Kept, OutputStatus
from gateway.endings import Ending
from tests.support.gateway_ledger import LOG, RECEIPT
from tests.support.statuses import PROBE, READER, TROUBLED

WARM = Kept(
    cause="excursion",
    device=PROBE.device,
    place=PROBE.place,
    reason="8.20 °C, the limit is 6.00 °C",
    raised="2026-03-02T11:00:00.000Z",
    steps=2,
)


def test_the_lag_and_the_disk_stand_beside_what_waits() -> None:
    said = statuslines.render(TROUBLED)
    assert "waiting 2 batches" in said
    assert "the ledger has data until 2026-03-02T09:59:00.000Z" in said
    assert "the oldest waits since 2026-03-02T10:00:00.000Z, 7200 s" in said
    assert "outbox 1.5 MB, free 2,000.0 MB" in said


def test_a_scanner_that_saw_half_a_bag_says_what_to_scan() -> None:
    for wants, told in (("product", "scan its product code next"), ("donation", "scan its donation number next")):
        said = statuslines.render(replace(TROUBLED, devices=[dataclasses.replace(READER, wants=wants)]))
        assert f"half a bag: {told}" in said
    assert "half a bag" not in statuslines.render(TROUBLED)


def test_a_clock_that_was_set_says_when_and_by_how_much() -> None:
    was_set = replace(TROUBLED, clock_set="2026-03-02T11:00:00.000Z", clock_set_ms=-3_600_000)
    assert "was set by -3,600.0 s, to 2026-03-02T11:00:00.000Z" in statuslines.render(was_set)
    assert "was set" not in statuslines.render(TROUBLED)


def test_the_ledgers_keys_that_are_believed_stand_in_the_status() -> None:
    keys = statuses.told_keys({"checkpoint": (), "receipt": (LOG.verifier, RECEIPT.verifier)})
    said = statuslines.render(replace(TROUBLED, ledger_keys=keys))
    assert "checkpoints: none: they are not followed" in said
    first, then = keys["receipt"]
    assert f"receipts: {first[:20]}…, then {then[:20]}…" in said


def test_a_status_that_is_old_says_so_first() -> None:
    assert statuslines.render(TROUBLED, age_seconds=31).startswith("! this is 31 s old: the gateway has stopped")
    assert statuslines.render(TROUBLED, "zh", age_seconds=31).startswith("! 以下为 31 秒前的状态：网关已停止")
    assert "! this" not in statuslines.render(TROUBLED, age_seconds=30)


def test_an_alarm_says_since_when_and_who_took_charge_or_that_nobody_did() -> None:
    taken = replace(WARM, by="person:" + "1" * 32, acknowledged="2026-03-02T11:30:00.000Z", over=WARM.raised)
    horn = OutputStatus(name="horn", state="fault", reason="no modem")
    said = statuslines.render(replace(TROUBLED, sounding=[WARM, taken], outputs=[horn])).splitlines()
    head = f"! alarm excursion {WARM.device} {WARM.place} since {WARM.raised}: {WARM.reason}"
    assert said[2] == f"{head}; step 2, not acknowledged"
    assert said[3] == f"{head}; over since {WARM.raised}; {taken.by} took charge at {taken.acknowledged}"
    assert said[4] == "! output horn: no modem"


def test_it_is_said_in_chinese_too() -> None:
    horn = OutputStatus(name="horn", state="fault", reason="expected coil 0 to be on; it is not")
    taken = replace(WARM, by="person:" + "1" * 32, acknowledged="2026-03-02T11:30:00.000Z", over=WARM.raised)
    status = replace(
        TROUBLED,
        sounding=[WARM, taken],
        outputs=[horn],
        ledger_keys={"checkpoint": []},
        clock_set=WARM.raised,
        devices=[PROBE, dataclasses.replace(READER, wants="product", reason="", counts={})],
    )
    lines = statuslines.render(status, "zh").splitlines()
    assert lines[0].endswith("时钟已同步  中心不可达，存证点已验证至 512")
    said = "\n".join(lines)
    for each in (
        "报警 超温（excursion）device:gw-centre/fridge-1-air place:centre/fridge-1 自 2026-03-02T11:00:00.000Z",
        "：8.20 °C，限值 6.00 °C；第 2 级，尚无人确认",
        "接手处理",
        "解除",
        "报警输出 horn：继电器线圈 0 没有动作",
        "中心密钥（存证点）：无，不跟踪",
        "fridge-1-air         正常 2026-03-02T11:59:30.000Z 故障读数=1",
        "请扫产品码",
        "中心的数据截至 2026-03-02T09:59:00.000Z；最早一条自 2026-03-02T10:00:00.000Z 起等待，7200 秒",
        "磁盘：待发箱 1.5 MB，剩余 2,000.0 MB",
    ):
        assert each in said


def test_what_ends_within_a_month_is_said() -> None:
    near = Ending(kind="calibration", name="fridge-1-air", until="2026-03-20T00:00:00.000Z", days=17)
    far = Ending(kind="ledger", name="blood.a9999.example", until="2026-06-20T00:00:00.000Z", days=109)
    status = replace(TROUBLED, endings=[near, far])
    assert "! the calibration of fridge-1-air ends on 2026-03-20, days left: 17: " in statuslines.render(status)
    assert "! 探头 fridge-1-air 的校准将于 2026-03-20 到期，还剩 17 天：" in statuslines.render(status, "zh")
    assert "blood.a9999.example" not in statuslines.render(status)
