"""The held-out suite: the same items for everyone, each asked once, counted as stated."""

import json
import random
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation import heldout
from ecmiip.evaluation.heldout import Verdict
from ecmiip.instruct.pair import Pair
from ecmiip.mipld.database import Mipld
from ecmiip.models.endpoint import Reply

DAY = date(2026, 11, 22)


class Model:
    """An endpoint that answers with the next of ``answers``."""

    def __init__(self, *answers: str, grammars: bool = False) -> None:
        self.answers = list(answers)
        self.grammars = grammars
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def chat(self, messages: Any, **options: Any) -> Reply:
        self.asked.append((messages[-1]["content"], options))
        return Reply(self.answers.pop(0), "stop", 1, 1, 0.5)


def choice(number: int, key: str = "B") -> Pair:
    return Pair(
        id=f"derived/choose-article/示例专利法@2020#{number}/1",
        task="doctrine",
        direction="patent",
        as_of=DAY,
        question=f"选择题{number}\nA. 甲\nB. 乙\nC. 丙\nD. 丁",
        answer=f"{key}。",
        provisions=(f"示例专利法@2020#{number}",),
        origin="derived",
        key=key,
    )


def open_question(number: int, task: Any = "case", rule: str = "case") -> Pair:
    return Pair(
        id=f"derived/{rule}/示例专利法@2020#{number}/1",
        task=task,
        direction="patent",
        as_of=DAY,
        question=f"开放题{number}：示例专利权的保护期限是多久？",
        answer="答。",
        provisions=("示例专利法@2020#2",),
        origin="derived",
    )


def write(path: Path, pairs: list[Pair]) -> Path:
    lines = [json.dumps(pair.model_dump(mode="json"), ensure_ascii=False) for pair in pairs]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def items_file(tmp_path: Path) -> Path:
    pairs = [choice(number) for number in range(1, 31)]
    for task in ("doctrine", "conduct", "case", "document"):
        pairs += [open_question(number, task, rule=task) for number in range(1, 6)]
    pairs += [open_question(number, "doctrine", "recall") for number in range(50, 60)]
    return write(tmp_path / "heldout.jsonl", pairs)


# --- the draw ----------------------------------------------------------------------------------


def test_the_draw_is_the_same_every_time(items_file: Path) -> None:
    random.seed(1)
    first = heldout.load_items(items_file, 10, 8)
    random.seed(2)
    assert heldout.load_items(items_file, 10, 8) == first


def test_a_larger_draw_holds_the_smaller_one(items_file: Path) -> None:
    small, large = (heldout.load_items(items_file, n, 2 * n) for n in (4, 8))
    assert [pair for pair in large if pair.key][:4] == [pair for pair in small if pair.key]
    assert [pair for pair in large if not pair.key][:8] == [pair for pair in small if not pair.key]


def test_the_draw_takes_the_tasks_in_turn(items_file: Path) -> None:
    items = heldout.load_items(items_file, 10, 8)
    assert sum(bool(pair.key) for pair in items) == 10
    tasks = [pair.task for pair in items if not pair.key]
    assert tasks == ["case", "conduct", "doctrine", "document"] * 2
    assert len({pair.id for pair in items}) == 18


def test_no_item_is_pure_recall(items_file: Path) -> None:
    items = heldout.load_items(items_file, 0, 1000)
    assert len(items) == 20
    assert not [pair for pair in items if "/recall/" in pair.id]


def test_the_draw_gives_what_there_is(tmp_path: Path) -> None:
    path = write(tmp_path / "few.jsonl", [choice(1), open_question(2)])
    assert len(heldout.load_items(path, 100, 100)) == 2
    assert heldout.load_items(path, 0, 0) == []


# --- judging -----------------------------------------------------------------------------------


@pytest.fixture
def judge(small_mipld: Mipld, tmp_path: Path) -> Callable[..., Verdict]:
    def judge(pair: Pair, answer: str, *, with_mipld: bool = False) -> Verdict:
        model = Model(answer)
        (verdict,) = heldout.run(
            [pair], model, small_mipld, tmp_path / "log.jsonl", with_mipld=with_mipld, title=""
        )
        return verdict

    return judge


@pytest.mark.parametrize(
    ("raw", "letter"), [("B", "B"), ("B。依据是……", "B"), ("答案：C", "C"), ("乙", ""), ("", "")]
)
def test_reads_the_letter(judge: Callable[..., Verdict], raw: str, letter: str) -> None:
    verdict = judge(choice(1), raw)
    assert (verdict.letter, verdict.key, verdict.raw) == (letter, "B", raw)


@pytest.mark.parametrize("raw", ["Because the law says C", "Answer: C", "According to it, C"])
def test_a_word_is_no_letter(judge: Callable[..., Verdict], raw: str) -> None:
    assert judge(choice(1), raw).letter == "C"


@pytest.mark.parametrize(
    ("raw", "right"),
    [("ABD", True), ("A、B、D。", True), ("AB", False), ("ABCD", False), ("", False)],
)
def test_a_question_with_several_right_letters_needs_them_all(
    judge: Callable[..., Verdict], raw: str, right: bool
) -> None:
    scores = heldout.score([judge(choice(1, key="ABD"), raw)])
    assert scores.choice.hits == right


