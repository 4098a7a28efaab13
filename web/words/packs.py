"""The figures of a policy pack in words, as its page heads them."""

from web.speech import marked as N_  # noqa: N812  the name that message extraction knows

PHASES = {
    "store": N_("Storage"),
    "transport": N_("Transport"),
    "uncontrolled": N_("Out of control"),
    "ward": N_("On the ward"),
}
"""The phases of a policy pack, as its page heads their figures."""

RETURNS = {
    "uncontrolled": N_("Return after a spell out of control"),
    "ward": N_("Return from the ward"),
}

RETURN_RULES = {
    "never": N_("never"),
    "validated": N_("within what the site has validated itself"),
    "unstated": N_("a person decides"),
}

SHELF_LIFE = N_("Shelf life")

IRRADIATED = N_("After irradiation")

LYING_STILL = N_("Lying still")

AT_ITS_END = N_("At its end")

MAY_BE_ACCEPTED = N_("A person may accept")

SPANS = {"%(n)s years": N_("%(n)s years"), "%(n)s days": N_("%(n)s days"), "%(n)s hours": N_("%(n)s hours")}
"""What else a policy pack's page says of a figure."""
