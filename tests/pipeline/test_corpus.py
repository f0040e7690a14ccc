"""What the stages train on: every provision once, with its law and dates, the sides apart."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ecmiip.errors import UserError
from ecmiip.files import shipped, write_jsonl
from ecmiip.instruct.split import is_heldout
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.document import Provision
from ecmiip.pipeline.corpus import choice_question, documents, export_stages
from ecmiip.training.data import StageData
from ecmiip.training.recipe import Batch, Query, Recipe, read_recipe

DAY = date(2026, 11, 22)
# Articles of 示例法 on one side of the split, so that they can be neighbours.
TAUGHT = [n for n in range(1, 20) if not is_heldout(f"示例法@2020#{n}")]
PAIRS = [
    {"id": f"{origin}/{rule}/{n}", "task": task, "direction": direction, "origin": origin}
    | {"key": key, "context": context}
    for n, (origin, rule, task, direction, key, context) in enumerate(
        [
            ("derived", "choose-one", "doctrine", "patent", "B", ["law@1#1"]),
            ("derived", "reading-two", "case", "trademark", "", ["law@1#1"]),
            ("authored", "case", "case", "patent", "", []),
            ("authored", "document", "document", "copyright", "AC", []),
        ]
    )
]


class Database:
    """Provisions by their directions, and the queries that were made."""

    def __init__(self, provisions: list[Provision]) -> None:
        self.held = provisions
        self.queries: list[dict[str, Any]] = []

    def provisions(self, **query: Any) -> Iterator[Provision]:
        self.queries.append(query)
        wanted = set(query["directions"])
        return (p for p in self.held if not wanted or wanted & set(p.directions))


@pytest.fixture
def db(make_provision: Callable[..., Provision]) -> Database:
    """Two laws of forty chapters, three provisions to a chapter."""
    held = []
    for law, direction in (("示例专利法", "patent"), ("示例商标法", "trademark")):
        for article in range(1, 121):
            chapter = f"第{(article - 1) // 3}章 某某"
            held.append(
                make_provision(
                    f"{law}的第{article}个规定。" * 3,
                    article,
                    law=law,
                    chapter=chapter,
                    directions=(direction,),
                )
            )
    return Database(held)


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    folder = tmp_path / "pairs"
    folder.mkdir()
    for side in ("train", "heldout"):
        rows = [pair | {"question": "问", "messages": [side]} for pair in PAIRS]
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{side}.jsonl").write_text(text, encoding="utf-8")
    return folder


def recipe(*stages: dict[str, Any]) -> Recipe:
    rate = {"tokens": 100_000, "learning_rate": 1e-4}
    return Recipe.model_validate(
        {"name": "r", "base": "b", "heldout_tokens": 100_000, "stages": [rate | s for s in stages]}
    )


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


LAW = {"name": "law", "kind": "pretrain", "corpus": [{}]}


def found(db: Database, query: Query | None = None) -> list[dict[str, Any]]:
    """The documents of both sides."""
    return [document for _, document in documents(db, query or Query(), DAY)]


def test_every_provision_is_in_one_document_of_its_side(db: Database) -> None:
    text = {False: "", True: ""}
    for heldout, document in documents(db, Query(), DAY):
        text[heldout] += document["text"] + "\n"
    for provision in db.held:
        words, heldout = f"{provision.number} {provision.text}", is_heldout(provision.address)
        assert [text[side].count(words) for side in (heldout, not heldout)] == [1, 0]
    ids = [document["id"] for document in found(db)]
    assert len(set(ids)) == len(ids)


def test_a_document_says_whose_words_it_holds(db: Database) -> None:
    first = found(db)[0]
    assert first["id"] == "示例专利法@2020#1"
    title, *body = first["text"].split("\n")
    assert title == "《示例专利法》（2020年文本，2020-06-01起施行）第0章 某某"
    assert body[0].startswith("第1条 ")
    assert len(body) == 3


def test_a_document_stays_within_law_version_and_chapter(make_provision: Any) -> None:
    held = [
        make_provision("甲。", TAUGHT[0]),
        make_provision("乙。", TAUGHT[1]),
        make_provision("丙。", TAUGHT[2], chapter="第二章"),
        make_provision("丁。", TAUGHT[2], version="2026", chapter="第二章"),
        make_provision("戊。", 1, version="2026", law="另一示例法", chapter="第二章"),
    ]
    texts = [document["text"] for document in found(Database(held))]
    assert [text.count("\n") for text in texts] == [2, 1, 1, 1]


def test_a_long_chapter_is_cut_between_provisions(make_provision: Any) -> None:
    held = [
        make_provision("字" * length, n)
        for n, length in zip(TAUGHT, (250, 250, 250, 2000, 10), strict=False)
    ]
    lengths = [len(d["text"].replace("\n", "")) for d in found(Database(held))]
    assert len(lengths) == 4  # two, one, the long one whole, one
    assert lengths[2] > 2000


def test_the_query_is_passed_on_with_its_own_day_or_that_of_the_run(db: Database) -> None:
    query = Query(disciplines=("civil",), directions=("patent",), kinds=("law",))
    list(documents(db, query, DAY))
    list(documents(db, query.model_copy(update={"as_of": date(2020, 1, 1)}), DAY))
    first, second = db.queries
    assert first == {
        "as_of": DAY,
        "directions": ("patent",),
        "disciplines": ("civil",),
        "kinds": ("law",),
    }
    assert second["as_of"] == date(2020, 1, 1)


def test_the_sides_share_no_document_and_lose_none(
    db: Database, pairs: Path, tmp_path: Path
) -> None:
    exported = export_stages(recipe(LAW), db, pairs, DAY, tmp_path / "data")
    train, heldout = rows(exported["law"].train), rows(exported["law"].heldout)
    assert exported == {
        "law": StageData(
            tmp_path / "data" / "law.train.jsonl", tmp_path / "data" / "law.heldout.jsonl"
        )
    }
    whole = {document["id"] for document in found(db)}
    assert {row["id"] for row in train} | {row["id"] for row in heldout} == whole
    assert len(train) + len(heldout) == len(whole)
    assert 0 < len(heldout) < len(whole) / 3


def test_a_provision_is_on_the_same_side_in_every_stage(
    make_provision: Any, pairs: Path, tmp_path: Path
) -> None:
    """Even where the stages' queries, and so their passages, differ."""
    held = [
        make_provision(f"第{n}个规定。", n, directions=("patent",) if n % 3 else ())
        for n in range(1, 121)
    ]
    branch = LAW | {"name": "branch", "corpus": [{"directions": ["patent"]}]}
    exported = export_stages(recipe(LAW, branch), Database(held), pairs, DAY, tmp_path)
    taught, judged = (
        {
            line
            for stage in exported.values()
            for row in rows(side(stage))
            for line in row["text"].split("\n")[1:]
        }
        for side in (lambda stage: stage.train, lambda stage: stage.heldout)
    )
    assert len(taught) + len(judged) == len(taught | judged) == len(held)
    assert len(judged) == sum(is_heldout(provision.address) for provision in held)


