"""The views: parse, call, render."""
