"""The registration figures as an SVG: cost against the number of active intents."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from html import escape

from bench.timing import Figure

WIDTH, HEIGHT, MARGIN = 760, 420, 60
COLOURS = ("#1b6ca8", "#d1495b", "#3a7d44", "#8d6a9f")


def svg(figures: Sequence[Figure], machine: str) -> str:
    lines = series(figures)
    points = [point for line in lines.values() for point in line]
    top = max(value for _, value in points) * 1.15
    furthest = max(math.log10(count + 1) for count, _ in points)

    def place(count: int, value: float) -> tuple[float, float]:
        x = MARGIN + math.log10(count + 1) / furthest * (WIDTH - 2 * MARGIN)
        return x, HEIGHT - MARGIN - value / top * (HEIGHT - 2 * MARGIN)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{MARGIN}" y="24" font-size="15">Milliseconds by number of active intents</text>',
        f'<text x="{MARGIN}" y="{HEIGHT - 8}" fill="#666">{escape(machine)}</text>',
    ]
    for step in range(5):
        value = top * step / 4
        _, y = place(0, value)
        out.append(f'<line x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{y}" y2="{y}" stroke="#ddd"/>')
        out.append(f'<text x="{MARGIN - 8}" y="{y + 4}" text-anchor="end">{value:.1f}</text>')
    for count in sorted({count for count, _ in points}):
        x, y = place(count, 0)
        out.append(f'<text x="{x}" y="{y + 18}" text-anchor="middle">{count:,}</text>')
    for number, (name, line) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*point) for point in line))
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        y = 44 + 16 * number
        out.append(f'<text x="{MARGIN + 10}" y="{y}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*out, "</svg>", ""])


def series(figures: Sequence[Figure]) -> dict[str, list[tuple[int, float]]]:
    found: dict[str, list[tuple[int, float]]] = {}
    for each in figures:
        match = re.fullmatch(r"(.*), ([\d,]+) active intents", each.name)
        if match:
            count = int(match.group(2).replace(",", ""))
            found.setdefault(match.group(1), []).append((count, each.value))
    return found
