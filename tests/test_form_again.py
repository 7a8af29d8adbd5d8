"""A form that was sent off, came back and was left is taken up with what was filled in."""

from tests.conftest import Whole
from tests.test_consulting import FORM, consult

THREAD = "電子申請/R8-0001"
STEP_BY_STEP = ("terminal", "logo")
LETTER = "できます。申込みから2か月ほどです。"


def close_form(whole: Whole, who: str) -> None:
    """Leave the form that is open, as people close a window."""
    if whole.name == "slack":
        whole.driver.close(who)  # type: ignore[union-attr]


def test_a_reply_whose_preview_was_closed_stands_in_the_form_again(whole: Whole) -> None:
    consult(whole)
    whole.press("mori", "多可町へ返信", THREAD)
    whole.fill("mori", {"返信": LETTER})
    close_form(whole, "mori")
    whole.press("mori", "多可町へ返信", THREAD)
    if whole.name not in STEP_BY_STEP:  # there it goes on with the step it is at
        assert "前に書いたところまで戻しました" in whole.driver.read("mori")
    whole.fill("mori", {})
    whole.confirm("mori")
    assert LETTER in whole.read("yamada", "R8-0001")
    if whole.name not in STEP_BY_STEP:
        whole.press("mori", "多可町へ返信", THREAD)
        opened = whole.driver.read("mori")
        assert "前に書いたところまで" not in opened and LETTER not in opened  # it was sent


def test_what_came_back_with_a_mistake_is_there_the_next_time_and_the_time_after(
    whole: Whole,
) -> None:
    whole.press("yamada", "相談する")
    whole.fill("yamada", {**FORM, "希望期限": "2026-11-01"})
    if whole.name in STEP_BY_STEP:
        return  # step by step a mistake is asked about at once
    for _ in range(2):
        close_form(whole, "yamada")
        whole.press("yamada", "相談する")
    whole.fill("yamada", {"希望期限": "2026-12-01"})
    assert FORM["内容"] in whole.read("mori", THREAD)


def test_a_form_that_nobody_sent_off_opens_as_it_is_now(page: Whole) -> None:
    page.press("yamada", "相談する")
    page.press("yamada", "相談する")
    assert "前に書いたところまで" not in page.driver.seen("yamada")
