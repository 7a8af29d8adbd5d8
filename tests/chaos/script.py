"""What people do, one step after another."""

import random
import re
from collections.abc import Callable, Mapping

from bs4 import BeautifulSoup, Tag

from tests.chaos.people import People
from tests.chaos.plan import Sent, Tally
from tests.page_driver import Filled, _field, _fill

ASKERS = ("yamada", "nakamura", "ueda", "okuda", "kobe1")
CONTACTS = ("yamada", "nakamura", "kobe1")
LIAISON, WRITER, APPROVER = "mori", "hayashi", "fujii"
QUESTIONS = (
    "e-ひょうごの利用料は月いくら。人口5万人未満です",
    "標準化の期限はいつまで",
    "kintoneの勉強会はありますか",
    "生成AIの研修はありますか",
    "今日の昼ごはんのおすすめを教えて",
    "書かない窓口の費用に使えるお金はありますか",
)
WEIGHTS = {
    "ask": 26, "judge": 12, "consult": 12, "add": 12, "take": 7, "reply": 9, "note": 7,
    "close": 3, "solve": 2, "announce": 3, "approve": 4, "confirm": 5,
}  # fmt: skip


class Script:
    """What people do, one step after another, as their pages offer it."""

    def __init__(self, people: People, tally: Tally, seed: int) -> None:
        self._people = people
        self._tally = tally
        self._rng = random.Random(f"script {seed}")
        self._marks = 0

    def step(self) -> None:
        name = self._rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        acts: dict[str, Callable[[], bool]] = {
            "ask": self.ask, "judge": self._judge, "consult": self._consult, "add": self._add,
            "take": self._take, "reply": self._reply, "note": self._note, "close": self._close,
            "solve": self._solve, "announce": self._announce, "approve": self._approve,
            "confirm": self._confirm,
        }  # fmt: skip
        if acts[name]():
            self._tally.figures[f"step {name}"] += 1
        else:  # nothing there to do that to yet
            self.ask()
            self._tally.figures["step ask"] += 1

    def ask(self) -> bool:
        who, mark = self._rng.choice(ASKERS), self._mark()
        words = f"{self._rng.choice(QUESTIONS)}\n{mark}"
        return self._say(Sent("say", "question", who, mark=mark), "/", words)

    def _judge(self) -> bool:
        who = self._rng.choice(ASKERS)
        opinion = self._rng.choice(("solved", "different", "outdated", "copy", "none", "pick"))
        found = _buttons(self._people.look(who), opinion)
        if not found:
            return False
        kind = "opinion" if opinion in ("solved", "different", "outdated") else "question"
        self._people.press(found[-1], Sent("", kind, who, _about(found[-1])))
        return True

    def _consult(self) -> bool:
        who, mark = self._rng.choice(ASKERS), self._mark()
        button = _buttons(self._people.look(who), "consult")[0]
        sent = Sent("", "form", who, f"consult_send:{_about(button)}")
        page = self._people.open_form(button, sent)
        values: dict[str, Filled] = {
            "件名": f"{mark}について",
            "内容": f"令和9年1月から参加できますか。{mark}",
            "分野": self._rng.choice(("電子申請", "電子申請", "窓口DX", "生成AI", "わからない")),
            "急ぎ度": self._rng.choice(("普通", "急ぎ", "至急")),
        }
        filled = Sent(f"consult_send:{_about(button)}", "ticket", who, mark=mark)
        self._send_off(page, values, filled)
        return True

    def _add(self) -> bool:
        who, mark = self._rng.choice(ASKERS), self._mark()
        path = self._own_thread(who)
        if path is None:
            return False
        return self._say(Sent("say", "words", who, mark=mark), path, f"補足です。{mark}")

    def _note(self) -> bool:
        mark, path = self._mark(), self._desk_thread()
        if path is None:
            return False
        return self._say(Sent("say", "memo", LIAISON, mark=mark), path, f"確認中。{mark}")

    def _take(self) -> bool:
        return self._press_in_thread("take")

    def _close(self) -> bool:
        return self._press_in_thread("close")

    def _press_in_thread(self, action: str) -> bool:
        path = self._desk_thread()
        found = _buttons(self._people.look(LIAISON, path), action) if path else []
        if not found:
            return False
        self._people.press(found[0], Sent("", action, LIAISON, _about(found[0])))
        return True

    def _reply(self) -> bool:
        mark, path = self._mark(), self._desk_thread()
        found = _buttons(self._people.look(LIAISON, path), "reply") if path else []
        if not found:
            return False
        about = f"reply:{_about(found[0])}"
        page = self._people.open_form(found[0], Sent("", "form", LIAISON, about))
        shown = self._send_off(
            page, {"返信": f"できます。{mark}"}, Sent(about, "form", LIAISON, about)
        )
        self._confirm_preview(shown, Sent(about, "reply", LIAISON, _about(found[0]), mark))
        return True

    def _solve(self) -> bool:
        who = self._rng.choice(ASKERS)
        path = self._own_thread(who)
        found = _buttons(self._people.look(who, path), "solve") if path else []
        if not found:
            return False
        self._people.press(found[0], Sent("", "solve", who, _about(found[0])))
        return True

    def _announce(self) -> bool:
        mark = self._mark()
        button = _buttons(self._people.look(WRITER), "announce")[0]
        page = self._people.open_form(button, Sent("", "form", WRITER, "announce:"))
        values: dict[str, Filled] = {
            "題名": f"意見交換の結果 {mark}",
            "本文": "日程は追ってお知らせします。",
            "あて先": "全市町",
            "確認": "「確認しました」を求める",
        }
        filled = Sent("announce:", "form", WRITER, "announce:")
        shown = self._send_off(page, values, filled)
        self._confirm_preview(shown, Sent("announce:", "announcement", WRITER, mark=mark))
        return True

    def _approve(self) -> bool:
        found = _buttons(self._people.look(APPROVER, "/room/room-office"), "approve")
        if not found:
            return False
        self._people.press(found[0], Sent("", "approve", APPROVER, _about(found[0])))
        return True

    def _confirm(self) -> bool:
        who = self._rng.choice(CONTACTS)
        found = _buttons(self._people.look(who), "acknowledge")
        if not found:
            return False
        button = self._rng.choice(found)
        self._people.press(button, Sent("", "acknowledge", who, _about(button)))
        return True

    def _say(self, sent: Sent, path: str, words: str) -> bool:
        form = self._people.look(sent.who, path).select_one("form.say")
        assert form, f"{sent.who} cannot write at {path}"
        self._people.send(form, {"text": words}, sent)
        return True

    def _send_off(
        self, page: BeautifulSoup | None, values: Mapping[str, Filled], sent: Sent
    ) -> BeautifulSoup | None:
        """Fill in the form; what comes back is its preview, if it has one."""
        form = page.select_one("form.form") if page else None
        if form is None:
            return None
        for label, value in values.items():
            _fill(_field(form, label), value)
        answer = self._people.send(form, {}, sent)
        return self._people.led_to_form(form, sent, answer) if sent.kind == "form" else None

    def _confirm_preview(self, page: BeautifulSoup | None, sent: Sent) -> None:
        form = page.select_one("#preview form[action='/send-form']") if page else None
        if form is not None:
            self._people.send(form, {}, sent)

    def _own_thread(self, who: str) -> str | None:
        return self._one_of(self._people.look(who), rf"/room/{who}/\d+")

    def _desk_thread(self) -> str | None:
        rooms = {str(a["href"]).partition("#")[0] for a in self._people.look(LIAISON).select("a")}
        rooms &= {"/room/room-denshi-shinsei", "/room/room-madoguchi", "/room/room-seisei-ai"}
        room = self._rng.choice(sorted(rooms))
        return self._one_of(self._people.look(LIAISON, room), rf"{room}/\d+")

    def _one_of(self, page: BeautifulSoup, pattern: str) -> str | None:
        paths = {str(a["href"]).partition("#")[0] for a in page.select("a[href]")}
        found = sorted(path for path in paths if re.fullmatch(pattern, path))
        return self._rng.choice(found) if found else None

    def _mark(self) -> str:
        """Letters that stand nowhere else, and look like no number."""
        self._marks += 1
        return "zq" + f"{self._marks:04}".translate(str.maketrans("0123456789", "bcdfghjkmp"))


def _buttons(page: BeautifulSoup, action: str) -> list[Tag]:
    found = page.select("button[name='press']")
    return [button for button in found if str(button["value"]).partition(" ")[0] == action]


def _about(button: Tag) -> str:
    return str(button["value"]).partition(" ")[2]
