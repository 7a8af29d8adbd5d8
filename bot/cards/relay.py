"""The manual relay: the inbox, the texts to copy, and what is said after a press."""

from collections.abc import Sequence
from datetime import datetime

from bot.cards.plain import mail_of, text_of
from bot.chat import Button, Card, Cell, Chip, Link, Row, Table, Tone
from bot.days import day_of, in_words
from bot.relay import Bundle, Item
from bot.tickets import Visibility

FEW = 3
"""So many names stand in a sentence, and so many talks have buttons of their own."""


def age(since: datetime, now: datetime) -> str:
    """きょうから, 3日前から."""
    days = (day_of(now) - day_of(since)).days
    return f"{days}日前から" if days else "きょうから"


def named(bundle: Bundle) -> str:
    """「多可町連絡」, 「多可町連絡」ほか40トーク."""
    more = len({item.talk for item in bundle.items}) - 1
    return f"「{bundle.items[0].name}」" + (f"ほか{more}トーク" if more else "")


def title_of(bundle: Bundle, *, secret: bool = False) -> str:
    return "担当だけで扱う相談" if secret else bundle.card.title


def inbox(
    bundles: Sequence[Bundle],
    secret: Sequence[Bundle],
    done: Sequence[Bundle],
    now: datetime,
) -> Card:
    """中継箱: each text that waits, once. `secret`: whose text this reader may not see."""
    count = sum(len(bundle.waiting) for bundle in (*bundles, *secret))
    oldest = min((b.since for b in (*bundles, *secret)), default=None)
    said = (
        f"投稿を待つもの：{count}件（いちばん古いもの：{age(oldest, now)}）"
        if oldest is not None
        else "いま中継するものはありません。"
    )
    kept = tuple(
        f"{named(b)}への「担当だけで扱う相談」の返信は、担当か地域リエゾンが中継します（{age(b.since, now)}）。"
        for b in secret
    )
    return Card(
        "中継箱",
        (
            "LoGoチャットなど、デスクがつながっていないトークへ、人が写して届けるものです。",
            said,
            *kept,
        ),
        links=(
            *(
                Link(f"{_listed(b)}（{age(b.since, now)}）", f"/view/relay_text/{b.id}")
                for b in bundles
            ),
            *(Link(f"投稿済み：{_listed(b)}", f"/view/relay_text/{b.id}") for b in done),
        ),
        buttons=(Button("relay_paste", "届いた言葉を貼り付ける", style="main"),),
    )


def _listed(bundle: Bundle) -> str:
    stale = "・いまは不要かもしれません" if _all_stale(bundle) else ""
    return f"{named(bundle)} {bundle.card.title}{stale}"


def _all_stale(bundle: Bundle) -> bool:
    return bool(bundle.waiting) and all(item.stale for item in bundle.waiting)


def whole(bundle: Bundle, now: datetime) -> Card:
    """One text to copy, the talks it goes to, and what can be done with it."""
    waits = bundle.waiting
    state = (
        f"中継待ち {len(waits)}件（{age(bundle.since, now)}）" if waits else "中継待ちはありません"
    )
    return Card(
        f"{named(bundle)}へ：{bundle.card.title}",
        (text_of(bundle.card),),
        chips=(Chip(state, "warn" if waits else "done"),),
        table=_talks(bundle) if len(bundle.items) > 1 else None,
        rows=_facts(bundle) if len(bundle.items) == 1 else (),
        links=(Link("メールで送る文を見る", f"/view/relay_mail/{bundle.id}"),),
        buttons=(*_for_bundle(bundle), *_confirm_button(bundle)),
        note=("文を写してトークに貼り、投稿できたら押してください。" if waits else ""),
        frame="copy",
    )


def mail(bundle: Bundle) -> Card:
    return Card(
        f"{named(bundle)}の方へのメール",
        (mail_of(bundle.card),),
        links=(Link("トークに貼る文に戻る", f"/view/relay_text/{bundle.id}"),),
        buttons=tuple(
            Button("relay_mailed", _act(item, "メールで送りました", bundle), str(item.id))
            for item in bundle.waiting[:FEW]
        ),
        frame="copy",
    )


def carried(bundle: Bundle) -> Card:
    """An answer brought right back to who pasted the question, and kept up to date there."""
    item = bundle.items[0]
    return Card(
        f"「{item.name}」に貼る文" if item.waits else f"「{item.name}」に貼る文は{item.done}",
        (text_of(bundle.card),),
        rows=_facts(bundle),
        links=(Link("メールで送る文を見る", f"/view/relay_mail/{bundle.id}"),),
        buttons=_for_bundle(bundle),
        frame="copy",
    )


def _facts(bundle: Bundle) -> tuple[Row, ...]:
    item = bundle.items[0]
    rows = (
        ("状態", "" if item.waits else item.done),
        ("届く人", f"{len(item.rows)}人" if len(item.rows) > 1 else ""),
        ("注意", item.stale),
        *(("注意", text) for text in _readers(item)),
    )
    return tuple(Row(label, text) for label, text in rows if text)


