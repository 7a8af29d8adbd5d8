"""Kill the running desk many times while people work with it, then look whether anything was lost.

`python -m tests.chaos --kills 50`: a real process on this machine, a client that works through the page
as browsers do, and a killer that sends SIGKILL at seeded moments. See `checks.EFFECTS` for what is to be
seen of each kind of event at the end.
"""
