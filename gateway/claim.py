"""Claims: what the gateway observed, in the words of `ledger.core.kinds`.

Pure. Decides which event a fact becomes and with which fields; the outbox adds stream, sequence number and nonce.
A label is taken apart here, because nothing that identifies a person may become durable in the log: structures that do,
and scans that cannot be parsed, are withheld behind salted commitments, and their salts stay in the outbox.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from gateway.clock import Trust
from gateway.limits import ExcursionBegan, ExcursionOver
from gateway.sighting import Arrived, Left, Uncertain, UnknownSeen
from gateway.temperature import ProbeRule, SegmentClosed
from gateway.wire.items import LabelScan
from ledger.core import isbt128, kinds
from ledger.core.errors import LabelError
from ledger.core.ids import commitment, format_instant, parse_instant
from ledger.core.labels.reading import Reading, Scanned
from ledger.core.logkeys import Use

DEBOUNCE_SECONDS = 1.0
"""A trigger held a moment too long reads the same label again: the same text within this counts once."""

_MAX_TEXT = 400
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}\Z")


@dataclass(frozen=True, slots=True)
class Claim:
    """One event to be: its kind, and its own fields with `time` and `place`."""

    kind: type[kinds.Event]
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ScanClaim:
    """The claim of one scan, the salts of what it withheld, by commitment, and what it says; None: it was refused."""

    claim: Claim
    salts: Mapping[str, bytes]
    said: Scanned | None = None


def observed(claim: Claim, clock: Trust | None) -> Claim:
    """The claim by a clock that was trusted so far; as it is where it says that itself, or nobody knows."""
    if clock is None or "clock" in claim.fields:
        return claim
    return Claim(claim.kind, {**claim.fields, "clock": clock})


def text(words: str) -> str:
    """Words cut to what a `Text` field holds, and never empty."""
    return words.strip()[:_MAX_TEXT] or "no reason given"


def arrived(edge: Arrived, *, device: str) -> Claim:
    """`tag_arrived`: present at the place since the first of the reads that made the arrival."""
    fields = _at(edge.place, edge.time_ms, edge.recorded_ms) | {
        "tag": f"tag:{edge.tag}",
        "device": device,
        "antenna": edge.antenna,
        "reads": edge.reads,
        "rssi_centi_dbm": edge.rssi_centi_dbm,
        "device_time": None if edge.claimed_ms is None else format_instant(edge.claimed_ms),
    }
    return Claim(kinds.TagArrived, fields)


def left(edge: Left, *, device: str) -> Claim:
    """`tag_left`: at the instant of the last read, recorded when the absence was certain."""
    fields = _at(edge.place, edge.time_ms, edge.recorded_ms) | {
        "tag": f"tag:{edge.tag}",
        "device": device,
        "reads": edge.reads,
    }
    return Claim(kinds.TagLeft, fields)


def unknown_seen(edge: UnknownSeen, *, device: str) -> Claim:
    """`unknown_tag_seen`: a tag outside the site's own numbering, once a presence."""
    fields = _at(edge.place, edge.time_ms, edge.recorded_ms) | {
        "tag": f"tag:{edge.tag}",
        "device": device,
        "antenna": edge.antenna,
        "reads": edge.reads,
    }
    return Claim(kinds.UnknownTagSeen, fields)


def uncertain(edge: Uncertain, *, device: str) -> Claim:
    """`tag_uncertain`: several places hear a tag alike, since the first of the reads that showed it."""
    fields = _at(None, edge.time_ms, edge.recorded_ms) | {
        "tag": f"tag:{edge.tag}",
        "device": device,
        "places": list(edge.places),
        "reads": edge.reads,
    }
    return Claim(kinds.TagUncertain, fields)


def segment(closed: SegmentClosed, rule: ProbeRule) -> Claim:
    """`temperature_segment`, with the raw readings as they were, and what is declared of the probe's calibration."""
    declared = rule.calibration
    fields = _at(rule.place, closed.start_ms, closed.start_ms) | {
        "probe": rule.probe,
        "measures": rule.measures,
        "until": format_instant(closed.until_ms),
        "quality": closed.quality,
        "reason": text(closed.reason) if closed.reason else None,
        "readings": list(closed.readings),
        "gaps": [
            kinds.SegmentGap(start_ms=gap.start_ms, end_ms=gap.end_ms, reason=text(gap.reason)) for gap in closed.gaps
        ],
        "calibration_until": declared.until,
        "certificate": declared.certificate,
        "calibrated": declared.on,
        "calibration": None if declared.until is None else "expired" if _is_past(declared.until, closed) else "valid",
        "offset_centi_celsius": declared.offset_centi_celsius,
        "device_time": None if closed.claimed_ms is None else format_instant(closed.claimed_ms),
    }
    return observed(Claim(kinds.TemperatureSegment, fields), closed.clock)


