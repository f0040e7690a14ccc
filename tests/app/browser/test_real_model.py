"""The page over the real model: each task asked once, every citation judged."""

from collections.abc import Iterator
from typing import Any

import pytest

from ecmiip.app.history import History
from ecmiip.app.services import Services
from ecmiip.app.turns import Turns
from ecmiip.mipld.database import Mipld
from ecmiip.models.server import serving
from ecmiip.models.weights import find_gguf

pytestmark = [pytest.mark.weights, pytest.mark.slow]
QUESTIONS = {
    "doctrine": "示例专利权的保护期限是多久？",
    "conduct": "甲公司未经许可制造、销售示例专利产品，是否构成侵权？",
    "case": "原告甲公司诉被告乙公司：乙公司伪造示例专利证书。争议焦点是什么？",
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Any]:
    """The 0.5B base; found before the tests' own home hides it."""
    with serving(find_gguf("qwen2.5-coder-0.5b"), threads=1) as opened:
        yield opened


@pytest.fixture
def services(endpoint: Any, small_mipld: Mipld, history: History) -> Services:
    return Services(small_mipld, history, endpoint, "base", Turns(seconds=600))


@pytest.mark.parametrize("view", QUESTIONS)
def test_each_task_is_answered(page: Any, view: str) -> None:
    page.goto(page.url.split("#")[0] + f"#/{view}")
    page.locator(".composer textarea").last.fill(QUESTIONS[view])
    page.locator(".composer textarea").last.press("Enter")
    page.locator(".exchange > .verdict").wait_for(timeout=580_000)
    assert page.locator(".trouble").count() == 0
    assert page.locator(".answer").inner_text().strip()
    for chip in page.locator(".chip").all():
        assert chip.get_attribute("class") in ("chip good", "chip doubt", "chip bad")
