"""41 municipalities in talks that no process reaches: one person of the office files them all, in a browser."""

import csv
import re
import shutil
import time
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.store import HYOGO
from tests.story import Cast, Shoot, announce, room

PASTED = "確認しました。"


def directory_of_talks(folder: Path) -> Path:
    """The shipped directory, with every municipality's people in its talk."""
    made = Path(shutil.copytree(HYOGO / "directory", folder / "directory"))
    path = made / "demo" / "people.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["municipality"]:
            row["accounts"] = f"relay/hyogo/{row['municipality']}連絡"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return made


def carry(cast: Cast, shoot: Shoot) -> float:
    """Post one text in 41 talks and file the 41 confirmations; the seconds from the inbox to the board."""
    announce(cast, shoot)
    office = cast.window("林 直子")
    started = time.monotonic()
    post(office, cast.url, shoot)
    confirm(office, cast.url, shoot)
    return time.monotonic() - started


def post(office: Page, url: str, shoot: Shoot) -> None:
    """From the list of what waits to the text, which is copied once, and to 41 ticks at once."""
    office.goto(f"{url}/view/relay/")
    expect(office.get_by_text("投稿を待つもの：41件")).to_be_visible()
    shoot(office, "18-relay-inbox")
    office.locator("main").get_by_role("link", name="ほか40トーク").click()
    text = office.get_by_role("textbox", name="写す文")
    expect(text).to_have_value(re.compile("読まれましたら「確認」と返信してください。"))
    office.get_by_role("button", name="文をコピー").click()
    expect(office.get_by_role("button", name="コピーしました")).to_be_visible()
    shoot(office, "19-relay-text")
    office.get_by_role("button", name="投稿したトークを選ぶ").click()
    office.get_by_label("ここにある41トークすべて").check()
    shoot(office, "20-relay-posted")
    office.get_by_role("button", name="投稿済みにする").click()
    expect(office.get_by_text("ほか38トークを投稿済みにしました").first).to_be_visible()


def confirm(office: Page, url: str, shoot: Shoot) -> None:
    """What came back is pasted, looked through, saved: 40 as they wrote it, one by hand."""
    office.goto(f"{url}/view/board/1")
    towns = office.locator(".town").all_inner_texts()
    names = [town.split("、")[0].strip() for town in towns]
    office.get_by_role("button", name="「確認」の返信を入れる").click()
    replies = "\n".join(f"{name}　{PASTED}" for name in names if name != "神戸市")
    office.get_by_label("届いた返信").fill(f"{replies}\nありがとうございます")
    office.get_by_label("神戸市").check()
    shoot(office, "21-relay-replies")
    office.locator("main form .b.main").last.click()
    expect(office.get_by_text("まだの市町")).to_be_visible()
    expect(office.get_by_text("41市町：神戸市")).to_be_visible()
    shoot(office, "22-relay-review")
    office.get_by_role("button", name="保存する").click()
    expect(office.get_by_text("41市町を確認済みにしました").first).to_be_visible()
    office.goto(f"{url}/view/board/1")
    expect(office.get_by_text("41市町のうち41市町が確認しました")).to_be_visible()
    shoot(office, "23-relay-board")


def paste(cast: Cast, shoot: Shoot) -> None:
    """A question out of a talk, its answer back into it."""
    office = cast.window("林 直子")
    room(office, cast.url, "質問する")
    office.goto(f"{cast.url}/rooms")
    office.locator("nav.rail:visible").get_by_role("button", name="届いた言葉を貼り付ける").click()
    office.get_by_label("だれの言葉ですか").select_option(label="多可町　山田 葵（企画課）")
    office.get_by_label("届いた言葉").fill(
        "e-ひょうごの利用料は月いくらですか。人口5万人未満の町です"
    )
    shoot(office, "24-relay-paste")
    office.get_by_role("button", name="デスクに渡す").click()
    expect(office.get_by_role("heading", name="「多可町連絡」に貼る文")).to_be_visible()
    shoot(office, "25-relay-answer")
    office.get_by_role("button", name="投稿しました").last.click()
    expect(office.get_by_text("「多可町連絡」を投稿済みにしました").first).to_be_visible()
