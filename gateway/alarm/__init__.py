"""Alarms on the spot: what the gateway watches by itself, how it escalates, and who took charge."""
