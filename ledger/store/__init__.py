"""Tables, engine and append-only guards. Private to append, read, publish and fsck."""
