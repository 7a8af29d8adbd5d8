"""Make knowledge/hyogo/figures.json: every figure of each document, by the file name the facts give it.

    .venv/bin/python -m tools.figures FOLDER_OF_THE_DOCUMENTS

Made once; the documents themselves are not part of the repository. `python -m bot knowledge check` holds
every fact against it.
"""

import json
import sys
from pathlib import Path

from knowledge.figures import figures

OUT = Path("knowledge/hyogo/figures.json")


def main() -> None:
    """Read every .txt of the folder and write the list."""
    found = {
        path.name: sorted(figures(path.read_text(encoding="utf-8")))
        for path in sorted(Path(sys.argv[1]).glob("[0-9]*.txt"))
    }
    OUT.write_text(json.dumps(found, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    print(OUT, {name: len(listed) for name, listed in found.items()})


if __name__ == "__main__":
    main()
