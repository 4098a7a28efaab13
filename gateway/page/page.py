"""The local page itself: one status as one HTML page, in Chinese or English. Pure."""

from xml.etree import ElementTree as ET

from gateway.alarm.kept import Kept
from gateway.device import DeviceStatus
from gateway.lag import Lag
from gateway.page.html import Child, badge, document, element, icon, table
from gateway.status import OLD_AFTER_SECONDS, UPLINK, Status
from gateway.words.causes import CAUSES
from gateway.words.counts import COUNTED
from gateway.words.reasons import in_chinese
from gateway.words.speech import Speech, celsius, megabytes
from ledger.core.ids import parse_instant

REFRESH_SECONDS = 5
_TONES = {"ok": ("ok", "well"), "fault": ("stop", "at fault"), "waiting": ("unknown", "nothing heard yet")}


def render(status: Status, speech: Speech, *, age_seconds: int) -> bytes:
    """The page; `age_seconds` is how old the status is in real seconds."""
    other = "en" if speech.language == "zh" else "zh"
    switch = element("a", speech.say("中文"), href=f"/?lang={other}", lang=other, hreflang=other)
    name = f"{status.gateway} {status.site_name}".strip()
    header = element(
        "header",
        element("p", "血脉", element("span", " ", speech.say("Gateway")), class_="brand"),
        element("p", switch, class_="switch"),
    )
    as_of = f"{speech.say('As of')} {speech.moment(status.time)}{speech.aside(speech.offset(status.time))}"
    main = element(
        "main",
        element("h1", name),
        element("p", as_of, class_="dim"),
        *_verdicts(status, speech, age_seconds),
        *_alarms(status, speech),
        _delivery(status, speech),
        _devices(status, speech),
        _machine(status, speech),
    )
    foot = element(
        "footer",
        speech.say("This page only shows; it cannot change anything."),
        " ",
        speech.say("No verdict: the check before use stays with the person."),
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="refresh", content=str(REFRESH_SECONDS)),
        element("title", f"{name} · {speech.say('Gateway')} · 血脉"),
        element("link", rel="stylesheet", href="/page.css"),
    )
    return document(element("html", head, element("body", header, main, foot), lang=speech.language))


def _verdicts(status: Status, speech: Speech, age_seconds: int) -> list[Child]:
    is_old = age_seconds > OLD_AFTER_SECONDS
    fridges_first = sorted(status.sounding, key=lambda alarm: alarm.cause != "excursion")
    alarms = [alarm for alarm in fridges_first if alarm.acknowledged is None]
    in_charge = [alarm for alarm in fridges_first if alarm.acknowledged is not None]
    told = [*(_headline(alarm, status, speech) for alarm in alarms), *_ill(status, speech)]
    verdicts: list[Child] = []
    if is_old:
        why = "The gateway wrote this %(ago)s ago. It may have stopped: nothing here is current."
        said = element("p", speech.say(why, ago=speech.duration(age_seconds)))
        verdicts.append(_notice("unknown", speech.say("This page is old"), [said]))
    if told:
        title = "One thing needs a person" if len(told) == 1 else "%(n)s things need a person"
        verdicts.append(_notice("stop", speech.say(title, n=len(told)), told))
    if in_charge:
        lines = [_headline(alarm, status, speech) for alarm in in_charge]
        verdicts.append(_notice("warning", speech.say("Somebody is in charge"), lines))
    if soon := [each for each in status.endings if each.is_soon and not each.is_over]:
        lines = [element("p", _reason(each.said, speech)) for each in soon]
        verdicts.append(_notice("warning", speech.say("Renew soon"), lines))
    if unknown := _unknown(status):
        lines = [element("p", each.name, class_="headline") for each in unknown]
        verdicts.append(_notice("unknown", speech.say("Temperature unknown"), lines))
    unanswered = [each for each in status.alarms if _is_no_answer(each)]
    if status.ledger != "reachable" or unanswered:
        kept = speech.say("Everything is kept here and goes up by itself.")
        why_not = [element("p", _reason(each, speech, class_="dim")) for each in unanswered]
        title = speech.say("The centre is unreachable")
        verdicts.append(_notice("warning", title, [element("p", kept), *why_not]))
    return verdicts or [_notice("ok", speech.say("All is well"), [])]


def _headline(alarm: Kept, status: Status, speech: Speech) -> ET.Element:
    """What is wrong, where, and how warm it is now: what has to be read from two metres away."""
    name = alarm.device.rpartition("/")[2].rpartition(":")[2]
    now = [each.reading for each in status.devices if each.device == alarm.device]
    words = [
        CAUSES[alarm.cause][0 if speech.language == "zh" else 1],
        name,
        *(celsius(each) for each in now if each is not None),
    ]
    aside = alarm.place.partition(":")[2]
    if alarm.over:
        aside += " · " + speech.say("over since %(time)s", time=speech.moment(alarm.over))
    said = element("p", " ".join(words), " ", element("span", aside, class_="dim"), class_="headline")
    return element("div", said, _reason(alarm.reason, speech, class_="reason"))