def _is_past(until: str, closed: SegmentClosed) -> bool:
    """Whether a segment reaches beyond the end of its probe's calibration."""
    return closed.until_ms > parse_instant(until)


def excursion(began: ExcursionBegan, rule: ProbeRule) -> Claim:
    """`excursion`: since the first good reading beyond a limit, told as soon as its delay is over."""
    fields = _at(rule.place, began.time_ms, began.recorded_ms) | {
        "probe": rule.probe,
        "level": began.level,
        "limit": began.limit,
        "limit_centi_celsius": began.limit_centi_celsius,
        "centi_celsius": began.centi_celsius,
    }
    return Claim(kinds.Excursion, fields)


def excursion_ended(over: ExcursionOver, rule: ProbeRule) -> Claim:
    """`excursion_ended`: the first good reading within the limits again, with the extremes in between."""
    fields = _at(rule.place, over.time_ms, over.time_ms) | {
        "probe": rule.probe,
        "level": over.level,
        "since": format_instant(over.since_ms),
        "lowest_centi_celsius": over.lowest_centi_celsius,
        "highest_centi_celsius": over.highest_centi_celsius,
    }
    return Claim(kinds.ExcursionEnded, fields)


def device_fault(device: str, reason: str, *, place: str | None, now_ms: int) -> Claim:
    """`device_fault`: it cannot be believed from now on."""
    return Claim(kinds.DeviceFault, _at(place, now_ms, now_ms) | {"device": device, "reason": text(reason)})


def device_restored(device: str, *, place: str | None, since_ms: int | None, now_ms: int) -> Claim:
    """`device_restored`: it works again; `since` is when it fell ill."""
    since = None if since_ms is None else format_instant(min(since_ms, now_ms))
    return Claim(kinds.DeviceRestored, _at(place, now_ms, now_ms) | {"device": device, "since": since})


def gap(device: str, reason: str, *, since_ms: int, now_ms: int) -> Claim:
    """`gap`: something may have been missed between `since` and now."""
    fields = _at(None, now_ms, now_ms) | {
        "device": device,
        "since": format_instant(min(since_ms, now_ms)),
        "reason": text(reason),
    }
    return Claim(kinds.Gap, fields)


def clock_skew(device: str, against: Literal["gateway", "interval", "ledger"], skew_ms: int, *, now_ms: int) -> Claim:
    """`clock_skew`: how far a clock is ahead of what it is held against."""
    fields = _at(None, now_ms, now_ms) | {"device": device, "against": against, "skew_ms": skew_ms}
    return Claim(kinds.ClockSkew, fields)


def gateway_started(version: str, configuration_hash: str, *, now_ms: int) -> Claim:
    """`gateway_started`, with the SHA-256 of `gateway.toml` in base64."""
    fields = _at(None, now_ms, now_ms) | {"version": version, "configuration": configuration_hash}
    return Claim(kinds.GatewayStarted, fields)


def ledger_key_followed(use: Use, key: str, *, handed_over_by: str, now_ms: int) -> Claim:
    """`ledger_key_followed`: the fingerprints of the key that is believed from now on, and of the one before."""
    fields = _at(None, now_ms, now_ms) | {"use": use, "key": key, "handed_over_by": handed_over_by}
    return Claim(kinds.LedgerKeyFollowed, fields)


class Alarm(Protocol):
    """What the events of an alarm say of it."""

    @property
    def cause(self) -> str:
        """See `kinds.AlarmCause`."""
        ...

    @property
    def device(self) -> str:
        """What it is about."""
        ...

    @property
    def place(self) -> str:
        """Where; may be empty."""
        ...

    @property
    def reason(self) -> str:
        """In words."""
        ...

    @property
    def raised(self) -> str:
        """Since when, an instant."""
        ...


def alarm_raised(alarm: Alarm, *, now_ms: int) -> Claim:
    """`alarm_raised`: from now on it sounds."""
    fields = _of_alarm(alarm, now_ms) | {"reason": text(alarm.reason)}
    return Claim(kinds.AlarmRaised, fields)


