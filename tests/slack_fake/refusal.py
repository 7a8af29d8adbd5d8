"""Slack's way of saying no: ok false and the name of an error."""

from tests.slack_fake.people import Json


class RefusedError(Exception):
    def __init__(self, error: str, detail: str = "", **more: str) -> None:
        super().__init__(f"{error}: {detail}" if detail else error)
        self.error, self.detail, self.more = error, detail, more

    def answer(self) -> Json:
        said: Json = {"ok": False, "error": self.error, **self.more}
        if self.detail:
            said["response_metadata"] = {"messages": [f"[ERROR] {self.detail}"]}
        return said
