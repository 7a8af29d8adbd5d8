"""python -m tests.slack_story [--out calls.jsonl]: tell the story, check what was recorded, say how much it was."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.slack_story import contract
from tests.slack_story.story import Told, tell


def counts(told: Told, judged: contract.Judged, wrong: int) -> str:
    return (
        f"slack-contract: {len(told.calls)} calls and {len(told.answers)} answers to forms, "
        f"{len(judged.methods)} methods, {len(judged.types)} types of blocks and views, "
        f"{wrong} deviations; told in {told.seconds:.0f}s"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="keep the recorded calls in this file")
    given = parser.parse_args()
    contract.make_ready()
    with tempfile.TemporaryDirectory() as folder:
        told = tell(Path(folder))
    if given.out is not None:
        contract.write([*told.calls, *told.answers], given.out)
    judged = contract.judge(told)
    wrong = contract.all_of(told, judged)
    for line in wrong:
        print(line)
    print(counts(told, judged, len(wrong)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