def _ill(status: Status, speech: Speech) -> list[ET.Element]:
    """What is wrong and sounds nowhere. That the centre gives no answer has a notice of its own."""
    known, said = {alarm.device for alarm in status.sounding}, tuple(alarm.reason for alarm in status.sounding)
    unsaid = [each for each in status.alarms if not _is_no_answer(each) and not each.endswith(said)]
    # That the centre's certificate has ended is among the alarms as soon as it is shown.
    over = [each.said for each in status.endings if each.is_over and each.kind != "ledger"]
    own = [element("p", _reason(each, speech)) for each in (*unsaid, *over)]
    silent = [device for device in status.devices if device.device not in known]
    out = [
        element("p", f"{each.name}: {celsius(each.reading or 0)}", class_="headline")
        for each in silent
        if _is_out(each)
    ]
    return [*own, *out, *(element("p", _reason(each.reason, speech)) for each in silent if each.state == "fault")]


def _unknown(status: Status) -> list[DeviceStatus]:
    """The probes that speak, and are not believed; of those with an alarm that is said already."""
    known = {alarm.device for alarm in status.sounding}
    return [
        each
        for each in status.devices
        if each.state == "ok" and "readings" in each.counts and each.reading is None and each.device not in known
    ]


def _is_no_answer(alarm: str) -> bool:
    return alarm.startswith(f"{UPLINK}no answer")


def _reason(reason: str, speech: Speech, *, class_: str = "") -> ET.Element:
    """A reason in the reader's language, or marked as English."""
    attributes = {"class": class_} if class_ else {}
    said = in_chinese(reason) if speech.language == "zh" else None
    if said is not None:
        return element("span", said, **attributes)
    return element("span", reason, lang="en", **attributes)


def _notice(tone: str, title: str, lines: list[ET.Element]) -> Child:
    role = "alert" if tone == "stop" else "status"
    return element(
        "section",
        element("p", icon(tone), element("span", title), class_="notice-title"),
        *lines,
        class_=f"notice {tone}",
        role=role,
    )


def _alarms(status: Status, speech: Speech) -> list[Child]:
    """The alarms on the spot and their outputs; nothing where the gateway sounds none."""
    if not status.outputs and not status.sounding:
        return []
    heads = [speech.say(head) for head in ("Alarm", "Where", "Since", "Step", "In charge")]
    column = 0 if speech.language == "zh" else 1
    rows: list[list[Child]] = []
    for alarm in status.sounding:
        tone = "stop" if alarm.acknowledged is None else "warning"
        what = element("span", badge(tone, CAUSES[alarm.cause][column]))
        what.append(_reason(alarm.reason, speech, class_="reason"))
        where = element("span", alarm.device.partition(":")[2], element("span", " ", alarm.place, class_="dim"))
        since = speech.moment(alarm.raised)
        if alarm.over:
            since += " · " + speech.say("over since %(time)s", time=speech.moment(alarm.over))
        charge: Child = badge("stop", speech.say("nobody"))
        if alarm.acknowledged is not None:
            charge = element("span", element("span", alarm.by, class_="mono"), " ", speech.moment(alarm.acknowledged))
        rows.append([what, where, since, str(alarm.steps), charge])
    shown = table(heads, rows) if rows else element("p", badge("ok", speech.say("none")))
    return [_card(speech.say("Alarms"), element("div", shown, _outputs(status, speech)))]


def _outputs(status: Status, speech: Speech) -> Child:
    listed = []
    for output in status.outputs:
        tone, word = _TONES.get(output.state, ("unknown", "unknown"))
        reason = _reason(output.reason, speech, class_="dim")
        listed.append(element("li", output.name, " ", badge(tone, speech.say(word)), " ", reason))
    return element("ul", *listed, class_="outputs")


def _delivery(status: Status, speech: Speech) -> Child:
    heads = [speech.say(head) for head in ("Stream", "The centre has data until", "Waiting", "State")]
    rows: list[list[Child]] = []
    for name, stream in status.streams.items():
        what = "Custody and alarms" if name.endswith("/c") else "Temperature records"
        lag = status.lags.get(name, Lag(None, None, 0))
        until = speech.moment(lag.delivered_until) if lag.delivered_until else speech.say("nothing yet")
        waiting = speech.say("nothing waits")
        if stream.waiting or stream.unsealed:
            counted = "%(batches)s batches, %(events)s events"
            waiting = speech.say(counted, batches=stream.waiting, events=stream.unsealed)
            waiting += " · " + speech.say("for %(ago)s", ago=speech.duration(lag.seconds))
        state = badge("stop", speech.say("stopped")) if stream.stopped else badge("ok", speech.say("well"))
        said = element("span", speech.say(what), element("span", " ", name, class_="mono dim"))
        rows.append([said, until, waiting, state])
    return _card(speech.say("Delivery to the centre"), table(heads, rows))


