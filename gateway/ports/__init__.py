"""Ports: serial and MQTT. I/O only; no meaning is decided here."""
