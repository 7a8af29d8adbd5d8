"""Replies copied out of a talk: which municipalities confirm, and which lines nobody can be sure of.

Free text in, findings out. Where a rule has to err it leaves a line unread: somebody then looks at it, while
a municipality that is ticked wrongly is never asked again.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

YES = re.compile(
    r"確認(?!中|できな|でき(ません|ず)|して(い|お)?(ません|ない)|でき次第|しだい|後|ご)|了解|承知|拝受|拝見|受領|受け取りました|読みました"
)
NO = re.compile(
    r"未確認|確認(中|でき(ない|ません|ず|次第|しだい)|して(い)?(ません|ない)|後に|します$)|これから|のちほど|後ほど|まだ|未了|未読"
    r"|[?？]|でしょうか|ますか|ください|いただけ|質問|教えて"
)
TIME = re.compile(
    r"^[\s\[［(（]*(\d{2,4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/.月]\d{1,2}日?)?[\s(（月火水木金土日)）曜]*"
    r"((午前|午後|AM|PM)?\s*\d{1,2}[:：時]\d{2}分?([:：]\d{2})?)?\s*(既読\d*|\d+人が既読)?[\s\]］)）]*$",
    re.IGNORECASE,
)
ALONE = re.compile(r"(はい|内容|上記|本件|お知らせ|[をの、。])*(確認|了解|承知|拝受|拝見|受領).*")
OURS = "「確認」と返信してください"
QUOTED = re.compile(r"^\s*[>＞|｜]")


@dataclass(frozen=True)
class Replies:
    """`towns`: the code of each municipality that confirms, with the name of who did, where one is known.
    `unread`: the lines that are for a person to look at."""

    towns: Mapping[str, str]
    unread: tuple[str, ...]


@dataclass
class _Reply:
    """One person's reply: the lines that say who, and those that say what."""

    code: str
    name: str
    lines: list[str]
    said: list[str] = field(default_factory=list)

    @property
    def confirms(self) -> bool:
        """A bare name confirms too; anything that doubts, asks, puts off or says something else does not."""
        told = [text for text in self.said if text]
        if any(NO.search(text) for text in told):
            return False
        return not told or any(YES.search(text) for text in told)


def read(
    text: str,
    towns: Mapping[str, str],
    people: Mapping[str, Sequence[str]],
    ours: Sequence[str] = (),
) -> Replies:
    """`towns`: name by code. `people`: for each code the names of its people in the directory. `ours`: names of
    the prefecture's people, whose own posts may have been copied along.

    Known by: the whole name of a municipality; the whole name of one person; or a municipality's name
    without 市 or 町 that stands alone with its confirmation (「明石　確認しました」), unless somebody is called so.
    """
    reader = _Reader(_Names(towns, people), {_plain(name) for name in ours})
    for line in text.split("\n"):
        plain = _plain(line)
        if plain and not (TIME.fullmatch(line.strip()) or QUOTED.match(line) or OURS in plain):
            reader.take(line.strip(), plain)
    confirmed: dict[str, str] = {}
    unread = reader.unread
    for reply in reader.found:
        if reply.confirms:
            confirmed[reply.code] = confirmed.get(reply.code) or reply.name
        else:
            unread += reply.lines
    return Replies(confirmed, tuple(dict.fromkeys(unread)))


@dataclass
class _Reader:
    """Goes through the lines; `now` is whose words come next, `skips`: our own, which say nothing."""

    names: "_Names"
    ours: set[str]
    found: list[_Reply] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    now: _Reply | None = None
    skips: bool = False

    def take(self, line: str, plain: str) -> None:
        whose = self.names.whose(line)
        if whose:
            self._begin(line, plain, whose)
        elif any(plain.startswith(name) for name in self.ours):
            self.now, self.skips = None, True
        elif self.now is not None and self._is_of_another(self.now, plain):
            self.now = None
            self.unread.append(line)
        elif self.now is not None:
            self.now.lines.append(line)
            self.now.said.append(plain)
        elif not self.skips:
            self.unread.append(line)

    @staticmethod
    def _is_of_another(reply: _Reply, plain: str) -> bool:
        """Who has confirmed does not confirm again with a name in front: that is somebody nobody knows."""
        again = YES.search(plain) and not ALONE.fullmatch(plain)
        return bool(again and any(YES.search(text) for text in reply.said))

    def _begin(self, line: str, plain: str, whose: list[tuple[str, str, str]]) -> None:
        """A line that names somebody; of several in one line each confirms, unless it doubts."""
        self.now, self.skips = None, False
        if len(whose) == 1:
            code, name, rest = whose[0]
            self.now = _Reply(code, name, [line], [rest])
            self.found.append(self.now)
        elif NO.search(plain):
            self.unread.append(line)
        else:
            self.found += [_Reply(code, name, [line]) for code, name, _ in whose]


class _Names:
    def __init__(self, towns: Mapping[str, str], people: Mapping[str, Sequence[str]]) -> None:
        self.towns = {_plain(name): code for code, name in towns.items()}
        owners: dict[str, set[str]] = {}
        self.shown: dict[str, str] = {}
        for code, names in people.items():
            for name in names:
                owners.setdefault(_plain(name), set()).add(code)
                self.shown[_plain(name)] = name
        self.people = {
            name: min(codes) for name, codes in owners.items() if len(codes) == 1 and name
        }
        short = {name[:-1]: code for name, code in self.towns.items()}
        called = {
            _plain(one.split()[0]) for names in people.values() for one in names if one.split()
        }
        self.short = {name: code for name, code in short.items() if name not in called}

    def whose(self, line: str) -> list[tuple[str, str, str]]:
        """Code, name of the person and the rest of the line, for each that the line names."""
        rest, found = _plain(line), dict[str, str]()
        for name, code in sorted(self.people.items(), key=lambda one: -len(one[0])):
            if name in rest:
                rest = rest.replace(name, "")
                found[code] = self.shown[name]
        for name, code in sorted(self.towns.items(), key=lambda one: -len(one[0])):
            if name in rest:
                rest = rest.replace(name, "")
                found.setdefault(code, "")
        if not found:
            alone = re.sub(r"(さん|様)$", "", YES.sub("", rest, count=1))
            alone = re.sub(
                r"(しました|です|済み?|いたしました|致しました|ました|の?件|[:：、。])+$", "", alone
            )
            alone = re.sub(r"[:：、。\-・]+$", "", alone)
            if alone in self.short and alone != rest:
                return [(self.short[alone], "", "確認")]
        said = re.sub(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[:時]\d{2}分?", "", rest)
        said = said.strip("()（）:：、。・-/／[]【】")
        return [(code, name, said) for code, name in found.items()]


def _plain(text: str) -> str:
    """For comparing: width and white space do not count."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
