"""Talks that no process reaches: carried by hand."""
