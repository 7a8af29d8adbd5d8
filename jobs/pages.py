"""A way into the page for somebody whom no chat could bring his link."""

from datetime import datetime

from bot import entrances
from bot.config import ConfigError
from bot.db import Database
from bot.directory import Person


def make_link(db: Database, page: str, person_id: str, now: datetime) -> str:
    """A link for this person alone, good once and for ten minutes. `page`: the address of the desk's page.

    Raise ConfigError where the directory does not know him.
    """
    with db.write() as session:
        person = session.get(Person, person_id)
        if person is None or not (person.active and person.confirmed):
            raise ConfigError(
                f"{person_id} という人は名簿にいません。people.csv の person の列の名前を書いてください。"
            )
        return f"{page}/enter/{entrances.open_for(session, person, now)}"
