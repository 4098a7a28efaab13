"""The shared room: pure meaning and proof. No I/O, no clock, no randomness, no framework."""