def _readers(item: Item) -> tuple[str, ...]:
    """Who else reads what is posted there, where that is more than who it is for. Whoever posts decides."""
    shared = len(item.codes) > 1
    alone = item.ticket is not None and item.ticket.visibility == Visibility.SELF
    return tuple(
        text
        for holds, text in (
            (shared, f"このトークは{len(item.codes)}市町の方が読みます。"),
            (alone, "相談した方だけに見せる相談です。ほかの方も読むトークには貼らないでください。"),
        )
        if holds
    )


def _detail(item: Item) -> str:
    count = f"{len(item.rows)}人あて" if len(item.rows) > 1 else ""
    return "　".join(filter(None, (item.stale or count, *_readers(item))))


def _talks(bundle: Bundle) -> Table:
    return Table(
        "トークごとの状態",
        ("トーク", "状態", "くわしく"),
        tuple(
            (
                Cell(item.name),
                Cell("中継待ち" if item.waits else item.done, _tone(item)),
                Cell(_detail(item)),
            )
            for item in bundle.items
        ),
    )


def _tone(item: Item) -> Tone:
    if item.waits:
        return "off" if item.stale else "warn"
    return "off" if item.row.error else "done"


def _for_bundle(bundle: Bundle) -> tuple[Button, ...]:
    waits = bundle.waiting
    few = len(waits) <= FEW
    each = tuple(
        Button(
            "relay_posted", _act(item, "投稿しました", bundle), str(item.id),
            style="main" if len(waits) == 1 else "",
        )
        for item in waits
        if few
    )  # fmt: skip
    many = (
        () if few else (Button("relay_all", "投稿したトークを選ぶ", str(bundle.id), style="main"),)
    )
    drop = (Button("relay_drop", "中継しない", str(bundle.id)),) if waits else ()
    whom = bundle.items[0].person_id if len(bundle.items) == 1 else ""
    paste = (Button("relay_paste", "返事を貼り付ける", whom),) if whom and not waits else ()
    undo = tuple(
        Button("relay_undo", _act(item, "まだでした", bundle), str(item.id))
        for item in bundle.items
        if not item.waits
    )
    return (*each, *many, *drop, *paste, *undo)


def _act(item: Item, words: str, bundle: Bundle) -> str:
    return words if len(bundle.items) == 1 else f"「{item.name}」{words}"


def _confirm_button(bundle: Bundle) -> tuple[Button, ...]:
    wants = any(button.action == "acknowledge" for button in bundle.card.buttons)
    if bundle.announcement_id is None or not wants:
        return ()
    return (Button("relay_confirm", "「確認」の返信を入れる", str(bundle.announcement_id)),)


def noted(
    what: str, names: Sequence[str], following: Bundle | None, left: Sequence[str] = ()
) -> Card:
    """After a press: what was written down, what was not and why, and what is next."""
    shown = "、".join(f"「{name}」" for name in names[:FEW])
    more = f"ほか{len(names) - FEW}トーク" if len(names) > FEW else ""
    onward = (
        (Link(f"つぎの文を見る：{_listed(following)}", f"/view/relay_text/{following.id}"),)
        if following
        else ()
    )
    return Card(
        f"{shown}{more}を{what}",
        ("次のトークは、そのままにしてあります。", *left) if left else (),
        links=(*onward, Link("中継箱を見る", "/view/relay/")),
    )


def heard(who: str, talk: str) -> Card:
    return Card(
        f"{who}の言葉を受け取りました",
        (f"答えがあれば、「{talk}」に貼る文がこの下と中継箱に出ます。",),
        links=(Link("中継箱を見る", "/view/relay/"),),
    )


def kept_apart(number: str) -> str:
    """To who pasted words for a consultation that its owner alone handles."""
    return (
        f"{number}は「担当だけで扱う」相談なので、ここからは届けられません。"
        "この言葉は、地域リエゾンか担当に渡してください。"
    )


def known_already(who: str) -> Card:
    return Card(
        f"{who}の同じ言葉は、もう受け取っています", links=(Link("中継箱を見る", "/view/relay/"),)
    )


def confirmed_for(who: str, title: str) -> Card:
    return Card(f"{who}の「確認」を入れました", (f"お知らせ：{title}",))


def confirms_saved(value: str, count: int, title: str) -> Card:
    return Card(
        f"{count}市町を確認済みにしました",
        (f"お知らせ：{title}",),
        links=(Link("進み具合を見る", f"/view/board/{value}"),),
    )


def waits(count: int, since: datetime, now: datetime) -> Card:
    """To the office's room: there is something to carry."""
    old = age(since, now)
    head = (
        "中継するものが届いています"
        if old == "きょうから"
        else f"まだ中継していないものがあります（{old}）"
    )
    return Card(
        head,
        (f"投稿を待つもの：{count}件（いちばん古いもの：{in_words(day_of(since))}）",),
        links=(Link("中継箱を見る", "/view/relay/"),),
    )
