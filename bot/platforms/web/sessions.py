"""A session: who is signed in behind a cookie. The cookie is random and only its hash is kept."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Mapped, mapped_column

from bot.chat import Account
from bot.db import Base, Database

COOKIE = "desk"
LASTS = timedelta(hours=12)


class WebSession(Base):
    __tablename__ = "web_sessions"

    id: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[Account]
    made_at: Mapped[datetime] = mapped_column(index=True)
    secret: Mapped[str]


def _hashed(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def new_cookie() -> str:
    return secrets.token_urlsafe(32)


def enter(db: Database, account: Account, now: datetime, left: str) -> str:
    """Sign in under a new cookie; the one left behind and all that are too old end."""
    cookie = new_cookie()
    with db.write() as session:
        session.execute(
            delete(WebSession).where(
                (WebSession.id == _hashed(left)) | (WebSession.made_at < now - LASTS)
            )
        )
        secret = secrets.token_hex(32)
        session.add(WebSession(id=_hashed(cookie), account=account, made_at=now, secret=secret))
    return cookie


def leave(db: Database, cookie: str) -> None:
    with db.write() as session:
        session.execute(delete(WebSession).where(WebSession.id == _hashed(cookie)))


def find(db: Database, cookie: str, now: datetime) -> WebSession | None:
    with db.read() as session:
        found = session.get(WebSession, _hashed(cookie)) if cookie else None
    return found if found and found.made_at > now - LASTS else None


def token(cookie: str, secret: str) -> str:
    """What every form must bring along: proof that the page which holds it was made for this cookie.

    Before somebody signs in there is no secret; then the cookie alone, which no other site can read.
    """
    return hmac.new(secret.encode() or b"before", cookie.encode(), hashlib.sha256).hexdigest()


def is_token(brought: str, cookie: str, secret: str) -> bool:
    return bool(cookie) and hmac.compare_digest(brought.encode(), token(cookie, secret).encode())
