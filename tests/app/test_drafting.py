"""The document wizard's routes: forms, facts, drafts in three formats."""

import io
import json
import zipfile
from datetime import date

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from ecmiip.assistant import draft as drafting

FORM = "trademark-complaint"


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://127.0.0.1")


def test_every_form_comes_with_its_elements(client: TestClient) -> None:
    given = client.get("/api/forms").json()
    assert [form["id"] for form in given["forms"]] == [form.id for form in drafting.forms()]
    profiles = {
        element["profile"]
        for form in given["forms"]
        for element in form["elements"]
        if element["kind"] == "party"
    }
    assert profiles <= set(given["parties"])
    for kinds in given["parties"].values():
        for fields in kinds.values():
            assert any(field["id"] == "name" and field["required"] for field in fields)


def test_a_draft_lists_what_is_missing(client: TestClient) -> None:
    empty = client.post("/api/draft", json={"form": FORM}).json()
    assert empty["missing"]
    facts = {"plaintiffs": [{"kind": "company", "name": "甲示例公司"}]}
    some = client.post("/api/draft", json={"form": FORM, "facts": facts}).json()
    assert "甲示例公司" in some["markdown"]
    paths = [missing["path"] for missing in some["missing"]]
    assert "plaintiffs" not in paths
    assert any(path.startswith("plaintiffs[1].") for path in paths)


def test_a_draft_comes_as_a_file(client: TestClient) -> None:
    docx = client.post("/api/draft", json={"form": FORM, "format": "docx"})
    assert zipfile.ZipFile(io.BytesIO(docx.content)).testzip() is None
    assert docx.headers["content-disposition"] == f'attachment; filename="{FORM}.docx"'
    markdown = client.post("/api/draft", json={"form": FORM, "format": "markdown"})
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    assert markdown.text == client.post("/api/draft", json={"form": FORM}).json()["markdown"]


def test_facts_are_read_from_toml_and_json(client: TestClient) -> None:
    toml = f'form = "{FORM}"\n[[plaintiffs]]\nkind = "company"\nname = "甲示例公司"\n'
    expected = {"plaintiffs": [{"kind": "company", "name": "甲示例公司"}]}
    read = client.post("/api/facts", json={"text": toml}).json()
    assert read == {"form": FORM, "facts": expected}
    json_text = json.dumps({"form": FORM} | expected)
    assert client.post("/api/facts", json={"text": json_text}).json() == read
    drafted = client.post("/api/draft", json={"form": FORM, "facts": read["facts"]})
    assert drafted.status_code == 200


def test_days_and_amounts_of_a_file_survive_the_way_through_the_page(client: TestClient) -> None:
    form = drafting.form(FORM)
    day = next(element for element in form.elements if element.kind == "date")
    text = f'form = "{FORM}"\n{day.id} = 2026-03-01\n'
    facts = client.post("/api/facts", json={"text": text}).json()["facts"]
    assert facts == {day.id: date(2026, 3, 1).isoformat()}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/draft", {"form": "poem"}, 404),
        ("/api/draft", {"form": FORM, "facts": {"nothing": 1}}, 400),
        ("/api/draft", {"form": FORM, "format": "exe"}, 422),
        ("/api/facts", {"text": "= ="}, 400),
        ("/api/facts", {"text": "a = 1"}, 400),
        ("/api/facts", {"text": '{"form": 1}'}, 400),
        ("/api/facts", {"text": "[1]"}, 400),
        ("/api/facts", {"text": 'form = "poem"'}, 400),
        ("/api/facts", {"text": f'form = "{FORM}"\nnothing = 1'}, 400),
    ],
)
def test_bad_facts_are_refused_in_one_sentence(
    client: TestClient, path: str, body: dict[str, object], status: int
) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == status
    assert "\n" not in answer.json()["error"]["message"]