def test_rows_name_their_part(db: Database, pairs: Path, tmp_path: Path) -> None:
    parts = [{"directions": ["trademark"]}, {"directions": ["patent"]}]
    exported = export_stages(recipe(LAW | {"corpus": parts}), db, pairs, DAY, tmp_path)
    for row in rows(exported["law"].train):
        assert row["part"] == (1 if row["id"].startswith("示例专利法") else 0)


def test_a_small_budget_takes_a_sample_of_every_part(
    db: Database, pairs: Path, tmp_path: Path
) -> None:
    parts = [{"directions": ["trademark"]}, {"directions": ["patent"]}]
    stage = LAW | {"corpus": parts, "tokens": 100}
    small = export_stages(recipe(stage), db, pairs, DAY, tmp_path / "s")["law"]
    large = export_stages(recipe(LAW | {"corpus": parts}), db, pairs, DAY, tmp_path / "l")["law"]
    sample, whole = rows(small.train), rows(large.train)
    assert 0 < len(sample) < len(whole) / 2
    assert {row["part"] for row in sample} == {0, 1}
    for part in (0, 1):
        assert sum(len(row["text"]) for row in sample if row["part"] == part) >= 100
    assert all(row in whole for row in sample)


def test_the_same_input_gives_the_same_files(db: Database, pairs: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        export_stages(recipe(LAW | {"tokens": 500}), db, pairs, DAY, tmp_path / name)
    for side in ("train", "heldout"):
        first, second = (tmp_path / name / f"law.{side}.jsonl" for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ({}, [0, 1, 2, 3]),
        ({"tasks": ["case"]}, [1, 2]),
        ({"origins": ["authored"]}, [2, 3]),
        ({"tasks": ["case"], "directions": ["patent"]}, [2]),
        ({"rules": ["choose-"]}, [0]),
        ({"rules": ["reading-two/1"]}, [1]),
        ({"choice": True}, [0, 3]),
        ({"choice": False, "context": True}, [1]),
    ],
)
def test_a_stage_takes_the_pairs_it_asks_for(
    db: Database, pairs: Path, tmp_path: Path, wanted: dict[str, Any], kept: list[int]
) -> None:
    stage = {"name": "tasks", "kind": "finetune", "pairs": wanted}
    exported = export_stages(recipe(stage), db, pairs, DAY, tmp_path / "data")["tasks"]
    ids = [PAIRS[n]["id"] for n in kept]
    for side, path in (("train", exported.train), ("heldout", exported.heldout)):
        taken = sorted(rows(path), key=lambda row: ids.index(row["id"]))
        assert taken == [{"id": name, "messages": [side], "part": 0} for name in ids]