@pytest.mark.parametrize(
    ("raw", "cited", "good", "gold"),
    [
        ("依据《示例专利法》第二条，期限为十年。", 1, 1, True),
        ("依据《示例专利法》第四条。", 1, 1, False),
        ("依据《示例专利法》第九条。", 1, 0, False),
        ("依据《示例旧标志法》第一条和《示例专利法》第二条。", 2, 1, True),
        ("《示例专利法》第二条规定：“示例专利权的保护期限为二十年”。", 1, 0, True),
        ("期限为十年。", 0, 0, False),
        ("", 0, 0, False),
    ],
)
def test_counts_the_citations(
    judge: Callable[..., Verdict], raw: str, cited: int, good: int, gold: bool
) -> None:
    verdict = judge(open_question(2), raw)
    assert (verdict.cited, verdict.good, verdict.gold) == (cited, good, gold)


def test_shows_what_mipld_finds_only_when_asked_to(judge: Callable[..., Verdict]) -> None:
    shown = judge(open_question(2), "答", with_mipld=True)
    assert "《示例专利法》第二条" in shown.prompt
    bare = judge(open_question(3), "答")
    assert "《示例专利法》" not in bare.prompt


def test_a_choice_is_one_letter_where_the_endpoint_takes_a_grammar(
    small_mipld: Mipld, tmp_path: Path
) -> None:
    for grammars, options in (
        (True, {"max_tokens": 1, "grammar": "root ::= [A-D]"}),
        (False, {"max_tokens": 16}),
    ):
        model = Model("B", grammars=grammars)
        log = tmp_path / f"{grammars}.jsonl"
        heldout.run([choice(1)], model, small_mipld, log, with_mipld=False, title="")
        assert model.asked[0][1] == options


# --- running -----------------------------------------------------------------------------------


def test_what_is_answered_is_not_asked_again(small_mipld: Mipld, tmp_path: Path) -> None:
    items = [choice(1), open_question(2), choice(3)]
    log = tmp_path / "deep" / "log.jsonl"
    first = heldout.run(
        items, Model("A", "《示例专利法》第二条", "B"), small_mipld, log, with_mipld=False, title=""
    )
    again = heldout.run(items, Model(), small_mipld, log, with_mipld=False, title="")
    assert again == first
    assert [verdict.id for verdict in again] == [pair.id for pair in items]


def test_a_run_that_was_cut_in_the_middle_of_a_line_goes_on(
    small_mipld: Mipld, tmp_path: Path
) -> None:
    items = [choice(1), choice(2), choice(3)]
    log = tmp_path / "log.jsonl"
    whole = heldout.run(items, Model("A", "B", "C"), small_mipld, log, with_mipld=False, title="")
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(lines[0] + lines[1][:25])
    model = Model("B", "C")
    resumed = heldout.run(items, model, small_mipld, log, with_mipld=False, title="")
    assert resumed == whole
    assert len(model.asked) == 2
    assert log.read_bytes() == b"".join(lines)


def test_what_was_answered_is_kept_when_the_endpoint_fails(
    small_mipld: Mipld, tmp_path: Path
) -> None:
    class Failing(Model):
        def chat(self, messages: Any, **options: Any) -> Reply:
            if not self.answers:
                raise UserError("http://127.0.0.1:9/v1 cannot be reached")
            return super().chat(messages, **options)

    log = tmp_path / "log.jsonl"
    items = [choice(1), choice(2)]
    with pytest.raises(UserError, match="cannot be reached"):
        heldout.run(items, Failing("A"), small_mipld, log, with_mipld=False, title="")
    assert len(log.read_text().splitlines()) == 1


# --- counting ----------------------------------------------------------------------------------


def verdict(**changes: Any) -> Verdict:
    fields: dict[str, Any] = {
        "id": "x",
        "task": "doctrine",
        "prompt": "",
        "raw": "",
        "key": "",
        "letter": "",
        "cited": 0,
        "good": 0,
        "gold": False,
        "seconds": 1.0,
    }
    return Verdict(**fields | changes)


def test_score() -> None:
    verdicts = [
        verdict(key="A", letter="A"),
        verdict(key="A", letter="B"),
        verdict(key="A", letter=""),
        verdict(cited=3, good=2, gold=True),
        verdict(cited=1, good=0),
        verdict(),
    ]
    scores = heldout.score(verdicts)
    assert (scores.choice.hits, scores.choice.n, scores.unreadable) == (1, 3, 1)
    assert (scores.gold.hits, scores.gold.n) == (1, 3)
    assert (scores.good.hits, scores.good.n, scores.uncited) == (2, 4, 1)
    assert heldout.choice_hits(verdicts) == [True, False, False]
    assert heldout.gold_hits(verdicts) == [True, False, False]
    plain = json.loads(json.dumps(heldout.as_json(scores)))
    assert plain["good"] == {"hits": 2, "n": 4, "interval": list(scores.good.interval)}
    assert (plain["uncited"], plain["unreadable"]) == (1, 1)


def test_nothing_to_score() -> None:
    scores = heldout.score([])
    assert (scores.choice.n, scores.gold.n, scores.good.n) == (0, 0, 0)
    json.dumps(heldout.as_json(scores))


def test_a_verdict_survives_the_log() -> None:
    given = verdict(id="甲", gold=True, raw="第一行\n第二行")
    assert Verdict(**json.loads(json.dumps(asdict(given)))) == given
