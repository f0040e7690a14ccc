"""The suites by name, and their items.

Each reads its benchmark as the upstream lays it out, so that a user's own checkout works.
"""

from pathlib import Path

from ecmiip.errors import UserError
from ecmiip.evaluation.items import Item
from ecmiip.evaluation.suites import (
    disc,
    ipbench,
    jecqa,
    laiw,
    lawbench,
    lexeval,
    mipld_eval,
    mozip,
)
from ecmiip.evaluation.suites.suite import LeftOut, Suite, Survey, beside, survey
from ecmiip.files import shipped

__all__ = ["SUITES", "LeftOut", "Suite", "Survey", "load", "named", "survey"]


def _suites() -> tuple[Suite, ...]:
    lexeval_at, lawbench_at = beside("LexEval"), beside("LawBench")
    jecqa_at, disc_at = beside("AGIEval"), beside("DISC-Law-Eval")
    objective = "eval/datasets/objective/mcq_*.csv"
    return (
        Suite(
            "lexeval", "LexEval", lexeval.URL, lexeval.read, lexeval_at, files="data/*.json"
        ),
        Suite(
            "lexeval-ip", "LexEval, IP subset", lexeval.URL, lexeval.read_ip, lexeval_at,
            lexeval.in_ip_subset, "data/*.json",
        ),
        Suite(
            "lawbench", "LawBench", lawbench.URL, lawbench.read, lawbench_at,
            files="data/zero_shot/*.json",
        ),
        Suite(
            "lawbench-ip", "LawBench, IP subset", lawbench.URL, lawbench.read, lawbench_at,
            _is_ip, "data/zero_shot/*.json",
        ),
        Suite(
            "jecqa", "JEC-QA (AGIEval)", jecqa.URL, jecqa.read, jecqa_at,
            files="data/v1/jec-qa-*.jsonl",
        ),
        Suite(
            "jecqa-ip", "JEC-QA (AGIEval), IP subset", jecqa.URL, jecqa.read, jecqa_at,
            _is_ip, "data/v1/jec-qa-*.jsonl",
        ),
        Suite(
            "disc", "DISC-Law-Eval, all exams", disc.URL, disc.read, disc_at, files=objective
        ),
        Suite(
            "disc-nje", "DISC-Law-Eval, judicial examination", disc.URL, disc.read_nje, disc_at,
            files="eval/datasets/objective/mcq_*_nje.csv",
        ),
        Suite(
            "disc-nje-ip", "DISC-Law-Eval, judicial examination, IP subset", disc.URL,
            disc.read_nje, disc_at, _is_ip, "eval/datasets/objective/mcq_*_nje.csv",
        ),
        Suite(
            "disc-short", "DISC-Law-Eval, short answers", disc.URL, disc.read_short, disc_at,
            files="eval/datasets/subjective/*",
        ),
        Suite(
            "mozip", "MoZIP", mozip.URL, mozip.read, beside("MoZIP"),
            files="the folders IPQuiz, IPQA and PatentMatch",
        ),
        Suite("laiw", "LAiW", laiw.URL, laiw.read, beside("LAiW"), files="data/*"),
        Suite("ipbench", "IPBench", ipbench.URL, ipbench.read, beside("IPBench"), files="data/**"),
        Suite(
            "mipld-eval", "MIPLD-Eval", "this project", mipld_eval.read,
            lambda: shipped("data") / "eval", files="data/eval/*.toml",
        ),
    )  # fmt: skip


def _is_ip(item: Item) -> bool:
    return "ip" in item.tags


SUITES: dict[str, Suite] = {suite.name: suite for suite in _suites()}


def named(name: str) -> Suite:
    """The suite called ``name``. Raises UserError if there is none."""
    if name not in SUITES:
        raise UserError(f"no suite is called '{name}': take one of {', '.join(SUITES)}")
    return SUITES[name]


def load(name: str, root: Path | None = None) -> list[Item]:
    """The items of the suite ``name``, in the order of its files.

    ``root`` is the top folder of a checkout of its upstream; default is the copy at hand. Raises
    UserError where there is none, or a file is missing or laid out otherwise.
    """
    return list(survey(named(name), root).items)
