"""Speaks with the page as people do: one browser a person, by what stands on buttons and at fields."""

import re
from collections.abc import Mapping, Sequence

from bs4 import BeautifulSoup, Tag
from httpx2 import Response
from starlette.testclient import TestClient
from starlette.types import ASGIApp

BASE = "http://127.0.0.1:8080"

Filled = str | Sequence[str] | Sequence[Sequence[str]]


class PageDriver:
    """`where` is None for one's own talk, else words of a link: 「R8-0001」, 「電子申請」, 「電子申請/R8-0001」."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._clients: dict[str, TestClient] = {}
        self._seen: dict[str, BeautifulSoup] = {}

    def client(self, who: str) -> TestClient:
        """The browser of this person, signed in."""
        self._start(who)
        return self._clients[who]

    def _start(self, who: str) -> BeautifulSoup:
        """What this person sees first, signed in."""
        client = self._clients.setdefault(who, TestClient(self.app, base_url=BASE))
        start = _soup(client.get("/"))
        if not start.select_one("#rail"):  # not yet, or no longer
            form = start.select_one("form[action='/enter']")
            assert form, f"no start page: {_text(start)}"
            answer = client.post("/enter", data={**_values(form), "user": who})
            assert answer.status_code == 200, f"{who} cannot sign in"
            start = _soup(answer)
        return start

    def say(self, who: str, text: str, where: str | None = None) -> str:
        """Write into the box of that place and send it. Returns what is then to be read."""
        soup = self._open(who, where)
        form = soup.select_one("form.say")
        assert form, f"{who} cannot write at {where or 'the own talk'}"
        return self._send(who, form, {"text": text})

    def press(self, who: str, label: str, where: str | None = None, nth: int = -1) -> str:
        """Press the newest button there that says `label`; else one of the last page, else of the list at the left."""
        last = self._seen.get(who)
        soup = self._open(who, where)
        for page, root in ((soup, "main"), (last, "main"), (soup, "#rail")):
            found = _pressable(page, root, label) if page else []
            if found:
                break
        else:
            raise AssertionError(f"no button 「{label}」 for {who}; there are {_labels(soup)}")
        chosen = found[nth]
        beside = chosen.find_parent(id=re.compile("^p-"))
        exact = [tag for tag in found if tag.get_text(strip=True) == label]
        if beside and nth == -1:
            chosen = next((tag for tag in exact if tag in beside.find_all(True)), chosen)
        if chosen.name == "a":
            return self._keep(who, self._clients[who].get(str(chosen["href"])))
        form = chosen.find_parent("form")
        assert form
        return self._send(who, form, {str(chosen["name"]): str(chosen["value"])})

    def fill(self, who: str, values: Mapping[str, Filled], *, send: bool = True) -> str:
        """Fill in the open form by the labels of its fields; what is not named keeps its value."""
        form = self._form(who)
        for label, value in values.items():
            _fill(_field(form, label), value)
        return self._send(who, form, {}) if send else self.seen(who)

    def confirm(self, who: str) -> str:
        """Press the last button of the preview."""
        form = self._seen[who].select_one("#preview form[action='/send-form']")
        assert form, f"{who} sees no preview: {self.seen(who)}"
        return self._send(who, form, {})

    def fix(self, who: str) -> str:
        """Go back from the preview to the fields."""
        link = next(a for a in self._seen[who].select("#preview a") if a.get_text() == "直す")
        return self._keep(who, self._clients[who].get(str(link["href"])))

    def view(self, who: str, label: str) -> str:
        """Open a list or a board by its name in the list at the left."""
        soup = self._open(who, None)
        link = next((a for a in soup.select("#rail a") if label in a.get_text()), None)
        assert link, f"{who} has no 「{label}」"
        return self._keep(who, self._clients[who].get(str(link["href"])))

    def read(self, who: str, where: str | None = None) -> str:
        """Everything that stands at a place; without a place, the form that lies open."""
        if (
            where is None
            and who in self._seen
            and self._seen[who].select_one("form.form, #preview")
        ):
            return self.seen(who)
        return _text(_main(self._open(who, where)))

    def seen(self, who: str) -> str:
        """What the page this person looks at says, without opening it again."""
        return _text(_main(self._seen[who]))

    def cards(self, who: str, where: str | None = None) -> list[str]:
        """What was said at a place, one text a post; the thread's first card comes first."""
        return [_text(post) for post in _main(self._open(who, where)).select("[id^='p-'], #alone")]

    def buttons(self, who: str, where: str | None = None) -> list[str]:
        """What one can press there, oldest first."""
        return _labels(self._open(who, where))

    def rail(self, who: str) -> str:
        rail = self._open(who, None).select_one("#rail")
        assert rail
        return _text(rail)

    def fields(self, who: str) -> list[str]:
        """The labels of the open form."""
        return [_label(f) for f in self._form(who).select(".field")]

    def errors(self, who: str) -> list[str]:
        """The sentences at the fields of the open form."""
        return [_text(error) for error in self._seen[who].select(".err")]

    def _open(self, who: str, where: str | None) -> BeautifulSoup:
        soup = self._start(who)
        for depth, name in enumerate(where.split("/") if where else ()):
            links = soup.select("#rail a" if depth == 0 else ".queue a")
            link = next((a for a in links if name in a.get_text()), None)
            assert link, f"{who} sees no 「{name}」 among {[_text(a) for a in links]}"
            soup = _soup(self._clients[who].get(str(link["href"])))
        self._seen[who] = soup
        return soup

    def _form(self, who: str) -> Tag:
        assert who in self._seen, f"{who} has no page open"
        form = self._seen[who].select_one("form.form")
        assert form, f"{who} has no form open but sees: {self.seen(who)}"
        return form

    def _send(self, who: str, form: Tag, more: Mapping[str, str]) -> str:
        data = {**_values(form), **more}
        return self._keep(who, self._clients[who].post(str(form["action"]), data=data))

    def _keep(self, who: str, answer: Response) -> str:
        soup = _soup(answer)
        assert answer.status_code == 200, f"{answer.status_code}: {_text(_main(soup))}"
        self._seen[who] = soup
        return self.seen(who)


