"""A teacher behind an endpoint: what it is asked, what is kept, what a second run costs."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ecmiip.commands import instruct as commands
from ecmiip.errors import UserError
from ecmiip.instruct import teacher
from ecmiip.instruct.replies import Replies, key
from ecmiip.instruct.sources import ip_provisions
from ecmiip.instruct.teacher import Assignment, assign, export_batch, import_batch, teach
from ecmiip.mipld.database import Mipld
from ecmiip.models.endpoint import Endpoint, Reply, Unavailable
from ecmiip.models.server import serving
from ecmiip.models.weights import find_gguf

DAY = date(2026, 11, 22)
GOOD = {
    "question": "示例专利权能保护多久，从什么时候算起？",
    "reasoning": "",
    "answer": "保护十年。《示例专利法》第二条规定：“示例专利权的保护期限为十年”",
    "provisions": [1],
}


@dataclass(frozen=True)
class Scripted(Endpoint):
    """An endpoint that says what the script says, in turn; an exception is raised."""

    script: list[Any] = field(default_factory=list, compare=False)
    asked: list[dict[str, Any]] = field(default_factory=list, compare=False)

    def chat(self, messages: Any, **options: Any) -> Reply:
        self.asked.append({"messages": messages} | options)
        said = self.script.pop(0)
        if isinstance(said, Exception):
            raise said
        text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
        return Reply(text, "stop", 100, 50, 1.0)


def scripted(*script: Any) -> Scripted:
    return Scripted(url="http://127.0.0.1:9/v1", model="mock", script=list(script))


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Replies]:
    with Replies(tmp_path / "replies.sqlite") as opened:
        yield opened


@pytest.fixture
def assignment(small_mipld: Mipld) -> Assignment:
    shown = tuple(
        found
        for article in (2, 3)
        if (found := small_mipld.provision("示例专利法", article, as_of=DAY))
    )
    return Assignment("teacher/doctrine/示例专利法@2020#2", "doctrine", DAY, shown)


def never(_: float) -> None:
    pytest.fail("waited")


def test_a_good_reply_becomes_a_pair(
    small_mipld: Mipld, cache: Replies, assignment: Assignment
) -> None:
    endpoint = scripted(GOOD)
    taught = teach([assignment], endpoint, small_mipld, cache, sleep=never)
    (pair,) = taught.pairs
    assert (pair.origin, pair.task, pair.as_of) == ("teacher", "doctrine", DAY)
    assert pair.provisions == ("示例专利法@2020#2",)
    assert pair.context == ("示例专利法@2020#2", "示例专利法@2020#3")
    assert taught.dropped == ()
    asked = endpoint.asked[0]
    assert "保护期限为十年" in asked["messages"][1]["content"]
    assert set(asked["schema"]["required"]) == {"question", "reasoning", "answer", "provisions"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"answer": "依据《示例专利法》第九条，期限为十年，自示例专利申请日起计算。"},
            "no_such_article",
        ),
        ({"answer": "期限为十年，从示例专利申请日起计算，期满以后不再续展。"}, "cites none"),
        (
            {"answer": "《示例专利法》第二条规定：“示例专利权的保护期限为二十年，不再续展”"},
            "other words",
        ),
        (
            {"answer": "《示例专利法》第二条定期限为十年，另见《示例专利法》第四条的后果。"},
            "which it was not given",
        ),
        ({"provisions": []}, "cites none"),
        ({"answer": None}, "not what was asked"),
    ],
)
def test_a_bad_reply_is_asked_for_once_more_and_dropped(
    small_mipld: Mipld, cache: Replies, assignment: Assignment, change: Any, said: str
) -> None:
    endpoint = scripted(GOOD | change, GOOD | change)
    taught = teach([assignment], endpoint, small_mipld, cache, sleep=never)
    assert taught.pairs == ()
    (dropped,) = taught.dropped
    assert any(said in reason for reason in dropped["reasons"])
    assert [asked["temperature"] for asked in endpoint.asked] == [0.7, 1.0]


def test_text_that_is_no_json_is_a_reason(
    small_mipld: Mipld, cache: Replies, assignment: Assignment
) -> None:
    taught = teach([assignment], scripted("好的，", "{"), small_mipld, cache, sleep=never)
    assert "not what was asked" in taught.dropped[0]["reasons"][0]


def test_the_second_reply_may_be_the_good_one(
    small_mipld: Mipld, cache: Replies, assignment: Assignment
) -> None:
    taught = teach([assignment], scripted("{}", GOOD), small_mipld, cache, sleep=never)
    assert len(taught.pairs) == 1
    assert taught.asked == 2


def test_nothing_is_paid_for_twice(
    small_mipld: Mipld, cache: Replies, assignment: Assignment
) -> None:
    first = teach([assignment], scripted("{}", GOOD), small_mipld, cache, sleep=never)
    again = teach([assignment], scripted(), small_mipld, cache, sleep=never)
    assert again.pairs == first.pairs
    assert again.asked == 0
    spent = cache.spent("mock")
    assert (spent.replies, spent.prompt_tokens, spent.completion_tokens) == (2, 200, 100)
    assert spent.price(1.0, 4.0) == pytest.approx(0.0006)
    assert cache.spent("other").replies == 0


def test_an_interrupted_run_goes_on(
    small_mipld: Mipld, cache: Replies, assignment: Assignment
) -> None:
    second = Assignment("teacher/case/x", "case", DAY, assignment.provisions)
    endpoint = scripted(GOOD, RuntimeError("killed"))
    with pytest.raises(RuntimeError):
        teach([assignment, second], endpoint, small_mipld, cache, sleep=never)
    taught = teach([assignment, second], scripted(GOOD), small_mipld, cache, sleep=never)
    assert (len(taught.pairs), taught.asked) == (2, 1)


def test_waits_longer_each_time_for_an_endpoint_that_is_busy(
    small_mipld: Mipld, cache: Replies, assignment: Assignment
) -> None:
    waited: list[float] = []
    busy = Unavailable("busy")
    teach([assignment], scripted(busy, busy, GOOD), small_mipld, cache, sleep=waited.append)
    assert waited == [1.0, 2.0]
    with pytest.raises(Unavailable):
        teach(
            [Assignment("teacher/case/x", "case", DAY, assignment.provisions)],
            scripted(*[busy] * 5),
            small_mipld,
            cache,
            sleep=waited.append,
        )


def test_a_refusal_is_not_repeated(
    small_mipld: Mipld, cache: Replies, assignment: Assignment
) -> None:
    with pytest.raises(UserError, match="no such model"):
        teach([assignment], scripted(UserError("no such model")), small_mipld, cache, sleep=never)


def test_assignments_take_tasks_in_turn_and_nothing_held_out(small_mipld: Mipld) -> None:
    provisions = ip_provisions(small_mipld, DAY)
    made = assign(small_mipld, provisions, DAY, 6)
    assert [one.task for one in made][:4] == ["doctrine", "conduct", "case", "document"]
    assert made == assign(small_mipld, provisions, DAY, 6)
    for one in made:
        addresses = [provision.address for provision in one.provisions]
        assert len(set(addresses)) == len(addresses) <= 3
        assert not any(map(teacher.is_heldout, addresses))


def test_a_batch_goes_out_and_comes_back(
    small_mipld: Mipld, cache: Replies, assignment: Assignment, tmp_path: Path
) -> None:
    endpoint = scripted()
    requests, results = tmp_path / "requests.jsonl", tmp_path / "results.jsonl"
    assert export_batch([assignment], endpoint, requests) == 1
    line = json.loads(requests.read_text(encoding="utf-8"))
    assert (line["method"], line["url"]) == ("POST", "/v1/chat/completions")
    assert line["custom_id"] == key(line["body"])
    assert line["body"]["response_format"]["type"] == "json_schema"
    reply = {
        "choices": [
            {"message": {"content": json.dumps(GOOD)}, "finish_reason": "stop"},
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2},
    }
    results.write_text(
        json.dumps({"custom_id": line["custom_id"], "response": {"body": reply}}) + "\n",
        encoding="utf-8",
    )
    assert import_batch(requests, results, cache) == 1
    taught = teach([assignment], endpoint, small_mipld, cache, sleep=never)
    assert (len(taught.pairs), taught.asked) == (1, 0)


def test_without_asking_what_the_cache_lacks_is_missing(
    small_mipld: Mipld, cache: Replies, assignment: Assignment
) -> None:
    bad, absent = (
        Assignment(f"teacher/{task}/x", task, DAY, assignment.provisions)
        for task in ("conduct", "case")
    )
    for one, said in ((assignment, json.dumps(GOOD)), (bad, "{}")):
        cache.put(teacher.request(one, scripted(), 0.7), Reply(said, "stop", 1, 1, 0.0))
    endpoint = scripted()
    taught = teach([assignment, bad, absent], endpoint, small_mipld, cache, ask=False, sleep=never)
    assert endpoint.asked == []
    assert (len(taught.pairs), taught.asked, taught.missing) == (1, 0, 1)
    assert [row["id"] for row in taught.dropped] == [bad.name]


def test_a_result_without_text_is_no_answer(
    cache: Replies, assignment: Assignment, tmp_path: Path
) -> None:
    requests, results = tmp_path / "requests.jsonl", tmp_path / "results.jsonl"
    export_batch([assignment], scripted(), requests)
    name = json.loads(requests.read_text(encoding="utf-8"))["custom_id"]
    reply = {
        "choices": [{"message": {"content": None}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2},
    }
    line = {"custom_id": name, "response": {"body": reply}}
    results.write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert import_batch(requests, results, cache) == 0
    assert cache.spent("mock").replies == 0


def test_the_command_reads_results_in_place_of_asking(
    small_mipld_path: Path, tmp_path: Path, home: Path
) -> None:
    words = ["teach", "--model", "http://127.0.0.1:9/v1#mock", "--count", "2", "--json"]
    words += ["--as-of", str(DAY), "--db", str(small_mipld_path)]
    words += ["--batch", str(tmp_path / "requests.jsonl")]
    told = CliRunner().invoke(commands.app, words)
    assert json.loads(told.stdout) == {"requests": 2}
    (tmp_path / "results.jsonl").touch()
    told = CliRunner().invoke(commands.app, [*words, "--results", str(tmp_path / "results.jsonl")])
    counts = json.loads(told.stdout)
    assert (counts["kept"], counts["asked"], counts["missing"]) == (0, 0, 2)
    assert counts["pairs"].startswith(str(home))


def test_results_of_another_batch(cache: Replies, tmp_path: Path) -> None:
    requests, results = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    requests.write_text("", encoding="utf-8")
    results.write_text('{"custom_id": "x", "response": {"body": {}}}\n', encoding="utf-8")
    with pytest.raises(UserError, match=r"b\.jsonl:1: no result of"):
        import_batch(requests, results, cache)
    results.write_text('{"custom_id": "x", "error": {"message": "expired"}}\n', encoding="utf-8")
    assert import_batch(requests, results, cache) == 0


def test_saved_pairs_are_found_again(
    small_mipld: Mipld, cache: Replies, assignment: Assignment, home: Path
) -> None:
    assert list(teacher.kept()) == []
    taught = teach([assignment], scripted(GOOD), small_mipld, cache, sleep=never)
    path = teacher.save(taught, "maker/mock:1")
    assert path == home / "teacher" / "maker-mock-1.jsonl"
    assert tuple(teacher.kept()) == taught.pairs
    assert teacher.files() == [path]


def test_a_file_that_is_no_cache(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no database at all, only text " * 100)
    with pytest.raises(UserError, match="not a cache of replies"):
        Replies(tmp_path / "x")


@pytest.mark.large
def test_a_real_teacher_keeps_to_the_schema(
    small_mipld: Mipld, cache: Replies, assignment: Assignment
) -> None:
    with serving(find_gguf("qwen2.5-coder-1.5b")) as endpoint:
        taught = teach([assignment], endpoint, small_mipld, cache)
        spent = cache.spent(endpoint.model)
        assert len(taught.pairs) + len(taught.dropped) == 1
        assert spent.replies == taught.asked >= 1
        assert spent.completion_tokens > 20
        again = teach([assignment], endpoint, small_mipld, cache)
        assert (again.pairs, again.asked) == (taught.pairs, 0)


def test_provisions_are_shown_by_number(make_provision: Callable[..., Any]) -> None:
    asked = Assignment("x", "case", DAY, (make_provision("示例。"),)).messages()
    assert "[1] 《示例法》第3条：示例。" in asked[1]["content"]
