"""An open form is come back to, where a chat could not show it when it was opened."""

from sqlalchemy.orm import Session

from bot import dialogues
from bot.chat import Form, Message, Refused, id_of

CLOSED = "この用紙は、もう送られたか閉じています。"


def open_again(session: Session, message: Message) -> Form:
    """用紙を開く: one's own open form, with what was filled in so far."""
    form_id = id_of(message.value)
    dialogue = (
        dialogues.get_open(session, message.account, form_id) if form_id is not None else None
    )
    if dialogue is None:
        raise Refused(CLOSED)
    return dialogue.form
