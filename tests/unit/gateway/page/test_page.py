"""What somebody sees who stands beside the gateway."""

from dataclasses import replace
from datetime import UTC, timedelta, timezone
from html.parser import HTMLParser

import msgspec
from typing_extensions import override

from gateway.alarm.kept import Kept
from gateway.endings import Ending
from gateway.page import page
from gateway.status import Status
from gateway.words.speech import ZH as WORDS
from gateway.words.speech import Speech
from tests.support.statuses import PROBE, READER, TROUBLED

ZH, EN = Speech("zh", UTC), Speech("en", UTC)


class Seen(HTMLParser):
    """The text of a page, and its elements."""

    def __init__(self, markup: bytes) -> None:
        super().__init__()
        self.text, self.tags = "", set[str]()
        self.feed(markup.decode())

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    @override
    def handle_data(self, data: str) -> None:
        self.text += data


def seen(status: Status, speech: Speech, *, age_seconds: int = 0) -> Seen:
    return Seen(page.render(status, speech, age_seconds=age_seconds))


def test_trouble_is_said_first_and_counted() -> None:
    said = seen(TROUBLED, EN).text
    assert "2 things need a person" in said
    assert "fridge-1-air: 8.2 °C" in said
    assert "有 2 项需要人处理" in seen(TROUBLED, ZH).text


def test_a_centre_that_is_away_is_said_once_with_its_why_and_needs_nobody_by_itself() -> None:
    said = seen(msgspec.structs.replace(TROUBLED, devices=[]), EN).text
    assert "The centre is unreachable" in said
    assert "uplink: no answer" in said
    assert "need" not in said
    assert "All is well" not in said
    refused = msgspec.structs.replace(TROUBLED, devices=[], ledger="reachable", alarms=["uplink: 403 key: unknown"])
    assert "One thing needs a person" in seen(refused, EN).text


def sounding(**changed: str) -> Status:
    alarm = Kept(
        cause="excursion",
        device=PROBE.device,
        place=PROBE.place,
        reason="8.20 °C, the limit is 6.00 °C",
        raised="2026-03-02T11:00:00.000Z",
    )
    alarm = msgspec.structs.replace(alarm, **changed)
    return msgspec.structs.replace(TROUBLED, devices=[PROBE], ledger="reachable", alarms=[], sounding=[alarm])


def test_what_sounds_is_named_on_top_with_what_the_probe_says_now() -> None:
    said = seen(sounding(), EN).text
    assert "One thing needs a person" in said
    assert "out of range fridge-1-air 8.2 °C centre/fridge-1" in said
    assert "超温 fridge-1-air 8.2 °C centre/fridge-1" in seen(sounding(), ZH).text
    over = seen(sounding(over="2026-03-02T11:30:00.000Z"), EN).text
    assert "centre/fridge-1 · over since 2026-03-02 11:30:00" in over


def test_what_sounds_about_the_gateway_itself_is_counted_once_and_says_why() -> None:
    reason = "the certificate of localhost has expired: renew it"
    refused = sounding(cause="ledger_refused", device="device:gw-centre", place="", reason=reason)
    said = seen(msgspec.structs.replace(refused, devices=[], alarms=[f"ledger_not_believed: {reason}"]), EN).text
    assert "One thing needs a person" in said
    assert f"the ledger is not believed gw-centre {reason}" in said


def test_what_somebody_has_charge_of_is_neither_well_nor_waits_for_a_person() -> None:
    taken = sounding(by="person:" + "1" * 32, acknowledged="2026-03-02T11:40:00.000Z")
    said = seen(taken, EN).text
    assert "Somebody is in charge" in said
    assert "out of range fridge-1-air 8.2 °C" in said
    assert "All is well" not in said
    assert "needs a person" not in said
    assert "已有人负责处理" in seen(taken, ZH).text


def test_a_temperature_that_nobody_knows_is_not_well() -> None:
    doubtful = msgspec.structs.replace(TROUBLED, devices=[replace(PROBE, reading=None)], alarms=[], ledger="reachable")
    said = seen(doubtful, ZH).text
    assert "温度无法判定" in said
    assert "一切正常" not in said


def test_the_lag_is_named_beside_what_waits() -> None:
    said = seen(TROUBLED, EN).text
    assert "2026-03-02 09:59:00" in said
    assert "2 batches, 0 events · for 2 h" in said
    assert "2 批，另有 0 条事件 · 已等待 2 小时" in seen(TROUBLED, ZH).text


