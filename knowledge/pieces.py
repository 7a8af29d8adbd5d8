"""The text of a mail or a document, taken apart into what may become entries.

Rules alone, no guess: a heading or a blank line begins the next piece; amounts, days and whom to ask are
found by their form and marked, so that nobody publishes them without a look at the source.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

TO_CHECK = "【要確認】"
MOST = 10
LONGEST_TITLE = 60
SHORTEST_TITLE = 2

_HEADING = re.compile(
    r"(?:#{1,6}\s+|[■□◆◇●○▼▽★☆◎]\s*|第?[0-9０-９一二三四五六七八九十]{1,2}(?:[.．、)）]|[章節条項]\s?|\s+(?=\D))\s*"
    r"|[(（][0-9０-９一二三四五六七八九十]{1,2}[)）]\s*|【(?=[^】]{1,40}】\s*$)|〔(?=[^〕]{1,40}〕\s*$))(?P<title>.+)"
)
_WHOM = r"(?:担当(?:者|課|部署)?|お?問い?合わ?せ先?|問合せ先?|連絡先|照会先|提出先|申込先)"
_CONTACT = re.compile(
    rf"^[・※○●\-\s]*{_WHOM}(?:[\s:：は／/]|$)"
    r"|(?:電話|ＴＥＬ|TEL|Tel|℡|ＦＡＸ|FAX|内線|直通)(?:番号)?\s*[:：]?\s*[(（]?[0-9０-９]"
    r"|[\w.+-]+[@＠][\w-]+|(?<![0-9])0[0-9]{1,4}[-(（‐−ー][0-9]{1,4}[-)）‐−ー][0-9]{3,4}"
)
_WHOM_ALONE = re.compile(rf"(?:【|■|・)?{_WHOM}(?:】|等|など)?")
_AROUND_TEXT = re.compile(
    r".{0,40}(?:様|御中|殿|各位)|(?:いつも)?大?変?お世話になっ.*|拝啓.*|敬具|以上|記"
)
_AMOUNT = re.compile(
    r"(?:約|およそ)?[0-9０-９][0-9０-９,，.]*(?:[十百千]?[万億兆](?:[0-9０-９,，]+)?)?[十百千万億]*円"
    r"|[0-9０-９]+(?:\.[0-9]+)?[%％]|[0-9０-９]+分の[0-9０-９]+|[0-9０-９]+割"
)
_DAY = re.compile(
    r"(?:(?:令和|Ｒ|R)[0-9０-９元]{1,2}|[0-9０-９]{4})(?:年度|[年./-][0-9０-９]{1,2}(?:月(?:[0-9０-９]{1,2}日)?|[./-][0-9０-９]{1,2})?)"
    r"|[0-9０-９]{1,2}月(?:[0-9０-９]{1,2}日|末|上旬|中旬|下旬)|[0-9０-９]{1,2}[/／][0-9０-９]{1,2}"
)
_AROUND = re.compile(
    r"(について)?の?(お知らせ|ご案内|案内|お願い|依頼|通知)(します|について)?$|について$"
    r"|を?(します|しました|いたします)$|です$"
)
_NOTHING_ELSE = re.compile(rf"(?:{TO_CHECK}連絡先[^\n]*\n?)+")


@dataclass(frozen=True)
class Piece:
    """One part of the text. `found` names what is marked in it: 金額, 日付, 連絡先."""

    title: str
    body: str
    found: tuple[str, ...] = ()


@dataclass
class _Part:
    title: str = ""
    lines: list[str] = field(default_factory=list)


def pieces_of(text: str) -> tuple[list[Piece], int]:
    """Up to ten pieces with what must be checked marked, and how many more there were."""
    made = [
        piece for part in _parts(text) if not _NOTHING_ELSE.fullmatch((piece := _piece(part)).body)
    ]
    return made[:MOST], max(0, len(made) - MOST)


def _parts(text: str) -> Iterator[_Part]:
    """A part begins at a heading; where there is none, at the first line after a blank one."""
    lines = [line.strip() for line in text.replace("\u3000", " ").split("\n")]
    has_headings = any(_heading(line) for line in lines)
    part = _Part()
    for line in lines:
        heading = _heading(line)
        if heading or (not line and not has_headings):
            if part.lines:
                yield part
            part = _Part(heading) if heading or part.lines else part
        elif line and not _AROUND_TEXT.fullmatch(line):
            part.lines.append(line)
    if part.lines:
        yield part


def _heading(line: str) -> str:
    found = _HEADING.fullmatch(line)
    if found is None:
        return ""
    title = found["title"].strip().rstrip("】〕").strip("#:： ")
    ends = title.endswith(("。", "、", "ます", "です"))
    return "" if ends or not SHORTEST_TITLE <= len(title) <= LONGEST_TITLE else title


def _piece(part: _Part) -> Piece:
    title, lines = part.title, part.lines
    if not title:
        title, lines = lines[0].rstrip("。"), lines[1:] or lines
    found: dict[str, None] = {}
    whom = bool(_WHOM_ALONE.fullmatch(title))
    body = "\n".join(_marked(line, found, whom=whom) for line in lines)
    return Piece(_unmarked(title), body, tuple(found))


def _unmarked(title: str) -> str:
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"


def _marked(line: str, found: dict[str, None], *, whom: bool) -> str:
    """Whom to ask may hold a person's name, so the whole line is left out of the draft."""
    if whom or _CONTACT.search(line):
        found["連絡先"] = None
        return f"{TO_CHECK}連絡先：課の名前だけを書いてください（個人の名前は書かない）"
    for name, pattern in (("金額", _AMOUNT), ("日付", _DAY)):
        if pattern.search(line):
            found[name] = None
            line = pattern.sub(lambda match: f"{match[0]}{TO_CHECK}", line)
    return line


def wordings_of(title: str) -> tuple[str, ...]:
    """How people may ask about a thing of this name; whoever writes the entry adds better ones."""
    core = _AROUND.sub("", title).strip() or title
    asked = (title, core, f"{core}について教えて", f"{core}とは", f"{core}はいつ")
    return tuple(dict.fromkeys(asked))
