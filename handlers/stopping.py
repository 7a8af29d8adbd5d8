"""What is given back before anything of it is stored: personal numbers, phone numbers, texts nobody reads."""

from dataclasses import replace

from bot import guard
from bot.cards import talk
from bot.chat import Button, Card, Message

LONGEST_TEXT = 5000  # characters of one message; what is longer is asked to be a consultation
SEND_ANYWAY = "send_anyway"  # pressed on the card that asked about a phone number


def said_anyway(message: Message) -> Message:
    """「このまま送る」 says the words its card gave back."""
    if message.action != SEND_ANYWAY:
        return message
    return replace(message, text=message.value, value=SEND_ANYWAY, action=None)


def stopped(message: Message) -> Card | None:
    """The card for who wrote a personal number, or a phone number that is asked about."""
    for text in guard.texts_of(message).values():
        if found := guard.stops(text):
            return talk.stopped(guard.marked(text, found))
    if len(message.text) > LONGEST_TEXT:
        return talk.too_long(len(message.text), LONGEST_TEXT)
    asks = message.action is None and message.value != SEND_ANYWAY
    if asks and (phones := guard.find(message.text)):
        again = Button(SEND_ANYWAY, "このまま送る", message.text)
        return talk.phone_number(guard.marked(message.text, phones), again)
    return None
