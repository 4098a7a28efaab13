"""The metrics, as Prometheus' own parser reads them."""

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from gateway import metrics
from gateway.endings import Ending
from gateway.status import Status
from tests.support.statuses import TROUBLED


def samples(status: Status = TROUBLED) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(metrics.render(status).decode())
    return {
        (sample.name.removeprefix("xuemai_gateway_"), *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_every_device_stream_and_the_machine_are_measured() -> None:
    told = samples()
    assert told["device_up", "fridge-1"] == 0
    assert told["device_up", "fridge-1-air"] == 1
    assert told["device_tags_present", "fridge-1"] == 2
    assert told["device_items_total", "fridge-1-air", "faults"] == 1
    assert told["device_clock_skew_seconds", "fridge-1-air"] == -1.5
    assert ("device_items_total", "fridge-1-air", "skew_ms") not in told, "it falls, and a counter does not"
    assert told["probe_temperature_celsius", "fridge-1-air"] == 8.2
    assert told["events_total", "gw-centre/1/c"] == 8
    assert told["events_acknowledged_total", "gw-centre/1/c"] == 6
    assert told["batches_waiting", "gw-centre/1/c"] == 2
    assert told["stream_lag_seconds", "gw-centre/1/c"] == 7200
    assert told["ledger_reachable",] == 0
    assert told["clock_synchronised",] == 1
    assert told["clock_set_seconds",] == 0
    assert told["disk_free_bytes",] == 2e9
    assert told["device_last_heard_timestamp_seconds", "fridge-1"] == 1772451600


def test_names_follow_the_convention() -> None:
    families = list(text_string_to_metric_families(metrics.render(TROUBLED).decode()))
    assert all(family.name.startswith("xuemai_gateway") for family in families)
    assert {family.name for family in families if family.type == "counter"} == {
        "xuemai_gateway_device_items", "xuemai_gateway_events", "xuemai_gateway_events_acknowledged",
    }  # fmt: skip
    assert all(family.documentation for family in families)


def test_what_ends_is_measured_at_any_time() -> None:
    ending = Ending(kind="ledger", name="blood.a9999.example", until="2026-06-20T00:00:00.000Z", days=109)
    told = samples(msgspec.structs.replace(TROUBLED, endings=[ending]))
    assert told["valid_until_timestamp_seconds", "ledger", "blood.a9999.example"] == 1781913600
