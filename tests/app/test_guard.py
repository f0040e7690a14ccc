"""Only our own page and programs on our side get an answer; the page runs our code alone."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from ecmiip.app.application import create_app
from ecmiip.app.guard import MAX_JSON, is_loopback
from ecmiip.app.services import Services
from ecmiip.assistant.upload import MAX_BYTES

TOKEN = "a token of the tests"


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://127.0.0.1:8765")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8765", "127.0.0.1", "localhost:1", "LOCALHOST", "[::1]:8765", "192.168.1.7"]
)
def test_answers_by_its_own_addresses(client: TestClient, host: str) -> None:
    assert client.get("/api/history", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example:8765", "localhost.evil.example", "", "[::1", "a b"],
)
@pytest.mark.parametrize("path", ["/", "/api/history", "/openapi.json"])
def test_a_rebound_name_gets_nothing(client: TestClient, host: str, path: str) -> None:
    answer = client.get(path, headers={"host": host})
    assert answer.status_code == 403
    assert "conversations" not in answer.text


def test_the_name_given_as_host_is_its_own(services: Services) -> None:
    client = TestClient(create_app(services, hosts=["law.example"]))
    assert client.get("/api/history", headers={"host": "law.example:80"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/api/history"),
        ("POST", "/api/ask"),
        ("POST", "/api/upload?name=a.txt"),
        ("POST", "/v1/chat/completions"),
        ("GET", "/api/search?q=a"),
    ],
)
def test_other_sites_are_refused(
    client: TestClient, method: str, path: str, headers: dict[str, str]
) -> None:
    assert client.request(method, path, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "http://127.0.0.1:8765", "sec-fetch-site": "same-origin"}]
)
def test_our_page_and_programs_are_served(client: TestClient, headers: dict[str, str]) -> None:
    assert client.delete("/api/history", headers=headers).status_code == 200


def test_a_token_guards_everything_that_answers(services: Services) -> None:
    client = TestClient(create_app(services, token=TOKEN), base_url="http://127.0.0.1")
    assert client.get("/").status_code == 200
    for path in ("/api/status", "/v1/models", "/openapi.json", "/api/search?q=a"):
        for given in ("", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x", TOKEN):
            refused = client.get(path, headers={"authorization": given} if given else {})
            assert refused.status_code == 401
            assert TOKEN not in refused.text
        served = client.get(path, headers={"authorization": f"Bearer {TOKEN}"})
        assert served.status_code == 200


def test_the_page_may_run_its_own_files_only(client: TestClient) -> None:
    for path in ("/", "/api/history", "/nothing"):
        policy = client.get(path).headers["content-security-policy"]
        directives = dict(part.split(" ", 1) for part in policy.split("; "))
        assert directives["default-src"] == "'none'"
        assert directives["script-src"] == "'self'"
        assert directives["style-src"] == "'self'"
        assert directives["frame-ancestors"] == "'none'"
        assert directives["require-trusted-types-for"] == "'script'"
        assert "unsafe" not in policy
        assert client.get(path).headers["x-content-type-options"] == "nosniff"


def test_answers_are_not_cached(client: TestClient) -> None:
    assert client.get("/api/history").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/api/cite", "/api/ask", "/api/draft", "/v1/chat/completions"])
def test_a_large_body_is_refused(client: TestClient, path: str) -> None:
    answer = client.post(path, content=b" " * (MAX_JSON + 1))
    assert answer.status_code == 413
    assert "content-security-policy" in answer.headers
    assert answer.json()["error"]["message"]


def test_an_upload_may_be_larger_but_not_endless(client: TestClient) -> None:
    allowed = client.post("/api/upload?name=a.exe", content=b" " * (MAX_JSON + 1))
    assert allowed.status_code == 415
    refused = client.post("/api/upload?name=a.exe", content=b" " * (MAX_BYTES + 1))
    assert refused.status_code == 413


def test_a_body_that_does_not_tell_its_size_is_cut_off_as_well(client: TestClient) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(MAX_JSON // 65536 + 2):
            yield b" " * 65536

    assert client.post("/api/cite", content=endless()).status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/..%2f..%2fpyproject.toml",
        "/assets/../../application.py",
        "/static/index.html",
        "/api/runs/..%2f..",
        "/api/runs/%2fetc%2fpasswd",
        "/api/cases/..%2f..",
        "/%00",
    ],
)
def test_no_path_reaches_the_file_system(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "root:" not in answer.text
    assert "ecmiip.app" not in answer.text


@pytest.mark.parametrize(
    ("host", "only_this_machine"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.7", False),
        ("law.example", False),
    ],
)
def test_loopback_is_recognised(host: str, only_this_machine: bool) -> None:
    assert is_loopback(host) == only_this_machine
