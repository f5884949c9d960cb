"""How figures look: on a tile, on an axis, in a table; and what a change between two of them is called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Form:
    """A kind of figure.

    `decimals` is how precisely a page keeps it, `axis` and `exact` are d3 formats for axes and for tooltips and tables,
    `unit` follows the value on a tile; a fraction is shown in percent.
    """

    name: str
    decimals: int
    axis: str
    exact: str
    unit: str = ""
    is_fraction: bool = False

    def headline(self, value: float) -> str:
        """The value in at most five digits, without its unit: 1,234 or 123.4K or 94.2%."""
        if self.is_fraction:
            return f"{value:.{self.decimals - 3}%}"
        size = abs(value)
        for limit, divisor, suffix in ((1e9, 1e9, "B"), (1e6, 1e6, "M"), (1e5, 1e3, "K")):
            if size >= limit:
                return f"{value / divisor:,.{2 if size < 10 * limit else 1}f}{suffix}"
        return f"{value:,.{min(self.decimals, 0 if size >= 1000 else 2)}f}"

    def full(self, value: float) -> str:
        """The value as precisely as the page keeps it."""
        if self.is_fraction:
            return f"{value:.{self.decimals - 2}%}"
        return f"{value:,.{self.decimals}f}"

    def change(self, value: float, before: float) -> str:
        """The change in words: points between fractions, else percent; from zero, where there is none, the figure."""
        if self.is_fraction:
            return f"{(value - before) * 100:+.{self.decimals - 3}f} pts"
        return f"{value / before - 1:+.1%}" if before else f"{value:+,.{self.decimals}f}"


COUNT = Form("count", 0, "~s", ",.0f")
MONEY = Form("money", 2, "~s", ",.2f")
FRACTION = Form("fraction", 4, ".0%", ".1%", is_fraction=True)
FINE_FRACTION = Form("fine fraction", 5, ".1%", ".2%", is_fraction=True)
RATIO = Form("ratio", 2, "~f", ",.2f", "\N{MULTIPLICATION SIGN}")
MILLISECONDS = Form("milliseconds", 1, "~s", ",.0f", "ms")
SECONDS = Form("seconds", 1, "~s", ",.1f", "s")
MINUTES = Form("minutes", 0, "~s", ",.0f", "min")
HOURS = Form("hours", 1, "~f", ",.1f", "h")
MONTHS = Form("months", 1, "~f", ",.1f", "months")
PERCENT = Form("percent", 1, "~f", ",.1f", "%")
NUMBER = Form("number", 3, "~f", ",.3~f")
BYTES_PER_SECOND = Form("bytes per second", 0, "~s", ",.0f", "B/s")
