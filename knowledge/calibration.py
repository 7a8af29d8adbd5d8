"""From evidence to probability: two logistic curves, fitted by `make calibrate`, kept in calibration.json."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from knowledge.evidence import NAMES, Evidence

CALIBRATION = Path(__file__).parent / "calibration.json"


@dataclass(frozen=True)
class Curve:
    """A logistic curve over named evidence: 1 / (1 + exp(-(at + Σ weight × evidence)))."""

    at: float = 0.0
    weights: Mapping[str, float] = field(default_factory=dict)

    def chance(self, evidence: Evidence) -> float:
        total = self.at + sum(w * getattr(evidence, name) for name, w in self.weights.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))

    def parts(self, evidence: Evidence) -> dict[str, float]:
        """What each piece of evidence adds, in log-odds."""
        return {name: w * getattr(evidence, name) for name, w in self.weights.items()}


@dataclass(frozen=True)
class Calibration:
    """`first`: the first entry is the answer; `three`: one of the first three is. `threshold`: an answer from there."""

    first: Curve = Curve(-2.0, {"fit": 0.3})
    three: Curve = Curve(-1.0, {"fit": 0.3})
    threshold: float = 0.5
    fit_middle: float = 5.0
    fit_spread: float = 3.0
    fitted_on: str = ""

    def chance(self, evidence: Evidence) -> float:
        """How likely the first entry answers the question."""
        return self.first.chance(evidence)

    def among(self, evidence: Evidence) -> float:
        """How likely one of the first three does; never less likely than the first alone."""
        return max(self.first.chance(evidence), self.three.chance(evidence))

    def fit(self, fit: float) -> float:
        """How well an entry fits, 0…1, by itself."""
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, (fit - self.fit_middle) / self.fit_spread))))

    def write(self, path: Path = CALIBRATION) -> None:
        text = json.dumps(_rounded(asdict(self)), ensure_ascii=False, indent=1)
        path.write_text(text + "\n", encoding="utf-8")


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(one) for key, one in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def read(path: Path = CALIBRATION) -> Calibration:
    """Raise ValueError where a name is none of the evidence."""
    if not path.is_file():
        return Calibration()
    told = json.loads(path.read_text("utf-8"))
    curves = {name: Curve(told[name]["at"], told[name]["weights"]) for name in ("first", "three")}
    for curve in curves.values():
        if unknown := set(curve.weights) - set(NAMES):
            raise ValueError(f"{path}: {', '.join(sorted(unknown))}")
    return Calibration(**{**told, **curves})


@cache
def calibrated() -> Calibration:
    """The calibration in calibration.json."""
    return read()
