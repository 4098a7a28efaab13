"""Reading and writing the memory of one tag by hand, on a reader that no gateway is using."""
