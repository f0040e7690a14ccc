"""The words of the API: its requests and answers, as the OpenAPI document shows them."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    StringConstraints,
    WithJsonSchema,
)

from ecmiip.mipld.document import DIRECTIONS, KINDS, Status
from ecmiip.models.prompt import TASKS


def _day(value: Any) -> Any:
    """Only YYYY-MM-DD: pydantic itself would also read numbers as days since 1970."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        raise ValueError("no such day: write it as YYYY-MM-DD")
    return date.fromisoformat(value)


def _one_of(names: Mapping[str, str]) -> tuple[Any, ...]:
    def check(value: str) -> str:
        if value not in names:
            raise ValueError(f"unknown: choose from {', '.join(names)}")
        return value

    return AfterValidator(check), WithJsonSchema({"type": "string", "enum": list(names)})


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Direction = Annotated[str, *_one_of(DIRECTIONS)]
Kind = Annotated[str, *_one_of(KINDS)]
Task = Literal["doctrine", "conduct", "case", "document"]
assert set(Task.__args__) == set(TASKS)  # type: ignore[attr-defined]
# A question or text that has at least one visible character.
Words = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]
Identity = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{12}$")]


class Strict(BaseModel):
    """A request: what it does not know is refused, not silently dropped."""

    model_config = ConfigDict(extra="forbid")


class Error(BaseModel):
    """Why a request was not answered: one sentence on what, where, how to mend."""

    type: str
    message: str


class Problem(BaseModel):
    """The body of every answer that is not a success."""

    error: Error


# --- law ---------------------------------------------------------------------------------------


class Provision(BaseModel):
    """One 条 of one version. ``effective_to`` is its last day, null while no end is known."""

    address: str
    law: str
    version: str
    article: int
    suffix: int | None
    number: str
    chapter: str
    text: str
    effective_from: date
    effective_to: date | None
    effective_basis: str
    kind: str
    directions: list[str]
    source: str


class Hit(Provision):
    """A provision found; scores compare within one search only."""

    score: float


class Passage(BaseModel):
    """A case or a note found."""

    id: str
    title: str
    text: str
    score: float
    source: str


class SearchResult(BaseModel):
    """What was found; only what was looked for is filled."""

    as_of: date
    provisions: list[Hit]
    cases: list[Passage]
    notes: list[Passage]


class Version(BaseModel):
    """One dated version of a law."""

    label: str
    promulgated_on: date | None
    effective_from: date
    effective_basis: str
    effective_to: date | None
    replaced_by: str | None
    repealed: bool
    articles: int


class Law(BaseModel):
    """A law with its versions, oldest first."""

    name: str
    short_names: list[str]
    kind: str
    discipline: str
    directions: list[str]
    versions: list[Version]
    notice: str


class Laws(BaseModel):
    """The laws in the database, in legal order."""

    laws: list[Law]


class LawText(BaseModel):
    """A law as it reads on a day; ``version`` is null where no stored version is in force."""

    law: Law
    as_of: date
    version: str | None
    provisions: list[Provision]


class Continuation(BaseModel):
    """What continues a provision in the next version."""

    address: str
    score: float
    provision: Provision | None


class ProvisionInTime(BaseModel):
    """A provision, whether it is law on the day, and what comes after it."""

    provision: Provision
    as_of: date
    in_force: bool
    versions: list[Version]
    continued_by: list[Continuation]


class ComparedRow(BaseModel):
    """Two articles that continue one another, or one that stands alone."""

    old: Provision | None
    new: Provision | None
    score: float | None


class Comparison(BaseModel):
    """Two versions of a law side by side, in the order of the newer."""

    law: str
    old: Version
    new: Version
    rows: list[ComparedRow]


class Case(BaseModel):
    """One decided case."""

    id: str
    title: str
    number: str
    court: str
    decided_on: date | None
    cause: str
    keywords: list[str]
    facts: str
    issues: str
    holding: str
    reasoning: str
    result: str
    authority: str
    source: str
    cited: list[str]


class CiteRequest(Strict):
    """A text whose citations to check."""

    text: Annotated[str, StringConstraints(max_length=200_000)]
    as_of: Day | None = None


