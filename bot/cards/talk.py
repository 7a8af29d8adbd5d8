"""What the desk says around everything else: welcome, help, small talk, refusals, trouble."""

from collections.abc import Mapping
from dataclasses import replace

from bot.chat import Button, Card, Form, FormValue, Link, Visitor


def welcome() -> Card:
    """Three lines for somebody who is here for the first time."""
    return Card(
        "リエゾンデスクへようこそ",
        (
            "聞きたいことを、ふだんの言葉で書いてください。",
            "答えで足りないときは「相談する」を押すと、県のリエゾンが読んで答えます。",
            "名前・電話番号・マイナンバーなど、個人の情報は書かないでください。",
        ),
    )


def help_card(*, inside: bool) -> Card:
    """What one can do here. Only what works is named."""
    lines: tuple[str, ...]
    if inside:
        lines = (
            "文を書くと、資料をもとに自動で答えます。",
            "相談の部屋で書いた言葉は県の中だけに残ります。市町へは「返信」のボタンで送ります。",
            "「わたしの担当」で、期限の近い相談から見られます。",
            "答えを直すときは「知識を直す」で下書きを書きます。別の人が確かめると、すぐ答えになります。",
        )
    else:
        lines = (
            "文を書くと、資料をもとに自動で答えます。答えには年度と出典がつきます。",
            "候補が並んだときは、番号（1、2、3）を書いても選べます。",
            "事例は「人口3万くらいで窓口をやった市」「似た規模の市町の事例」のように聞けます。",
            "「相談する」を押すと県のリエゾンに届き、返事はここに来ます。",
        )
    return Card("できること", lines, buttons=() if inside else (consult_button(),))


def consult_button(value: str = "") -> Button:
    return Button("consult", "相談する", value, style="call")


def consult_offer(*, inside: bool) -> Card:
    """For who types 「相談したい」."""
    if inside:
        return Card("相談は市町の方からお受けしています")
    return Card(
        "相談をお受けします",
        ("「相談する」を押すと用紙が開きます。県のリエゾンが読んで答えます。",),
        buttons=(consult_button(),),
    )


def hello(visitor: Visitor | None) -> Card:
    name = f"{visitor.name}さん、" if visitor else ""
    return Card(f"{name}こんにちは。聞きたいことを書いてください。")


def thanks() -> Card:
    return Card("お役に立ててよかったです。また聞いてください。")


def nothing_said() -> Card:
    return Card(
        "聞きたいことを、言葉で書いてください",
        ("たとえば「e-ひょうごの利用料はいくら」のように書いてください。",),
    )


def refused(sentence: str) -> Card:
    return Card(sentence, frame="refusal")


def trouble(number: int) -> Card:
    """Something broke on our side; the number finds it in the log."""
    return Card(
        "うまくいきませんでした",
        (
            "もう一度お試しください。続くときは、下の番号を事務局へお知らせください。",
            f"受付番号 E-{number}",
        ),
        frame="refusal",
    )


def form_waits(title: str, form_id: int) -> Card:
    """A form that nobody could be shown: the chat opens one only right after a press."""
    return Card(
        f"「{title}」の用紙を開けませんでした",
        ("書いたものは残っています。下のボタンで、もう一度開いてください。",),
        buttons=(Button("form", "用紙を開く", str(form_id), style="main"),),
    )


def taken_up(form: Form, before: Mapping[str, FormValue]) -> Form:
    """A form that came back and was left: with what was filled in, and a word that it was not sent."""
    if form.kept:  # it is that very form
        return form
    told = "前に書いたところまで戻しました。まだ送っていません。"
    return replace(
        form.with_values(before), intro="\n".join(filter(None, (told, form.intro))), kept=True
    )


def way_in(link: str, minutes: int) -> Card:
    """A link into the page, for the reader alone."""
    return Card(
        "ページの入口です",
        (
            f"あなただけが使えるリンクです。{minutes}分のあいだ、1回だけ開けます。人に渡さないでください。",
        ),
        links=(Link("ページを開く", link),),
        buttons=(Button("shut_pages", "すべての画面から出る"),),
    )


def pages_shut() -> Card:
    return Card(
        "入っていた画面をすべて閉じました", ("また使うときは「ページを開く」を押してください。",)
    )


def stopped(text: str) -> Card:
    """A personal number was found: not sent, not stored, given back with the number marked."""
    return Card(
        "送っていません。保存もしていません",
        (
            "マイナンバーかカードの番号のような数字があります。",
            "【 】の数字を消してから、もう一度送ってください。",
            text,
        ),
        frame="halt",
    )


def phone_number(text: str, again: Button) -> Card:
    """A phone number only asks."""
    return Card(
        "電話番号のような数字があります",
        ("個人の番号でなければ、このまま送れます。まだ送っていません。", text),
        buttons=(again,),
        frame="halt",
    )


def too_long(length: int, limit: int) -> Card:
    """Longer than anybody reads in a chat: not sent, and what to do instead."""
    return Card(
        f"{limit:,}字までにしてください",
        (
            f"いまは{length:,}字です。まだ送っていません。要点だけを書くか「相談する」を押してください。",
        ),
        buttons=(consult_button(),),
        frame="halt",
    )
