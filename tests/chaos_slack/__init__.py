"""Kill the running desk many times while people work with it in Slack.

`python -m tests.chaos_slack --kills 50`: the real process, a fake Slack that outlives it and tells again what
was not acknowledged, people who work with what stands there, and kills at seeded moments and at each named
step (`strikes.STEPS`). What is shared with the kills on the page stands in `tests.chaos`.
"""
