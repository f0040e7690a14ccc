"""Put a suite to a subject: each item once, each verdict kept as soon as it is given."""

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from itertools import islice

from tqdm import tqdm

from ecmiip.errors import UserError
from ecmiip.evaluation import calling, scorers
from ecmiip.evaluation.asking import Answer, ask
from ecmiip.evaluation.calling import Caller
from ecmiip.evaluation.items import Item
from ecmiip.evaluation.retrieval import retrieve
from ecmiip.evaluation.setting import Setting
from ecmiip.evaluation.shots import Shots
from ecmiip.evaluation.verdict import Evaluation, Verdict
from ecmiip.files import append_jsonl, mend_jsonl, read_jsonl, write_jsonl
from ecmiip.mipld.database import Mipld
from ecmiip.models.endpoint import Unavailable

# An endpoint that fails this often without an answer in between has gone wrong for good.
_IN_A_ROW = 5
# HTTP statuses that condemn one item: the server cannot read it, most often as it is too long.
_OF_THE_ITEM = frozenset({400, 413, 422})


@dataclass(frozen=True)
class Price:
    """What tokens cost, per million, in any currency."""

    prompt: float = 0.0
    completion: float = 0.0

    def of(self, prompt_tokens: int, completion_tokens: int) -> float:
        """The cost of one item."""
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / 1e6


FREE = Price()


@dataclass(frozen=True)
class Bench:
    """All that the judging of one item needs beside the item; the same for every item."""

    caller: Caller
    setting: Setting
    db: Mipld | None
    shots: Shots | None = None
    price: Price = FREE


def run(
    items: Sequence[Item], bench: Bench, evaluation: Evaluation, *, jobs: int = 1, title: str = ""
) -> list[Verdict]:
    """The verdicts on ``items``, in their order.

    What ``evaluation`` holds already is not asked again, items that ended in an error excepted; so
    an interrupted run goes on, and so does one whose endpoint went away. ``jobs`` items are under
    way at a time. Raises UserError when the endpoint is gone, or fails several times in a row; all
    verdicts until then are kept.
    """
    done = _begun(evaluation)
    waiting = [item for item in items if item.id not in done]
    in_a_row = 0
    with tqdm(total=len(items), initial=len(items) - len(waiting), desc=title, unit="") as bar:
        try:
            for verdict, condemns in _judged(waiting, bench, jobs):
                append_jsonl(evaluation.log, verdict.to_json())
                done[verdict.id] = verdict
                bar.update()
                in_a_row = in_a_row + 1 if condemns else 0
                if in_a_row == _IN_A_ROW:
                    raise UserError(f"{_IN_A_ROW} items in a row failed ({verdict.error})")
        except UserError as error:
            kept = sum(item.id in done for item in items)
            raise UserError(
                f"{error}; {kept} of {len(items)} verdicts are kept: "
                f"go on with `{evaluation.command} --resume`"
            ) from error
    return [done[item.id] for item in items]


def judge(item: Item, bench: Bench) -> tuple[Verdict, bool]:
    """Put one item to the subject and score what comes back.

    Beside the verdict it tells whether an error speaks against the endpoint rather than the item.
    Raises UserError when nothing can be had from the endpoint.
    """
    db, setting = bench.db, bench.setting
    shown = retrieve(item, db, setting) if db is not None else ()
    examples = bench.shots.before(item) if bench.shots else ()
    answer, error, condemns = Answer(), "", False
    try:
        ask(answer, item, bench.caller, setting, shown, examples)
    except UserError as failure:
        # Down, overloaded, or a wrong name or key: it will be no better with the next item.
        status = calling.status(failure)
        slow = calling.timed_out(failure)
        if isinstance(failure, Unavailable) and not slow:
            raise
        if status is not None and status not in _OF_THE_ITEM:
            raise
        error, condemns = str(failure), status is None
    scored = scorers.score(item, "" if error else answer.raw, db)
    verdict = Verdict(
        id=item.id,
        suite=item.suite,
        kind=item.kind,
        task=item.task,
        direction=item.direction,
        as_of=item.as_of,
        half=item.half,
        tags=item.tags,
        key=item.key,
        letters=scored.letters,
        right=scored.right,
        prompt=tuple(answer.messages),
        raw=answer.raw,
        finish=answer.finish,
        retrieved=shown,
        citations=scored.citations,
        scores=scored.scores,
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
        seconds=answer.seconds,
        cost=bench.price.of(answer.prompt_tokens, answer.completion_tokens),
        error=error,
    )
    return verdict, condemns


def rescore(verdict: Verdict, item: Item, db: Mipld | None) -> Verdict:
    """``verdict`` scored anew from what the model wrote, by the scorers and database of today."""
    scored = scorers.score(item, "" if verdict.error else verdict.raw, db)
    return replace(
        verdict,
        key=item.key,
        letters=scored.letters,
        right=scored.right,
        citations=scored.citations,
        scores=scored.scores,
    )


def _begun(evaluation: Evaluation) -> dict[str, Verdict]:
    """The verdicts that need not be asked for again; the file is left with these alone."""
    mend_jsonl(evaluation.log)
    kept = {verdict.id: verdict for verdict in evaluation.verdicts() if not verdict.error}
    if evaluation.log.exists() and len(kept) < sum(1 for _ in read_jsonl(evaluation.log)):
        write_jsonl(evaluation.log, (verdict.to_json() for verdict in kept.values()))
    return kept


def _judged(items: Sequence[Item], bench: Bench, jobs: int) -> Iterator[tuple[Verdict, bool]]:
    """:func:`judge` of each item, as they are done, ``jobs`` at a time."""
    pool = ThreadPoolExecutor(jobs, "item")
    rest = iter(items)
    running = {pool.submit(judge, item, bench) for item in islice(rest, jobs)}
    try:
        while running:
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            running |= {pool.submit(judge, item, bench) for item in islice(rest, len(finished))}
            # Answers that are there are given before the failure that ends the run.
            for future in sorted(finished, key=lambda future: future.exception() is not None):
                yield future.result()
    finally:
        # An interrupt does not wait for a long answer.
        pool.shutdown(wait=False, cancel_futures=True)
