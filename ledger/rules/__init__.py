"""Pure blood rules over data: no I/O, no clock; each verdict names the rule and the policy pack that it used."""
