"""The web page, the HTTP API and the MCP server: the assistant for people and for programs."""
