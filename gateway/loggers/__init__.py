"""Files of temperature loggers that nobody is connected to, read after the fact."""
