"""What all explorers share."""

import html
import json
import re
from importlib import resources

import numpy as np
import pytest
import traitlets
from refresh import SANITIZE, SCRIPT

from course import explore
from course.explore import base
from course.explore.base import Explorer, bundle


def test_there_is_little_javascript():
    """Ten kilobytes a view with all that they share, comments too, nothing squeezed."""
    folder = resources.files("course.explore")
    sizes = {each.name: each.stat().st_size for each in folder.iterdir() if each.suffix == ".js"}
    views = [*explore.__all__, "predict"]
    assert {f"{view}.js" for view in views} < {*sizes}
    assert sum(sizes.values()) < 10_240 * len(views), sizes


@pytest.mark.parametrize("view", [*explore.__all__, "predict"])
def test_a_bundle_imports_nothing_and_exports_the_view(view: str):
    module = bundle(view)
    assert not re.search(r"^\s*import\b", module, re.M)
    assert re.findall(r"^export .*", module, re.M) == ["export default { initialize, render };"]


GOOD = {
    "view.js": 'import { a, b } from "./part.js";\n\nfunction render() {}\n\n'
    "export default { render };\n",
    "part.js": "export const a = 1;\nexport function b() {}\nconst [c, d] = [2, 3];\n",
}


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "write"),
    [
        ("view.js", "{ a, b }", "{\n  a,\n  b,\n}", 1, 'import { a, b } from "./module.js"'),
        ("view.js", "{ a, b }", "part", 1, "import { a, b }"),
        ("view.js", "{ a, b }", "* as part", 1, "import { a, b }"),
        ("view.js", "{ a, b }", "{ a as b }", 1, "import { a, b }"),
        ("view.js", '"./part.js"', '"d3"', 1, "import { a, b }"),
        ("view.js", "./part.js", "../part.js", 1, "import { a, b }"),
        ("view.js", "import {", "  import {", 1, "import { a, b }"),
        ("view.js", '";\n', '"\n', 1, "import { a, b }"),
        ("view.js", "./part.js", "./parts.js", 1, "of a module here"),
        ("view.js", "export default { render };\n", "", 4, "export default { render };"),
        ("view.js", "default { render }", "default render", 5, "export default { render };"),
        ("view.js", "default { render }", "{ render }", 5, "export default { render };"),
        ("part.js", "export const a = 1;", "const a = 1;\nexport { a };", 2, "export a const"),
    ],
)
def test_what_cannot_be_bundled_says_where_and_what_to_write(
    file: str, old: str, new: str, line: int, write: str, monkeypatch, tmp_path
):
    kernel = base.FOLDER.joinpath("kernel.js").read_text(encoding="utf-8")
    for name, source in {**GOOD, "kernel.js": kernel}.items():
        tmp_path.joinpath(name).write_text(source, encoding="utf-8")
    monkeypatch.setattr(base, "FOLDER", tmp_path)
    assert "const a = 1;\nfunction b() {}" in bundle("view")
    assert old in GOOD[file]
    tmp_path.joinpath(file).write_text(GOOD[file].replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SyntaxError) as refused:
        bundle("view")
    assert write in refused.value.msg
    assert refused.value.filename == str(tmp_path / file)
    assert refused.value.lineno == line


def test_all_classes_are_our_own(page, open_explorer):
    """Bootstrap, on many a page, has a row and a panel of its own."""
    open_explorer(page, *(getattr(explore, name)() for name in explore.__all__))
    used = page.evaluate(
        "[...document.querySelectorAll('.course-explorer *')].flatMap(each => [...each.classList])"
    )
    assert {"course-row", "course-panel"} <= set(used)
    assert [name for name in used if not name.startswith("course-")] == []
    styled = re.findall(r"\.([A-Za-z][\w-]*)", re.sub(r"/\*.*?\*/", "", base.STYLE, flags=re.S))
    assert [name for name in styled if not name.startswith("course-")] == []


NARROW = 448 + 16  # JupyterLab at 900 px, side bar open, and the margins of a page


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_in_a_narrow_column_nothing_is_tiny_or_cut_off(page, open_explorer, dark):
    widgets = [
        explore.window(8, 3, 2, "same", compare=True, usage=True),
        explore.window(7, 3, padding="full", values=np.eye(7), kernel=np.eye(3), compare=True),
        explore.receptive_field(),
        *(explore.network(name) for name in ("valid", "same", "strided")),
        explore.network(n=64, channels=4),
        explore.network(head="average"),  # with the longest kind of layer
        explore.channels(),
        explore.channels(values=np.full((6, 6, 3), -9), kernel=np.full((3, 3, 3, 4), 9)),
        explore.border(),
        explore.border(np.arange(81).reshape(9, 9) / -7, width=4, layers=2),
        explore.border(np.ones((5, 5)), width=4),
        explore.transposed(),
        explore.transposed(14, 7, 4, "same"),
        explore.which_side(),
        explore.which_side(64, 1, 6),
    ]
    open_explorer(page, *widgets, width=NARROW, dark=dark)
    tiny, cut = page.evaluate(
        """(() => {
             const all = [...document.querySelectorAll(".course-explorer *:not(.course-aloud)")];
             const size = (each) => parseFloat(getComputedStyle(each).fontSize) *
               (each.ownerSVGElement ? each.getScreenCTM().d : 1);
             const written = all.filter((each) => each.checkVisibility() &&
               [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
             return [
               written.filter((each) => size(each) < 9).map((each) => each.outerHTML),
               all.filter((each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth
                 && getComputedStyle(each).overflowX !== "visible").map((each) => each.outerHTML),
             ];
           })()"""
    )
    assert tiny == []
    assert cut == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW


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
    assert json.loads(html.unescape(state)) == json.loads(json.dumps(explorer.state()))
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
    drawn = set()  # the pictures of equal states are equal
    for name in make().state():
        for value in BAD:
            explorer = make()
            before = explorer.state()
            try:
                setattr(explorer, name, value)
            except (traitlets.TraitError, ValueError):
                assert explorer.state() == before, (name, value)
            else:
                state = json.dumps(explorer.state(), allow_nan=False)
                assert state in drawn or explorer.picture().alt, (name, value)
                drawn.add(state)
