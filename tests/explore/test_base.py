"""What all explorers share."""

import html
import json
import re
from collections import Counter
from importlib import resources

import numpy as np
import pytest
import traitlets
from refresh import SANITIZE, SCRIPT

from course import explore
from course.explore import base
from course.explore.base import Explorer, bundle


def test_there_is_little_javascript():
    """All modules together, as they are served: with their comments, nothing squeezed."""
    folder = resources.files("course.explore")
    sizes = {each.name: each.stat().st_size for each in folder.iterdir() if each.suffix == ".js"}
    assert len(sizes) >= 8
    assert sum(sizes.values()) < 63_000, sizes  # bytes
    del sizes["predict.js"]
    assert sum(sizes.values()) < 55_000, sizes


@pytest.mark.parametrize("view", [*explore.__all__, "predict"])
def test_no_two_modules_of_a_bundle_share_a_name(view: str):
    names = re.findall(r"^(?:const|let|function) (\w+)", bundle(view), re.M)
    assert len(names) > 20
    assert [name for name, count in Counter(names).items() if count > 1] == []


each_explorer = pytest.mark.parametrize(
    "make", [getattr(explore, name) for name in explore.__all__]
)


def page_of(explorer: Explorer) -> str:
    """The html that a run puts into the notebook."""
    return explorer._repr_mimebundle_()[0]["text/html"]


@each_explorer
def test_a_changed_line_of_javascript_or_css_changes_no_notebook(make, monkeypatch):
    before, explorer = page_of(make()), make()
    explorer._esm += "// a line"
    monkeypatch.setattr(base, "PLACE", f"{base.PLACE}// a line\n")
    monkeypatch.setattr(base, "STYLE", f"{base.STYLE}p {{}}\n")
    after = page_of(explorer)
    assert after.count("a line") == 2
    assert "p {}" in after
    assert SCRIPT.sub("", before) == SCRIPT.sub("", after)


@each_explorer
def test_a_notebook_keeps_the_name_and_the_state_of_an_explorer(make):
    explorer = make()
    page = page_of(explorer)
    kept = SCRIPT.sub("", page)
    assert "<script" not in kept
    name, state = re.match('<div data-course-explorer="(.*?)" data-state="(.*?)"><', kept).groups()
    assert name == type(explorer).__name__
    assert json.loads(html.unescape(state)) == explorer.state()
    assert json.dumps(explorer.state()) not in page  # the script has none of its own


@each_explorer
def test_nbval_notices_another_state(make):
    def compared(page: str) -> str:
        for each in SANITIZE.values():
            page = re.sub(each.get("regex", ""), each.get("replace", ""), page)
        return page

    explorer = make()
    other = make(fixed=list(type(explorer).controls))
    assert explorer.picture().alt == other.picture().alt
    kept = SCRIPT.sub("", page_of(explorer))
    assert compared(kept) == compared(page_of(make()))
    assert compared(kept) != compared(page_of(other))


@each_explorer
@pytest.mark.parametrize("trait", ["fixed", "hidden"])
def test_only_what_has_a_control_can_be_fixed_or_hidden(make, trait):
    controls = type(make()).controls
    assert getattr(make(**{trait: list(controls)}), trait) == list(controls)
    with pytest.raises(traitlets.TraitError, match=f"the settings are {controls[0]}"):
        make(**{trait: ["nonsense"]})


BAD = [
    *(None, 0, -1, 1.5, np.nan, np.inf, True, 10**9, 1j, "sme", "9" * 50, b"x", object()),
    *([], {}, (1, 2, 3), [None], [[object()]], [[1, 2], [3]], np.zeros((3, 3, 3))),
]


@each_explorer
def test_whatever_python_sets_is_refused_or_can_be_drawn(make):
    for name in make().state():
        for value in BAD:
            explorer = make()
            before = explorer.state()
            try:
                setattr(explorer, name, value)
            except (traitlets.TraitError, ValueError):
                assert explorer.state() == before, (name, value)
            else:
                assert explorer.picture().alt, (name, value)
                json.dumps(explorer.state(), allow_nan=False)
