"""Sparkplug B (Eclipse Sparkplug 3.0): payloads, births, and temperature metrics as readings."""
