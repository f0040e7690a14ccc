"""What the server works with: opened once at the start, shared by every request."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from ecmiip.app.history import History
from ecmiip.app.turns import Ticket, Turns
from ecmiip.errors import UserError
from ecmiip.mipld.database import Mipld
from ecmiip.models.endpoint import Endpoint


class NoModel(UserError):
    """The server was started without a model."""


@dataclass(frozen=True)
class Services:
    """``endpoint`` is None where the server only searches and drafts; ``model`` is its name."""

    db: Mipld
    history: History
    endpoint: Endpoint | None
    model: str
    turns: Turns = field(default_factory=Turns)
    answering: dict[str, Ticket] = field(default_factory=dict)  # by turn of the history

    def model_endpoint(self) -> Endpoint:
        """The model. Raises :class:`NoModel` if there is none."""
        if self.endpoint is None:
            raise NoModel("this server runs without a model: start it with --model to ask it")
        return self.endpoint


def _services(request: Request) -> Services:
    services = request.app.state.services
    assert isinstance(services, Services)
    return services


Given = Annotated[Services, Depends(_services)]
