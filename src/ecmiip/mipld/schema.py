"""The tables of MIPLD. Dates are ISO text, so that the file reads well in any SQLite browser."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

metadata = MetaData()

# What the file is: format, digest of the inputs, fingerprint of the content, day of the build.
property_ = Table(
    "property",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

source = Table(
    "source",
    metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("licence", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("retrieved_on", Text, nullable=False),
)

# One row per file or record read, also those that gave nothing (outcome "left out", with a reason).
document = Table(
    "document",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Text, ForeignKey("source.id"), nullable=False),
    Column("path", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("retrieved_on", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False, default=""),
)

law = Table(
    "law",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("discipline", Text, nullable=False),
    Column("discipline_reason", Text, nullable=False),
    Column("issuer", Text, nullable=False, default=""),
)

alias = Table(
    "alias",
    metadata,
    Column("name", Text, primary_key=True),
    Column("law", Integer, ForeignKey("law.id"), nullable=False),
)

# Laws known only because another law repeals them: their text is not here.
repealed_law = Table(
    "repealed_law",
    metadata,
    Column("name", Text, primary_key=True),
    Column("last_day", Text, nullable=False),
    Column("replaced_by", Text, nullable=False),
)

notice = Table(
    "notice",
    metadata,
    Column("law", Integer, ForeignKey("law.id"), primary_key=True),
    Column("since", Text, nullable=False),
    Column("text", Text, nullable=False),
)

version = Table(
    "version",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("law", Integer, ForeignKey("law.id"), nullable=False, index=True),
    Column("label", Text, nullable=False),
    Column("promulgated_on", Text),
    Column("effective_from", Text, nullable=False),
    Column("effective_basis", Text, nullable=False),
    Column("effective_to", Text),
    Column("end_basis", Text, nullable=False, default=""),
    Column("replaced_by", Text),
    Column("repealed", Boolean, nullable=False),
    Column("amended", Boolean, nullable=False),
)

version_document = Table(
    "version_document",
    metadata,
    Column("version", Integer, ForeignKey("version.id"), primary_key=True),
    Column("document", Integer, ForeignKey("document.id"), primary_key=True),
)

provision = Table(
    "provision",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, ForeignKey("version.id"), nullable=False),
    Column("address", Text, nullable=False, unique=True),
    Column("article", Integer, nullable=False),
    Column("suffix", Integer),
    Column("number", Text, nullable=False),
    Column("chapter", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("source", Text, nullable=False),
    Index("provision_by_number", "version", "article", "suffix"),
)

# Why a provision, case or note belongs to a direction. subject: provision, court_case, note.
direction = Table(
    "direction",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("subject_id", Integer, primary_key=True),
    Column("direction", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Index("direction_members", "direction", "subject"),
    sqlite_with_rowid=False,
)

conflict = Table(
    "conflict",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("law", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("claims", Text, nullable=False),
    Column("taken", Text, nullable=False),
)

crosswalk = Table(
    "crosswalk",
    metadata,
    Column("old", Integer, ForeignKey("provision.id"), primary_key=True),
    Column("new", Integer, ForeignKey("provision.id"), primary_key=True),
    Column("score", Float, nullable=False),
    Column("changed", Text, nullable=False),
    Index("crosswalk_backward", "new"),
    sqlite_with_rowid=False,
)

court_case = Table(
    "court_case",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("court", Text, nullable=False),
    Column("decided_on", Text),
    Column("published_on", Text),
    Column("cause", Text, nullable=False),
    Column("keywords", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("issues", Text, nullable=False),
    Column("holding", Text, nullable=False),
    Column("reasoning", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("authority", Text, nullable=False),
    Column("document", Integer, ForeignKey("document.id"), nullable=False),
)

case_citation = Table(
    "case_citation",
    metadata,
    Column("court_case", Integer, ForeignKey("court_case.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("law", Text, nullable=False),
    Column("article", Integer, nullable=False),
    Column("suffix", Integer),
    Column("paragraph", Integer),
    Column("item", Integer),
    Column("status", Text, nullable=False),
    Column("address", Text),
    sqlite_with_rowid=False,
)

note = Table(
    "note",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("document", Integer, ForeignKey("document.id"), nullable=False),
)

# A user's own records as read, so that a rebuild keeps them even if the files are gone.
ingested = Table(
    "ingested",
    metadata,
    Column("path", Text, primary_key=True),
    Column("sha256", Text, nullable=False),
    Column("retrieved_on", Text, nullable=False),
    Column("records", Text, nullable=False),
    Column("problems", Text, nullable=False),
)

# The search index: everything below is derived and may be dropped and rebuilt at will.
search_entry = Table(
    "search_entry",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("subject_id", Integer, nullable=False),
)

search_term = Table(
    "search_term",
    metadata,
    Column("term", Text, primary_key=True),
    Column("entries", LargeBinary, nullable=False),
    Column("impacts", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

search_column = Table(
    "search_column",
    metadata,
    Column("name", Text, primary_key=True),
    Column("values", LargeBinary, nullable=False),
)
