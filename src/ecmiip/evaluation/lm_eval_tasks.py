"""Task files for lm-evaluation-harness, so that others can run the choice suites without us.

https://github.com/EleutherAI/lm-evaluation-harness, release 0.4.13. The folder stands by itself
and may be moved: the items lie beside the task files, and are read from there.
"""

from collections.abc import Sequence
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

import yaml

from ecmiip.errors import UserError
from ecmiip.evaluation import suites
from ecmiip.evaluation.items import Item, asked
from ecmiip.evaluation.suites.suite import Suite
from ecmiip.files import write_jsonl, write_text

# Suites that have nothing but open items are scored by us alone.
_OPEN_SUITES = ("disc-short",)
_PROMPT = "{{asked}}\n答案："
_VERSION = 1.0


def choice_suites() -> list[str]:
    """The suites that have choice items."""
    return [name for name in suites.SUITES if name not in _OPEN_SUITES]


def write(name: str, folder: Path, root: Path | None = None) -> list[str]:
    """Write the tasks of the suite ``name`` into ``folder`` and return their names.

    ``ecmiip_<suite>_single`` compares the likelihoods of the letters, ``…_single_generate`` and
    ``…_multi`` read them from what the model writes; ``ecmiip_<suite>`` is the group of all.
    Raises UserError for a suite without choice items.
    """
    suite = suites.named(name)
    items = [item for item in suites.load(name, root) if item.key]
    if not items:
        raise UserError(f"{name} has no choice items: take one of {', '.join(choice_suites())}")
    group = f"ecmiip_{name.replace('-', '_')}"
    called = package_files("ecmiip.evaluation") / "lm_eval_utils.py"
    write_text(folder / "utils.py", called.read_text(encoding="utf-8"))
    tasks: list[str] = []
    for kind in ("single", "multi"):
        chosen = [item for item in items if item.kind == kind]
        if not chosen:
            continue
        data = f"{group}_{kind}.jsonl"
        write_jsonl(folder / data, map(_row, chosen))
        forms = {f"{group}_{kind}": _generated()}
        if kind == "single":
            forms = {
                f"{group}_single": _ranked(chosen),
                f"{group}_single_generate": _generated(),
            }
        for task, form in forms.items():
            _write_yaml(folder / f"{task}.yaml", _task(task, data, suite) | form)
            tasks.append(task)
    _write_yaml(folder / f"{group}.yaml", {"group": group, "task": tasks})
    return [group, *tasks]


def _row(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "asked": asked(item),
        "letters": list(item.options),
        "key": item.key,
        "as_of": item.as_of.isoformat(),
        "half": item.half,
    }


def _task(name: str, data: str, suite: Suite) -> dict[str, Any]:
    return {
        "task": name,
        "custom_dataset": _Function("utils.load"),
        "dataset_kwargs": {"data": data},
        "test_split": "test",
        "process_docs": _Function("utils.process_docs"),
        "doc_to_text": _PROMPT,
        "metadata": {"version": _VERSION, "suite": suite.title, "source": suite.source},
    }


def _ranked(items: Sequence[Item]) -> dict[str, Any]:
    assert all(len(item.key) == 1 for item in items)
    return {
        "output_type": "multiple_choice",
        "target_delimiter": "",
        "doc_to_choice": "{{letters}}",
        "doc_to_target": "{{letters.index(key)}}",
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    }


def _generated() -> dict[str, Any]:
    return {
        "output_type": "generate_until",
        "doc_to_target": "{{key}}",
        "generation_kwargs": {"until": ["\n\n"], "max_gen_toks": 32, "do_sample": False},
        "process_results": _Function("utils.process_results"),
        "metric_list": [
            {"metric": "exact_set", "aggregation": "mean", "higher_is_better": True},
            {"metric": "unparseable", "aggregation": "mean", "higher_is_better": False},
        ],
    }


class _Function(str):
    """A name that YAML shows with the tag ``!function``: lm-eval imports it from utils.py."""


class _Dumper(yaml.SafeDumper):
    pass


def _represent(dumper: yaml.SafeDumper, function: _Function) -> yaml.ScalarNode:
    return dumper.represent_scalar("!function", str(function))


_Dumper.add_representer(_Function, _represent)


def _write_yaml(path: Path, value: dict[str, Any]) -> None:
    write_text(path, yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False))
