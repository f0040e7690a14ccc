"""Cleaning and near-duplicates of a corpus as a Daft plan, on this machine or on Ray.

MinHash signatures of character n-grams (Broder 1997) are cut into bands; texts that agree in a
whole band are candidates (LSH), and those whose signatures agree often enough are near-duplicates.
Of each group of near-duplicates the text with the smallest id stays, so every runner keeps the same
set. Texts stream from file to file; only signatures and candidate pairs are ever held.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecmiip.config import Config
from ecmiip.errors import UserError
from ecmiip.files import write_json
from ecmiip.mipld.cleaning import CleaningConfig, clean, spaced

if TYPE_CHECKING:
    import daft

RUNNERS = ("native", "ray")


class DedupConfig(Config):
    """``hashes`` per signature in ``bands`` equal bands; ``threshold`` is the estimated share of
    common ``ngram``-character stretches from which two texts are near-duplicates."""

    hashes: int = 64
    bands: int = 16
    ngram: int = 5
    threshold: float = 0.6
    seed: int = 1
    cleaning: CleaningConfig = CleaningConfig()


@dataclass(frozen=True)
class DedupReport:
    """Texts read, kept and dropped, with the count of each reason."""

    read: int
    kept: int
    dropped: dict[str, int]


def use_runner(runner: str, address: str | None = None) -> None:
    """Choose where plans run; must come before the first one. ``address`` is that of a Ray
    cluster, None starts one here."""
    assert runner in RUNNERS
    daft = _daft()
    if runner == "ray":
        daft.set_runner_ray(address)
    else:
        daft.set_runner_native()


def deduplicate(
    source: str | list[str], folder: Path, config: DedupConfig | None = None
) -> DedupReport:
    """Clean the texts of ``source`` and drop near-duplicates.

    ``source`` names Parquet or JSON-lines files (globs, URLs) with columns ``id`` and ``text``.
    ``folder`` gets ``kept/`` and ``dropped/`` (Parquet; a dropped row has ``reason`` and, for a
    near-duplicate, ``duplicate_of``) and ``report.json``. Raises UserError if the corpus extra is
    not installed or a column is missing.
    """
    daft = _daft()
    config = config or DedupConfig()
    work = folder / "work"
    for name in ("work", "kept", "dropped", "report.json"):
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    work.mkdir(parents=True)
    signed = _sign(_read(source), config)
    # Written once: the texts are cleaned and hashed a single time, and never held together.
    signed.write_parquet(str(work / "signed"))
    signed = daft.read_parquet(str(work / "signed" / "*.parquet"))
    keeper = _keepers(_near_pairs(signed, config))
    pairs = {"id": list(keeper), "duplicate_of": list(keeper.values())}
    # An empty list has no type of its own; a row of nothing joins with nothing.
    near = daft.from_pydict(pairs if keeper else {"id": [None], "duplicate_of": [None]})
    identity = signed.schema()["id"].dtype
    near = near.select(*(daft.col(name).cast(identity) for name in pairs))
    col = daft.col
    good = signed.where(col("reason") == "")
    kept = good.join(near, on="id", how="anti").select("id", "text")
    kept.write_parquet(str(folder / "kept"))
    bad = signed.where(col("reason") != "").select("id", "text", "reason")
    bad = bad.with_column("duplicate_of", daft.lit(None).cast(identity))
    twins = good.select("id", "text").join(near, on="id", how="inner")
    twins = twins.with_column("reason", daft.lit("near-duplicate"))
    twins = twins.select("id", "text", "reason", "duplicate_of")
    bad.concat(twins).write_parquet(str(folder / "dropped"))
    report = _report(signed, len(keeper))
    write_json(
        folder / "report.json",
        {"read": report.read, "kept": report.kept, "dropped": report.dropped}
        | {"config": config.model_dump()},
    )
    shutil.rmtree(work)
    return report


def _daft() -> Any:
    try:
        import daft
    except ImportError as error:
        raise UserError("cleaning a corpus needs Daft: pip install 'ecmiip[corpus]'") from error
    return daft


def _read(source: str | list[str]) -> daft.DataFrame:
    daft = _daft()
    first = source if isinstance(source, str) else source[0]
    reader = daft.read_parquet if first.endswith("parquet") else daft.read_json
    try:
        frame = reader(source)
    except FileNotFoundError as error:
        raise UserError(f"{first}: no such file: check the path") from error
    missing = {"id", "text"} - set(frame.column_names)
    if missing:
        raise UserError(f"{first}: has no column {' or '.join(sorted(missing))}: add it")
    return frame.select("id", "text")


def _sign(frame: daft.DataFrame, config: DedupConfig) -> daft.DataFrame:
    """id, cleaned text, reason, signature."""
    daft = _daft()
    string = daft.DataType.string()
    shape = daft.DataType.struct({"text": string, "spaced": string, "reason": string})

    def cleaned(texts: Any) -> list[dict[str, str]]:
        rows = []
        for text in texts.to_pylist():
            plain, reason = clean(text or "", config.cleaning)
            rows.append(
                {"text": plain, "spaced": "" if reason else spaced(plain), "reason": reason}
            )
        return rows

    col = daft.col
    frame = frame.with_column("cleaned", daft.func.batch(return_dtype=shape)(cleaned)(col("text")))
    signature = (
        col("cleaned")
        .get("spaced")
        .minhash(num_hashes=config.hashes, ngram_size=config.ngram, seed=config.seed)
    )
    return frame.select(
        "id",
        col("cleaned").get("text").alias("text"),
        col("cleaned").get("reason").alias("reason"),
        signature.alias("signature"),
    )


def _near_pairs(signed: daft.DataFrame, config: DedupConfig) -> Iterable[tuple[Any, Any]]:
    """(smaller id, larger id) of texts whose signatures agree often enough."""
    daft = _daft()
    col = daft.col
    good = signed.where(col("reason") == "").select("id", "signature")
    rows = config.hashes // config.bands
    keys = [
        col("signature").slice(band * rows, (band + 1) * rows).hash(seed=daft.lit(band + 1))
        for band in range(config.bands)
    ]
    banded = good.select("id", daft.functions.to_list(*keys).alias("band")).explode("band")
    # Whoever shares a band is compared with the smallest id in it: a star instead of all pairs.
    heads = banded.groupby("band").agg(
        col("id").min().alias("head"), col("id").count().alias("size")
    )
    shared = heads.where(col("size") > 1).select("band", "head")
    pairs = banded.join(shared, on="band").where(col("id") != col("head"))
    pairs = pairs.select("head", "id").distinct()
    left = good.select(col("id").alias("head"), col("signature").alias("head_signature"))
    compared = pairs.join(left, on="head").join(good, on="id")

    def agreement(a: Any, b: Any) -> list[float]:
        return [
            sum(x == y for x, y in zip(p, q, strict=True)) / len(p)
            for p, q in zip(a.to_pylist(), b.to_pylist(), strict=True)
        ]

    share = daft.func.batch(return_dtype=daft.DataType.float64())(agreement)
    alike = share(col("head_signature"), col("signature"))
    near = compared.where(alike >= config.threshold).select("head", "id").to_pydict()
    return zip(near["head"], near["id"], strict=True)


def _keepers(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """Each near-duplicate → the smallest id of its group (union-find over the pairs alone)."""
    parent: dict[Any, Any] = {}

    def root(member: Any) -> Any:
        while parent.setdefault(member, member) != member:
            parent[member] = parent[parent[member]]
            member = parent[member]
        return member

    for a, b in pairs:
        first, second = sorted((root(a), root(b)))
        parent[second] = first
    return {member: root(member) for member in sorted(parent) if root(member) != member}


def _report(signed: daft.DataFrame, near: int) -> DedupReport:
    daft = _daft()
    counted = signed.groupby("reason").agg(daft.col("id").count().alias("count")).to_pydict()
    reasons = dict(zip(counted["reason"], counted["count"], strict=True))
    good = reasons.pop("", 0)
    dropped = dict(sorted(reasons.items())) | ({"near-duplicate": near} if near else {})
    return DedupReport(good + sum(reasons.values()), good - near, dropped)
