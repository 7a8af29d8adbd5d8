"""The story of the desk, lived in a real browser by three people and an approver.

`live` walks it; after each step it calls `shoot` with a name, for pictures. Used by the browser test and
by `make screenshots`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, Page, expect

CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
QUESTION = "e-ひょうごの利用料は月いくらですか。人口5万人未満の町です"
Shoot = Callable[[Page, str], None]


@dataclass
class Cast:
    """One browser, one window a person."""

    browser: Browser
    url: str
    width: int = 1280
    height: int = 900
    scheme: str = "light"
    windows: dict[str, Page] = field(default_factory=dict)
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def window(self, name: str) -> Page:
        """This person's window, signed in."""
        if name in self.windows:
            return self.windows[name]
        context = self.browser.new_context(
            viewport={"width": self.width, "height": self.height},
            locale="ja-JP",
            color_scheme="dark" if self.scheme == "dark" else "light",
        )
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda line: self._heard(name, line.type, line.text))
        page.on("pageerror", lambda error: self._heard(name, "error", str(error)))
        page.goto(self.url)
        page.get_by_role("button", name=name).first.click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        self.windows[name] = page
        return page

    def _heard(self, who: str, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(f"{who}: {kind}: {text}")

    def close(self) -> None:
        for context in self.contexts:
            context.close()


def sideways(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    over: int = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return over


def say(page: Page, text: str) -> None:
    box = page.locator("main textarea[name=text]")
    box.fill(text)
    box.press("Control+Enter")


def room(page: Page, url: str, name: str) -> None:
    """Go to a room by its name in the list of rooms, which narrow windows show on a page of its own."""
    page.goto(f"{url}/rooms")
    page.locator("nav.rail li a:visible", has_text=name).first.click()


def live(cast: Cast, shoot: Shoot) -> None:
    """§3 to §5 of the story: ask, consult, be answered, be notified."""
    ask(cast, shoot)
    consult(cast, shoot)
    be_answered(cast, shoot)
    announce(cast, shoot)
    acknowledge(cast, shoot)


def ask(cast: Cast, shoot: Shoot) -> None:
    """A first question, an answer that solves it, and one that is not in the documents."""
    asker = cast.window("山田 葵")
    shoot(asker, "01-first")
    say(asker, QUESTION)
    expect(asker.get_by_text("12,500円").first).to_be_visible()
    shoot(asker, "02-answer")
    asker.get_by_role("button", name="解決した").last.click()
    expect(asker.get_by_text("「解決した」を受け取りました")).to_be_visible()

    say(asker, "きょうの昼ごはんのおすすめは")
    expect(asker.get_by_role("heading", name="手元の資料に書かれていません")).to_be_visible()
    shoot(asker, "03-unknown")


def consult(cast: Cast, shoot: Shoot) -> None:
    """The asker sends a consultation."""
    asker = cast.window("山田 葵")
    asker.locator("main").get_by_role("button", name="相談する").last.click()
    asker.get_by_label("件名").fill("e-ひょうごに年度の途中から入れるか")
    asker.get_by_label("内容").fill(
        "令和9年1月から5件ほどを受け付けたいです。年度の途中から参加できますか。"
    )
    choose(asker, "分野", "電子申請")
    shoot(asker, "04-consultation-form")
    asker.get_by_role("button", name="相談を送る").click()
    expect(asker.get_by_text("相談 R8-0001 を受け付けました").first).to_be_visible()
    shoot(asker, "05-consultation-sent")


def be_answered(cast: Cast, shoot: Shoot) -> None:
    """The field liaison takes it, leaves a memo, replies; the asker is content."""
    asker, url = cast.window("山田 葵"), cast.url
    liaison = cast.window("森 佳奈")
    room(liaison, url, "電子申請")
    shoot(liaison, "06-field-room")
    liaison.locator("main").get_by_role("link", name="R8-0001").first.click()
    liaison.get_by_role("button", name="担当になる").first.click()
    expect(liaison.get_by_text("森 佳奈さんが担当になりました")).to_be_visible()
    say(liaison, "運営会社に確認中。正式な返事は午後。")
    expect(liaison.get_by_text("正式な返事は午後")).to_be_visible()
    shoot(liaison, "07-working-thread")
    liaison.get_by_role("button", name="多可町へ返信").first.click()
    liaison.get_by_label("返信").fill(
        "年度の途中からでも参加できます。5件でしたら、申込みから2か月ほどで始められます。"
    )
    liaison.locator("main button[type=submit], main form .b.main").last.click()
    expect(liaison.get_by_role("button", name="多可町へ送る")).to_be_visible()
    shoot(liaison, "08-reply-preview")
    liaison.get_by_role("button", name="多可町へ送る").click()
    expect(liaison.get_by_text("送信済").first).to_be_visible()
    shoot(liaison, "09-reply-sent")

    expect(asker.get_by_text("申込みから2か月ほど").first).to_be_visible()
    shoot(asker, "10-reply-arrived")
    asker.get_by_role("button", name="解決した").last.click()
    sure(asker)
    expect(asker.get_by_text("R8-0001 は完了しました").first).to_be_visible()
    shoot(asker, "11-closed")


def announce(cast: Cast, shoot: Shoot) -> None:
    """The office writes, a second person approves."""
    url = cast.url
    office = cast.window("林 直子")
    office.goto(f"{url}/rooms")
    office.locator("nav.rail:visible").get_by_role("button", name="お知らせを書く").click()
    office.get_by_label("題名").fill("防災DXの意見交換の結果を、12月に共有します")
    office.get_by_label("本文").fill(
        "先進自治体と話した結果を、12月に共有します。日程は改めてお知らせします。"
    )
    shoot(office, "12-announcement-form")
    office.locator("main form .b.main").last.click()
    expect(office.get_by_role("button", name="承認を依頼する")).to_be_visible()
    shoot(office, "13-announcement-preview")
    office.get_by_role("button", name="承認を依頼する").click()

    approver = cast.window("藤井 慎")
    room(approver, url, "事務局")
    expect(approver.get_by_text("防災DXの意見交換の結果").first).to_be_visible()
    shoot(approver, "14-approval")
    approver.get_by_role("button", name="承認する").last.click()
    sure(approver)
    expect(approver.get_by_text("送信済み").first).to_be_visible(timeout=15000)


def acknowledge(cast: Cast, shoot: Shoot) -> None:
    """A municipality confirms, and the board says so."""
    asker, office, url = cast.window("山田 葵"), cast.window("林 直子"), cast.url
    asker.goto(url)
    expect(asker.get_by_text("防災DXの意見交換の結果").first).to_be_visible()
    shoot(asker, "15-notice")
    asker.get_by_role("button", name="確認しました").last.click()
    expect(asker.get_by_text("山田 葵さんが").first).to_be_visible()
    shoot(asker, "16-acknowledged")

    office.goto(f"{url}/view/board/1")
    expect(office.locator("main").get_by_text("多可町").first).to_be_visible()
    shoot(office, "17-board")


def choose(page: Page, label: str, option: str) -> None:
    """One of radios or of a list."""
    radio = page.get_by_role("radio", name=option, exact=True)
    more = page.get_by_text("ほかから選ぶ")  # behind the likely ones
    if not radio.count() and more.count():
        more.first.click()
    if radio.count():
        radio.first.check()
    else:
        page.get_by_label(label).select_option(label=option)


def sure(page: Page) -> None:
    """Press the second button of what cannot be taken back."""
    second = page.locator("details[open] button:visible, .sure button:visible")
    if second.count():
        second.last.click()
