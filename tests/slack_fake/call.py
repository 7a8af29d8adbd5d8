"""One call of a Web API method, its arguments decoded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.slack_fake.people import Json
from tests.slack_fake.refusal import RefusedError
from tests.slack_fake.workspace import Workspace


@dataclass
class Call:
    args: Json
    token: str

    def get(self, name: str) -> Any:
        return self.args.get(name)

    def flag(self, name: str) -> bool:
        return self.args.get(name) in (True, "1", "true", "True")

    def number(self, name: str, otherwise: int) -> int:
        try:
            return int(self.args.get(name) or otherwise)
        except ValueError as error:
            raise RefusedError("invalid_arguments", f"{name} is no number") from error

    def page(self, items: list[Any], otherwise: int = 100) -> tuple[list[Any], str]:
        """The page the cursor points at, and the next cursor."""
        limit = max(1, min(self.number("limit", otherwise), 1000))
        try:
            start = int(self.args.get("cursor") or 0)
        except ValueError as error:
            raise RefusedError("invalid_cursor") from error
        end = start + limit
        return items[start:end], str(end) if end < len(items) else ""


Method = Callable[[Workspace, Call], Json]
