"""Write into the pack what follows from its facts: `holds:` (typed values) and `basis:` (what the facts say).

    .venv/bin/python -m tools.holds

Run it after an entry or a fact changed; `python -m bot knowledge check` says when it is due.
"""

import json
import re
from pathlib import Path

from knowledge.check import read_pack
from knowledge.derived import basis_of, holds_of, holds_of_fact

PACK = Path("knowledge/hyogo")
DERIVED = re.compile(r"^(?:holds|basis):\n(?:  - .*\n)*", re.MULTILINE)
LAST = "owner:"


def main() -> None:
    """Rewrite the front matter of every entry and the line of every fact that is not as derived."""
    pack = read_pack(PACK)
    changed = 0
    for one in pack.entries:
        path = Path(one.origin)
        text = path.read_text(encoding="utf-8")
        lists = {"holds": holds_of(one.entry), "basis": basis_of(one.entry, pack.facts)}
        block = "".join(
            f"{name}:\n" + "".join(f"  - {item}\n" for item in items)
            for name, items in lists.items()
        )
        head, line, rest = DERIVED.sub("", text).partition(f"\n{LAST}")
        new = f"{head}\n{block}{line[1:]}{rest}"
        if new != text:
            path.write_text(new, encoding="utf-8")
            changed += 1
    facts = [dict(fact) | {"holds": list(holds_of_fact(fact))} for fact in pack.facts.values()]
    lines = "".join(json.dumps(fact, ensure_ascii=False) + "\n" for fact in facts)
    (PACK / "facts.jsonl").write_text(lines, encoding="utf-8")
    print(f"{changed} of {len(pack.entries)} entries changed")


if __name__ == "__main__":
    main()
