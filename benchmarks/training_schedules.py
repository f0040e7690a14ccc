"""Draw docs/pictures/training-schedules.svg from the schedules themselves.

python benchmarks/training_schedules.py docs/pictures/training-schedules.svg
"""

import sys
from pathlib import Path

from ecmiip.files import write_text
from ecmiip.training.recipe import Schedule
from ecmiip.training.schedule import factor

WIDTH, HEIGHT, MARGIN, STEPS = 640, 260, 36, 400
COURSES = {
    "cosine": ("#1f6feb", Schedule(shape="cosine")),
    "wsd": ("#2da44e", Schedule(shape="wsd")),
    "period_shift, 3 periods, shift 0.5": ("#cf222e", Schedule(shape="period_shift")),
}


def point(step: int, value: float) -> str:
    x = MARGIN + (WIDTH - 2 * MARGIN) * step / (STEPS - 1)
    return f"{x:.1f},{HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * value:.1f}"


def drawing() -> str:
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<polyline points="{point(0, 1)} {point(0, 0)} {point(STEPS - 1, 0)}" fill="none" '
        'stroke="#57606a"/>',
        f'<text x="8" y="{MARGIN + 4}">1</text><text x="8" y="{HEIGHT - MARGIN + 4}">0</text>',
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 10}" text-anchor="middle">share of the steps</text>',
    ]
    for number, (name, (colour, schedule)) in enumerate(COURSES.items()):
        course = " ".join(point(step, factor(schedule, step, STEPS)) for step in range(STEPS))
        x, y = WIDTH - 250, 20 + 16 * number
        parts += [
            f'<polyline points="{course}" fill="none" stroke="{colour}" stroke-width="2"/>',
            f'<text x="{x}" y="{y}" fill="{colour}">{name}</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    write_text(Path(sys.argv[1]), drawing())
