"""The benchmarks run as they are documented, on little, and say what they promise."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.fresh import FRESH, OF_ONE_TAG
from gateway.wire.families import FAMILIES, ByteFamily


def printed(*command: str) -> dict[str, Any]:
    ran = subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_ingest_tells_events_a_cpu_second_and_a_ratio() -> None:
    # Ticks of /proc are a hundredth of a second: fewer events might cost the server none.
    found = printed("benchmarks.ingest", "--events", "3000", "--batch", "250", "--workers", "2")
    assert (found["events"], found["batch"], found["workers"]) == (3000, 250, 2)
    assert found["events_per_cpu_second"] > 0
    assert found["events_per_wall_second"] > 0
    assert 0 < found["ratio_cpu"] < 1
    assert 0 < found["ratio_wall"] < 1
    assert abs(found["ratio_cpu"] - found["events_per_cpu_second"] / found["yardstick"]["events_per_cpu_second"]) < 0.01
    assert 20 < found["peak_mb"] < 200
    assert [each["events"] for each in found["stretches"]] == [3000]


def test_a_trace_is_answered_by_a_real_server_and_its_ledger_measured_again(tmp_path: Path) -> None:
    kept = ["--events", "400", "--batch", "64", "--site", str(tmp_path / "kept"), "--json"]
    xuemai = str(Path(sys.executable).with_name("xuemai"))

    def told(*command: str) -> dict[str, Any]:
        ran = subprocess.run([xuemai, "bench", *command, *kept], check=True, capture_output=True, text=True)
        answer: dict[str, Any] = json.loads(ran.stdout)
        return answer

    for _ in range(2):
        traced = told("trace", "--requests", "10", "--workers", "2")
        for asked in ("unit_ms", "lineage_of_20_ms", "inventory_ms"):
            assert 0 < traced[asked]["p50"] <= traced[asked]["p99"]
        assert traced["requests_per_cpu_second"] > 0
        assert traced["workers"] == 2
    examined = told("verify")
    assert examined["events"] > 400
    assert examined["verdicts"] > 200  # one for each unit that there is
    assert examined["ratio_cpu"] > 0
    assert examined["log_ratio_cpu"] > 0


def test_decoders_read_every_family_and_lose_nothing() -> None:
    families = printed("benchmarks.decoders", "--megabytes", "0.05")["families"]
    of_bytes = {name for name, family in FAMILIES.items() if isinstance(family, ByteFamily)}
    ways = ("asked", "recorded answers alone", "recorded questions and answers")
    answers = {f"modbus_rtu_temp, {how}, every answer new" for how in ways}
    new = {f"{name}, {how}" for name in FRESH for how in ("every tag new", "new tags between none")}
    alone = {f"{name}, one new tag between none" for name in OF_ONE_TAG}
    tongues = {"m100_uhf, AA and DD", "hf_iso15693, text", *answers, *new, *alone}
    assert set(families) == of_bytes | tongues
    for figures in families.values():
        assert figures["megabytes_per_cpu_second"] > 0
        assert figures["items"] > 0
        assert figures["discarded_octets"] == 0


def test_an_outbox_fills_drains_and_forgets() -> None:
    found = printed("benchmarks.outbox", "--events", "4000")
    assert found["bytes_per_event"] > 200
    assert found["fill_cpu_us_per_event"] > found["drain_cpu_us_per_event"] > 0
    # Of each of the two streams the newest batch stays.
    assert found["pruned_batches"] == found["batches"] - 2 > 50
    for stage in ("at_a_tenth", "at_the_whole", "drained"):
        assert found[stage]["open_ms"] > 0
        assert found[stage]["memory_mb"] < found["memory_mb_at_start"] + 20


def test_a_gateway_reads_all_that_is_said_and_keeps_up() -> None:
    found = printed("benchmarks.gateway", "--seconds", "2")
    tags, messages = found["tags"], found["messages"]
    assert tags["read"] >= 0.9 * tags["sent"] > 0
    assert tags["arrived"] > 150
    assert messages["readings"] == messages["sent"] > 0, "exactly once"
    for each in (tags, messages):
        assert 0 < each["cpu_percent"] < 100
        assert 20 < each["peak_mb"] < 120
    assert found["seconds_of_sha256"] > 0


def test_a_full_line_is_read_as_fast_as_it_speaks() -> None:
    found = printed("benchmarks.serial", "--seconds", "2", "--tags", "20")
    assert found["bytes_a_second"] > 10_000
    assert 0 < found["percent_of_a_core"] < 50
    assert found["counts"]["tagread"] > 800
    assert found["counts"]["arrived"] == found["counts"]["present"] == 20
    assert "noise" not in found["counts"], "no byte is thrown away"


@pytest.mark.slow
def test_a_soaked_gateway_delivers_everything_and_stays_as_large_as_it_was() -> None:
    found = printed("benchmarks.soak", "--hours", "3", "--speed", "1800")
    assert found["exit_code"] == found["undelivered_events"] == 0
    assert found["complaints"] == []
    assert found["looks"] == 12
    assert found["memory_mb"]["last"] < found["memory_mb"]["first"] + 10
    assert min(found["events"].values()) > 5


def test_units_judged_together_are_checked_against_units_judged_alone() -> None:
    found = printed("benchmarks.exposure", "--units", "300", "--fridges", "20", "--days", "7", "--every-seconds", "300")
    assert found["units"] == sum(found["verdicts"].values()) == 300
    assert min(found["verdicts"].values()) > 0, "warm hours and silences both meet units"
    assert found["checked_one_by_one"] == 200
    assert 39_000 < found["readings"] < 40_320
