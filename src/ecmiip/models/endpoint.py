"""Anything that speaks the OpenAI chat API: our llama.cpp server, vLLM, Ollama, a hosted model."""

import json
import ssl
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import httpx2

from ecmiip.errors import UserError
from ecmiip.models.cancel import Cancel, Cancelled, each, wait
from ecmiip.models.chat import Message, neutralised


class Unavailable(UserError):
    """The endpoint cannot answer now: it is down, overloaded or limits the rate. Ask later."""


# HTTP statuses that pass: too early, too many requests, trouble on the server's side.
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True)
class Reply:
    """What a model answered, and what it took."""

    text: str
    finish: str  # "stop", or "length" when max_tokens cut it
    prompt_tokens: int
    completion_tokens: int
    seconds: float


@cache
def _tls() -> ssl.SSLContext:
    """The certificates to trust; reading them takes longer than a whole request."""
    return httpx2.create_ssl_context()


def _new_client() -> httpx2.Client:
    return httpx2.Client(verify=_tls())


@dataclass(frozen=True)
class Endpoint:
    """One model behind a URL.

    ``url`` ends in ``/v1``. ``adapter_scale`` is for a llama.cpp server that has one LoRA loaded:
    every request then names the scale, since the server's own state could differ; None = no LoRA.
    Once ``cancel`` is set its requests hang up, which is what makes a server stop.
    """

    url: str
    model: str
    api_key: str | None = field(default=None, repr=False)
    adapter_scale: float | None = None
    timeout: float = 600.0
    grammars: bool = False  # whether it takes a GBNF grammar, as llama.cpp does
    cancel: Cancel | None = field(default=None, repr=False, compare=False)
    _client: httpx2.Client = field(default_factory=_new_client, repr=False, compare=False)

    def without_adapter(self) -> "Endpoint":
        """The same server with its adapter switched off."""
        return replace(self, adapter_scale=0.0 if self.adapter_scale is not None else None)

    def until(self, cancel: Cancel) -> "Endpoint":
        """The same server; its requests end once ``cancel`` is set."""
        return replace(self, cancel=cancel)

    def chat(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        grammar: str | None = None,
        schema: dict[str, Any] | None = None,
    ) -> Reply:
        """Answer ``messages`` in one go.

        ``grammar`` (GBNF) constrains llama.cpp's output; ``schema`` (JSON schema) that of any
        server that takes OpenAI's structured outputs, llama.cpp and vLLM among them. Raises
        :class:`Unavailable` for what may pass, :class:`Cancelled` once ``cancel`` is set,
        UserError for what will not pass.
        """
        body = self.body(messages, max_tokens, temperature, grammar, schema)
        start = time.perf_counter()
        try:
            response = self._post(body)
            response.raise_for_status()
            answer = response.json()
            choice = answer["choices"][0]
            usage = answer.get("usage") or {}
            return Reply(
                text=choice["message"].get("content") or "",
                finish=choice.get("finish_reason") or "stop",
                prompt_tokens=usage.get("prompt_tokens", 0),
                completion_tokens=usage.get("completion_tokens", 0),
                seconds=time.perf_counter() - start,
            )
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._unreachable(error) from error
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise UserError(
                f"{self.url} did not answer as the OpenAI chat API does: check the address"
            ) from error

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float = 0.0
    ) -> Iterator[str]:
        """Answer ``messages`` piece by piece, until it ends, is closed, or ``cancel`` is set.

        ``cancel`` acts at once, also while the server still reads the prompt. No event loop may be
        running in this thread.
        """
        body = self.body(messages, max_tokens, temperature) | {"stream": True}
        try:
            with suppress(Cancelled):
                yield from each(self._pieces(body), self.cancel)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise self._unreachable(error) from error
        except (ValueError, TypeError, AttributeError) as error:
            raise UserError(
                f"{self.url} sent a stream that is not the OpenAI chat API's: check the address"
            ) from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def body(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        temperature: float,
        grammar: str | None = None,
        schema: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """What :meth:`chat` posts: also a request of OpenAI's batch files."""
        body: dict[str, Any] = {
            "model": self.model,
            "messages": neutralised(messages),
            "max_tokens": max_tokens,
            "temperature": temperature,
        }
        if grammar is not None:
            body["grammar"] = grammar
        if schema is not None:
            named = {"name": "reply", "strict": True, "schema": schema}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        if self.adapter_scale is not None:
            body["lora"] = [{"id": 0, "scale": self.adapter_scale}]
        return body

    def _request(self, body: dict[str, Any]) -> dict[str, Any]:
        return {
            "url": f"{self.url}/chat/completions",
            "json": body,
            "headers": {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {},
            "timeout": self.timeout,
        }

    def _post(self, body: dict[str, Any]) -> httpx2.Response:
        if self.cancel is None:
            return self._client.post(**self._request(body))

        async def post() -> httpx2.Response:
            async with httpx2.AsyncClient(verify=_tls()) as client:
                return await client.post(**self._request(body))

        return wait(post(), self.cancel)

    async def _pieces(self, body: dict[str, Any]) -> AsyncGenerator[str, None]:
        """The pieces of text of a streamed answer, as they come."""
        async with (
            httpx2.AsyncClient(verify=_tls()) as client,
            client.stream("POST", **self._request(body)) as response,
        ):
            response.raise_for_status()
            async for line in response.aiter_lines():
                if not line.startswith("data:") or line.strip() == "data: [DONE]":
                    continue
                for choice in json.loads(line[len("data:") :]).get("choices", []):
                    if piece := (choice.get("delta") or {}).get("content"):
                        yield piece

    def _unreachable(self, error: httpx2.HTTPError | httpx2.InvalidURL) -> UserError:
        if isinstance(error, httpx2.HTTPStatusError):
            status = error.response.status_code
            if status in _PASSING:
                return Unavailable(
                    f"{self.url} answered HTTP {status}: check the model's name, or try later"
                )
            return UserError(
                f"{self.url} answered HTTP {status}: check the model's name and the API key"
            )
        reason = str(error) or type(error).__name__
        return Unavailable(
            f"{self.url} cannot be reached ({reason}): start it or check the address"
        )
