"""
The arithmetic of measuring: shares with intervals, areas under curves, and the pictures.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

Z = 1.96  # for 95 %


@dataclass(frozen=True)
class Share:
    """So many of so many, with the 95 % interval of Wilson (1927)."""

    found: int
    of: int

    @classmethod
    def count(cls, flags: Iterable[bool]) -> Share:
        """The share of true flags."""
        listed = [bool(flag) for flag in flags]
        return cls(sum(listed), len(listed))

    @property
    def value(self) -> float:
        return self.found / self.of if self.of else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        if not self.of:
            return float("nan"), float("nan")
        share, n = self.value, self.of
        centre = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
        return centre - half, centre + half

    def __str__(self) -> str:
        if not self.of:
            return "no messages"
        low, high = self.interval
        return f"{self.value:.3f} ({low:.3f} to {high:.3f}), {self.found} of {self.of}"


def auroc(truth: Sequence[bool], scores: Sequence[float]) -> float:
    """Area under the curve; not a number where one side is empty."""
    return float(roc_auc_score(truth, scores)) if len(set(truth)) == 2 else float("nan")


def at_rate(negatives: Sequence[float], positives: Sequence[float], rate: float) -> float:
    """The share of *positives* above the threshold that a share *rate* of *negatives* exceeds at most."""
    if not len(negatives) or not len(positives):
        return float("nan")
    ordered = np.sort(np.asarray(negatives))[::-1]
    threshold = ordered[min(int(rate * len(ordered)), len(ordered) - 1)]
    return float(np.mean(np.asarray(positives) > threshold))


def expected_error(truth: Sequence[bool], shares: Sequence[float], bins: int = 10) -> float:
    """Expected calibration error over equal bins."""
    values, known = np.asarray(shares), np.asarray(truth)
    places = np.minimum((values * bins).astype(int), bins - 1)
    gaps = [abs(values[places == b].mean() - known[places == b].mean()) * (places == b).mean() for b in set(places)]
    return float(sum(gaps))


def draw_curves(path: Path, curves: Sequence[tuple[str, Sequence[bool], Sequence[float]]]) -> None:
    """ROC beside precision-recall, one line a curve."""
    plt = _plots()
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6))
    for name, truth, scores in curves:
        if len(set(truth)) < 2:
            continue
        fall_out, recall, _ = roc_curve(truth, scores)
        left.plot(fall_out, recall, label=f"{name} ({roc_auc_score(truth, scores):.3f})")
        precision, found, _ = precision_recall_curve(truth, scores)
        right.plot(found, precision, label=f"{name} ({average_precision_score(truth, scores):.3f})")
    left.set(xlabel="false alarms", ylabel="found", title="ROC (area)", xlim=(0, 1), ylim=(0, 1.01))
    right.set(xlabel="found", ylabel="right among those found", title="Precision and recall (average)", ylim=(0, 1.01))
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    _save(figure, path)


def draw_calibration(path: Path, curves: Sequence[tuple[str, Sequence[bool], Sequence[float]]]) -> None:
    """How often it was so, against how likely it was said to be."""
    plt = _plots()
    figure, axes = plt.subplots(figsize=(5.6, 5))
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", label="as said")
    for name, truth, shares in curves:
        values, known = np.asarray(shares), np.asarray(truth)
        places = np.minimum((values * 10).astype(int), 9)
        kept = [b for b in range(10) if (places == b).sum() >= 5]
        axes.plot(
            [values[places == b].mean() for b in kept],
            [known[places == b].mean() for b in kept],
            marker="o",
            label=f"{name} (error {expected_error(truth, shares):.3f})",
        )
    axes.set(xlabel="said to be likely", ylabel="was so", title="Calibration", xlim=(0, 1), ylim=(0, 1))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    _save(figure, path)


def draw_confusion(path: Path, table: NDArray[np.int64], rows: Sequence[str], columns: Sequence[str]) -> None:
    """Truth by row, what was said by column; numbers where there is room for them."""
    plt = _plots()
    size = max(4.2, 0.17 * len(rows))
    figure, axes = plt.subplots(figsize=(size + 1.5, size))
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    small = len(rows) > 12
    axes.set_xticks(range(len(columns)), columns, rotation=90 if small else 0, fontsize=5 if small else 9)
    axes.set_yticks(range(len(rows)), rows, fontsize=5 if small else 9)
    axes.set(xlabel="said", ylabel="true")
    if not small:
        for (row, column), count in np.ndenumerate(table):
            axes.text(column, row, str(count), ha="center", color="white" if shares[row, column] > 0.5 else "black")
    _save(figure, path)


def _plots():  # type: ignore[no-untyped-def]
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt


def _save(figure, path: Path) -> None:  # type: ignore[no-untyped-def]
    figure.tight_layout()
    figure.savefig(path, dpi=130, metadata={"Software": None})
    _plots().close(figure)
