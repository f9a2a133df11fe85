"""An exposition of Prometheus, read back: sums of counters, and a quantile of a histogram."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import inf

_LINE = re.compile(r"^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

Sample = tuple[dict[str, str], float]


class Scrape:
    """One reading of `/metrics`."""

    def __init__(self, text: str) -> None:
        self._samples: dict[str, list[Sample]] = {}
        for name, labels, value in _LINE.findall(text):
            sample = (dict(_LABEL.findall(labels)), float(value))
            self._samples.setdefault(name, []).append(sample)

    def samples(self, name: str, **labels: str) -> Iterator[Sample]:
        """Yield the samples of *name* that have these labels."""
        for found, value in self._samples.get(name, []):
            if labels.items() <= found.items():
                yield found, value

    def total(self, name: str, **labels: str) -> float:
        """Add up the samples of *name* that have these labels."""
        return sum(value for _, value in self.samples(name, **labels))


def quantile(share: float, name: str, after: Scrape, before: Scrape) -> float:
    """
    Give the quantile of a histogram over what was counted between two scrapes.

    Interpolated within its bucket, as PromQL's `histogram_quantile` does.
    """
    earlier = {labels["le"]: value for labels, value in before.samples(f"{name}_bucket")}
    buckets = sorted(
        (inf if labels["le"] == "+Inf" else float(labels["le"]), value - earlier[labels["le"]])
        for labels, value in after.samples(f"{name}_bucket")
    )
    wanted = share * buckets[-1][1]
    low, below = 0.0, 0.0
    for bound, count in buckets:
        if count >= wanted:
            if bound == inf or count == below:
                return low
            return low + (bound - low) * (wanted - below) / (count - below)
        low, below = bound, count
    return low
