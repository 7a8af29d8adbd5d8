"""What people do, one step after another, at whichever door of the desk."""

import random
from collections.abc import Callable, Mapping
from typing import ClassVar, Generic, Protocol, TypeVar

from tests.chaos.plan import Sent, Tally
from tests.page_driver import Filled

B = TypeVar("B")
F = TypeVar("F")

ASKERS = ("yamada", "nakamura", "ueda", "okuda", "kobe1")
CONTACTS = ("yamada", "nakamura", "kobe1")
LIAISON, WRITER, APPROVER = "mori", "hayashi", "fujii"
OFFICE = "room-office"
ROOMS = ("room-denshi-shinsei", "room-madoguchi", "room-seisei-ai")
QUESTIONS = (
    "e-ひょうごの利用料は月いくら。人口5万人未満です",
    "標準化の期限はいつまで",
    "kintoneの勉強会はありますか",
    "生成AIの研修はありますか",
    "今日の昼ごはんのおすすめを教えて",
    "書かない窓口の費用に使えるお金はありますか",
)


class Door(Protocol[B, F]):
    """How people act at one door: by what stands there, with buttons `B` and open forms `F`.

    `where`: None is somebody's own talk, else a room or thread as `room` and `threads` name them.
    """

    def say(self, sent: Sent, where: str | None, words: str) -> None: ...

    def buttons(self, who: str, action: str, where: str | None = None) -> list[B]:
        """What can be pressed there, the oldest first; in the own talk with what stands around it."""
        ...

    def about(self, button: B) -> str:
        """What the button names."""
        ...

    def press(self, button: B, sent: Sent) -> object: ...

    def open_form(self, button: B, sent: Sent) -> F | None:
        """Press what opens a form."""
        ...

    def send_off(self, form: F, values: Mapping[str, Filled], sent: Sent) -> F | None:
        """Fill it in by its labels and send it off; what comes back is its preview, if it has one."""
        ...

    def confirm(self, preview: F, sent: Sent) -> None: ...

    def room(self, name: str) -> str: ...

    def threads(self, who: str, room: str | None = None) -> list[str]:
        """The consultations that stand there."""
        ...


