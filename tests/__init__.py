"""The tests: unit mirrors the tree; the rest is named after what it tries."""
