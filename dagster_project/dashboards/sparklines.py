"""The small trend on a tile: a line without axes, as SVG in the page, in the colours of its theme."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, HEIGHT, EDGE = 120.0, 32.0, 3.0


def sparkline(values: Sequence[float | None], running: int = 0) -> str:
    """The line through the values, broken where one is missing, dashed through the last `running`, or nothing.

    The last value that is no longer running has a dot.
    """
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    points = _points(values, min(known), max(known))
    over = points[: len(points) - running]
    dashed = points[len(over) - 1 :] if running and over else []
    dot = next((point for point in reversed(over) if point), None)
    return (
        f'<svg class="trend" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" preserveAspectRatio="xMinYMid" aria-hidden="true">'
        + _path(over, "over")
        + _path(dashed, "running")
        + (f'<circle cx="{dot[0]:.1f}" cy="{dot[1]:.1f}" r="2.4"/>' if dot else "")
        + "</svg>"
    )


def _points(values: Sequence[float | None], low: float, high: float) -> list[tuple[float, float] | None]:
    step = (WIDTH - 2 * EDGE) / max(1, len(values) - 1)
    height = HEIGHT - 2 * EDGE
    return [
        None
        if value is None
        else (EDGE + place * step, EDGE + height * (0.5 if high == low else 1 - (value - low) / (high - low)))
        for place, value in enumerate(values)
    ]


def _path(points: Sequence[tuple[float, float] | None], kind: str) -> str:
    """A line through the points; a missing one lifts the pen."""
    steps, is_down = [], False
    for point in points:
        if point:
            steps.append(f"{'L' if is_down else 'M'}{point[0]:.1f} {point[1]:.1f}")
        is_down = point is not None
    return f'<path class="{kind}" d="{"".join(steps)}"/>' if len(steps) > 1 else ""