def test_the_page_names_the_zone_of_its_times_and_puts_asides_into_brackets_of_its_language() -> None:
    shanghai = timezone(timedelta(hours=8))
    assert "2026-03-02 20:00:00 (UTC+08:00)" in seen(TROUBLED, Speech("en", shanghai)).text
    assert "（UTC+08:00）" in seen(TROUBLED, Speech("zh", shanghai)).text
    assert " (" not in seen(TROUBLED, ZH).text


def test_a_scanner_that_saw_half_a_bag_says_what_to_scan() -> None:
    half = msgspec.structs.replace(TROUBLED, devices=[replace(READER, wants="product")])
    assert "half a bag: scan its product code" in seen(half, EN).text
    assert "只扫到血袋的一半：请扫产品码" in seen(half, ZH).text
    other = msgspec.structs.replace(TROUBLED, devices=[replace(READER, wants="donation")])
    assert "只扫到血袋的一半：请扫献血码" in seen(other, ZH).text


def test_a_warm_fridge_is_named_with_its_limits_and_a_silent_one_is_unknown() -> None:
    assert "8.2 °C out of range 2.0 °C to 6.0 °C" in seen(TROUBLED, EN).text
    assert "8.2 °C 超温 2.0 °C 至 6.0 °C" in seen(TROUBLED, ZH).text
    freezer = msgspec.structs.replace(TROUBLED, devices=[replace(PROBE, reading=-3010, low=None, high=-1800)])
    assert "在范围内 不高于 \N{MINUS SIGN}18.0 °C" in seen(freezer, ZH).text
    incubator = msgspec.structs.replace(TROUBLED, devices=[replace(PROBE, low=2000, high=None)])
    assert "out of range at least 20.0 °C" in seen(incubator, EN).text
    silent = msgspec.structs.replace(TROUBLED, devices=[replace(PROBE, reading=None)])
    assert "unknown" in seen(silent, EN).text
    assert "out of range" not in seen(silent, EN).text


def test_all_is_well_only_while_nothing_is_wrong_and_the_status_is_fresh() -> None:
    well = msgspec.structs.replace(TROUBLED, devices=[], alarms=[], ledger="reachable")
    assert "All is well" in seen(well, EN).text
    old = seen(well, EN, age_seconds=31).text
    assert "All is well" not in old
    assert "31 s ago" in old


def test_a_clock_that_was_set_is_shown_with_when_and_by_how_much() -> None:
    was_set = msgspec.structs.replace(TROUBLED, clock_set="2026-03-02T11:00:00.000Z", clock_set_ms=3_600_000)
    assert "by +3,600.0 s, to 2026-03-02 11:00:00" in seen(was_set, EN).text
    assert "调整 +3,600.0 s，调至 2026-03-02 11:00:00" in seen(was_set, ZH).text
    assert "Clock last set" not in seen(TROUBLED, EN).text


def test_what_a_device_says_is_text_and_never_markup() -> None:
    shown = seen(TROUBLED, EN)
    assert "<b>now</b>" in shown.text
    assert shown.tags.isdisjoint({"script", "style", "form", "input", "button"})


def test_chinese_pages_hold_no_english_sentence_of_ours() -> None:
    said = seen(TROUBLED, ZH).text
    assert [english for english in WORDS if len(english) > 12 and english in said] == []


def test_what_ends_soon_is_a_warning_and_what_has_ended_needs_a_person() -> None:
    near = Ending(kind="ledger", name="blood.a9999.example", until="2026-03-20T00:00:00.000Z", days=17)
    over = Ending(kind="calibration", name="fridge-1-air", until="2026-03-01T00:00:00.000Z", days=-2)
    quiet = msgspec.structs.replace(TROUBLED, devices=[], ledger="reachable", alarms=[])
    said = seen(msgspec.structs.replace(quiet, endings=[near]), EN).text
    assert "Renew soonthe certificate of blood.a9999.example ends on 2026-03-20, days left: 17" in said
    assert "Certificate of the centreuntil 2026-03-20" in said
    assert "need" not in said
    assert "All is well" not in said
    said = seen(msgspec.structs.replace(quiet, endings=[over]), ZH).text
    assert "有 1 项需要人处理探头 fridge-1-air 的校准已于 2026-03-01 到期" in said
    ended = msgspec.structs.replace(near, days=-1)
    assert "All is well" in seen(msgspec.structs.replace(quiet, endings=[ended]), EN).text, "the alarm says it"
    far = msgspec.structs.replace(near, days=30)
    said = seen(msgspec.structs.replace(quiet, endings=[far]), ZH).text
    assert "一切正常" in said
    assert "中心的证书有效期至 2026-03-20" in said
