"""The whole pipeline at the smallest scale: from nothing to a tuned model and cited answers.

Each step leaves a file that says it is done, so a run that was interrupted goes on, and one that
was finished is only shown again.
"""

import hashlib
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ecmiip.assistant.answer import Task, answer, as_json
from ecmiip.evaluation import heldout
from ecmiip.evaluation.calling import Caller, Chat
from ecmiip.evaluation.items import Item
from ecmiip.evaluation.run import Bench
from ecmiip.evaluation.run import run as evaluate
from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.statistics import paired_p
from ecmiip.evaluation.verdict import Evaluation, Verdict
from ecmiip.files import home, read_json, shared, shipped, write_json
from ecmiip.instruct import build as pairs
from ecmiip.mipld.build import build as build_mipld
from ecmiip.mipld.database import Mipld
from ecmiip.models.bases import BASES
from ecmiip.models.server import serving
from ecmiip.models.subject import lora_of, released
from ecmiip.models.weights import find_gguf, find_safetensors
from ecmiip.pipeline.corpus import export_stages
from ecmiip.pipeline.report import write_report
from ecmiip.runs import Run
from ecmiip.training.recipe import Recipe, read_recipe

# What the subjects are compared on: enough to see a change, small enough for two cores.
_CHOICES = 12
_OPENS = 8
_SETTING = Setting(depth=3, max_tokens=160)

QUESTIONS: tuple[tuple[Task, str], ...] = (
    ("doctrine", "发明专利权的期限是多久，从哪一天起算？外观设计专利权呢？"),
    (
        "conduct",
        "网店销售印有他人注册商标的运动鞋，鞋子是同一种商品，商标一样，没有得到许可。"
        "店主说不知道是假货。这是什么行为？要不要赔偿？",
    ),
    (
        "case",
        "案情：甲公司的销售经理离职时带走保密的客户报价表，交给新东家乙公司使用，乙公司知道表的来历。"
        "甲公司起诉两者侵犯商业秘密。请按争议、规则、适用、结论解析。",
    ),
    ("document", "我要起草一份著作权许可使用合同，合同应当写明哪些内容？"),
)


def demo(as_of: date, compare: Sequence[str] = ()) -> Path:
    """Run the demonstration; return the path of its report.

    ``as_of`` is the day whose law is taught and asked for. ``compare`` names further bases, which
    are evaluated beside the default one, untrained.
    """
    recipe = read_recipe(shipped("recipes/demo.toml"))
    say("1/6 base model")
    gguf, base = find_gguf(recipe.base), find_safetensors(recipe.base)
    for name in compare:
        find_gguf(name)  # one that is not to be had should not be noticed after the training
    say("2/6 MIPLD, the database of IP law")
    database = home() / "mipld.sqlite"
    build_mipld(database, shared=shared())
    with Mipld.open(database) as db:
        say("3/6 Q&A pairs")
        folder = pairs.folder(as_of)
        made = pairs.build(db, as_of, folder)
        run = _run_for(recipe, db, as_of)
        say(f"4/6 training, {len(recipe.stages)} stages: {run.path}")
        _train(recipe, db, folder, as_of, run, base)
        say("5/6 evaluation, before and after")
        items = heldout.load_items(folder / "heldout.jsonl", _CHOICES, _OPENS, db)
        evaluation = _evaluate(items, gguf, run, db, compare)
        say("6/6 four answers")
        speaker = released(recipe.base) or run
        answers = _answers(gguf, speaker, db, as_of, run.path / f"answers-{speaker.name}.json")
        return write_report(run, recipe, as_of, db.stats(), made, evaluation, answers, speaker.name)


def say(text: str) -> None:
    """One line of progress that does not break a progress bar."""
    tqdm.write(text)


def _run_for(recipe: Recipe, db: Mipld, as_of: date) -> Run:
    """The run of this recipe on this data: the one begun before, or a new one."""
    inputs = f"{recipe.model_dump_json()} {pairs.inputs(db, as_of)}"
    name = f"demo-{hashlib.sha256(inputs.encode()).hexdigest()[:8]}"
    root = home() / "runs"
    return Run.open(root / name) if (root / name / "run.json").is_file() else Run.create(root, name)


def _train(
    recipe: Recipe, db: Mipld, pairs_folder: Path, as_of: date, run: Run, base: Path
) -> None:
    from ecmiip.training.loop import train

    if run.info()["status"] == "finished":
        return
    data = export_stages(recipe, db, pairs_folder, as_of, run.path / "data")
    train(recipe, data, run, base, resume=True)


def _evaluate(
    items: Sequence[Item], gguf: Path, run: Run, db: Mipld, compare: Sequence[str]
) -> list[dict[str, Any]]:
    """Put the same items to the base, the tuned model and every base to compare with."""
    done = {}
    with serving(gguf, lora_of(run)) as tuned:
        for name, endpoint in (("base", tuned.without_adapter()), ("tuned", tuned)):
            done[name] = _run_subject(name, endpoint, items, run, db)
    for name in compare:
        with serving(find_gguf(name)) as endpoint:
            done[name] = _run_subject(name, endpoint, items, run, db)
    return [_row(name, verdicts, done["base"]) for name, verdicts in done.items()]


def _run_subject(
    name: str, endpoint: Chat, items: Sequence[Item], run: Run, db: Mipld
) -> list[Verdict]:
    file = re.sub(r"[^\w.-]+", "-", name)  # a path must not lead out of the run
    evaluation = Evaluation(
        run.path / "evaluation" / file, heldout.SUITE, name, _SETTING, len(items),
        mipld=db.fingerprint, command="ecmiip demo",
    )  # fmt: skip
    evaluation.write()
    with Caller(endpoint, name, cache=None) as caller:
        return evaluate(items, Bench(caller, _SETTING, db), evaluation, title=name)


def _row(name: str, verdicts: Sequence[Verdict], base: Sequence[Verdict]) -> dict[str, Any]:
    scores = heldout.score(verdicts)
    return {
        "subject": name,
        "parameters": BASES[name].parameters if name in BASES else None,
        **heldout.as_json(scores),
        "p_choice": paired_p(heldout.choice_hits(base), heldout.choice_hits(verdicts)),
        "p_gold": paired_p(heldout.gold_hits(base), heldout.gold_hits(verdicts)),
        "seconds": sum(verdict.seconds for verdict in verdicts),
    }


def _answers(gguf: Path, speaker: Run, db: Mipld, as_of: date, path: Path) -> list[dict[str, Any]]:
    """The four answers of ``speaker``, kept in ``path`` once given."""
    kept: list[dict[str, Any]] = read_json(path) if path.is_file() else []
    missing = QUESTIONS[len(kept) :]
    if missing:
        with serving(gguf, lora_of(speaker)) as endpoint:
            for task, question in tqdm(missing, desc="answers", unit=""):
                given = answer(question, db=db, endpoint=endpoint, as_of=as_of, task=task)
                kept.append(as_json(given))
                write_json(path, kept)
    return kept
