"""How much deliberate damage the checks of the Q&A pairs catch.

    python benchmarks/instruct_damage.py [--count 100] [--seed 0] [--as-of 2026-11-22]

Needs a built MIPLD, a built set of pairs and benchmarks (``$ECMIIP_SHARED``). Prints what was
caught of each kind, and each pair that was missed.
"""

import argparse
from collections import Counter
from datetime import date

from ecmiip.instruct import build, decontaminate
from ecmiip.instruct.check import faults
from ecmiip.instruct.damage import damaged
from ecmiip.instruct.inspection import at_hand
from ecmiip.instruct.pair import expand, read_built
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.taxonomy import text_directions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--as-of", type=date.fromisoformat, default=date.today())
    chosen = parser.parse_args()
    source = decontaminate.folder()
    if source is None:
        parser.error("no benchmarks: set ECMIIP_SHARED to the folder that has them")
    items = [i for i in decontaminate.read_items(source) if text_directions(i.question)]
    with Mipld.open() as db:
        pairs = list(read_built(build.folder(chosen.as_of) / "train.jsonl"))
        benchmarks = at_hand(db)
        made, caught = Counter[str](), Counter[str]()
        for wrong in damaged(pairs, items, db, chosen.count, chosen.seed):
            made[wrong.kind] += 1
            question, answer = expand(wrong.pair.question, db), expand(wrong.pair.answer, db)
            if faults(wrong.pair, db) or benchmarks.reason(question, answer):
                caught[wrong.kind] += 1
            else:
                print(
                    f"missed: {wrong.kind}: {wrong.pair.id}\n  {question[:120]}\n  {answer[:200]}"
                )
    for kind, count in made.items():
        print(f"{kind}: {caught[kind]} of {count}")
    print(f"together: {caught.total()} of {made.total()}")


if __name__ == "__main__":
    main()
