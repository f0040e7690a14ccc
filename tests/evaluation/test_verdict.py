"""What an evaluation leaves behind is read back as it was written, or refused in a sentence."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.verdict import (
    Evaluation,
    Retrieved,
    Verdict,
    evaluations,
    folder,
)
from ecmiip.files import append_jsonl

VERDICT = Verdict(
    id="made/1",
    suite="made",
    kind="open",
    task="doctrine",
    direction="patent",
    as_of=date(2026, 11, 22),
    half=1,
    tags=("ip",),
    key="",
    letters="",
    right=None,
    prompt=({"role": "user", "content": "问"},),
    raw="依据《示例法》第一条。",
    finish="stop",
    retrieved=(Retrieved("示例法@2020#1", "《示例法》第一条：示例。"),),
    citations=({"law": "示例法", "article": 1},),
    scores={"cited": 1.0},
    prompt_tokens=5,
    completion_tokens=7,
    seconds=0.5,
    cost=0.1,
)


def test_a_verdict_comes_back_from_json() -> None:
    assert Verdict.from_json(json.loads(json.dumps(VERDICT.to_json()))) == VERDICT


def test_an_evaluation_comes_back_from_its_folder(home: Path) -> None:
    setting = Setting(depth=3, reasoning=64)
    path = folder("made", "m", setting)
    assert path == home / "evaluations" / "made--m--mipld3-reasons64"
    made = Evaluation(path, "made", "m", setting, 1, "id", 5, "base", "f" * 8, None, "day")
    made.write()
    append_jsonl(made.log, VERDICT.to_json())
    assert Evaluation.open(path) == made
    assert list(made.verdicts()) == [VERDICT]
    assert evaluations() == [made]


def test_an_evaluation_that_has_only_begun_has_no_verdicts(tmp_path: Path) -> None:
    assert list(Evaluation(tmp_path, "made", "m", Setting(), 1).verdicts()) == []
    assert evaluations(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "null",
        "{}",
        '{"setting": {"strange": 1}}',
        '{"setting": {}, "suite": "made"}',
        '{"setting": {}, "suite": "made", "subject": "m", "items": "six"}',
        '{"setting": {}, "suite": "made", "subject": 7, "items": 6}',
        '{"setting": {"depth": "x"}, "suite": "made", "subject": "m", "items": 6}',
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "evaluation.json").write_text(text)
    with pytest.raises(UserError, match=r"evaluation\.json: not written by this version"):
        Evaluation.open(tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": [1]},
        {"kind": "strange"},
        {"prompt": [1]},
        {"scores": None},
        {"scores": {"rouge_l": "x"}},
        {"cost": "x"},
        {"strange": 1},
    ],
)
def test_a_verdict_of_the_wrong_types_is_named(tmp_path: Path, wrong: dict[str, Any]) -> None:
    made = Evaluation(tmp_path, "made", "m", Setting(), 1)
    append_jsonl(made.log, VERDICT.to_json() | wrong)
    with pytest.raises(UserError, match=r"verdicts\.jsonl:1: not a verdict") as refused:
        list(made.verdicts())
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("subject", ["n" * 300, "模" * 90, "a\nb", "\x1b[31m"])
def test_a_name_that_is_no_folders_is_refused(subject: str) -> None:
    with pytest.raises(UserError, match="--name"):
        folder("made", subject, Setting())


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("Qwen/Qwen3-4B", "Qwen-Qwen3-4B"),
        ("runs/tuned/", "runs-tuned"),
        ("..", "unnamed"),
        ("模型", "模型"),
    ],
)
def test_a_name_stays_inside_the_folder(home: Path, subject: str, name: str) -> None:
    path = folder("made", subject, Setting())
    assert path == home / "evaluations" / f"made--{name}--closed"


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        (Setting(), "closed"),
        (Setting(depth=5), "mipld5"),
        (Setting(depth=5, retrieval="assistant"), "mipld5-assistant"),
        (Setting(few_shot=4, seed=2), "closed-shots4seed2"),
        (Setting(depth=3, reasoning=256, several="apart"), "mipld3-reasons256-apart"),
        (Setting(constraint="none", max_tokens=16), "closed-none-tokens16"),
    ],
)
def test_each_setting_has_its_own_name(setting: Setting, name: str) -> None:
    assert setting.name == name
