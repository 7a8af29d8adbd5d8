"""The whole story, told to the real process: every call is as Slack's own types want it, and none is left out.

Run by the part "contracts" of `make check` alone: it wants node, and a minute. `make slack-contract` says
the same without pytest.
"""

from pathlib import Path

import pytest

from tests.slack_story import contract
from tests.slack_story.__main__ import counts
from tests.slack_story.contract import Judged
from tests.slack_story.story import Told, tell

pytestmark = pytest.mark.contract


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    contract.make_ready()
    return tell(tmp_path_factory.mktemp("story"))


@pytest.fixture(scope="module")
def judged(told: Told) -> Judged:
    found = contract.judge(told)
    print(counts(told, found, len(contract.all_of(told, found))))
    return found


def test_no_call_and_no_answer_to_a_form_deviates_from_slacks_types(judged: Judged) -> None:
    assert judged.deviations == ()


def test_every_method_and_every_type_of_block_that_the_code_can_produce_is_recorded(
    judged: Judged,
) -> None:
    assert list(contract.missing(judged)) == []


def test_every_type_that_is_recorded_is_found_in_the_code(judged: Judged) -> None:
    assert judged.types <= contract.types_in_code()


def test_nothing_that_a_person_wrote_can_call_anybody(told: Told) -> None:
    assert list(contract.calling(told)) == []
    assert "<!channel>" in str(told.calls)  # it was written, and is to be read


def test_slack_refuses_nothing_but_what_the_story_is_about(told: Told) -> None:
    assert list(contract.refused(told)) == []


def test_no_acknowledgement_is_more_than_a_frame_of_the_socket_holds(told: Told) -> None:
    assert list(contract.too_large(told)) == []


def test_every_button_is_pressed_and_every_form_is_opened(told: Told) -> None:
    assert list(contract.untold(told)) == []
    assert list(contract.standing_without_threads(told)) == []


def test_nothing_broke_in_the_process_that_was_told(told: Told) -> None:
    lost = "slack_sdk.web.base_client Failed to send a request"
    errors = [line for line in told.log.splitlines() if " ERROR " in line and lost not in line]
    assert errors == [] and "Traceback" not in told.log


def test_what_cannot_be_read_off_the_code_is_an_error_and_no_gap(tmp_path: Path) -> None:
    (tmp_path / "more.py").write_text('def f(kind):\n    return {"type": kind}\n')
    with pytest.raises(ValueError, match=r"more\.py:2"):
        contract.types_in_code(tmp_path)


def test_a_form_whose_action_is_told_to_a_function_is_read_off_its_callers() -> None:
    assert {"write", "faq", "edit", "rewrite", "consult_send"} <= contract.forms_in_code()
