"""The MCP server: MIPLD and the forms as tools for any assistant that speaks the protocol."""

from datetime import date
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

import ecmiip
from ecmiip.app.law import citation_json, provision_json
from ecmiip.app.schemas import Day, Direction
from ecmiip.assistant import draft as drafting
from ecmiip.errors import UserError
from ecmiip.mipld.database import Mipld

_INSTRUCTIONS = (
    "Chinese intellectual-property law from a local database that knows which text was law on "
    "which day. Check every citation with `cite` before you rely on it, and give the as-of date "
    "of the matter where it is not today."
)
_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

_AsOf = Annotated[Day | None, Field(description="The day whose law counts (default: today).")]


def create_server(db: Mipld) -> MCPServer:
    """A server whose tools read ``db``."""
    server: MCPServer = MCPServer(
        name="ec-miip",
        title="EC-MIIP",
        version=ecmiip.__version__,
        instructions=_INSTRUCTIONS,
        # Standard output belongs to the protocol, and questions of clients to nobody's log.
        log_level="WARNING",
    )

    @server.tool(annotations=_READS)
    def search(
        query: Annotated[str, Field(description="Words, a question, or a citation, in Chinese.")],
        as_of: _AsOf = None,
        direction: Annotated[Direction | None, Field(description="Only this IP branch.")] = None,
        limit: Annotated[int, Field(ge=1, le=20)] = 5,
    ) -> dict[str, Any]:
        """Find provisions that were law on a day, best first."""
        day = as_of or date.today()
        hits = db.search(query, as_of=day, directions=[direction] if direction else (), limit=limit)
        return {
            "as_of": day.isoformat(),
            "provisions": [
                provision_json(hit.provision) | {"score": round(hit.score, 3)} for hit in hits
            ],
        }

    @server.tool(annotations=_READS)
    def show(
        law: Annotated[str, Field(description="Any name in use, such as 商标法.")],
        article: Annotated[int, Field(ge=0, description="The number of the 条.")],
        suffix: Annotated[int | None, Field(ge=1, description="The N of 之N.")] = None,
        as_of: _AsOf = None,
    ) -> dict[str, Any]:
        """Read one article as it stands on a day, and what continues it."""
        day = as_of or date.today()
        known = db.law(law)
        if known is None:
            raise ToolError(f"{law}: no such law in the database: search for it")
        found = db.provision(law, article, suffix, as_of=day)
        if found is None:
            stored = "; ".join(
                f"{v.label} (from {v.effective_from} to {v.effective_to or 'today'})"
                for v in known.versions
            )
            raise ToolError(
                f"{known.name} has no such article on {day}: stored versions are {stored}"
            )
        continued = [address for address, _, _ in db.continued_by(found.address)]
        return provision_json(found) | {"continued_by": continued, "notice": known.notice}

    @server.tool(annotations=_READS)
    def cite(
        text: Annotated[str, Field(max_length=200_000, description="Text with citations.")],
        as_of: _AsOf = None,
    ) -> dict[str, Any]:
        """Check every citation in a text: is it real, was it law on that day, is it quoted right?

        Only citations whose `good` is true may be relied on; `complaint` says what is wrong.
        """
        day = as_of or date.today()
        return {
            "as_of": day.isoformat(),
            "citations": [citation_json(found) for found in db.cite(text, as_of=day)],
        }

    @server.tool(annotations=_READS)
    def forms(
        form: Annotated[
            str | None, Field(description="One form, with its elements; without, the list of all.")
        ] = None,
    ) -> dict[str, Any]:
        """List the documents that can be drafted, or the facts that one of them asks for."""
        if form is None:
            return {"forms": [{"id": one.id, "title": one.title} for one in drafting.forms()]}
        try:
            return drafting.form(form).as_json()
        except UserError as error:
            raise ToolError(str(error)) from error

    @server.tool(annotations=_READS)
    def draft(
        form: Annotated[str, Field(description="The id of a form; `forms` lists them.")],
        facts: Annotated[dict[str, Any], Field(description="Element id → what is known of it.")],
        as_of: _AsOf = None,
    ) -> dict[str, Any]:
        """Draft a document from facts as Markdown: what is missing is listed, never made up."""
        try:
            document = drafting.draft(drafting.form(form), facts, as_of or date.today(), db)
        except UserError as error:
            raise ToolError(str(error)) from error
        return document.as_json()

    return server
