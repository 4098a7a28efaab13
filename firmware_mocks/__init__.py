"""Programs that speak the devices' real bytes, written from the vendor sheets alone.

They import nothing of the product, so that a mistake in a decoder cannot be cancelled out by the same mistake here.
Each program is a process: serial devices sit on a pseudo-terminal, MQTT devices on a real broker. README.md in this
folder lists the programs, their commands and their faults.
"""
