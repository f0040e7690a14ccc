"""How items are put to a subject: what may be read, which examples go before, how it answers."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import ConfigDict

Several = Literal["whole", "apart"]
Retrieval = Literal["search", "assistant"]
Constraint = Literal["auto", "grammar", "schema", "none"]
Choice = Literal["letters", "likelihood"]


@dataclass(frozen=True)
class Setting:
    """The same for every subject that is compared.

    ``depth`` is how many provisions of MIPLD are shown, 0 for closed-book; ``retrieval`` tells
    whether MIPLD's search finds them or the assistant, which ranks them once more. ``few_shot``
    is how many worked examples go before the item. With ``reasoning`` the model first writes up
    to that many tokens of reasons, then chooses. ``several`` tells how a question with several
    right letters is answered: by the set as a whole, or each option apart. ``constraint`` is how
    a choice is held to letters: a GBNF grammar, a JSON schema, not at all (the letters are then
    read from free text), or the strictest that the endpoint is known to take. ``choice`` tells
    whether the model names the letters, or the likelihood that it gives the options' words is
    taken for its choice; the latter needs weights that this process can read, and these then
    write the open answers too.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    depth: int = 0
    retrieval: Retrieval = "search"
    few_shot: int = 0
    reasoning: int = 0
    several: Several = "whole"
    choice: Choice = "letters"
    constraint: Constraint = "auto"
    max_tokens: int = 320
    seed: int = 0

    @property
    def name(self) -> str:
        """Short and usable in a file's name: ``closed``, ``mipld3``, ``mipld3-shots4-reasons``."""
        parts = [f"mipld{self.depth}" if self.depth else "closed"]
        if self.depth and self.retrieval != "search":
            parts.append(self.retrieval)
        if self.few_shot:
            parts.append(f"shots{self.few_shot}" + (f"seed{self.seed}" if self.seed else ""))
        if self.reasoning:
            parts.append(f"reasons{self.reasoning}")
        if self.choice != "letters":
            parts.append(self.choice)
        if self.several != "whole":
            parts.append(self.several)
        if self.constraint != "auto":
            parts.append(self.constraint)
        if self.max_tokens != Setting.max_tokens:
            parts.append(f"tokens{self.max_tokens}")
        return "-".join(parts)
