"""Reading the law over HTTP: as of a day, version by version, side by side."""

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://127.0.0.1")


def test_search_gives_the_law_of_the_day(client: TestClient) -> None:
    for day, address in (("2026-11-22", "示例专利法@2020#2"), ("2027-01-01", "示例专利法@2026#3")):
        found = client.get("/api/search", params={"q": "示例专利权的保护期限", "as_of": day}).json()
        assert found["as_of"] == day
        assert found["provisions"][0]["address"] == address
        scores = [hit["score"] for hit in found["provisions"]]
        assert scores == sorted(scores, reverse=True)


def test_search_heeds_its_filters(client: TestClient) -> None:
    params = {"q": "示例 有效期 期限", "direction": "trademark", "limit": 50}
    found = client.get("/api/search", params=params).json()["provisions"]
    assert found
    assert all("trademark" in hit["directions"] for hit in found)
    assert len(client.get("/api/search", params=params | {"limit": 1}).json()["provisions"]) == 1
    for where in ("cases", "notes"):
        result = client.get("/api/search", params=params | {"in": where}).json()
        assert result["provisions"] == result[where] == []


def test_cite_judges_every_citation(client: TestClient) -> None:
    text = "见《示例专利法》第二条、第九条和《无名法》第一条。"
    found = client.post("/api/cite", json={"text": text, "as_of": "2026-11-22"}).json()
    statuses = [citation["status"] for citation in found["citations"]]
    assert statuses == ["in_force", "no_such_article", "unverified"]
    assert [citation["good"] for citation in found["citations"]] == [True, False, False]
    for citation in found["citations"]:
        assert text[citation["start"] : citation["end"]] == citation["text"]


def test_laws_are_found_by_part_of_a_name(client: TestClient) -> None:
    names = [law["name"] for law in client.get("/api/laws", params={"q": "专利"}).json()["laws"]]
    assert names == ["示例专利法"]
    assert len(client.get("/api/laws").json()["laws"]) == 3


def test_a_law_reads_as_it_stood(client: TestClient) -> None:
    law = {"law": "示例专利法"}
    old = client.get("/api/show", params=law | {"as_of": "2026-12-31"}).json()
    new = client.get("/api/show", params=law | {"as_of": "2027-01-01"}).json()
    assert (old["version"], len(old["provisions"])) == ("2020", 6)
    assert (new["version"], len(new["provisions"])) == ("2026", 5)
    early = client.get("/api/show", params=law | {"as_of": "1999-01-01"}).json()
    assert (early["version"], early["provisions"]) == (None, [])
    one = client.get("/api/show", params=law | {"as_of": "2027-01-01", "article": 3}).json()
    assert [provision["address"] for provision in one["provisions"]] == ["示例专利法@2026#3"]


def test_a_provision_knows_what_continues_it(client: TestClient) -> None:
    params = {"address": "示例专利法@2020#2", "as_of": "2027-02-01"}
    found = client.get("/api/provision", params=params).json()
    assert not found["in_force"]
    assert [version["label"] for version in found["versions"]] == ["2020", "2026"]
    assert found["continued_by"][0]["address"] == "示例专利法@2026#3"
    assert found["continued_by"][0]["provision"]["text"] == found["provision"]["text"]


def test_versions_stand_side_by_side(client: TestClient) -> None:
    params = {"law": "示例专利法", "old": "2020", "new": "2026"}
    rows = client.get("/api/compare", params=params).json()["rows"]
    pairs = [
        (row["old"] and row["old"]["article"], row["new"] and row["new"]["article"]) for row in rows
    ]
    assert pairs == [(1, 1), (None, 2), (2, 3), (3, 4), (4, 5), (5, None), (6, None)]


def test_a_version_beside_itself_has_no_changes(client: TestClient) -> None:
    params = {"law": "示例专利法", "old": "2020", "new": "2020"}
    rows = client.get("/api/compare", params=params).json()["rows"]
    assert len(rows) == 6
    assert all(row["old"] == row["new"] for row in rows)


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/api/show", {"law": "没有的法"}),
        ("/api/provision", {"address": "示例专利法@2020#99"}),
        ("/api/provision", {"address": "nonsense"}),
        ("/api/compare", {"law": "没有的法", "old": "2020", "new": "2026"}),
        ("/api/compare", {"law": "示例专利法", "old": "1999", "new": "2026"}),
        ("/api/cases/case:1", {}),
        ("/api/cases/x", {}),
        ("/api/cases/99999999999999999999", {}),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(
    client: TestClient, path: str, params: dict[str, str]
) -> None:
    answer = client.get(path, params=params)
    assert answer.status_code == 404
    assert ": " in answer.json()["error"]["message"]
