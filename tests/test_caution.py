"""慎重さ: the office decides how sure the desk has to be, sees what that would have meant, and takes it back."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import select

from bot import history, settings
from bot.chat import Account, Card, Place
from bot.questions import Question
from bot.settings import CAREFUL, Caution
from jobs.doctor import examine
from knowledge.calibration import calibrated
from knowledge.caution import replayed
from knowledge.decision import answers_from, decide
from tests.conftest import Whole

SURE, RATHER = "e-ひょうごの利用料はいくらですか", "e-ひょうごでできること"
HAYASHI = Account("web", "page", "hayashi")


def outcomes(whole: Whole) -> list[str]:
    with whole.db.read() as session:
        return list(session.scalars(select(Question.outcome).order_by(Question.id)))


def scored(whole: Whole, *told: tuple[str, float]) -> None:
    """Questions as they are kept: how each ended, and how sure the desk was."""
    with whole.db.write() as session:
        for number, (outcome, score) in enumerate(told):
            session.add(
                Question(
                    event_id=f"q{number}", asked_at=whole.clock(), account=HAYASHI, text="問い",
                    place=Place("web", "page", "hayashi"), outcome=outcome, score=score, entry_id=None,
                    choices=["a"] if outcome == "choices" else [], candidates=[{"id": "a", "score": 1}],
                )
            )  # fmt: skip


def counts(whole: Whole) -> dict[Caution, tuple[int, int, int]]:
    with whole.db.read() as session:
        found = replayed(session, whole.clock())
    return {k: (one.answered, one.asked_back, one.handed_over) for k, one in found.items()}


def test_more_careful_the_next_question_is_asked_back_and_taken_back_it_is_answered(
    whole: Whole,
) -> None:
    whole.say("yamada", SURE)
    if whole.name != "slack":  # there it stands on the home tab, open
        whole.driver.view("hayashi", "慎重さ")
    whole.press("hayashi", "「とても慎重」にする")
    whole.say("yamada", RATHER)
    whole.press("hayashi", "取り消す")
    whole.say("yamada", RATHER)

    assert outcomes(whole) == ["answer", "choices", "answer"]
    with whole.db.read() as session:
        lines = history.of(session, "setting", settings.CAUTION)
    assert [(line.who, line.detail["to"]) for line in lines] == [
        ("hayashi", "most"), ("hayashi", "usual"),
    ]  # fmt: skip


def test_each_step_says_what_it_would_have_made_of_the_recent_questions(page: Whole) -> None:
    scored(page, ("answer", 0.97), ("answer", 0.8), ("choices", 0.6), ("no_answer", 0.1))
    card = page.desk.look(HAYASHI, "caution", "")
    assert isinstance(card, Card) and card.table is not None
    told = {row[0].text: tuple(cell.text for cell in row[1:]) for row in card.table.rows}

    assert told["とても慎重"] == ("1件", "2件", "1件")
    assert told["ふつう（いま）"] == ("2件", "1件", "1件")
    assert told["とても積極的"] == ("3件", "0件", "1件")
    assert "質問4件" in card.paragraphs[1]


def test_a_vague_question_is_asked_back_at_every_step(page: Whole) -> None:
    """It was not answered though it was sure enough for the step of its day."""
    scored(page, ("choices", 0.9))
    assert counts(page)[Caution.LEAST] == (0, 1, 0)

    with page.db.write() as session:
        settings.be(session, Caution.MOST, "hayashi", page.clock())
    scored(page, ("choices", 0.9))  # at this step that is not sure enough, and nothing vague
    assert counts(page)[Caution.LEAST] == (1, 1, 0)


def test_what_was_pressed_afterwards_changes_nothing_of_how_a_question_was_met(page: Whole) -> None:
    scored(page, ("choices", 0.6))
    with page.db.write() as session:
        session.scalars(select(Question)).one().outcome = "answer"  # one of them was picked
    assert counts(page)[Caution.USUAL] == (0, 1, 0)


def test_the_steps_decide_as_the_costs_do() -> None:
    line = calibrated().threshold
    for careful in CAREFUL.values():
        edge = answers_from(careful, line)
        assert decide(edge + 1e-6, 1.0, careful, line) == "answer"
        assert decide(edge - 1e-6, 1.0, careful, line) == "choices"
    assert CAREFUL[Caution.USUAL] == 1.0 and len(set(CAREFUL.values())) == len(Caution)


def test_an_old_button_takes_back_nothing_newer(page: Whole) -> None:
    with page.db.write() as session:
        first = settings.be(session, Caution.MORE, "hayashi", page.clock())
        assert first is not None
        change = first.changes
    with page.db.write() as session:
        assert settings.be(session, Caution.LESS, "fujii", page.clock())
    with page.db.write() as session:
        assert settings.undo(session, change, "hayashi", page.clock()) is None
        assert settings.caution(session) is Caution.LESS


def test_pressed_twice_it_is_changed_once(page: Whole) -> None:
    page.driver.view("hayashi", "慎重さ")
    page.press("hayashi", "「慎重」にする")
    with page.db.write() as session:
        assert settings.be(session, Caution.MORE, "fujii", page.clock()) is None
        assert settings.known(session, settings.CAUTION).changes == 1  # type: ignore[union-attr]


def test_two_at_once_leave_one_row_and_two_changes(page: Whole) -> None:
    def change(to: Caution) -> None:
        with page.db.write() as session:
            settings.be(session, to, "hayashi", page.clock())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(change, [Caution.MORE, Caution.LESS, Caution.MOST, Caution.LEAST]))
    with page.db.read() as session:
        row = settings.known(session, settings.CAUTION)
        assert row is not None and row.changes == 4
        assert row.before != row.value


def test_another_process_decides_by_it_too_and_no_question_costs_a_statement_more(
    page: Whole,
) -> None:
    before = page.desk.library.index()
    assert before.careful == 1.0
    page.driver.view("hayashi", "慎重さ")
    page.press("hayashi", "「積極的」にする")
    assert page.desk.library.index().careful == CAREFUL[Caution.LESS]


def test_doctor_says_how_careful_the_desk_is_and_who_set_it(page: Whole, tmp_path: Path) -> None:
    url = page.db.engine.url.render_as_string(hide_password=False)
    env = {"DATABASE_URL": url, "DATA_DIR": str(tmp_path), "DEMO": "1"}
    [line] = [one for one in examine(env, tmp_path / "none", page.clock) if one.what == "慎重さ"]
    assert line.fine and line.words == "「ふつう」です"

    page.driver.view("hayashi", "慎重さ")
    page.press("hayashi", "「慎重」にする")
    [line] = [one for one in examine(env, tmp_path / "none", page.clock) if one.what == "慎重さ"]
    assert line.words.startswith("「慎重」です（林") and "11月20日" in line.words
