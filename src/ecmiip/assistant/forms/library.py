"""The forms that ship: read once from their TOML files, shared parts filled in."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from ecmiip.assistant.forms import basis
from ecmiip.assistant.forms.model import Form
from ecmiip.errors import UserError

_FOLDER = resources.files("ecmiip.assistant.forms")


@cache
def forms() -> tuple[Form, ...]:
    """Every form, by family."""
    found = []
    files = [f for f in _FOLDER.iterdir() if f.name.endswith(".toml")]
    for file in sorted(files, key=lambda f: f.name):
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
        found += [_form(one) for one in raw["form"]]
    assert len({form.id for form in found}) == len(found), "two forms share an id"
    return tuple(found)


def form(id: str) -> Form:
    """The form of that id. Raises UserError if there is none."""
    for one in forms():
        if one.id == id:
            return one
    raise UserError(f"{id}: no such form: run `ecmiip draft --list` to see them")


@cache
def _parts() -> dict[str, Any]:
    """What several forms share: ``elements`` and ``sections`` by id, ``bases`` of whole forms."""
    found: dict[str, Any] = {"elements": {}, "sections": {}, "bases": {}}
    for file in (_FOLDER / "parts").iterdir():
        if file.name.endswith(".toml"):
            raw = tomllib.loads(file.read_text(encoding="utf-8"))
            for element in raw.get("element", ()):
                assert element["id"] not in found["elements"], element["id"]
                found["elements"][element["id"]] = element
            found["sections"] |= raw.get("sections", {})
            found["bases"] |= raw.get("bases", {})
    return found


def _form(raw: dict[str, Any]) -> Form:
    base = _parts()["bases"][raw.pop("base")] if "base" in raw else {}
    whole = {key: value for key, value in base.items() if key != "sections"} | raw
    # A base says what comes before and after a form's own sections.
    around = base.get("sections", {"before": [], "after": []})
    own = raw.get("sections", [])
    sections = [_section(part) for part in (*around["before"], *own, *around["after"])]
    whole["sections"] = sections
    # What a form has otherwise than the sections that it shares.
    elements = {element["id"]: element for one in sections for element in one["elements"]}
    for id, changed in whole.pop("changes", {}).items():
        elements[id] |= changed
    for key in ("deadlines", "notes", "sums"):
        whole[key] = [*base.get(key, ()), *raw.get(key, ())]
    return Form.model_validate(_expanded(whole))


def _expanded(raw: Any, key: str = "") -> Any:
    """The same with every basis given by the laws' own names."""
    if isinstance(raw, dict):
        return {name: _expanded(value, name) for name, value in raw.items()}
    if isinstance(raw, list):
        return [_expanded(value, key) for value in raw]
    return basis.expand(raw) if key in ("basis", "continuing") and isinstance(raw, str) else raw


def _section(raw: dict[str, Any] | str) -> dict[str, Any]:
    found: dict[str, Any] = _parts()["sections"][raw] if isinstance(raw, str) else raw
    return found | {"elements": [_element(part) for part in found.get("elements", ())]}


def _element(raw: dict[str, Any] | str) -> dict[str, Any]:
    """An element of its own, one of the shared ones, or one of these with changes (``use``)."""
    shared: dict[str, dict[str, Any]] = _parts()["elements"]
    if isinstance(raw, str):
        return dict(shared[raw])
    if "use" in raw:
        changed = {key: value for key, value in raw.items() if key != "use"}
        return shared[raw["use"]] | changed
    return dict(raw)