def alarm_acknowledged(alarm: Alarm, *, by: str, way: str, now_ms: int) -> Claim:
    """`alarm_acknowledged`: `by` took charge, by the `way` of a command or a card."""
    fields = _of_alarm(alarm, now_ms) | {"raised": alarm.raised, "by": by, "way": way}
    return Claim(kinds.AlarmAcknowledged, fields)


def alarm_ended(alarm: Alarm, *, now_ms: int) -> Claim:
    """`alarm_ended`: what it was about is over."""
    return Claim(kinds.AlarmEnded, _of_alarm(alarm, now_ms) | {"raised": alarm.raised})


def _of_alarm(alarm: Alarm, now_ms: int) -> dict[str, object]:
    return _at(alarm.place or None, now_ms, now_ms) | {"cause": alarm.cause, "device": alarm.device}


@dataclass(slots=True)
class Debounce:
    """Whether a scan is only the echo of the one before: the same text within a second of real time."""

    _text: str = field(default="", init=False)
    _at: float = field(default=float("-inf"), init=False)

    def repeats(self, scan: LabelScan, now: float) -> bool:
        """Whether `scan` at `now` (real seconds) says nothing new; each echo extends the second."""
        repeats = scan.text == self._text and now - self._at < DEBOUNCE_SECONDS
        self._text, self._at = scan.text, now
        return repeats


def scan(
    scanned: LabelScan, *, device: str, place: str, now_ms: int, salt: Callable[[], bytes], reading: Reading
) -> ScanClaim:
    """`label_scanned`, or `scan_refused` where the text is no valid label.

    Args:
        scanned: the scan.
        device: the scanner.
        place: where it stands.
        now_ms: when.
        salt: gives 16 random bytes.
        reading: how labels are read here.
    """
    common = _at(place, now_ms, now_ms) | {"device": device}
    try:
        said = reading.read(scanned.text)
    except LabelError as error:
        return _refused(scanned, expectation(str(error)), common, salt())
    label = said.label
    if label is None:
        return ScanClaim(Claim(kinds.LabelScanned, common | _named(said) | {"structures": [said.scheme]}), {}, said)
    salts: dict[str, bytes] = {}
    for structure in label.structures:
        if structure.identifies_person:
            grain = salt()
            salts[commitment(grain, structure.format())] = grain
    fields = common | _named(said) | said_by(label) | {"withheld": list(salts)}
    return ScanClaim(Claim(kinds.LabelScanned, fields), salts, said)


def paired(scanned: Claim, unit: str, *, since_ms: int) -> Claim:
    """The claim of the second of two scans that name a bag together; `since_ms` is when the first was made."""
    return Claim(scanned.kind, {**scanned.fields, "unit": unit, "paired_since": format_instant(since_ms)})


def at(place: str, now_ms: int) -> dict[str, object]:
    """When and where, of what happens now."""
    return _at(place, now_ms, now_ms)


def _at(place: str | None, time_ms: int, recorded_ms: int) -> dict[str, object]:
    recorded_at = format_instant(recorded_ms) if recorded_ms > time_ms else None
    return {"time": format_instant(time_ms), "place": place, "recorded_at": recorded_at}


def _refused(scanned: LabelScan, reason: str, common: dict[str, object], grain: bytes) -> ScanClaim:
    withheld = commitment(grain, scanned.text)
    fields = common | {"reason": text(reason), "withheld": withheld}
    return ScanClaim(Claim(kinds.ScanRefused, fields), {withheld: grain})


def expectation(message: str) -> str:
    """A parser's message without what came: a text that is no label may hold anybody's name."""
    return message.partition(", came ")[0]


def _named(said: Scanned) -> dict[str, object]:
    """The donation, the product and the bag that a scan names."""
    named = {"din": said.din and f"din:{said.din}", "product": said.product, "unit": said.unit}
    return {name: value for name, value in named.items() if value is not None}


def said_by(label: isbt128.Label) -> dict[str, object]:
    """What a label says, less persons: field by field, and the numbers of all its structures."""
    fields: dict[str, object] = {
        "structures": [each.ds if _WORD.match(each.ds) else "national" for each in label.structures]
    }
    group = label.find("002")
    if group:
        fields |= {name: group.fields[name] for name in ("abo", "rhd") if group.fields.get(name)}
    expiry = label.find("005") or label.find("004")
    local = expiry.fields.get("local") if expiry else None
    if local:
        # ISO 8601 basic format: a `Word` has no colon.
        fields["expires_local"] = local.replace("-", "").replace(":", "")
    return fields
