"""What the desk knows: entries, import, search; the Hyogo pack beside it."""
