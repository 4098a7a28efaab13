"""Temperature probes on Modbus RTU: their registers, the master's side of the line, and what was recorded on it."""
