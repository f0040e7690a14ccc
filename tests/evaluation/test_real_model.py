"""The grammars of a choice against llama.cpp and the real base: it takes them and keeps to them."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ecmiip.evaluation.calling import Caller
from ecmiip.evaluation.items import Item
from ecmiip.evaluation.run import Bench, run
from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.subjects import opened
from ecmiip.evaluation.verdict import Evaluation

pytestmark = [pytest.mark.weights, pytest.mark.slow]

SINGLE = Item(
    id="made/single",
    suite="made",
    kind="single",
    question="甲公司的发明专利被乙公司擅自实施，甲公司可以怎样做？",
    options={"A": "向人民法院起诉", "B": "没收乙公司", "C": "吊销乙公司执照", "D": "逮捕乙公司"},
    key="A",
    answers=(),
    task="conduct",
    direction="patent",
    as_of=date(2026, 11, 22),
)
MULTI = replace(SINGLE, id="made/multi", kind="multi", key="A")


def test_the_base_keeps_to_the_grammar(tmp_path: Path) -> None:
    found = {}
    with opened("base") as subject:
        assert subject.endpoint.grammars
        for setting in (Setting(), Setting(several="apart"), Setting(reasoning=8)):
            evaluation = Evaluation(tmp_path / setting.name, "made", "base", setting, 2)
            with Caller(subject.endpoint, subject.identity, None) as caller:
                found[setting.name] = run([SINGLE, MULTI], Bench(caller, setting, None), evaluation)
    for verdicts in found.values():
        assert not any(verdict.error for verdict in verdicts)
        assert all(verdict.letters for verdict in verdicts)
        assert verdicts[0].raw in "ABCD"
    assert re.fullmatch("A?B?C?D?。", found["closed"][1].raw)
    assert re.fullmatch("(?:[A-D]：[对不]\n?){4}|A?B?C?D?。", found["closed-apart"][1].raw)
    assert found["closed-reasons8"][0].prompt[-2]["role"] == "assistant"
