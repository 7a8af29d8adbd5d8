"""The field of a consultation: chosen where the desk is sure, three likely ones where it is not."""

import pytest
from sqlalchemy import select

from bot.tickets import Ticket
from tests.conftest import Whole

UNSURE = "予算がなくて困っています"
SENT = {"件名": "予算のこと"}


def field_of_the_ticket(whole: Whole) -> str | None:
    with whole.db.read() as session:
        found = session.scalars(select(Ticket).order_by(Ticket.id.desc())).first()
        assert found
        return found.field_name


def test_unsure_and_untouched_it_goes_to_the_regional_liaison(whole: Whole) -> None:
    whole.say("yamada", UNSURE)
    whole.press("yamada", "相談する")
    whole.fill("yamada", SENT)

    assert field_of_the_ticket(whole) is None
    assert UNSURE in whole.read("kishimoto", "地域リエゾン/R8-0001")


@pytest.mark.parametrize("likely", ["財源制度", "推進体制", "共同利用"])
def test_one_of_the_three_likeliest_is_one_press_away(whole: Whole, likely: str) -> None:
    whole.say("yamada", UNSURE)
    whole.press("yamada", "相談する")
    whole.fill("yamada", {**SENT, "分野": likely})

    assert field_of_the_ticket(whole) == likely


def test_any_other_field_can_still_be_chosen(whole: Whole) -> None:
    whole.say("yamada", UNSURE)
    whole.press("yamada", "相談する")
    whole.fill("yamada", {**SENT, "分野": "防災DX"})

    assert field_of_the_ticket(whole) == "防災DX"


def test_where_it_is_sure_the_field_stands_there(whole: Whole) -> None:
    whole.say("yamada", "e-ひょうごの利用料はいくらですか")
    whole.press("yamada", "相談する")
    whole.fill("yamada", SENT)

    assert field_of_the_ticket(whole) == "電子申請"


def test_a_mistake_brings_the_same_three_back_with_what_was_chosen(whole: Whole) -> None:
    whole.say("yamada", UNSURE)
    whole.press("yamada", "相談する")
    whole.fill("yamada", {**SENT, "分野": "防災DX", "希望期限": "2026-01-05"})
    assert "今日からあとの日付を選んでください" in "".join(whole.driver.errors("yamada"))
    whole.fill("yamada", {"希望期限": "2026-12-05"})

    assert field_of_the_ticket(whole) == "防災DX"


def test_words_that_say_nothing_leave_the_whole_list(whole: Whole) -> None:
    whole.press("yamada", "相談する")
    whole.fill("yamada", {**SENT, "内容": "電話をください"})

    assert field_of_the_ticket(whole) is None


def test_the_page_shows_the_three_as_buttons_and_the_regional_liaison_as_chosen(
    page: Whole,
) -> None:
    page.say("yamada", UNSURE)
    page.press("yamada", "相談する")
    shown = page.driver.seen("yamada")

    order = ["財源制度", "推進体制", "共同利用", "わからない", "ほかから選ぶ", "標準化"]
    places = [shown.index(f"\n{name}") for name in order]
    assert places == sorted(places)
    assert shown.count("標準化") == 1
