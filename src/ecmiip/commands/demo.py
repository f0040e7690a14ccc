"""ecmiip demo: the whole pipeline at demo scale."""

from typing import Annotated

import typer

from ecmiip.commands.options import AsOf, parse_day


def demo(
    as_of: AsOf = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(help="Also evaluate this base, untrained, e.g. qwen2.5-coder-1.5b."),
    ] = None,
) -> None:
    """Build a small IP-law model in front of you, and a report: about 15 minutes on two cores."""
    from ecmiip.pipeline.demo import demo as run_demo

    print(run_demo(parse_day(as_of), compare or []))
