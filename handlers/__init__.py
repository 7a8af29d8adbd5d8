"""What the desk does when a person speaks, presses or sends off a form.

Every handler has one shape, `(session, message) -> Card | Form | None`; what else it needs is bound once
at start (`table.py`). `desk.py` is the door all platforms and all tests come in by.
"""