def _soup(answer: Response) -> BeautifulSoup:
    """The page as it is read: a span that only keeps words together parts nothing."""
    soup = BeautifulSoup(answer.text, "html.parser")
    for span in soup.select(".nb"):
        span.unwrap()
    soup.smooth()
    return soup


def _text(tag: Tag) -> str:
    return tag.get_text("\n", strip=True)


def _main(soup: BeautifulSoup) -> Tag:
    main = soup.select_one("main")
    assert main
    return main


def _labels(soup: BeautifulSoup) -> list[str]:
    return [_text(b) for b in _main(soup).select("button[name='press'], button[name='look']")]


def _pressable(soup: BeautifulSoup, root: str, label: str) -> list[Tag]:
    pattern = "button[name='press'], button[name='look'], a[href^='/view/']"
    found = soup.select_one(root)
    assert found
    return [tag for tag in found.select(pattern) if label in tag.get_text()]


def _label(field: Tag) -> str:
    """What a field is called, without 必須 and 任意."""
    label = field.select_one("label, legend, b")
    assert label
    return label.get_text().strip().removesuffix("必須").removesuffix("任意").strip()


def _field(form: Tag, label: str) -> Tag:
    fields = form.select(".field")
    exact = [field for field in fields if _label(field) == label]
    near = [field for field in fields if label in _label(field)]
    assert exact or near, f"no field 「{label}」 among {[_label(field) for field in fields]}"
    return (exact or near)[0]


def _fill(field: Tag, value: Filled) -> None:
    boxes = field.select("input[type='radio'], input[type='checkbox']")
    if boxes:
        _tick(boxes, [value] if isinstance(value, str) else [str(item) for item in value])
    elif (choice := field.select_one("select")) is not None:
        _choose(choice, str(value))
    elif (long := field.select_one("textarea")) is not None:
        long.string = str(value)
    elif field.select_one("table"):
        texts = [text for row in value for text in row]
        for box, text in zip(field.select("td input"), texts, strict=False):
            box["value"] = text
    else:
        field.select("input")[0]["value"] = str(value)


def _tick(boxes: Sequence[Tag], wanted: Sequence[str]) -> None:
    labels = {}
    for box in boxes:
        del box["checked"]
        span = box.find_next_sibling("span")
        assert span
        labels[next(span.stripped_strings)] = box
    for label in wanted:
        assert label in labels, f"no 「{label}」 among {list(labels)}"
        labels[label]["checked"] = ""


def _choose(choice: Tag, wanted: str) -> None:
    for option in choice.select("option"):
        del option["selected"]
    options = choice.select("option")
    found = next((o for o in options if wanted in o.get_text()), None)
    assert found, f"no 「{wanted}」 among {[o.get_text() for o in options]}"
    found["selected"] = ""


def _values(form: Tag) -> dict[str, str | list[str]]:
    """What a browser would send: the values of all fields that have a name."""
    values: dict[str, list[str]] = {}
    for box in form.select("input[name], textarea[name], select[name]"):
        if box.name == "select":
            chosen = box.select_one("option[selected]") or box.select_one("option")
            value = str(chosen["value"]) if chosen else ""
        elif box.name == "textarea":
            value = box.get_text().removeprefix("\n")
        elif box.get("type") in ("radio", "checkbox") and not box.has_attr("checked"):
            continue
        else:
            value = str(box.get("value", ""))
        values.setdefault(str(box["name"]), []).append(value)
    return {name: found[0] if len(found) == 1 else found for name, found in values.items()}
