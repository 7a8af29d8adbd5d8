"""A letter: which of its sentences ask, which say what the question is about, and which are courtesy."""

import re
from dataclasses import dataclass

LETTER = 60
"""From so many characters on a text is a letter, in which the question has to be looked for."""
ASKED, LEANT_ON, NEAR, BESIDE = 1.0, 1.0, 0.3, 0.2
"""What a word weighs in a sentence that asks; in one that the question leans on; in the one before the question and
in one that tells of what was heard; in any other."""
BESIDE_MOST = 0.5
"""All other sentences together weigh at most so much of those that ask, however long a letter is."""
SHORTEST = 2

PARTS = re.compile(r"[^。!?\n]+[。!?]?")
BROKEN = 0.7
LINE_ENDS = re.compile(
    r"([かねよん]|です|ます|した|せん|ない|たい|ださい|下さい|中|様|さま|です。?|[!?！？」）)])$"
)
STOPPED = re.compile(r"[。!?！？]$")
RULE = re.compile(r"^[\s\-=_*~━─＿ー―・.]{4,}$")
ENDS = re.compile(r"(か|かね|かな|っけ|やろ|かしら|[?])[。!?\s]*$|(の|ん)[?][。!?\s]*$")
REQUEST = re.compile(
    r"(教え|お?聞かせ|ご?教示|ご?案内|お?知らせ|お?示し)(て|を)?(ください|下さい|いただ|頂|もらえ|くだされ|ほし|欲し|願)"
    r"|(知り|聞き|伺い|確かめ|確認し|お聞きし|お尋ねし|お伺いし)た(い|く)|確認させて|お尋ねします|という点|ご(教示|回答|指導)(ください|を?お?願)"
)
ASKING_WORD = re.compile(
    r"どの|どこ|どう|どちら|どれ|どんな|いつ|いくら|いくつ|何|誰|だれ|なぜ|どなた|か(どうか|を|が|も|は|について|、|の|教え)|のか|のは"
    r"|(内容|方法|名前|名称|時期|額|理由|結果|取組|やり方|条件|要件|手順|手続き?|期限|締め?切り?|窓口|連絡先|事例|違い)(など)?(を|について|に関して|、)"
)
WEAK = re.compile(
    r"[?]|か$|教え|おしえ|知りた|聞きた|確認させ|お願い|ほしい|欲しい|たい(です|の|ん)|ください|下さい|でしょうか|ますか|ですか|のか|どう|いつ|いくら|どこ|だれ|誰|何|なに"
)
"""Where no sentence asks outright, one with such a word does."""
COURTESY = re.compile(
    r"(よろしく|宜しく)(お願い|おねがい|お願|願)|お世話にな|お疲れ(様|さま)|拝見|恐れ入|感謝|ありがとう|有難う|失礼|御中|と申します|の者です"
    r"|担当(して|をして)?(い|おり)ます|(はじめて|初めて)(ご連絡|メール|お便り)|はじめまして|初めまして|申し上げます|お返事をお待ち|ご連絡をお待ち"
    r"|お忙しい|ご多忙|ご多用|お手数|お門違い|置いて(おい)?て|それはさておき|別件"
)
HEARD = re.compile(
    r"と(聞|伺|うかが|書か|いう話|いう構想)|そうです|とのこと|らしい|はずです|載って|という(名前|言葉)が出|話が出"
)
LEANS = re.compile(
    r"^\s*(それ|その|あの|あれ|この|これ|そこ(?!で)|そちら|具体的|結果|また|あわせて|ちなみに|関心が|どの|どう|どこ|どちら|何|いつ|いくら|いくつ|誰)"
)


@dataclass(frozen=True)
class Sentence:
    """One sentence of a cleaned letter, and what a word in it weighs."""

    text: str
    share: float


def is_letter(cleaned: str) -> bool:
    return len(cleaned) >= LETTER


def read(cleaned: str) -> tuple[Sentence, ...]:
    """In: a cleaned letter. Out: its sentences without courtesies and signature; nothing where no sentence stands out."""
    parts = [part.strip() for part in PARTS.findall(cleaned)]
    parts = [part for part in parts if len(part) >= SHORTEST]
    asks = _asking(parts)
    if not asks:
        return ()
    kept = [n for n, part in enumerate(parts) if n in asks or not COURTESY.search(part)]
    if len(asks) == len(kept):
        return tuple(Sentence(parts[n], ASKED) for n in kept) if len(kept) < len(parts) else ()
    shares = {n: _share(n, parts, asks, kept) for n in kept}
    full = sum(len(parts[n]) * share for n, share in shares.items() if share > BESIDE)
    rest = sum(len(parts[n]) * share for n, share in shares.items() if share <= BESIDE)
    less = min(1.0, BESIDE_MOST * full / rest) if rest else 1.0
    return tuple(
        Sentence(parts[n], share * less if share <= BESIDE else share)
        for n, share in shares.items()
    )


def _share(number: int, parts: list[str], asks: set[int], kept: list[int]) -> float:
    if number in asks:
        return ASKED
    after = kept[kept.index(number) + 1 :]
    if after and after[0] in asks:
        return LEANT_ON if LEANS.search(parts[after[0]]) else NEAR
    return NEAR if HEARD.search(parts[number]) else BESIDE


def _asking(parts: list[str]) -> set[int]:
    """The sentences that ask outright; a request without anything asked in it is a courtesy where another asks."""
    plain = {n: part for n, part in enumerate(parts) if not _is_closing(part)}
    ends = {n for n, part in plain.items() if ENDS.search(part)}
    requests = {n for n, part in plain.items() if REQUEST.search(part)}
    named = {n for n in requests if ASKING_WORD.search(plain[n])}
    if outright := {n for n in ends if n not in requests or n in named} | named:
        return outright
    return ends | requests or {
        n for n, part in plain.items() if WEAK.search(part) and not COURTESY.search(part)
    }


def _is_closing(part: str) -> bool:
    """Is nothing left of it when the courtesies are taken off?"""
    return bool(COURTESY.search(part)) and not (ENDS.search(part) or ASKING_WORD.search(part))


def unfolded(text: str) -> str:
    """In: a text as it was typed. Out: its lines as sentences, and without the signature below a rule.

    A line goes on in the next one where a mail program broke it: it is about as long as the longest, and does not
    end as sentences do.
    """
    lines = [line.strip() for line in _without_signature(text).split("\n")]
    longest = max(map(len, lines))
    told = ""
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        goes_on = line and after and len(line) > longest * BROKEN and not LINE_ENDS.search(line)
        told += line if goes_on or not line or STOPPED.search(line) else f"{line}。"
    return told


def _without_signature(text: str) -> str:
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if RULE.fullmatch(line) and sum(map(len, lines[:number])) >= LETTER:
            return "\n".join(lines[:number])
    return text
