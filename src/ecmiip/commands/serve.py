"""ecmiip serve: the web page and the API on this machine."""

from typing import Annotated

import typer

from ecmiip.commands.options import Database

_SHORTEST_TOKEN = 16


def serve(
    host: Annotated[
        str, typer.Option(help="The address to listen on; any but this machine's asks a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8765,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="ECMIIP_TOKEN", help="What clients must know (default: made up where needed)."
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="base, a run, a .gguf file, URL#MODEL, or none (default: the newest run)."
        ),
    ] = None,
    parallel: Annotated[
        int, typer.Option(min=1, max=64, help="Answers at a time (for a model behind a URL).")
    ] = 1,
    db: Database = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Serve the web page and the API: ask, analyse, draft, browse the law."""
    import secrets
    import socket
    from contextlib import ExitStack
    from datetime import date

    from ecmiip import files
    from ecmiip.app import running
    from ecmiip.app.application import create_app
    from ecmiip.app.guard import is_loopback
    from ecmiip.app.history import History
    from ecmiip.app.services import Services
    from ecmiip.app.turns import Turns
    from ecmiip.errors import UserError
    from ecmiip.mipld.database import Mipld
    from ecmiip.models.subject import default_model, open_subject

    if token is not None and len(token) < _SHORTEST_TOKEN:
        raise UserError(f"--token is too short to be safe: take {_SHORTEST_TOKEN} characters")
    if token is None and not is_loopback(host):
        token = secrets.token_urlsafe(24)
    chosen = model or default_model()
    with ExitStack() as opened:
        # What can fail fast comes before the model, which takes seconds.
        bound = opened.enter_context(running.listen(host, port))
        mipld = opened.enter_context(Mipld.open(db))
        history = History(files.home() / "history.sqlite")
        endpoint = None if chosen == "none" else opened.enter_context(open_subject(chosen))
        # Index and vectors are read on the first search: not while the first user waits.
        mipld.search("知识产权", as_of=date.today(), meaning=1.0)
        services = Services(
            db=mipld,
            history=history,
            endpoint=endpoint,
            model="" if endpoint is None else endpoint.model,
            turns=Turns(parallel),
        )
        url = running.address(bound, token)

        def started() -> None:
            print(f"model: {chosen}\npage:  {url}\nstop with Ctrl-C", flush=True)
            if open_page:
                running.open_page(url)

        # A server on every address is called by the name of its machine.
        app = create_app(services, hosts=(host, socket.gethostname()), token=token)
        running.run(app, bound, started)