def test_a_sample_is_no_run_of_the_file(db: Database, tmp_path: Path) -> None:
    """The set is written rule by rule: what comes first is all of a kind."""
    many = [
        PAIRS[1] | {"id": f"derived/reading/{n:03}", "messages": ["问" * 50]} for n in range(500)
    ]
    for side in ("train", "heldout"):
        write_jsonl(tmp_path / f"{side}.jsonl", many)
    stage = {"name": "tasks", "kind": "finetune", "pairs": {}, "tokens": 1000}
    exported = export_stages(recipe(stage), db, tmp_path, DAY, tmp_path / "data")["tasks"]
    numbers = [int(row["id"][-3:]) for row in rows(exported.train)]
    assert 5 < len(numbers) < 100
    assert numbers != sorted(numbers)
    assert max(numbers) > 250


def test_pairs_that_will_be_skipped_leave_room_for_others(db: Database, tmp_path: Path) -> None:
    """Nine pairs of ten have more tokens than a sequence; the budget is still filled."""
    many = [
        PAIRS[1] | {"id": f"derived/reading/{n:03}", "messages": ["问" * (200 if n % 10 else 20)]}
        for n in range(500)
    ]
    for side in ("train", "heldout"):
        write_jsonl(tmp_path / f"{side}.jsonl", many)
    stage = {"name": "tasks", "kind": "finetune", "pairs": {}, "tokens": 200, "too_long": "skip"}
    batch = {"sequence": 100, "micro": 100, "step": 100}
    wanted = recipe(stage).model_copy(update={"batch": Batch(**batch)})
    exported = export_stages(wanted, db, tmp_path, DAY, tmp_path / "data")["tasks"]
    fitting = [row for row in rows(exported.train) if len(row["messages"][0]) == 20]
    assert sum(len(str(row)) for row in fitting) >= 4 * 200


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (LAW | {"corpus": [{"directions": ["patent", "patents"]}]}, "'patents' in directions"),
        (LAW | {"corpus": [{}, {"disciplines": ["civic"]}]}, "'civic' in disciplines"),
        (LAW | {"corpus": [{"kinds": ["statute"]}]}, "'statute' in kinds"),
        (
            {"name": "law", "kind": "finetune", "pairs": {"directions": ["patents"]}},
            "'patents' in directions",
        ),
    ],
)
def test_a_misspelt_name_is_told(
    db: Database, pairs: Path, tmp_path: Path, stage: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError, match=f"stage 'law': {said} is unknown to MIPLD: choose among"):
        export_stages(recipe(stage), db, pairs, DAY, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_a_pair_belongs_to_the_first_part_it_fits(
    db: Database, pairs: Path, tmp_path: Path
) -> None:
    parts = [{"choice": True, "weight": 3}, {"origins": ["derived"]}]
    stage = {"name": "tasks", "kind": "finetune", "pairs": parts}
    exported = export_stages(recipe(stage), db, pairs, DAY, tmp_path / "data")["tasks"]
    told = {row["id"]: row["part"] for row in rows(exported.train)}
    assert told == {PAIRS[0]["id"]: 0, PAIRS[3]["id"]: 0, PAIRS[1]["id"]: 1}


@pytest.mark.parametrize(
    "stage",
    [
        LAW | {"corpus": [{"directions": ["copyright"]}]},
        {"name": "law", "kind": "finetune", "pairs": {"tasks": ["conduct"]}},
    ],
)
def test_a_stage_that_finds_nothing_is_told(
    db: Database, pairs: Path, tmp_path: Path, stage: dict[str, Any]
) -> None:
    with pytest.raises(UserError, match="stage 'law' finds nothing in MIPLD") as caught:
        export_stages(recipe(stage), db, pairs, DAY, tmp_path / "data")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("path", sorted(shipped("recipes").glob("*.toml")), ids=lambda p: p.stem)
def test_every_recipe_of_the_project_is_sound(path: Path) -> None:
    assert read_recipe(path).stages


def test_a_choose_stage_gets_options_apart_from_their_question(
    small_mipld: Mipld, tmp_path: Path
) -> None:
    address = next(iter(small_mipld.provisions(as_of=DAY, directions=("patent",)))).address
    pair = {
        "id": "derived/choose-one/1",
        "task": "doctrine",
        "direction": "patent",
        "origin": "derived",
        "question": "哪些说法正确？（多选）\nA. 甲\nB. 乙\nC. 丙",
        "key": "AC",
        "context": [address],
    }
    unasked = pair | {"id": "derived/choose-one/2", "question": "没有选项。"}
    folder = tmp_path / "pairs"
    folder.mkdir()
    wrong = {"question": "哪一说法错误？\nA. 甲\nB. 乙\nC. 丙", "key": "B"}
    odd = pair | {"id": "derived/choose-one/3"} | wrong
    for side in ("train", "heldout"):
        write_jsonl(folder / f"{side}.jsonl", [pair, unasked, odd])
    stage = {"name": "choices", "kind": "choose", "pairs": {"rules": ["choose-"]}}
    exported = export_stages(recipe(stage), small_mipld, folder, DAY, tmp_path / "data")
    row, odd_row = sorted(rows(exported["choices"].train), key=lambda row: row["id"])
    assert (odd_row["right"], odd_row["likely"]) == ([False, True, False], [True, False, True])
    assert row["likely"] == row["right"]
    assert row["options"] == ["甲", "乙", "丙"]
    assert row["right"] == [True, False, True]
    quote, question, answer = row["prompt"].split("\n")
    assert quote == small_mipld.at(address).quote()
    assert (question, answer) == ("哪些说法正确", "答：")


def test_distractors_may_be_left_out_of_what_a_question_shows(small_mipld: Mipld) -> None:
    provisions = small_mipld.provisions(as_of=DAY, directions=("patent",))
    gold, other = islice(provisions, 2)
    question = {"question": "哪一说法正确？\nA. 甲\nB. 乙", "key": "A"}
    row = question | {"context": [other.address, gold.address], "provisions": [gold.address]}
    whole, alone = (choice_question(row, small_mipld, distractors=d) for d in (True, False))
    assert whole is not None
    assert alone is not None
    assert [other.quote() in one["prompt"] for one in (whole, alone)] == [True, False]
    assert gold.quote() in alone["prompt"]
    with pytest.raises(ValidationError, match="choose stages only"):
        recipe({"name": "tasks", "kind": "finetune", "pairs": {}, "distractors": False})


def test_without_pairs_it_is_told_how_to_make_them(small_mipld: Mipld, tmp_path: Path) -> None:
    stage = {"name": "choices", "kind": "choose", "pairs": {"rules": ["choose-"]}}
    with pytest.raises(UserError, match="ecmiip instruct build"):
        export_stages(recipe(stage), small_mipld, tmp_path / "none", DAY, tmp_path / "data")
