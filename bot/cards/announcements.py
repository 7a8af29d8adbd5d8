"""What the desk says about announcements: the form, the approver's card, the notice, the board."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime

from bot.announcements import (
    BODY_LIMIT,
    TITLE_LIMIT,
    Acknowledgement,
    Announcement,
    Progress,
    Standing,
    State,
)
from bot.cards.reasons import why_not
from bot.chat import Button, Card, Cell, Chip, Field, Form, Link, Option, Row, Table, Tone
from bot.days import clock, in_full
from bot.directory import Municipality, Region

SEEN = "既読"
"""Read, as a chat tells it. It says nothing of 確認."""
EVERYBODY, REGIONS, TOWNS = "all", "regions", "towns"
TONES: dict[Standing, Tone] = {
    Standing.ACKNOWLEDGED: "done",
    Standing.DELIVERED: "done",
    Standing.UNACKNOWLEDGED: "wait",
    Standing.ON_ITS_WAY: "wait",
    Standing.TO_RELAY: "warn",
    Standing.LEFT_OUT: "off",
    Standing.FAILED: "stop",
    Standing.NOBODY: "stop",
    Standing.WITHDRAWN: "off",
    Standing.NOT_MEANT: "off",
}


def write_form(value: str, regions: list[Region], towns: list[Municipality]) -> Form:
    """The form of an announcement. `value`: the id of a returned one that is written again."""
    return Form(
        "announce",
        value,
        "お知らせを書く",
        (
            Field("title", "題名", limit=TITLE_LIMIT),
            Field("body", "本文", "long", limit=BODY_LIMIT),
            Field(
                "audience", "あて先", "single", value=EVERYBODY,
                options=(
                    Option(EVERYBODY, "全市町"),
                    Option(REGIONS, "圏域を選ぶ"),
                    Option(TOWNS, "市町を選ぶ"),
                ),
            ),
            Field(
                "regions", "圏域", "multiple", required=False,
                options=tuple(Option(r.name, r.name) for r in regions),
                hint="「圏域を選ぶ」のときに選んでください",
            ),
            Field(
                "towns", "市町", "multiple", required=False,
                options=tuple(Option(t.code, t.name) for t in towns),
                hint="「市町を選ぶ」のときに選んでください",
            ),
            Field("day", "送る日", "date", required=False, hint="空なら、承認されたらすぐ送ります"),
            Field("hour", "送る時刻（時）", "number", required=False, limit=23, hint="例：9"),
            Field(
                "answers_until", "質問の答えに使う期限", "date", required=False,
                hint="全市町あてなら、送ったときから質問の答えにもなります。空なら年度の終わりまで",
            ),
            Field(
                "acknowledge", "確認", "single", value="yes",
                options=(
                    Option("yes", "「確認しました」を求める"),
                    Option("no", "求めない"),
                ),
            ),
        ),
        "承認を依頼する",
        previews=True,
    )  # fmt: skip


def preview(notice: Card, audience: str, recipients: int, nobody: list[str], when: str) -> Card:
    """What the author sees before asking for approval: the notice, and how many will get it."""
    missing = f"届け先がない市町：{'、'.join(nobody)}" if nobody else ""
    return Card(
        notice.title,
        notice.paragraphs,
        rows=tuple(
            Row(label, text)
            for label, text in (
                ("あて先", audience),
                ("届け先", f"{recipients}件"),
                ("送る時", when),
                ("注意", missing),
            )
            if text
        ),
        frame="notice",
    )


def put_up(announcement: Announcement) -> Card:
    """To the author: what happens next."""
    return Card(
        f"「{announcement.title}」の承認を依頼しました",
        ("書いた人とは別の承認者が承認すると送られます。経過は事務局の部屋で見られます。",),
    )


def when_sent(send_at: datetime | None) -> str:
    return clock(send_at) if send_at else "承認されたらすぐ"


def as_answer(until: date | None, *, to_all: bool) -> str:
    """Whether questions are answered with it, once it is sent."""
    if not to_all:
        return "使いません（全市町あてのときだけ使います）"
    return f"送ったときから{in_full(until) if until else '年度の終わり'}まで使います"


def for_approval(
    announcement: Announcement, recipients: int, *, to_all: bool, nowhere: bool = False
) -> Card:
    """In the office's room: waits for a second person. `nowhere`: sent, and not yet posted by hand anywhere."""
    key = str(announcement.id)
    buttons: tuple[Button, ...] = ()
    if announcement.state == State.WAITING:
        buttons = (
            Button("approve", "承認する", key, style="main", sure="このお知らせを承認しますか"),
            Button("return", "差し戻す", key),
        )
    if announcement.state == State.RETURNED:
        buttons = (Button("announce", "書き直す", key),)
    if nowhere or announcement.state in (State.WAITING, State.APPROVED, State.RETURNED):
        cancel = Button("withdraw", "取り消す", key, style="danger", sure="取り消しますか")
        buttons = (*buttons, cancel)
    rows = (
        ("あて先", announcement.audience),
        ("届け先", f"{recipients}件"),
        ("送る時", when_sent(announcement.send_at)),
        ("確認", "求める" if announcement.wants_acknowledgement else "求めない"),
        ("質問の答えに", as_answer(announcement.answers_until, to_all=to_all)),
        ("書いた人", announcement.author.name),
        ("承認した人", announcement.approver.name if announcement.approver else ""),
    )
    return Card(
        announcement.title,
        (announcement.body,),
        topic="お知らせ",
        chips=(Chip(announcement.state, _state_tone(announcement)),),
        rows=tuple(Row(label, text) for label, text in rows if text),
        buttons=buttons,
        links=(Link("進み具合を見る", f"/view/board/{announcement.id}"),)
        if announcement.state == State.SENT
        else (),
        frame="notice",
    )


