"""Temperature probes that arrive by MQTT: one file per dialect, chosen by topic in `decoder`."""
