"""The status in the text format of Prometheus: names in its convention (base units, `_total` for what only grows)."""

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from gateway.status import Status
from ledger.core.ids import parse_instant

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def render(status: Status) -> bytes:
    """Every metric of one status."""
    registry = CollectorRegistry()
    registry.register(_Once(status))
    return generate_latest(registry)


@dataclass(frozen=True, slots=True, eq=False)
class _Once(Collector):
    status: Status

    @override
    def collect(self) -> Iterator[Metric]:
        yield from _gateway(self.status)
        yield from _devices(self.status)
        yield from _streams(self.status)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"xuemai_gateway_{name}", meaning, value=value)


def _gateway(status: Status) -> Iterator[Metric]:
    yield InfoMetricFamily("xuemai_gateway", "Whose metrics these are.", value={"gateway": status.gateway})
    yield _gauge("status_timestamp_seconds", "When the status was made.", _seconds(status.time))
    yield _gauge("ledger_reachable", "1 while the ledger answers.", status.ledger == "reachable")
    yield _gauge("clock_synchronised", "1 while something disciplines the clock.", status.clock == "synchronised")
    yield _gauge("clock_set_seconds", "By how much the clock was last set; 0: it was not.", status.clock_set_ms / 1000)
    ahead = "How far the ledger's clock is ahead of the gateway's; 0: they agree."
    yield _gauge("ledger_ahead_seconds", ahead, status.ledger_ahead_ms / 1000)
    yield _gauge("alarms", "How many things need a person.", len(status.alarms))
    sounding = GaugeMetricFamily(
        "xuemai_gateway_alarm", "1 for each alarm on the spot.", labels=["cause", "device", "acknowledged"]
    )
    for alarm in status.sounding:
        sounding.add_metric([alarm.cause, alarm.device, "yes" if alarm.acknowledged else "no"], 1)
    yield sounding
    output = GaugeMetricFamily("xuemai_gateway_alarm_output_up", "1 while an output would sound.", labels=["output"])
    for each in status.outputs:
        output.add_metric([each.name], each.state == "ok")
    yield output
    until = GaugeMetricFamily(
        "xuemai_gateway_valid_until_timestamp_seconds",
        "When a certificate or a calibration ends.",
        labels=["kind", "name"],
    )
    for ending in status.endings:
        until.add_metric([ending.kind, ending.name], _seconds(ending.until))
    yield until
    yield _gauge("checkpoint_size", "Size of the newest verified checkpoint.", status.checkpoint_size)
    if status.room is not None:
        yield _gauge("outbox_bytes", "What the outbox's files take.", status.room.outbox_bytes)
        yield _gauge("disk_free_bytes", "What is left on the outbox's disk.", status.room.free_bytes)


def _devices(status: Status) -> Iterator[Metric]:
    up = GaugeMetricFamily("xuemai_gateway_device_up", "1 while the device is well.", labels=["device"])
    heard = GaugeMetricFamily(
        "xuemai_gateway_device_last_heard_timestamp_seconds", "When it was last heard.", labels=["device"]
    )
    items = CounterMetricFamily(
        "xuemai_gateway_device_items", "What was heard and what became of it.", labels=["device", "item"]
    )
    skew = GaugeMetricFamily(
        "xuemai_gateway_device_clock_skew_seconds", "By how much its clock is off; 0 without one.", labels=["device"]
    )
    present = GaugeMetricFamily("xuemai_gateway_device_tags_present", "Tags present at a reader.", labels=["device"])
    celsius = GaugeMetricFamily(
        "xuemai_gateway_probe_temperature_celsius", "The newest reading that is believed.", labels=["device"]
    )
    for device in status.devices:
        up.add_metric([device.name], device.state == "ok")
        if device.last_heard is not None:
            heard.add_metric([device.name], _seconds(device.last_heard))
        if device.reading is not None:
            celsius.add_metric([device.name], device.reading / 100)
        for item, number in device.counts.items():
            # What may fall again is no counter: Prometheus would take each fall for a restart.
            if item == "present":
                present.add_metric([device.name], number)
            elif item == "skew_ms":
                skew.add_metric([device.name], number / 1000)
            else:
                items.add_metric([device.name, item], number)
    yield from (up, heard, items, skew, present, celsius)


def _streams(status: Status) -> Iterator[Metric]:
    events = CounterMetricFamily("xuemai_gateway_events", "Events made, over all runs.", labels=["stream"])
    acknowledged = CounterMetricFamily(
        "xuemai_gateway_events_acknowledged", "Events that the ledger gave a receipt for.", labels=["stream"]
    )
    waiting = GaugeMetricFamily("xuemai_gateway_batches_waiting", "Batches without a receipt.", labels=["stream"])
    lag = GaugeMetricFamily(
        "xuemai_gateway_stream_lag_seconds", "How long the oldest undelivered event has waited.", labels=["stream"]
    )
    stopped = GaugeMetricFamily("xuemai_gateway_stream_stopped", "1 where nothing more is sent.", labels=["stream"])
    for name, stream in status.streams.items():
        events.add_metric([name], stream.next_seq - 1)
        acknowledged.add_metric([name], stream.acknowledged_seq)
        waiting.add_metric([name], stream.waiting)
        stopped.add_metric([name], stream.stopped is not None)
        if name in status.lags:
            lag.add_metric([name], status.lags[name].seconds)
    yield from (events, acknowledged, waiting, lag, stopped)


def _seconds(instant: str) -> float:
    return parse_instant(instant) / 1000
