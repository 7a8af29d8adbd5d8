"""A phone number in a form only asks: the form comes back once with the question whether to send it."""

from dataclasses import replace

from bot import guard
from bot.chat import CONFIRMED, Field, Form, FormValue, Message, Option

ASKED = "phone_is_fine"


def about_phone(form: Form, message: Message) -> Form | None:
    """The form with one more question, if a phone number is in it and nobody has been asked yet."""
    values = message.values or {}
    if values.get(ASKED) or values.get(CONFIRMED):
        return None
    if not any(guard.find(text) for name in values for text in _texts(values[name])):
        return None
    question = Field(
        ASKED,
        "電話番号のような数字",
        "single",
        required=False,  # who takes the number out need not say anything of it
        options=(Option("yes", "個人の番号ではないので、このまま送る"),),
        hint="個人の番号なら、上の欄から消してください",
    )
    sentence = "電話番号のような数字があります。消すか、このまま送るかを選んでください"
    fields = tuple(field for field in form.fields if field.name != ASKED)
    asking = replace(form, fields=(*fields, question), preview=None)
    return asking.with_values(values, {ASKED: sentence})


def _texts(value: FormValue) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for item in value for text in ((item,) if isinstance(item, str) else item)]