class Citation(BaseModel):
    """One provision cited, judged on the day. ``start`` and ``end`` count characters of the text;
    ``good`` is true only if it exists, is in force, and is quoted as it reads."""

    text: str
    law: str
    article: int
    suffix: int | None
    paragraph: int | None
    item: int | None
    status: Status
    effective_from: date | None
    effective_to: date | None
    replaced_by: str | None
    quote: Literal["exact", "differs", "none"]
    differing: list[str]
    address: str | None
    start: int
    end: int
    good: bool
    complaint: str


class Cited(BaseModel):
    """Every citation of a text, in reading order."""

    as_of: date
    citations: list[Citation]


# --- asking ------------------------------------------------------------------------------------


class AskRequest(Strict):
    """A question to the assistant; what is left out is detected."""

    question: Annotated[Words, StringConstraints(max_length=20_000)]
    task: Task | None = None
    direction: Direction | None = None
    as_of: Day | None = None
    conversation: Annotated[
        Identity | None, Field(description="Goes on with this one; null begins a new one.")
    ] = None
    facts_text: Annotated[
        str | None,
        StringConstraints(max_length=400_000),
        Field(description="The text of an upload: data to analyse, never instructions."),
    ] = None


class StopRequest(Strict):
    """Which answer to stop."""

    turn: Identity


class Stopped(BaseModel):
    """Whether there was something to stop."""

    stopped: bool


class Uploaded(BaseModel):
    """The text of an uploaded document. The document itself is not kept."""

    name: str
    characters: int
    text: str


class ConversationSummary(BaseModel):
    """A conversation in the list of all."""

    id: str
    title: str
    task: str
    created: str
    updated: str
    turns: int


class Conversations(BaseModel):
    """All conversations, the latest first."""

    conversations: list[ConversationSummary]


class Turn(BaseModel):
    """A question and its answer."""

    id: str
    conversation: str
    position: int
    created: str
    question: str
    facts: str
    as_of: str
    state: Literal["running", "done", "stopped", "failed", "interrupted"]
    text: str
    answer: dict[str, Any] | None


class Conversation(BaseModel):
    """A conversation with its turns in order."""

    id: str
    title: str
    task: str
    created: str
    updated: str
    turns: list[Turn]


class ExportedHistory(RootModel[list[Conversation]]):
    """Conversations as a file."""


class Deleted(BaseModel):
    """How many conversations were deleted."""

    deleted: int


class ServerStatus(BaseModel):
    """What this server is and holds."""

    version: str
    today: date
    model: str | None
    waiting: int
    laws: int
    provisions: int
    fingerprint: str
    tasks: dict[str, str]
    directions: dict[str, str]
    kinds: dict[str, str]


# --- drafting ----------------------------------------------------------------------------------


class Label(BaseModel):
    """A name in both languages."""

    zh: str
    en: str


class PartyField(BaseModel):
    """Something that may be said of a party."""

    id: str
    label: Label
    required: bool


class Forms(BaseModel):
    """The forms that can be drafted, and the fields of parties by profile and kind."""

    forms: list[dict[str, Any]]
    parties: dict[str, dict[str, list[PartyField]]]


class FactsRequest(Strict):
    """A file of facts, as it is."""

    text: Annotated[str, StringConstraints(max_length=500_000)]


class ReadFacts(BaseModel):
    """Facts and the form they are for."""

    form: str
    facts: dict[str, Any]


class DraftRequest(Strict):
    """Facts to put into a form. Nothing else gets into the document."""

    form: Annotated[str, StringConstraints(max_length=100)]
    facts: dict[str, Any] = Field(default_factory=dict)
    as_of: Day | None = None
    format: Literal["json", "docx", "markdown"] = "json"


class MissingElement(BaseModel):
    """A required element that the facts do not give."""

    element: str
    label: str
    basis: str
    why: str
    path: str


class Drafted(BaseModel):
    """A draft to look at: its text, and what is still missing."""

    form: str
    title: str
    as_of: date
    markdown: str
    missing: list[MissingElement]
    deadlines: list[dict[str, Any]]
    warnings: list[dict[str, Any]]
    basis: list[dict[str, Any]]


# --- runs --------------------------------------------------------------------------------------


class RunSummary(BaseModel):
    """A training run in the list of all."""

    name: str
    status: str
    created: str


class Runs(BaseModel):
    """The runs of this machine, the latest first."""

    runs: list[RunSummary]


class RunDetail(RunSummary):
    """One run: its facts, its curves, its evaluation."""

    info: dict[str, Any]
    metrics: list[dict[str, Any]]
    evaluation: list[dict[str, Any]]
