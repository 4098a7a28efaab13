"""The cold chain in words: its verdict, its stretches, and why a stretch is not plainly fine."""

import re

from web.speech import marked as N_  # noqa: N812  the name that message extraction knows

COLD_CHAIN: dict[str | None, str] = {
    "ok": N_("in range"),
    "out": N_("out of range"),
    "unknown": N_("cannot be judged"),
    None: N_("not judged yet"),
}
"""A unit's cold-chain verdict in a list."""

REASONS = {
    "above": N_("above the limit"),
    "below": N_("below the limit"),
    "no-reading": N_("no reading"),
    "moved": N_("between two places"),
    "no-probe": N_("no probe at this place"),
    "no-limits": N_("the policy pack has no limits here"),
    "calibration-expired": N_("the probe's calibration had expired"),
    "clock-untrusted": N_("the gateway's clock could not be trusted"),
    "lag": N_("the newest readings have not arrived yet"),
    "probe-moved": N_("the probe was in another place"),
    "agitation-lost": N_("it lay still for longer than the policy pack allows"),
    "probe-removed": N_("the probe was taken away"),
    "suspect": N_("the readings are suspect"),
    "fault": N_("the probe was faulty"),
}

DOUBTS = tuple(
    (re.compile(said), message)
    for said, message in (
        (r"no reading", N_("no reading")),
        (r"no temperature", N_("no temperature came")),
        (r"first reading after the probe appeared", N_("the first reading after the probe came back")),
        (r"came late, and nobody can tell when it was read", N_("it came late, and nobody can tell when it was read")),
        (
            r"came at once with the connection, and nobody can tell when it was read",
            N_("it came at once with the connection, and nobody can tell when it was read"),
        ),
        (
            r"the device's clock was set back, or this came late: nobody can tell when it was read",
            N_("the device's clock was set back, or it came late: nobody can tell when it was read"),
        ),
        (r"has not changed for half an hour or more, and usually does", N_("it stood still for half an hour or more")),
        (
            r"jumped from (?P<centi_one>-?\d+) to (?P<centi_other>-?\d+) centi-degrees in (?P<seconds>\d+) s",
            N_("it jumped from %(one)s to %(other)s in %(seconds)s s"),
        ),
        (
            r"the first value (?P<centi_value>-?\d+) is outside what its cabinet can read .*",
            N_("its first value, %(value)s, is outside what its cabinet can read"),
        ),
        (r"(?P<value>-?[\d.]+ °C) may be a power-on value", N_("%(value)s may be what the probe says at power-on")),
        (r"humidity of (?P<share>-?[\d.]+) %", N_("it gives the humidity as %(share)s %%")),
        (
            r"first payload, and no last_seen: perhaps from the cache",
            N_("the first message, and perhaps an old one"),
        ),
    )
)
"""What a gateway writes beside readings that are missing or doubted (`gateway/doubt.py`), and how a page says it; a
group `centi_…` is a temperature in centi-degrees. What is not listed, a maker's own words, is shown as it came."""

VEILS = (("out", N_("out of range")), ("unknown", N_("unknown")), ("tolerated", N_("missing, tolerated")))
