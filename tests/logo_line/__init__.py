"""The line to LoGoチャット, against the fake."""
