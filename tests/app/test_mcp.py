"""The MCP server, asked by the protocol's own client in this process."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters

from ecmiip.app.mcp import create_server
from ecmiip.mipld.database import Mipld


def call(db: Mipld, tool: str, **arguments: Any) -> Any:
    """The structured result of a tool, or its error's words."""

    async def scene() -> Any:
        async with Client(create_server(db)) as client:
            result = await client.call_tool(tool, arguments)
            if result.is_error:
                return "".join(getattr(part, "text", "") for part in result.content)
            return result.structured_content

    return asyncio.run(scene())


def test_the_tools_say_what_they_take(small_mipld: Mipld) -> None:
    async def scene() -> Any:
        async with Client(create_server(small_mipld)) as client:
            return (await client.list_tools()).tools

    tools = {tool.name: tool for tool in asyncio.run(scene())}
    assert set(tools) == {"search", "show", "cite", "forms", "draft"}
    for tool in tools.values():
        assert tool.description
        assert tool.annotations.read_only_hint
    assert tools["search"].input_schema["required"] == ["query"]


def test_search_and_show_are_of_the_day(small_mipld: Mipld) -> None:
    found = call(small_mipld, "search", query="示例专利权的保护期限", as_of="2027-01-01", limit=1)
    assert [hit["address"] for hit in found["provisions"]] == ["示例专利法@2026#3"]
    shown = call(small_mipld, "show", law="示例专利法", article=2, as_of="2026-11-22")
    assert shown["address"] == "示例专利法@2020#2"
    assert shown["continued_by"] == ["示例专利法@2026#3"]


def test_cite_marks_what_is_made_up(small_mipld: Mipld) -> None:
    text = "《示例专利法》第二条、第九百九十九条"
    found = call(small_mipld, "cite", text=text, as_of="2026-11-22")
    assert [citation["good"] for citation in found["citations"]] == [True, False]


def test_draft_lists_what_is_missing(small_mipld: Mipld) -> None:
    forms = call(small_mipld, "forms")["forms"]
    identity = forms[0]["id"]
    assert call(small_mipld, "forms", form=identity)["elements"]
    drafted = call(small_mipld, "draft", form=identity, facts={})
    assert drafted["missing"]
    assert drafted["markdown"]


def test_errors_are_told_in_words(small_mipld: Mipld) -> None:
    assert "no such law" in call(small_mipld, "show", law="没有的法", article=1)
    assert "no such article" in call(small_mipld, "show", law="示例专利法", article=99)
    assert "no such form" in call(small_mipld, "draft", form="poem", facts={})
    assert "no such form" in call(small_mipld, "forms", form="poem")
    assert "as_of" in call(small_mipld, "search", query="x", as_of="soon")


def test_the_command_speaks_the_protocol(small_mipld_path: Path) -> None:
    run = ["-c", "from ecmiip.cli import main; main()", "mcp", "--db", str(small_mipld_path)]

    async def scene() -> Any:
        async with Client(StdioServerParameters(command=sys.executable, args=run)) as client:
            return (
                await client.call_tool("cite", {"text": "《示例专利法》第二条"})
            ).structured_content

    assert json.dumps(asyncio.run(scene()), ensure_ascii=False).count("示例专利法") >= 1


def test_the_command_without_a_database_says_how_to_build_one(tmp_path: Path) -> None:
    code = "from ecmiip.cli import main; main()"
    command = [sys.executable, "-c", code, "mcp", "--db", str(tmp_path / "none")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 2
    assert "ecmiip mipld build" in ran.stderr
    assert ran.stdout == ""
