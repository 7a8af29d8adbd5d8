"""The whole story of the desk in Slack, told to the real process: `python -m tests.slack_story`."""
