"""What a unit or an order is, in words, and the tone of each."""

from typing import Literal

from web.speech import marked as N_  # noqa: N812  the name that message extraction knows

STATES = {
    "new": N_("nothing known yet"),
    "collected": N_("collected"),
    "pending": N_("pending, not yet released"),
    "available": N_("in stock"),
    "quarantined": N_("in quarantine"),
    "on_hold": N_("on hold"),
    "reserved": N_("reserved"),
    "packed": N_("packed"),
    "in_transit": N_("on the way"),
    "received": N_("received, held for checking"),
    "in_hospital": N_("in hospital stock"),
    "issued": N_("issued to the ward"),
    "transfused": N_("transfused"),
    "returned": N_("returned"),
    "awaiting_disposal": N_("awaiting disposal"),
    "discarded": N_("discarded"),
    "recalled": N_("recalled"),
    "consumed": N_("made into components"),
}

STATE_TONES: dict[str, Literal["ok", "warning", "stop", "unknown", "quiet"]] = {
    "new": "unknown",
    "collected": "warning",
    "pending": "warning",
    "available": "ok",
    "reserved": "ok",
    "packed": "ok",
    "in_transit": "ok",
    "received": "warning",
    "in_hospital": "ok",
    "issued": "ok",
    "quarantined": "stop",
    "on_hold": "warning",
    "returned": "warning",
    "awaiting_disposal": "stop",
    "discarded": "stop",
    "recalled": "stop",
}
"""What has no tone of its own is past use: transfused, made into components."""

ORDER_STATES = {
    "open": N_("open"),
    "part_filled": N_("filled in part"),
    "filled": N_("filled"),
    "cancelled": N_("cancelled"),
}
