"""What an evaluation leaves behind: one verdict per item, and the folder that holds them.

``$ECMIIP_HOME/evaluations/<suite>--<subject>--<setting>/`` has ``evaluation.json``, what was asked
of whom and how, and ``verdicts.jsonl``, one verdict per line, each written as soon as it is given.
Every score is counted from these files, so it can be counted anew without asking a model.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, GetPydanticSchema, TypeAdapter, ValidationError

from ecmiip.errors import UserError
from ecmiip.evaluation.items import Kind
from ecmiip.evaluation.setting import Setting
from ecmiip.files import home, read_json, read_jsonl, write_json
from ecmiip.models.chat import Message

_LONGEST_NAME = 255  # bytes, in the usual file systems
# What an open answer is measured by: its likeness to the reference answers (0 to 1) …
LIKENESS = ("rouge_l", "bleu", "chrf")
# … and counts of its citations, judged on the item's date.
CITED = (
    "cited",
    "good",
    "fabricated",
    "repealed",
    "superseded",
    "not_yet",
    "unverified",
    "quoted",
    "quote_differs",
)


@dataclass(frozen=True)
class Retrieved:
    """A provision that was shown with the item, as it was shown."""

    address: str
    quote: str


@dataclass(frozen=True)
class Verdict:
    """One item and one subject in one setting: what was asked, what came back, how it counts.

    ``letters`` are those read from a choice answer, sorted; "" where none could be read. ``right``
    is None for an open item. ``prompt`` is the whole chat that led to ``raw``; with reasoning it
    holds the reasons as the assistant's turn before the last. ``error`` says why there is no
    answer that could be judged; such an item counts as wrong, and is told apart.

    ``scores`` of an open item: :data:`LIKENESS` where there is a reference answer;
    :data:`CITED`, how many citations of each sort; ``gold_recall`` (0 to 1), the share of the
    item's provisions that were cited by article, and ``gold_part_recall`` down to 款 and 项,
    where the item has provisions; ``abstained`` (0 or 1). ``cost`` is in the currency of the
    prices given, ``seconds`` the endpoint's time.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: str
    suite: str
    kind: Kind
    task: str
    direction: str | None
    as_of: date
    half: int
    tags: tuple[str, ...]
    key: str
    letters: str
    right: bool | None
    # Before Python 3.12, pydantic does not read the standard library's TypedDict.
    prompt: Annotated[
        tuple[Message, ...],
        GetPydanticSchema(lambda _, read: read(tuple[dict[Literal["role", "content"], str], ...])),
    ]
    raw: str
    finish: str
    retrieved: tuple[Retrieved, ...] = ()
    citations: tuple[dict[str, Any], ...] = ()
    scores: dict[str, float] = field(default_factory=dict)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    cost: float = 0.0
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """The verdict as plain values."""
        return asdict(self) | {"as_of": self.as_of.isoformat()}

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> "Verdict":
        """What :meth:`to_json` gave. Raises ValidationError for anything else."""
        return _VERDICT.validate_python(fields)


@dataclass(frozen=True)
class Evaluation:
    """One suite put to one subject in one setting, and where its files are.

    ``identity`` tells apart what one name may stand for: the digests of a local model's files, or
    a URL. ``parameters`` is the subject's size, None where it is not known; ``base`` the base that
    a run was trained on. ``items`` is how many items were asked for, ``asked`` their ids (empty:
    written before these were kept), ``as_of`` the day or days
    whose law their keys follow, ``mipld`` the fingerprint of the database that was shown and that
    judged, ``commit`` that of this project, ``command`` what makes it again, ``whole`` how many
    items of each kind the suite has, asked for or not (empty: not known).
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    path: Path
    suite: str
    subject: str
    setting: Setting
    items: int
    identity: str = ""
    parameters: int | None = None
    base: str | None = None
    mipld: str | None = None
    commit: str | None = None
    as_of: str = ""
    date: str = ""
    command: str = ""
    whole: dict[Kind, int] = field(default_factory=dict)
    asked: tuple[str, ...] = ()

    @classmethod
    def open(cls, path: Path) -> "Evaluation":
        """Read an evaluation's folder. Raises UserError if it is none."""
        file = path / "evaluation.json"
        fields = read_json(file)
        try:
            known = fields | {"path": path} if isinstance(fields, dict) else fields
            return _EVALUATION.validate_python(known)
        except ValidationError as error:
            raise UserError(
                f"{file}: not written by this version of ecmiip ({_first(error)}): "
                "move its folder away"
            ) from error

    def write(self) -> None:
        """Write ``evaluation.json``."""
        fields = asdict(self)
        del fields["path"]
        write_json(self.path / "evaluation.json", fields)

    @property
    def log(self) -> Path:
        """The file of the verdicts."""
        return self.path / "verdicts.jsonl"

    def verdicts(self) -> Iterator[Verdict]:
        """The verdicts, in the order they were given; of an item that has several, the last.

        Raises UserError naming file and line.
        """
        if not self.log.exists():
            return
        found: dict[str, Verdict] = {}
        for number, fields in enumerate(read_jsonl(self.log), 1):
            try:
                verdict = Verdict.from_json(fields)
            except ValidationError as error:
                raise UserError(
                    f"{self.log}:{number}: not a verdict ({_first(error)}): delete that line"
                ) from error
            found[verdict.id] = verdict
        yield from found.values()


_VERDICT = TypeAdapter(Verdict)
_EVALUATION = TypeAdapter(Evaluation)


def folder(suite: str, subject: str, setting: Setting, under: Path | None = None) -> Path:
    """Where that evaluation is kept (default: :func:`root`).

    Raises UserError for a name that no file system takes.
    """
    name = "--".join(_plain(part) for part in (suite, subject, setting.name))
    if re.search(r"[\x00-\x1f\x7f-\x9f]", subject):
        raise UserError(
            f"{subject!r}: a name has no control characters: give the model another --name"
        )
    if len(name.encode()) > _LONGEST_NAME:
        raise UserError(
            f"{subject[:40]}…: too long for a folder's name: give the model a shorter --name"
        )
    return (under or root()) / name


def root() -> Path:
    """The folder of all evaluations."""
    return home() / "evaluations"


def evaluations(under: Path | None = None) -> list[Evaluation]:
    """Every evaluation in a folder (default: :func:`root`), by name."""
    found = sorted((under or root()).glob("*/evaluation.json"))
    return [Evaluation.open(path.parent) for path in found]


def _first(error: ValidationError) -> str:
    """The first thing that is wrong, and where."""
    one = error.errors(include_url=False)[0]
    return ": ".join(filter(None, (".".join(map(str, one["loc"])), one["msg"])))


def _plain(name: str) -> str:
    """``name`` fit for a folder's name; a path must not lead out of the root."""
    return re.sub(r"[^\w.-]+", "-", name.removesuffix("/")).strip("-.") or "unnamed"
