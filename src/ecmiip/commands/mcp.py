"""ecmiip mcp: the database and the forms as tools for other assistants."""

from ecmiip.commands.options import Database


def mcp(db: Database = None) -> None:
    """Serve the tools search, show, cite, forms and draft to an MCP client over stdio."""
    from ecmiip.app.mcp import create_server
    from ecmiip.mipld.database import Mipld

    with Mipld.open(db) as mipld:
        create_server(mipld).run(transport="stdio")
