"""What was promised about speed, measured: each figure beside a baseline of the same run."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One measured figure: ours, the baseline of the same run (None where there is none), and what was to be reached.

    `ratio` is the most that ours ÷ baseline may be, `most` and `least` are the most and the least that ours may be, in its
    unit; all None: no goal.
    """

    name: str
    ours: float
    base: float | None = None
    unit: str = "s"
    ratio: float | None = None
    most: float | None = None
    against: str = ""
    least: float | None = None

    @property
    def met(self) -> bool | None:
        """Every part of the goal is reached; None where there is no goal."""
        judged = []
        if self.ratio is not None and self.base:
            judged.append(self.ours / self.base <= self.ratio)
        if self.most is not None:
            judged.append(self.ours <= self.most)
        if self.least is not None:
            judged.append(self.ours >= self.least)
        return all(judged) if judged else None

    @property
    def goal(self) -> str:
        """The goal in words; "–" where there is none."""
        parts = [] if self.ratio is None else [f"≤ {self.ratio:g} ×"]
        parts += [] if self.most is None else [f"≤ {self.most:g} {self.unit}"]
        parts += [] if self.least is None else [f"≥ {self.least:g} {self.unit}"]
        return " and ".join(parts) or "–"

    @property
    def parts(self) -> tuple[str, str, str, str, str, str, str]:
        """Name, ours, baseline, what the baseline is, ratio, goal and verdict, in words."""
        base = "–" if self.base is None else f"{number(self.base)} {self.unit}"
        ratio = f"{self.ours / self.base:.2f} ×" if self.base else "–"
        verdict = {True: "met", False: "missed", None: "no goal"}[self.met]
        return self.name, f"{number(self.ours)} {self.unit}", base, self.against or "–", ratio, self.goal, verdict

    @property
    def row(self) -> str:
        """The figure as a row of a table in Markdown."""
        return f"| {' | '.join(self.parts)} |"

    def __str__(self) -> str:
        name, ours, base, against, ratio, goal, verdict = self.parts
        return f"{name}: ours {ours}  baseline {base} ({against})  ratio {ratio}  goal {goal}  [{verdict}]"


def number(value: float) -> str:
    """Three digits that matter."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def seconds(work: Callable[..., object], *given: object, **named: object) -> float:
    """How long it took, once."""
    start = time.perf_counter()
    work(*given, **named)
    return time.perf_counter() - start


def interleaved(rounds: int, ours: Callable[[], object], base: Callable[[], object]) -> tuple[float, float]:
    """The median seconds of both, measured in turn so that a noisy machine troubles both alike."""
    times: tuple[list[float], list[float]] = ([], [])
    for _round in range(rounds):
        times[0].append(seconds(ours))
        times[1].append(seconds(base))
    return median(times[0]), median(times[1])


def slowest(times: list[float]) -> float:
    """The 99th of a hundred."""
    return sorted(times)[min(len(times) - 1, round(len(times) * 0.99))]
