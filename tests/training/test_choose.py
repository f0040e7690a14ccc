"""A choose stage: options share their prompt, see no other option, and are told apart."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from ecmiip.errors import UserError
from ecmiip.files import write_jsonl
from ecmiip.models.inprocess import Weights
from ecmiip.models.likelihood import Likelihood
from ecmiip.runs import Run
from ecmiip.training.base import read_base
from ecmiip.training.data import Piece, StageData, read_pieces
from ecmiip.training.fusion import fuse
from ecmiip.training.loop import train
from ecmiip.training.network import Network
from ecmiip.training.packing import collate, split
from ecmiip.training.recipe import Pairs, Recipe, Stage

STAGE = Stage(name="choices", kind="choose", tokens=100, learning_rate=1e-2, pairs=(Pairs(),))


def question(number: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"q{number}",
        "prompt": f"示例法第{number}条。答：",
        "options": ["赔偿损失", "商标", "著作权的"],
        "right": [False, True, False],
        **fields,
    }


def read(tmp_path: Path, tokenizer: Any, *rows: dict[str, Any]) -> list[Piece]:
    path = tmp_path / "choices.jsonl"
    write_jsonl(path, rows)
    return read_pieces(path, STAGE, tokenizer, 256).pieces


def test_loss_is_that_of_options_computed_apart(base: Path, tokenizer: Any, tmp_path: Path) -> None:
    several = question(1, right=[True, False, True])
    pieces = read(tmp_path, tokenizer, question(0), several)
    model = read_base(base)
    fuse(model)
    with torch.no_grad():
        packed = Network(model)(collate(pieces)).item()

    weights = Weights(base)
    expected = 0.0
    for row in (question(0), several):
        found = weights.likelihoods(row["prompt"], row["options"])
        scores = torch.tensor([one.score for one in found])
        right = torch.tensor(row["right"])
        rivals = [torch.cat([score[None], scores[~right]]) for score in scores[right]]
        apart = torch.stack([-rival.log_softmax(0)[0] for rival in rivals]).mean()
        odds = torch.tensor([one.odds for one in found])
        judged = binary_cross_entropy_with_logits(odds, right.float())
        chosen = [one.tokens for one, is_right in zip(found, right, strict=True) if is_right]
        expected += float(apart + judged) * sum(chosen)
    assert packed == pytest.approx(expected, rel=1e-4)


def test_a_question_is_never_cut_for_evaluation(tokenizer: Any, tmp_path: Path) -> None:
    pieces = read(tmp_path, tokenizer, question(0), question(1))
    assert split(pieces, len(pieces[0]) + 5, 256) == [[pieces[0]]]


@pytest.mark.parametrize("odd", [False, True])
def test_training_learns_to_tell_the_options_apart(
    odd: bool,
    base: Path,
    tmp_path: Path,
    make_recipe: Callable[..., Recipe],
) -> None:
    # Where the wrong one is asked for, the others are to become likelier.
    fields = {"likely": [True, False, True]} if odd else {}
    questions = [question(number, **fields) for number in range(6)]
    for side in ("train", "heldout"):
        write_jsonl(tmp_path / f"{side}.jsonl", questions)
    data = {"choices": StageData(tmp_path / "train.jsonl", tmp_path / "heldout.jsonl")}
    stage = STAGE.model_copy(update={"tokens": 12_000, "learning_rate": 3e-2})
    run = Run.create(tmp_path, "run")
    result = train(make_recipe(stages=[stage.model_dump()]), data, run, base)
    [choices] = result.stages
    assert choices.after["choices"] < choices.before["choices"]
    prompt, options = questions[0]["prompt"], questions[0]["options"]
    before = Weights(base).likelihoods(prompt, options)
    after = Weights(base, run.adapter).likelihoods(prompt, options)
    assert lead(after) < lead(before) - 1 if odd else lead(after) > 0
    assert max(after, key=lambda one: one.odds) is after[1]


def lead(found: list[Likelihood]) -> float:
    """How much likelier the right option is than the best of the others."""
    return found[1].score - max(found[0].score, found[2].score)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"right": [True]}, "which of them are right"),
        ({"right": [False] * 3}, "which of them are right"),
        ({"likely": [True]}, "which of the options are likely"),
        ({"options": ["", "甲", "乙"]}, "is empty"),
        ({"prompt": 3}, "needs 'prompt'"),
        ({"options": [1, 2, 3]}, "needs 'options' as a list of str"),
        ({"right": ["A", "B", "C"]}, "needs 'right' as a list of bool"),
    ],
)
def test_a_bad_question_is_told_with_its_line(
    fields: dict[str, Any], complaint: str, tokenizer: Any, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=f"choices.jsonl:1: .*{complaint}"):
        read(tmp_path, tokenizer, question(**fields))
