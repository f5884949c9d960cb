"""The report of a benchmark run: each line as it comes, at the end a table and a plot to keep."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path

import altair as alt
import pandas as pd


@dataclass(frozen=True)
class Line:
    """One comparison: what was done at which size, what it took, and `reference` for the same thing.

    `unit` is that of `ours` and `reference`; `target` is the ratio to stay under, where one was set.
    """

    group: str
    what: str
    unit: str
    ours: float
    reference_name: str
    reference: float
    target: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float:
        return self.ours / self.reference


@dataclass
class Report:
    """The lines of one run, in order."""

    lines: list[Line] = field(default_factory=list)

    def add(self, line: Line) -> None:
        """Keep a line, and print it at once: long runs are watched."""
        self.lines.append(line)
        aim = f" (aim: {line.target:g})" if line.target else ""
        print(
            f"{line.group}: {line.what}: {line.ours:,.2f} {line.unit}; {line.reference_name}: "
            f"{line.reference:,.2f} {line.unit}; ratio {line.ratio:.2f}{aim} {line.note}".rstrip(),
            flush=True,
        )

    def write(self, folder: Path) -> None:
        """Write `report.md`, a table, and `report.svg`, the ratios as bars beside their aims."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.md").write_text(self.as_markdown(), encoding="utf-8")
        self.plot().save(folder / "report.svg")
        print(f"\nthe report: {folder / 'report.md'}, the plot: {folder / 'report.svg'}", flush=True)

    def as_markdown(self) -> str:
        """The lines as a Markdown table, the machine's class above."""
        rows = [
            f"| {line.group} | {line.what} | {line.ours:,.2f} {line.unit} | {line.reference_name} | "
            f"{line.reference:,.2f} {line.unit} | {line.ratio:.2f} | {line.target or ''} | {line.note} |"
            for line in self.lines
        ]
        head = "| | what | ours | against | takes | ratio | aim | |\n|---|---|---|---|---|---|---|---|"
        return f"{machine()}\n\n{head}\n" + "\n".join(rows) + "\n"

    def plot(self) -> alt.LayerChart:
        """A bar for each ratio on a logarithmic scale, its aim as a tick."""
        rows = pd.DataFrame([{**asdict(line), "ratio": line.ratio} for line in self.lines])
        rows["name"] = rows["group"] + ": " + rows["what"] + " against " + rows["reference_name"]
        base = alt.Chart(rows).encode(y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=480)))
        ratio = alt.Scale(type="log")
        bars = base.mark_bar(height={"band": 0.7}).encode(x=alt.X("ratio:Q", scale=ratio, title="ratio"))
        aims = base.mark_tick(thickness=3, color="#d62728").encode(x=alt.X("target:Q", scale=ratio))
        return (bars + aims).properties(width=420)


def machine() -> str:
    """The class of this machine: cores, memory, system, Python."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores, {memory:.0f} GB of memory, {platform.system()}, Python {platform.python_version()}"