class Script(Generic[B, F]):
    """What people do, one step after another, as their door offers it."""

    weights: ClassVar[Mapping[str, int]] = {
        "ask": 26, "judge": 12, "consult": 12, "add": 12, "take": 7, "reply": 9, "note": 7,
        "close": 3, "solve": 2, "announce": 3, "approve": 4, "confirm": 5,
    }  # fmt: skip

    def __init__(self, door: Door[B, F], tally: Tally, seed: int) -> None:
        self.door = door
        self._tally = tally
        self._rng = random.Random(f"script {seed}")
        self._marks = 0
        self.acts: dict[str, Callable[[], bool]] = {
            "ask": self.ask, "judge": self._judge, "consult": self.consult, "add": self.add,
            "take": self._take, "reply": self.reply, "note": self._note, "close": self._close,
            "solve": self._solve, "announce": self._announce, "approve": self._approve,
            "confirm": self._confirm,
        }  # fmt: skip

    def step(self) -> None:
        name = self._rng.choices(list(self.weights), list(self.weights.values()))[0]
        if self.acts[name]():
            self._tally.figures[f"step {name}"] += 1
        else:  # nothing there to do that to yet
            self.ask()
            self._tally.figures["step ask"] += 1

    def ask(self) -> bool:
        who, mark = self._rng.choice(ASKERS), self._mark()
        words = f"{self._rng.choice(QUESTIONS)}\n{mark}"
        self.door.say(Sent("question", who, mark=mark), None, words)
        return True

    def _judge(self) -> bool:
        who = self._rng.choice(ASKERS)
        opinion = self._rng.choice(("solved", "different", "outdated", "copy", "none", "pick"))
        found = self.door.buttons(who, opinion)
        if not found:
            return False
        kind = "opinion" if opinion in ("solved", "different", "outdated") else "question"
        self._press(found[-1], Sent(kind, who))
        return True

    def consult(self) -> bool:
        who, mark = self._rng.choice(ASKERS), self._mark()
        found = self.door.buttons(who, "consult")
        if not found:
            return False
        button = self.pick(found)
        about = f"consult_send:{self.door.about(button)}"
        form = self.door.open_form(button, Sent("form", who, about))
        return self._send_consultation(form, who, about, mark, self._consultation(mark))

    def pick(self, found: list[B]) -> B:
        """From where somebody consults."""
        return found[0]

    def _consultation(self, mark: str) -> dict[str, Filled]:
        return {
            "件名": f"{mark}について",
            "内容": f"令和9年1月から参加できますか。{mark}",
            **self._sort_of_consultation(),
        }

    def _sort_of_consultation(self) -> dict[str, Filled]:
        return {
            "分野": self._rng.choice(("電子申請", "電子申請", "窓口DX", "生成AI", "わからない")),
            "急ぎ度": self._rng.choice(("普通", "急ぎ", "至急")),
        }

    def _send_consultation(
        self, form: F | None, who: str, about: str, mark: str, values: Mapping[str, Filled]
    ) -> bool:
        if form is not None:
            self.door.send_off(form, values, Sent("ticket", who, mark=mark, button=about))
        return True

    def add(self) -> bool:
        who, mark = self._rng.choice(ASKERS), self._mark()
        return self._say_in(self._own_thread(who), Sent("words", who, mark=mark), "補足です。")

    def _note(self) -> bool:
        mark = self._mark()
        return self._say_in(self._desk_thread(), Sent("memo", LIAISON, mark=mark), "確認中。")

    def _say_in(self, thread: str | None, sent: Sent, words: str) -> bool:
        if thread is None:
            return False
        self.door.say(sent, thread, f"{words}{sent.mark}")
        return True

    def _take(self) -> bool:
        return self._press_one(LIAISON, "take", self._desk_thread())

    def _close(self) -> bool:
        return self._press_one(LIAISON, "close", self._desk_thread())

    def _solve(self) -> bool:
        who = self._rng.choice(ASKERS)
        return self._press_one(who, "solve", self._own_thread(who))

    def _press_one(self, who: str, action: str, where: str | None) -> bool:
        found = self.door.buttons(who, action, where) if where else []
        if not found:
            return False
        self._press(found[0], Sent(action, who))
        return True

    def _press(self, button: B, sent: Sent) -> None:
        sent.about = self.door.about(button)
        self.door.press(button, sent)

    def reply(self) -> bool:
        mark, thread = self._mark(), self._desk_thread()
        found = self.door.buttons(LIAISON, "reply", thread) if thread else []
        if not found:
            return False
        about = f"reply:{self.door.about(found[0])}"
        form = self.door.open_form(found[0], Sent("form", LIAISON, about))
        last = Sent("reply", LIAISON, self.door.about(found[0]), mark, about)
        return self._write_and_confirm(form, about, {"返信": f"できます。{mark}"}, last)

    def _announce(self) -> bool:
        mark = self._mark()
        found = self.door.buttons(WRITER, "announce")
        if not found:
            return False
        form = self.door.open_form(found[0], Sent("form", WRITER, "announce:"))
        return self._write_announcement(form, mark)

    def _write_announcement(self, form: F | None, mark: str) -> bool:
        values: dict[str, Filled] = {
            "題名": f"意見交換の結果 {mark}",
            "本文": "日程は追ってお知らせします。",
            "あて先": "全市町",
            "確認": "「確認しました」を求める",
        }
        last = Sent("announcement", WRITER, mark=mark, button="announce:")
        return self._write_and_confirm(form, "announce:", values, last)

    def _write_and_confirm(
        self, form: F | None, about: str, values: Mapping[str, Filled], last: Sent
    ) -> bool:
        """Send off the fields, then what the preview shows."""
        if form is not None:
            fields = Sent("form", last.who, about, button=about)
            preview = self.door.send_off(form, values, fields)
            if preview is not None:
                self.door.confirm(preview, last)
        return True

    def _approve(self) -> bool:
        return self._press_one(APPROVER, "approve", self.door.room(OFFICE))

    def _confirm(self) -> bool:
        who = self._rng.choice(CONTACTS)
        found = self.door.buttons(who, "acknowledge")
        if not found:
            return False
        self._press(self._rng.choice(found), Sent("acknowledge", who))
        return True

    def _own_thread(self, who: str) -> str | None:
        return self._one_of(self.door.threads(who))

    def _desk_thread(self) -> str | None:
        room = self.door.room(self._rng.choice(ROOMS))
        return self._one_of(self.door.threads(LIAISON, room))

    def _one_of(self, threads: list[str]) -> str | None:
        return self._rng.choice(threads) if threads else None

    def _mark(self) -> str:
        """Letters that stand nowhere else, and look like no number."""
        self._marks += 1
        return "zq" + f"{self._marks:04}".translate(str.maketrans("0123456789", "bcdfghjkmp"))
