"""Every suite there is, put to a mock endpoint: five items each, in every setting."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ecmiip.evaluation import mock
from ecmiip.evaluation.evaluating import Done, Order, evaluate
from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.suites import SUITES
from ecmiip.evaluation.table import as_text
from ecmiip.evaluation.verdict import Evaluation, evaluations

CLOSED = Setting()

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with mock.serving() as served:
        yield f"{served.url}#mock"


@pytest.fixture
def put(url: str, checkout: Callable[..., Path], small_mipld_path: Path) -> Callable[..., Done]:
    def put(suite: str, setting: Setting = CLOSED) -> Done:
        order = Order(
            suite, url, setting, root=checkout(suite), db=small_mipld_path, limit=5, jobs=2
        )
        return evaluate(order)

    return put


@pytest.mark.parametrize("suite", SUITES)
def test_five_items_of_every_suite(put: Callable[..., Done], suite: str) -> None:
    done = put(suite)
    verdicts = list(done.evaluation.verdicts())
    assert len(verdicts) == len({verdict.id for verdict in verdicts}) == done.summary.items == 5
    for verdict in verdicts:
        assert verdict.suite == suite
        assert not verdict.error
        assert verdict.raw
        assert verdict.prompt[0]["role"] == "system"
        assert (verdict.right is None) == (verdict.kind == "open")
        assert (verdict.letters == verdict.key) == (verdict.right is not False)
        if verdict.kind == "open":
            assert verdict.scores["cited"] == 1
    text = as_text(done)
    assert text.startswith(f"{suite} · mock · closed")
    for row in done.summary.rows:
        assert row.low <= row.value <= row.high
        assert row.score in text


@pytest.mark.parametrize(
    "setting",
    [
        Setting(depth=2),
        Setting(depth=2, retrieval="assistant"),
        Setting(reasoning=20),
        Setting(several="apart"),
        Setting(constraint="schema"),
        Setting(constraint="none"),
        Setting(depth=1, reasoning=20, several="apart", constraint="grammar"),
    ],
    ids=lambda setting: setting.name,
)
def test_every_setting(put: Callable[..., Done], setting: Setting) -> None:
    for suite in ("jecqa", "mipld-eval"):
        done = put(suite, setting)
        assert done.summary.items == 5
        assert done.summary.errors == done.summary.unparseable == 0
        assert done.evaluation.path.name == f"{suite}--mock--{setting.name}"


def test_what_was_asked_is_written_down(put: Callable[..., Done]) -> None:
    done = put("jecqa", Setting(depth=2))
    assert evaluations() == [done.evaluation] == [Evaluation.open(done.evaluation.path)]
    assert done.evaluation.items == 5
    assert done.evaluation.identity.endswith("#mock")
    assert done.evaluation.mipld
    for verdict in done.evaluation.verdicts():
        assert len(verdict.retrieved) <= 2
        for shown in verdict.retrieved:
            assert shown.quote.split("：")[0] in verdict.prompt[-1]["content"]
