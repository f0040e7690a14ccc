"""Small checkouts in the layout of each upstream, of made-up questions."""

import csv
import json
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.suites import lawbench, lexeval
from ecmiip.evaluation.verdict import Evaluation, Verdict, folder
from ecmiip.instruct import choices
from ecmiip.instruct.split import is_case_heldout, is_heldout
from ecmiip.models import prompt

DAY = date(2026, 11, 22)

OPTIONS = {"A": "申请商标注册", "B": "请求宣告无效", "C": "提起诉讼", "D": "登记著作权"}


def write_lines(path: Path, rows: Iterable[Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n", encoding="utf-8"
    )


def write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def stem(number: int) -> str:
    return f"示例{number}：甲公司的商标被乙公司使用，甲公司可以做什么？"


def make_lexeval(root: Path, count: int) -> None:
    options = "\n".join(f"{letter}: {text}" for letter, text in OPTIONS.items())
    for task, (_, metric) in lexeval.TASKS.items():
        if metric == "accuracy":
            rows = [
                {
                    "instruction": "只给出序号。\n",
                    "input": f"{stem(number)}\n{options}",
                    "answer": "AC" if number % 2 else "B",
                }
                for number in range(count)
            ]
        else:
            rows = [
                {"instruction": "请回答。\n", "input": stem(number), "answer": "可以起诉。"}
                for number in range(count)
            ]
        write_lines(root / "data" / f"{task}.json", rows)


def make_lawbench(root: Path, count: int) -> None:
    for task in lawbench.TASKS:
        letters = lawbench.CHOICE_LETTERS.get(task, "")
        shown = {**OPTIONS, "E": "以上都不是"}
        options = ";".join(f"{letter}:{shown[letter]}" for letter in letters)
        answer = (
            ("[正确答案]C<eoa>" if task == "2-8" else "正确答案：C。") if letters else "答案:甲"
        )
        write_json(
            root / "data" / "zero_shot" / f"{task}.json",
            [
                {
                    "instruction": "类别包括：知识产权、其他。" if task == "2-4" else "请回答。",
                    "question": f"{stem(number)}{options}{'。' if letters else ''}",
                    "answer": answer,
                }
                for number in range(count)
            ],
        )


def make_jecqa(root: Path, count: int) -> None:
    for part in ("kd", "ca"):
        write_lines(
            root / "data" / "v1" / f"jec-qa-{part}.jsonl",
            [
                {
                    "passage": None,
                    "question": stem(number),
                    "options": [f"({letter}){text}" for letter, text in OPTIONS.items()],
                    "label": ["B", "D"] if number % 2 else ["A"],
                    "answer": None,
                    "other": None,
                }
                for number in range(count)
            ],
        )


def make_disc(root: Path, count: int) -> None:
    exams = {"nje": "2019 national judical examination", "pae": "patent agent examination"}
    for exam, source in exams.items():
        for form, key in (("sing", "B"), ("mult", "ABD")):
            write_csv(
                root / "eval" / "datasets" / "objective" / f"mcq_{form}_{exam}.csv",
                [
                    {
                        "input": f"{stem(number)}\n",
                        "output": key,
                        **OPTIONS,
                        "source": source,
                        "multichoice": str(form == "mult"),
                    }
                    for number in range(count)
                ],
            )
    write_json(
        root / "eval" / "datasets" / "subjective" / "short.json",
        [{"input": stem(number), "output": "可以请求赔偿。"} for number in range(count)],
    )


def make_mozip(root: Path, count: int) -> None:
    listed = [f"{letter}. {text}" for letter, text in OPTIONS.items()]
    write_lines(
        root / "IPQuiz" / "zh.jsonl",
        [{"question": stem(number), "options": listed, "answer": "C"} for number in range(count)],
    )
    write_json(
        root / "IPQA" / "en.json",
        [
            {"question": f"Example {number}: who owns the patent?", "answer": "The applicant."}
            for number in range(count)
        ],
    )
    lines = "\n".join(listed)
    write_lines(
        root / "PatentMatch" / "zh.jsonl",
        [
            {"question": f"哪一件专利与示例{number}最接近？\n{lines}", "answer": "D"}
            for number in range(count)
        ],
    )


def make_laiw(root: Path, count: int) -> None:
    lines = "\n".join(f"{letter}. {text}" for letter, text in OPTIONS.items())
    write_lines(
        root / "data" / "lqa.json",
        [
            {
                "id": number,
                "query": f"{stem(number)}\n{lines}",
                "answer": "C",
                "choices": list("ABCD"),
                "gold": 2,
            }
            for number in range(count)
        ],
    )
    charges = [f"示例罪{number}" for number in range(12)]
    write_lines(
        root / "data" / "cp.json",
        [
            {"id": number, "query": "案情，罪名是？", "answer": charges[3], "choices": charges,
             "gold": 3}
            for number in range(count)
        ],
    )  # fmt: skip


def make_ipbench(root: Path, count: int) -> None:
    write_json(
        root / "data" / "1-1.json",
        [{"question": stem(number), "options": OPTIONS, "answer": "A"} for number in range(count)],
    )
    write_json(
        root / "data" / "writing" / "4-1.json",
        [
            {"question": f"Write the abstract of example {number}.", "answer": "An example."}
            for number in range(count)
        ],
    )


def heldout_address() -> str:
    """An address on the held-out side of the split, of a made-up law."""
    return next(f"示例法@2020#{n}" for n in range(1, 200) if is_heldout(f"示例法@2020#{n}"))


def training_address() -> str:
    return next(f"示例法@2020#{n}" for n in range(1, 200) if not is_heldout(f"示例法@2020#{n}"))


def heldout_case() -> str:
    return next(f"示例案{n}" for n in range(1, 200) if is_case_heldout(f"示例案{n}"))


def mipld_item(number: int, kind: str = "single") -> str:
    """One ``[[item]]`` table."""
    task = ("doctrine", "conduct", "case", "document")[number % 4]
    table = [
        "[[item]]",
        f'id = "mipld-eval/{task}/patent/{number:03}"',
        f'task = "{task}"',
        'direction = "patent"',
        "as_of = 2026-11-22",
        f"question = '''{stem(number)}'''",
        "answer = '''应当起诉。'''",
        f'provisions = ["{heldout_address()}"]',
        'tags = ["date-sensitive"]',
    ]
    if kind == "open":
        table.append('rubric = [{ text = "写明起诉", points = 6 }, { text = "条号", points = 4 }]')
    else:
        table.append('options = { A = "起诉", B = "等待", C = "申诉", D = "放弃" }')
        table.append(f'key = "{"AC" if kind == "multi" else "A"}"')
    return "\n".join(table) + "\n"


def make_mipld_eval(root: Path, count: int) -> None:
    root.mkdir(parents=True, exist_ok=True)
    kinds = ("single", "multi", "open")
    items = [mipld_item(number, kinds[number % 3]) for number in range(count)]
    (root / "mixed.toml").write_text("\n".join(items), encoding="utf-8")


MAKERS: dict[str, Callable[[Path, int], None]] = {
    "lexeval": make_lexeval,
    "lawbench": make_lawbench,
    "jecqa": make_jecqa,
    "disc": make_disc,
    "mozip": make_mozip,
    "laiw": make_laiw,
    "ipbench": make_ipbench,
    "mipld-eval": make_mipld_eval,
}


@pytest.fixture
def checkout(tmp_path: Path) -> Callable[..., Path]:
    """Makes a checkout that the suite of that name reads, with ``count`` records in each file."""

    def make(suite: str, count: int = 6) -> Path:
        upstream = next(name for name in MAKERS if suite.startswith(name))
        root = tmp_path / "checkouts" / upstream
        if not root.exists():
            MAKERS[upstream](root, count)
        return root

    return make


@pytest.fixture
def make_evaluation(home: Path) -> Callable[..., Evaluation]:
    """Makes an evaluation's folder under the home, of the given verdicts."""

    def make(
        subject: str,
        verdicts: Iterable[Verdict],
        suite: str = "made-up",
        setting: Setting | None = None,
        **fields: Any,
    ) -> Evaluation:
        setting = setting or Setting()
        given = list(verdicts)
        made = {
            "path": folder(suite, subject, setting),
            "suite": suite,
            "subject": subject,
            "setting": setting,
            "items": len(given),
            "commit": "0123456789abcdef",
            "date": "2026-11-22",
            "command": f"ecmiip eval --suite {suite} --model {subject}",
        }
        evaluation = Evaluation(**made | fields)
        evaluation.write()
        write_lines(evaluation.log, [verdict.to_json() for verdict in given])
        return evaluation

    assert home
    return make


@pytest.fixture
def make_verdict() -> Callable[..., Verdict]:
    """Makes a verdict on item ``number``; keyword arguments replace its fields.

    Without ``kind`` it is on a single-choice item with key A, answered with ``letters``.
    """

    def make(number: int, letters: str = "A", **fields: Any) -> Verdict:
        kind = fields.get("kind", "single")
        key = "" if kind == "open" else "A"
        options = {} if kind == "open" else OPTIONS
        asked = prompt.ask("doctrine", choices.put(stem(number), options, False), DAY)
        made = {
            "id": f"made-up/{number}",
            "suite": "made-up",
            "kind": kind,
            "task": "doctrine",
            "direction": "trademark",
            "as_of": DAY,
            "half": number % 2,
            "tags": (),
            "key": key,
            "letters": letters if key else "",
            "right": letters == key if key else None,
            "prompt": tuple(asked),
            "raw": letters,
            "finish": "stop",
        }
        return Verdict(**made | fields)

    return make
