"""Vectors of terms: kept small, read back, and used by the search."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from ecmiip.errors import UserError
from ecmiip.mipld import embedding
from ecmiip.mipld.database import Mipld
from ecmiip.mipld.embedding import Embedding

DAY = date(2024, 1, 1)


def made(*terms: str, size: int = 4) -> Embedding:
    """Each term alike to itself alone, the last one to the first."""
    vectors = np.eye(len(terms), size, dtype=np.float32)
    vectors[-1] = vectors[0]
    ones = np.ones(len(terms), dtype=np.float32)
    return Embedding(terms, vectors, ones, ones)


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    kept = made("专利", "商标", "著作权", "发明")
    kept.save(tmp_path / "e.npz")
    read = Embedding.open(tmp_path / "e.npz")
    assert read.terms == kept.terms
    np.testing.assert_allclose(read.vectors, kept.vectors, atol=0.01)
    np.testing.assert_allclose(read.asked, kept.asked)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive"])
def test_another_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "e.npz"
    path.write_bytes(content)
    with pytest.raises(UserError, match="no vectors of terms"):
        Embedding.open(path)
    with pytest.raises(UserError, match="no vectors of terms"):
        Embedding.open(tmp_path / "none.npz")


def test_a_question_of_unknown_words_has_no_direction() -> None:
    assert not made("专利", "商标").question({"甲": 1.0}).any()


def test_a_text_without_the_questions_words_is_found_by_its_meaning(
    small_mipld_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = made("期限", "甲", "久")
    monkeypatch.setattr(embedding, "shipped", lambda: known)
    with Mipld.open(small_mipld_path) as db:
        by_words = db.search("期限", as_of=DAY)
        assert by_words
        assert db.search("久", as_of=DAY) == []
        by_meaning = db.search("久", as_of=DAY, meaning=1.0)
        assert {h.provision.address for h in by_meaning} == {h.provision.address for h in by_words}
        assert all(hit.provision.in_force(DAY) for hit in by_meaning)
        assert db.search("甲", as_of=DAY, meaning=1.0) == []


def test_the_shipped_vectors_know_what_words_do_not() -> None:
    known = embedding.shipped()
    assert known.vectors.shape[0] == len(known.terms) > 10_000
    said = known.question({"跳槽": 1.0, "工程师": 1.0})
    assert said @ known.question({"商业秘密": 1.0}) > said @ known.question({"商标": 1.0})