def _state_tone(announcement: Announcement) -> Tone:
    tones: dict[str, Tone] = {
        State.WAITING: "warn", State.RETURNED: "warn", State.APPROVED: "year",
        State.SENT: "done", State.CANCELLED: "off",
    }  # fmt: skip
    return tones[announcement.state]


def notice(announcement: Announcement, said: Acknowledgement | None = None) -> Card:
    """The announcement as a municipality reads it."""
    wants = announcement.wants_acknowledgement and announcement.state != State.CANCELLED
    return Card(
        announcement.title,
        (announcement.body,),
        topic="お知らせ",
        chips=(Chip("確認済", "done"),) if said else (Chip("確認が必要", "warn"),) if wants else (),
        buttons=(Button("acknowledge", "確認しました", str(announcement.id), style="main"),)
        if wants and not said
        else (),
        note=_confirmed(said) if said else "",
        frame="notice",
    )


def _confirmed(said: Acknowledgement) -> str:
    name = said.who if said.relayed_by else f"{said.name}さん"
    return f"{name}が{clock(said.at)}に確認しました。"


def name_form(announcement: Announcement) -> Form:
    """A shared account is used by several people, so it asks who confirms."""
    return Form(
        "acknowledge",
        str(announcement.id),
        "確認する人のお名前",
        (Field("name", "お名前", limit=40),),
        "確認しました",
        intro="共用のアカウントなので、どなたが確認したかを残します。",
    )


def board(announcement: Announcement, lines: list[Progress], *, relayed: bool = False) -> Card:
    """Where each of the 41 stands. `relayed`: some of them are reached by hand."""
    counts = Counter(line.standing for line in lines)
    meant = sum(counts[s] for s in Standing if s is not Standing.NOT_MEANT)
    good = counts[Standing.ACKNOWLEDGED] + counts[Standing.DELIVERED]
    word = "確認" if announcement.wants_acknowledgement else "送達"
    seen = sum(line.seen_at is not None for line in lines)
    return Card(
        announcement.title,
        (f"{meant}市町のうち{good}市町が{word}しました。",),
        topic=f"お知らせ　{announcement.state}"
        + (f"　{clock(announcement.sent_at)}に送りました" if announcement.sent_at else ""),
        rows=(
            *(Row(s, f"{counts[s]}市町") for s in Standing if counts[s]),
            *((Row(SEEN, f"{seen}市町"),) if seen else ()),
        ),
        table=Table(
            "市町ごとの進み具合",
            ("圏域", "市町", "状態", "くわしく", *((SEEN,) if seen else ())),
            tuple(
                (
                    Cell(line.municipality.region),
                    Cell(line.municipality.name, TONES[line.standing]),
                    Cell(line.standing, TONES[line.standing]),
                    Cell(_detail(line)),
                    *((Cell(clock(line.seen_at) if line.seen_at else ""),) if seen else ()),
                )
                for line in lines
            ),
            group=0,
        ),
        links=(Link("中継箱を見る", "/view/relay/"),) if counts[Standing.TO_RELAY] else (),
        buttons=_confirm_by_hand(announcement, counts) if relayed else (),
        frame="notice",
    )


def _detail(line: Progress) -> str:
    return why_not(line.detail) if line.standing is Standing.FAILED else line.detail


def _confirm_by_hand(
    announcement: Announcement, counts: Mapping[Standing, int]
) -> tuple[Button, ...]:
    left = counts[Standing.UNACKNOWLEDGED] + counts[Standing.TO_RELAY]
    if not (announcement.wants_acknowledgement and left):
        return ()
    return (Button("relay_confirm", "「確認」の返信を入れる", str(announcement.id), style="main"),)


def listed(title: str, announcements: list[Announcement], empty: str) -> Card:
    return Card(
        title,
        () if announcements else (empty,),
        links=tuple(
            Link(f"{a.title}（{a.state}・{a.audience}）", f"/view/announcement/{a.id}")
            for a in announcements
        ),
    )


def notices(announcements: list[Announcement]) -> Card:
    """What still has to be acknowledged in a municipality."""
    return Card(
        "確認が必要なお知らせ",
        () if announcements else ("いま確認が必要なお知らせはありません。",),
        buttons=tuple(
            Button("acknowledge", f"「{a.title}」を確認しました", str(a.id)) for a in announcements
        ),
    )