_WANTED = {"donation": "half a bag: scan its donation number", "product": "half a bag: scan its product code"}


def _devices(status: Status, speech: Speech) -> Child:
    heads = [speech.say(head) for head in ("Device", "State", "Now", "Last heard", "Counters")]
    rows: list[list[Child]] = []
    for device in status.devices:
        tone, word = _TONES.get(device.state, ("unknown", "unknown"))
        said = element("span", device.name, element("span", " ", device.place, class_="dim"))
        state = element("span", badge(tone, speech.say(word)))
        if device.reason:
            state.append(_reason(device.reason, speech, class_="reason"))
        heard = _heard(device, status.time, speech)
        rows.append([said, state, _now(device, speech), heard, _counted(device, speech)])
    return _card(speech.say("Devices"), table(heads, rows) if rows else element("p", speech.say("none")))


def _counted(device: DeviceStatus, speech: Speech) -> Child:
    """What it counts; a name that a driver of the site's own gave is marked as English."""
    column = 0 if speech.language == "en" else 1
    named = [name for name in COUNTED if name in device.counts]
    said = [f"{COUNTED[name][column]} {device.counts[name]}" for name in named]
    others = [f"{name} {number}" for name, number in sorted(device.counts.items()) if name not in COUNTED]
    between = "、" if speech.language == "zh" else ", "
    shown = element("span", between.join(said), class_="small")
    if others:
        shown.append(element("span", between * bool(said) + between.join(others), lang="en"))
    return shown


def _heard(device: DeviceStatus, time: str, speech: Speech) -> str:
    if device.last_heard is None:
        return speech.say("never")
    seconds = max(0, parse_instant(time) - parse_instant(device.last_heard)) // 1000
    ago = speech.say("%(ago)s ago", ago=speech.duration(seconds))
    return f"{speech.moment(device.last_heard)}{speech.aside(ago)}"


def _now(device: DeviceStatus, speech: Speech) -> Child:
    if device.wants:
        return badge("warning", speech.say(_WANTED[device.wants]))
    if not device.device.startswith("device:") or "readings" not in device.counts:
        return ""
    if device.reading is None:
        return badge("unknown", speech.say("unknown"))
    word, tone = ("out of range", "stop") if _is_out(device) else ("in range", "ok")
    if device.low is None and device.high is None:
        return celsius(device.reading)
    return element(
        "span", element("b", celsius(device.reading)), " ", badge(tone, speech.say(word)), " ",
        element("span", _limits(device.low, device.high, speech), class_="limits dim small"),
    )  # fmt: skip


def _limits(low: int | None, high: int | None, speech: Speech) -> str:
    """Between what it should be, in the words of the site's own pages."""
    if low is not None and high is not None:
        return speech.say("%(low)s to %(high)s", low=celsius(low), high=celsius(high))
    if high is not None:
        return speech.say("at most %(celsius)s", celsius=celsius(high))
    return "" if low is None else speech.say("at least %(celsius)s", celsius=celsius(low))


def _is_out(device: DeviceStatus) -> bool:
    if device.reading is None:
        return False
    below = device.low is not None and device.reading < device.low
    return below or (device.high is not None and device.reading > device.high)


_CERTIFICATES = {
    "ledger": "Certificate of the centre",
    "gateway": "Own certificate",
    "authority": "Certificate authority",
}


def _machine(status: Status, speech: Speech) -> Child:
    clock = badge("ok" if status.clock == "synchronised" else "warning", speech.say(status.clock))
    pairs: list[tuple[str, Child]] = [(speech.say("Clock"), clock)]
    if status.clock_set:
        by, to = f"{status.clock_set_ms / 1000:+,.1f} s", speech.moment(status.clock_set)
        pairs.append((speech.say("Clock last set"), speech.say("by %(by)s, to %(to)s", by=by, to=to)))
    if status.clocks_apart:
        pairs.append((speech.say("Against the centre"), _reason(status.clocks_apart, speech)))
    for each in status.endings:
        if each.kind in _CERTIFICATES:
            until = speech.say("until %(day)s", day=speech.moment(each.until)[:10])
            pairs.append((speech.say(_CERTIFICATES[each.kind]), until))
    if status.room is not None:
        size, free = megabytes(status.room.outbox_bytes), megabytes(status.room.free_bytes)
        pairs.append((speech.say("Disk"), speech.say("outbox %(size)s, free %(free)s", size=size, free=free)))
    seen = speech.say("verified up to %(size)s", size=status.checkpoint_size)
    checkpoint = seen if status.checkpoint_size else speech.say("none verified yet")
    pairs.append((speech.say("Checkpoint of the centre"), checkpoint))
    terms = [element("div", element("dt", term), element("dd", value)) for term, value in pairs]
    return _card(speech.say("This machine"), element("dl", *terms))


def _card(title: str, content: Child) -> Child:
    return element("section", element("h2", title), content, class_="card")
