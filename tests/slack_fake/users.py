"""users.*: who people are, as far as the token may know."""

from tests.slack_fake.call import Call
from tests.slack_fake.people import FakePerson, Json
from tests.slack_fake.refusal import RefusedError
from tests.slack_fake.workspace import Workspace


def _seen(slack: Workspace, person: FakePerson) -> Json:
    return person.seen_from(slack.team_id, with_email="users:read.email" in slack.scopes)


def info(slack: Workspace, call: Call) -> Json:
    person = slack.people.get(str(call.get("user")))
    if person is None:
        raise RefusedError("user_not_found")
    return {"user": _seen(slack, person)}


def lookup_by_email(slack: Workspace, call: Call) -> Json:
    """Only people of our own team are found by their address, and none that left."""
    wanted = str(call.get("email") or "").lower()
    for person in slack.people.values():
        ours = person.team == slack.team_id and not person.deleted
        if ours and wanted and person.email.lower() == wanted:
            return {"user": _seen(slack, person)}
    raise RefusedError("users_not_found")


def listed(slack: Workspace, call: Call) -> Json:
    people = [slack.people[key] for key in sorted(slack.people)]
    page, cursor = call.page(people)
    return {
        "members": [_seen(slack, person) for person in page],
        "cache_ts": int(slack.now()),
        "response_metadata": {"next_cursor": cursor},
    }
