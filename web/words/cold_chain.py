"""The cold chain in words: its verdict, its stretches, and why a stretch is not plainly fine."""

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

VEILS = (("out", N_("out of range")), ("unknown", N_("unknown")), ("tolerated", N_("missing, tolerated")))
