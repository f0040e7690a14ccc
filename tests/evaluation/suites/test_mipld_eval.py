"""MIPLD-Eval: our own items, held out, coherent, in strict TOML."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from ecmiip.errors import UserError
from ecmiip.evaluation.items import Criterion
from ecmiip.evaluation.suites import SUITES, load
from ecmiip.instruct.split import is_case_heldout, is_heldout
from ecmiip.mipld import passage

HELD = next(f"示例法@2020#{n}" for n in range(1, 200) if is_heldout(f"示例法@2020#{n}"))
TAUGHT = next(f"示例法@2020#{n}" for n in range(1, 200) if not is_heldout(f"示例法@2020#{n}"))
TAUGHT_CASE = next(f"示例案{n}" for n in range(1, 200) if not is_case_heldout(f"示例案{n}"))

CHOICE = f"""[[item]]
id = "mipld-eval/doctrine/patent/001"
task = "doctrine"
direction = "patent"
as_of = 2026-11-22
question = "谁有权？"
options = {{ A = "甲", B = "乙", C = "丙", D = "丁" }}
key = "B"
answer = "乙。"
provisions = ["{HELD}(1)"]
"""
OPEN = (
    CHOICE.replace('key = "B"\n', "").replace(
        'options = { A = "甲", B = "乙", C = "丙", D = "丁" }\n', ""
    )
    + 'rubric = [{ text = "写明乙", points = 10 }]\n'
)


def read(folder: Path, text: str) -> list[object]:
    (folder / "doctrine.toml").write_text(text, encoding="utf-8")
    return list(load("mipld-eval", folder))


def test_items_are_read_whole(checkout: Callable[..., Path]) -> None:
    items = load("mipld-eval", checkout("mipld-eval"))
    assert [item.kind for item in items] == ["single", "multi", "open"] * 2
    assert items[2].rubric == (Criterion("写明起诉", 6), Criterion("条号", 4))
    assert items[0].answers == ("应当起诉。",)
    assert items[0].as_of == date(2026, 11, 22)
    assert items[0].tags == ("date-sensitive", "ip")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            CHOICE.replace(f"{HELD}(1)", TAUGHT),
            f"doctrine/patent/001: {TAUGHT} is on the training side of the split",
        ),
        (CHOICE + f'cases = ["{TAUGHT_CASE}"]', "the case .* is on the training side"),
        (CHOICE.replace('key = "B"', 'key = "E"'), "key 'E' must be letters of the options"),
        (CHOICE.replace('key = "B"', 'key = "BA"'), "key 'BA' must be letters of the options"),
        (CHOICE.replace('key = "B"\n', ""), "key '' must be letters of the options"),
        (CHOICE.replace('C = "丙", ', ""), "options must be A, B, C … in order"),
        (CHOICE.replace('direction = "patent"', 'direction = "patents"'), "no direction is called"),
        (CHOICE.replace("as_of = 2026-11-22\n", ""), "key 'item.0.as_of' is missing"),
        (CHOICE.replace("question", "frage"), "unknown key 'item.0.frage'"),
        (CHOICE.replace('"doctrine"', '"theory"'), "key 'item.0.task'"),
        (CHOICE + CHOICE, "two items are called mipld-eval/doctrine/patent/001"),
        (OPEN.replace("points = 10", "points = 0"), "key 'item.0.rubric.0.points'"),
        (OPEN.partition("rubric")[0], "an open item needs a rubric"),
        (OPEN + 'key = "A"', "a key needs options"),
        ("[[item]\n", "not valid TOML"),
    ],
)
def test_an_unfit_item_is_an_error_that_says_why(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        read(tmp_path, text)


def test_both_forms_are_fit(tmp_path: Path) -> None:
    assert len(read(tmp_path, CHOICE)) == len(read(tmp_path, OPEN)) == 1


def test_the_items_of_the_project() -> None:
    """Every shipped item is held out by its provisions or cases, and its rubric adds up to ten."""
    folder = SUITES["mipld-eval"].default()
    assert folder is not None
    if not folder.is_dir():
        pytest.skip("the items are not there")
    items = load("mipld-eval")
    for item in items:
        assert item.id.startswith(f"mipld-eval/{item.task}/{item.direction}/"), item.id
        assert all(passage.split_address(address) for address in item.provisions), item.id
        if item.kind == "open":
            assert sum(criterion.points for criterion in item.rubric) == 10, item.id
