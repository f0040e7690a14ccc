"""ecmiip serve: clear errors, and a history that survives a kill in the middle of an answer."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner

from ecmiip.app import running
from ecmiip.cli import app
from ecmiip.errors import UserError

ECMIIP = (sys.executable, "-c", "from ecmiip.cli import main; main()")
QUESTION = "示例专利权的保护期限是多久？"


def refused(*arguments: str) -> str:
    """The one sentence of a command that fails for the user's reasons."""
    result = CliRunner().invoke(app, ["serve", *arguments])
    assert isinstance(result.exception, UserError), result.output
    return str(result.exception)


@pytest.mark.usefixtures("home")
def test_without_a_database_it_says_how_to_build_one() -> None:
    assert "ecmiip mipld build" in refused("--port", "0", "--model", "none")


@pytest.mark.usefixtures("home")
def test_a_taken_port_is_told(small_mipld_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = refused("--port", port, "--model", "none", "--db", str(small_mipld_path))
    assert port in words
    assert "--port" in words


@pytest.mark.usefixtures("home")
def test_a_host_that_is_not_here_is_told(small_mipld_path: Path) -> None:
    database = ("--model", "none", "--db", str(small_mipld_path))
    assert "--host" in refused("--host", "no.such.host.invalid", *database)


@pytest.mark.usefixtures("home")
def test_a_guessable_token_is_refused() -> None:
    assert "--token" in refused("--token", "secret")


@pytest.mark.usefixtures("home")
def test_a_model_that_is_not_there_is_told(small_mipld_path: Path) -> None:
    words = refused("--port", "0", "--model", "nothing", "--db", str(small_mipld_path))
    assert "no model is called 'nothing'" in words


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("model", "said"),
    [
        (None, "connect to a network"),
        ("qwen2.5-coder-1.5b", "connect to a network"),
        ("missing.gguf", "missing.gguf: no such file"),
        ("http://127.0.0.1:9/v1", "which model?"),
    ],
)
def test_without_weights_it_says_so_in_one_sentence(
    small_mipld_path: Path, model: str | None, said: str
) -> None:
    chosen = ("--model", model) if model else ()
    ran = subprocess.run(
        [*ECMIIP, "serve", "--port", "0", "--db", str(small_mipld_path), *chosen],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    (sentence,) = ran.stderr.splitlines()
    assert sentence.startswith("error: ")
    assert said in sentence


def test_the_token_stands_behind_the_hash() -> None:
    with running.listen("127.0.0.1", 0) as bound:
        port = bound.getsockname()[1]
        assert running.address(bound) == f"http://127.0.0.1:{port}/"
        assert running.address(bound, "abc") == f"http://127.0.0.1:{port}/#token=abc"


class Served:
    """A server in a process of its own."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*ECMIIP, "serve", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"ECMIIP_HOME": str(home)},
        )
        assert self.process.stdout is not None
        self.said = [self.process.stdout.readline() for _ in range(3)]
        self.page = next(line for line in self.said if line.startswith("page:")).split()[1]
        self.url, _, self.token = self.page.partition("/#token=")
        self.url = self.url.rstrip("/")

    def close(self, how: int = signal.SIGINT) -> tuple[int, str]:
        """End it; give its exit code and what it said on standard error."""
        self.process.send_signal(how)
        _, errors = self.process.communicate(timeout=30)
        return self.process.returncode, errors


@pytest.fixture
def serve(home: Path, small_mipld_path: Path) -> Iterator[Any]:
    started: list[Served] = []

    def start(*arguments: str) -> Served:
        started.append(Served(home, "--db", str(small_mipld_path), *arguments))
        return started[-1]

    yield start
    for served in started:
        if served.process.poll() is None:
            served.close(signal.SIGKILL)


def test_the_history_survives_a_kill_in_the_middle_of_an_answer(serve: Any, model: Any) -> None:
    model.says = lambda _: "写到一半的一句，" * 300
    model.pause = 0.02
    first = serve("--model", f"{model.url}/v1#fake")
    body = {"question": QUESTION}
    end = time.monotonic() + 1.5
    with (
        suppress(httpx2.HTTPError),
        httpx2.stream("POST", f"{first.url}/api/ask", json=body, timeout=30) as response,
    ):
        for _ in response.iter_lines():
            if time.monotonic() > end:
                first.close(signal.SIGKILL)
    assert first.process.returncode == -signal.SIGKILL
    second = serve("--model", "none")
    (conversation,) = httpx2.get(f"{second.url}/api/history").json()["conversations"]
    found = httpx2.get(f"{second.url}/api/history/{conversation['id']}").json()
    (turn,) = found["turns"]
    assert (turn["state"], turn["question"]) == ("interrupted", QUESTION)
    assert turn["text"].startswith("写到一半的一句，")
    code, errors = second.close()
    assert (code, errors) == (0, "")


def test_beyond_this_machine_a_token_is_made_and_asked_for(serve: Any) -> None:
    served = serve("--model", "none", "--host", "0.0.0.0")
    assert len(served.token) >= 32
    port = served.url.rsplit(":", 1)[1]
    status = f"http://127.0.0.1:{port}/api/status"
    assert httpx2.get(status).status_code == 401
    assert httpx2.get(f"{status}?token={served.token}").status_code == 401
    told = {"authorization": f"Bearer {served.token}"}
    assert httpx2.get(status, headers=told).status_code == 200
    code, errors = served.close()
    assert code == 0
    assert served.token not in errors


def test_without_a_model_it_searches_and_says_why_it_does_not_answer(serve: Any) -> None:
    served = serve("--model", "none")
    found = httpx2.get(f"{served.url}/api/search", params={"q": "示例专利权"})
    assert found.json()["provisions"]
    answer = httpx2.post(f"{served.url}/api/ask", json={"question": QUESTION})
    assert answer.status_code == 503
    assert "--model" in answer.json()["error"]["message"]
