"""Greetings, thanks and calls for help get a human reply; and where a person's own talk is."""

import re

from sqlalchemy.orm import Session

from bot.cards import talk
from bot.chat import Account, Card, Message, Place, Visitor
from bot.directory import Person, person_of

GREETING = re.compile(
    r"(こんにち[はわ]|こんばん[はわ]|おはよう(ございます)?|おはようさん|はじめまして|初めまして"
    r"|お世話になっ(て(おり|い)ます|とります)|おつかれさま(です)?|お疲れ様(です)?|まいど|hello|hi)"
)
THANKS = re.compile(
    r"((どうも)?(本当に)?(ありがと(う)?(ございます|ございました)?|おおきに|有難うございます"
    r"|助かりました|助かったわ?|たすかりました|了解(です|しました)?|わかりました|分かりました|thanks))+"
)
HELP = re.compile(r"(ヘルプ|へるぷ|help|使い方|つかいかた|何ができ(る|ます)(の|か)?|\?)")
PAGE = re.compile(r"(ページ|ぺーじ|画面)(を)?(開く|ひらく|開いて|開きたい|見たい|見る)?(です)?")
CONSULT = re.compile(r"(相談|そうだん)(する|したい(です)?|します|お願いします|させてください)?")
WHOSE = (
    r"((私|わたし|わたくし|自分|うち|ウチ|僕|俺)(の|が)|(この前|この間|こないだ|先日|さっき|昨日|きのう|先週|前)(の|に)?)+"
    r"(出した|送った|した)?|(出した|送った)"
)
ASKS = r"どう|状況|状態|様子|進み具合|進捗|返事|返信|続き|結果|一覧|見せて|見たい"
AROUND = (
    r"は|って|の|を|が|に|件|いま|今|まだ|もう|いつ|なった|なって|なりました|い?る|い?ます|てる|ました|来て|来た|来|届いて"
    r"|あり|ある|教えて|ください|ほしい|知りたい|確認|したい|です|でしょう|ん|な|ね|か"
)
MINE = re.compile(
    rf"({WHOSE})(相談|そうだん)({AROUND}|{ASKS})*|(相談|そうだん)({AROUND})*({ASKS})({AROUND}|{ASKS})*"
    rf"|(あの|例の|この前の|先日の)(件|相談|話)({AROUND}|{ASKS})*"
)
"""「私の相談は？」, as people say it: whole sentences alone, as the word is in many questions too (相談窓口)."""
LONGEST_MINE = 40  # characters: nobody says it longer, and the pattern need not go on
BETWEEN = re.compile(r"[\s、。，,?]+")
INTRODUCED = re.compile(r"[。、！!\s]+\S{1,20}(です|と申します)$")
MARKS = re.compile(r"[\s。、．，！!〜~ー…♪^_]+$")


def small_talk(message: Message) -> str:
    """greeting, thanks, help, consult, page, mine, nothing, or empty for words that mean something."""
    text = MARKS.sub("", message.text.strip().lower().replace("？", "?"))
    if not any(char.isalnum() for char in message.text) and text != "?":
        return "nothing"
    if GREETING.fullmatch(INTRODUCED.sub("", text)):
        return "greeting"
    for name, pattern in (
        ("thanks", THANKS),
        ("help", HELP),
        ("consult", CONSULT),
        ("page", PAGE),
    ):
        if pattern.fullmatch(text):
            return name
    words = BETWEEN.sub("", text)
    return "mine" if len(words) <= LONGEST_MINE and MINE.fullmatch(words) else ""


def answer_small_talk(session: Session, message: Message) -> Card:
    person = person_of(session, message.account)
    match small_talk(message):
        case "greeting":
            return talk.hello(visitor_of(message.account, person) if person else None)
        case "thanks":
            return talk.thanks()
        case "help":
            return help_me(session, message)
        case "consult":
            return talk.consult_offer(inside=bool(person and person.inside))
        case _:
            return talk.nothing_said()


def help_me(session: Session, message: Message) -> Card:
    person = person_of(session, message.account)
    return talk.help_card(inside=bool(person and person.inside))


def visitor_of(account: Account, person: Person) -> Visitor:
    """A person as a page shows him."""
    return Visitor(
        account,
        person.name,
        person.belongs_to,
        (person.belongs_to or person.name)[:1],
        person.inside,
        person.pages_shut_at,
        person.confirmed,
    )


def visitor_talk(message: Message) -> Place:
    """Where the desk talks with who sent this alone, even if the button was pressed elsewhere."""
    if message.account.by_hand:
        return message.account.talk
    return Place(*message.place.home, message.account.user)
