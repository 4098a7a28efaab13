"""Where an alarm sounds: a command, a relay, an SMS modem, an MQTT topic. Each on a thread of its own."""
