"""What people look at without saying anything: the home tab, lists, one over another."""

from tests.slack_story.consulting import consult_again
from tests.slack_story.stage import STRANGER, Teller


def at_home(t: Teller) -> None:
    """What an asker, a liaison, the office and a stranger find on the home tab."""
    for who, words in (
        ("yamada", "わたしと課の相談"),
        ("mori", "わたしの担当"),
        ("hayashi", "お知らせの一覧"),
        (STRANGER, "相談する"),
    ):
        assert words in str(t.home(who)), who
    t.press_at_home("mori", "開く")  # one of many consultations
    t.opens("mori", "担当：")
    t.close("mori")


def through_lists(t: Teller) -> None:
    """Three modals over one another are all that Slack has; a form then takes the place of the last."""
    t.command("mori", "/soudan")
    t.opens("mori", "できることを選んでください")
    t.press("mori", "わたしの担当")
    t.opens("mori", "まで）")
    t.press("mori", "開く")
    t.opens("mori", "担当：")
    t.press("mori", "へ返信")
    t.opens("mori", "次の画面で")
    t.close("mori")


def look_in_vain(t: Teller) -> None:
    """A list that is gone by now: nothing to be seen is said so."""
    t.fake.send(t.fake.make("block_actions", "UMORI", action_id="look:0:ticket", value="999999"))
    t.opens("mori", "いま見られるものはありません")
    t.close("mori")


def have_many(t: Teller) -> None:
    """More consultations than have room in a row of buttons."""
    for number in range(3):
        consult_again(t, f"もう一つ {number + 1}")
