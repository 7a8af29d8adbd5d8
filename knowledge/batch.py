"""Many questions at once, as JSON lines. The form of the lines is a contract (version 1), held by a test."""

import json
import re
import time
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from knowledge.answers import as_read, source_label
from knowledge.library import Library
from knowledge.search import Candidate, Index

HALVES = re.compile("[\ud800-\udfff]")
"""Half a character, as JSON can write it: no text, and no output can hold it."""


def answer_lines(
    library: Library, lines: Iterable[str], at: date, top: int, write: Callable[[str], object]
) -> bool:
    """Read `{"id","query"}` lines and write one JSON line for each, in order; False if any was bad.

    Nothing asked here is kept as a question.
    """
    index = library.index()
    fine = True
    for line in lines:
        if not line.strip():
            continue
        result = answer_line(index, line, at, top)
        fine = fine and "error" not in result
        write(_as_line(result))
    return fine


def answer_line(index: Index, line: str, at: date, top: int) -> dict[str, Any]:
    """One result, or `{"id","error"}` for a line that is not one."""
    asked, problem = _read(line)
    if problem:
        return {"id": asked.get("id"), "error": problem}
    began = time.perf_counter()
    found = index.search(asked["query"], at=at, top=top)
    took = (time.perf_counter() - began) * 1000
    candidates = [_candidate(one, at) for one in found.candidates]
    answer = None
    if found.outcome == "answer":
        best = found.candidates[0].entry
        sources = [source_label(source) for source in best.sources]
        if found.also:
            second = found.also.entry
            candidates[0]["text"] += f"\n{second.title}\n{as_read(second, at)}"
            sources += [source_label(source) for source in second.sources]
        answer = candidates[0] | {"sources": list(dict.fromkeys(sources))}
    return {
        "id": asked.get("id"),
        "outcome": found.outcome,
        "answer": answer,
        "candidates": candidates,
        "field": found.field,
        "score": round(found.score, 4),
        "took_ms": round(took, 3),
    }


def _as_line(result: dict[str, Any]) -> str:
    line = json.dumps(result, ensure_ascii=False)
    return json.dumps(result) if HALVES.search(line) else line


def _read(line: str) -> tuple[dict[str, Any], str]:
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError) as error:
        at = f"（{error.colno}文字目）" if isinstance(error, json.JSONDecodeError) else ""
        return {}, f"JSONとして読めません{at}"
    if not isinstance(asked, dict):
        return {}, '{"id","query"} の形で書いてください'
    if not isinstance(asked.get("query"), str):
        return asked, "query（質問の文）を文字で書いてください"
    if HALVES.search(asked["query"]):
        return asked, "query に文字ではないもの（サロゲートの片方）があります"
    return asked, ""


def _candidate(candidate: Candidate, at: date) -> dict[str, Any]:
    entry = candidate.entry
    return {
        "article_id": entry.id,
        "title": entry.title,
        "text": as_read(entry, at),
        "score": round(candidate.score, 4),
    }
