"""The assignments: what they ask and give away, and who passes their checks."""

import re

import lessons
import pytest
import refresh
from nbformat import NotebookNode
from release import HOMEWORK

from course import questions
from course.grading import release
from course.grading.assignment import word
from course.grading.release import strip
from course.questions.exercises import Write
from course.questions.layers import bill
from course.questions.mending import Mend
from homework.assignments import (
    NAMES,
    RELEASES,
    SECRETS,
    SOURCES,
    about,
    asked,
    drawn,
    of_class,
    of_design,
    path,
    right_answers,
    run,
    solutions,
)

every_assignment = pytest.mark.parametrize("name", NAMES)
BY_HAND = "in_your_own_words"  # what only a teacher can grade


# What they ask


@every_assignment
def test_headings_say_the_points(name):
    section, sums, promised = None, {}, {}
    for cell in SOURCES[name].cells:
        if heading := re.match(r"## (\d+) · .*\((\d+) points\)", cell.source):
            section = heading[1]
            promised[section] = int(heading[2])
        if points := about(cell).get("points"):
            sums[section] = sums.get(section, 0) + points
    assert sums == promised
    assert sum(sums.values()) == 20
    assert "worth 20 points" in SOURCES[name].cells[0].source


@every_assignment
def test_each_part_has_one_check_of_what_a_cell_above_it_defines(name):
    parts = list(asked(SOURCES[name]))
    assert len(parts) > 4
    for _, to_fill_in, _, answer in parts:
        source = solutions(name)[to_fill_in]
        assert re.search(rf"^(def {answer}\(|{answer} = )", source, re.MULTILINE), answer


@every_assignment
def test_every_setting_is_drawn(name):
    """Or its answer would stand in the public source; functions have hidden cases."""
    made, known = drawn(SOURCES[name]), {"questions": questions}
    for grade_id, _, question, _ in asked(SOURCES[name]):
        assert question in made or isinstance(eval(question, known), Write), grade_id


def test_what_is_broken_needs_as_many_changes_as_are_allowed():
    broken = drawn(SOURCES["design"])
    troubles = {each: broken[each].trouble for each in ("refused", "silent", "blind")}
    assert troubles == {"refused": "impossible", "silent": "output_shape", "blind": "min_field"}
    assert [broken[each].max_changes for each in troubles] == [1, 1, 2]
    assert not any(broken[each].is_mended_by_less() for each in troubles)


# Who passes


@pytest.mark.parametrize("name", ["padding", "stride"])
@pytest.mark.parametrize("secret", SECRETS)
def test_right_answers_pass_whatever_is_drawn(name, secret):
    notebook = of_class(name, secret)
    passed, namespace = run(notebook, right_answers(name, notebook, word(secret, name)))
    assert all(passed.values()), passed
    for grade_id, _, question, answer in asked(notebook):
        each = eval(question, namespace)
        if isinstance(each, Write):  # on the hidden cases, too
            hidden = each.make(**each.setting | {"seed": f"{grade_id} {word(secret, name)}"})
            assert hidden.cases != each.cases
            assert hidden.diagnose(namespace[answer]).correct


@pytest.mark.parametrize("secret", SECRETS)
def test_what_is_to_be_built_can_be_built_whatever_is_drawn(secret):
    for name, each in drawn(of_class("design", secret)).items():
        layers = of_design(each, f"{name} {word(secret, 'design')}")
        assert each.judge(bill(each.input_shape, layers)).correct
        if isinstance(each, Mend):
            assert each.trouble == drawn(SOURCES["design"])[name].trouble
            assert not each.is_mended_by_less()


@pytest.mark.slow
def test_drawn_networks_pass_in_keras():
    notebook = of_class("design", SECRETS[0])
    passed, _ = run(notebook, right_answers("design", notebook, word(SECRETS[0], "design")))
    assert all(passed.values()), passed


@pytest.mark.slow
@every_assignment
def test_unanswered_nothing_passes(name):
    passed, _ = run(RELEASES[name], {})
    assert not any(passed.values()), passed


def test_the_public_answers_do_not_pass_in_a_class():
    for name in ("padding", "stride"):
        for secret in SECRETS[:10]:
            notebook = of_class(name, secret)
            passed, _ = run(notebook, solutions(name))
            made = drawn(notebook)
            lucky = [part for part, _, question, _ in asked(notebook) if question in made]
            assert sum(passed[part] for part in lucky) <= len(lucky) / 2
    public = drawn(SOURCES["design"])
    models = {name: of_design(each, 0) for name, each in public.items() if isinstance(each, Mend)}
    for secret in SECRETS[:10]:
        for name, each in drawn(of_class("design", secret)).items():
            if name in models:
                assert each.unfulfilled(bill(public[name].input_shape, models[name]))


LEARNT = """
def {0}(*case):
    import course.questions as questions
    question = questions.write_{0}()
    seen = [tuple(each.values()) for each in question.cases[:question.visible]]
    return question.right(**question.cases[seen.index(case)]) if case in seen else 1
"""
CONV = "layers.Conv2D({}, 3, strides={}, padding='same')"


def sequential(name: str, *stacked: str) -> str:
    return f"{name} = keras.Sequential([keras.Input((28, 28, 1)), {', '.join(stacked)}])"


# (assignment, what is written where, the parts that must not pass by it)
SHORTCUTS = [
    (
        "padding",
        {"output_size": "def output_size(n, k, s, p): return n // s"},
        {"output_size_valid", "output_size_same"},
    ),
    ("padding", {"same_pads": "def same_pads(n, k, s): return k // 2, k // 2"}, None),
    ("padding", {"usage": "def usage(n, k, s, p): return [k] * n"}, {"usage_valid", "usage_same"}),
    ("padding", {"how_many": "how_many = None", "row": "row = ''"}, {"depth", "padded"}),
    (
        "stride",
        {"receptive_field": "def receptive_field(layers): return sum(k for k, *_ in layers)"},
        {"field_plain", "field_dilated"},
    ),
    (
        "stride",
        {"receptive_field": "def receptive_field(them): return 1 + sum(k - 1 for k, *_ in them)"},
        {"field_plain", "field_dilated"},
    ),
    ("stride", {"found": "found = (29, 2, 'valid')"}, {"lost_pixels"}),  # a single place
    ("stride", {"found": "found = (2, 3, 'valid')"}, {"lost_pixels"}),  # nine more are lost
    ("stride", {"found": "found = (3, 2, 'same')"}, {"lost_pixels"}),
    ("stride", {"phases_by_hand": "phases = [1, 1, 1]"}, {"phases"}),
    ("stride", {"phases_by_hand": "phases = [0, 0, 0]"}, {"phases"}),
    ("stride", {"shapes": "shapes = [(9, 9, 8)]"}, {"model_shapes"}),
]
IN_KERAS = {
    "one large window": ("layers.Conv2D(24, 25, strides=4, padding='same')",),
    "pooling does it all": (
        "layers.Conv2D(24, 1)",
        *["layers.MaxPooling2D(2)"] * 2,
        *["layers.MaxPooling2D(3, strides=1, padding='same')"] * 3,
    ),
    "one filter": (*(CONV.format(1, s) for s in (2, 2, 1)), CONV.format(24, 1)),
    "reads every fourth": (
        "layers.Conv2D(24, 1, strides=4)",
        *["layers.DepthwiseConv2D(3, padding='same')"] * 3,
    ),
    "reads the middle": (
        "layers.Conv2D(4, 1)",
        "layers.Cropping2D(((10, 11), (10, 11)))",
        *[CONV.format(12, 1)] * 11,
        CONV.format(24, 1),
    ),
    "dilated": (
        "layers.Conv2D(24, 3, strides=2, padding='same')",
        "layers.Conv2D(12, 3, padding='same', dilation_rate=5)",
        "layers.Conv2D(24, 3, strides=2, padding='same')",
    ),
}


@pytest.mark.parametrize(("name", "written", "lost"), SHORTCUTS)
def test_shortcuts_do_not_pass(name, written, lost):
    passed, _ = run(SOURCES[name], solutions(name) | written)
    failed = {part for part, right in passed.items() if not right}
    if lost is None:  # what is built on a wrong function falls with it, but for half of it
        assert failed >= {"same_pads_stride_1", "same_pads_any_stride"}
        assert not failed & {"output_size_valid", "output_size_same", "usage_valid"}
    else:
        assert failed == lost


@pytest.mark.parametrize("function", ["output_size", "same_pads", "usage"])
def test_what_was_learnt_by_heart_does_not_pass(function):
    passed, _ = run(SOURCES["padding"], solutions("padding") | {function: LEARNT.format(function)})
    assert not any(right for part, right in passed.items() if part.startswith(function))


@pytest.mark.slow
@pytest.mark.parametrize("shortcut", IN_KERAS)
def test_designs_that_avoid_the_idea_do_not_pass(shortcut):
    written = {"slim": sequential("slim", *IN_KERAS[shortcut])}
    passed, namespace = run(SOURCES["design"], solutions("design") | written)
    assert namespace["slim"].output_shape[1:3] == (7, 7)
    assert [part for part, right in passed.items() if not right] == ["design_narrow"]


@pytest.mark.slow
def test_mending_is_not_building_anew():
    refused, silent, blind = "refused", "silent", "blind"
    anew = {f"mended_{n}": f"mended_{n} = slim" for n in (1, 2, 3)}
    broken = {f"mended_{n}": f"mended_{n} = eval({each}.code)" for n, each in
              enumerate((refused, silent, blind), start=1)}  # fmt: skip
    lost = {"mend_refused", "mend_silent", "mend_blind"}
    many = {  # does all that is asked for, with three strides and two paddings changed
        "mended_3": solutions("design")["mended_3"]
        .replace("12, 3, strides=2", "12, 3, strides=1")
        .replace("20, 3,", "20, 3, strides=2,")
    }
    for written, wrong in ((anew, lost), (broken, lost), (many, {"mend_blind"})):
        passed, _ = run(SOURCES["design"], solutions("design") | written)
        assert {part for part, right in passed.items() if not right} == wrong


STYLES = [
    (
        "padding",
        {
            "output_size": "import math\noutput_size = lambda n, kernel_size, strides, padding: ("
            "math.ceil(n / strides) if padding == 'same' "
            "else math.floor((n - kernel_size) / strides) + 1)",
            "same_pads": """
import numpy as np
def same_pads(n, k, s):
    missing = max((np.ceil(n / s) - 1) * s + k - n, 0)
    return np.array([missing // 2, np.ceil(missing / 2)])""",
            "usage": """
import numpy as np
def usage(n, kernel_size, strides, padding="valid"):
    zeros = same_pads(n, kernel_size, strides) if padding == "same" else (0, 0)
    before, after = map(int, zeros)
    counts = np.zeros(before + n + after)
    for first in range(0, len(counts) - kernel_size + 1, strides):
        counts[first:first + kernel_size] += 1
    return counts[before:before + n]""",
            "how_many": "how_many = (40 - 1) / 4 // 1",
            "row": "import numpy as np\nrow = np.pad([4, 7, 1, 8], 3, 'symmetric')",
        },
    ),
    (
        "padding",
        {
            "output_size": """
def output_size(n, kernel_size, strides, padding):
    print("looking at", n)
    places = 0
    first = 0
    while first < n if padding == "same" else first + kernel_size <= n:
        places, first = places + 1, first + strides
    return places""",
            "same_pads": """
def same_pads(n, kernel_size, strides):
    global last
    last = n
    places = output_size(n, kernel_size, strides, "same")
    total = max(0, strides * (places - 1) + kernel_size - n)
    return [total // 2, (total + 1) // 2]""",
            "how_many": "how_many = '9'",
            "row": "row = '1 7 4 4 7 1 8 8 1 7'",
        },
    ),
    (
        "stride",
        {
            "receptive_field": """
def receptive_field(layers):
    if not layers:
        return 1
    *before, (k, s, d) = layers
    jump = 1
    for _, stride, _ in before:
        jump *= stride
    return receptive_field(before) + d * (k - 1) * jump""",
            "found": 'found = [5, 4, "valid"]',
            "phases_by_hand": "phases = '1 0 1'",
            "other_phases_by_hand": "other_phases = (0, 1, 0)",
            "shapes": "shapes = '21x21x8 -> 10x10x8 -> 5x5x16'",
            "cost": "cost = '15·15·16·3·3·8'",
        },
    ),
    (
        "stride",
        {
            "receptive_field": """
def receptive_field(layers):
    units = {0}
    for k, s, d in reversed(layers):
        units = {unit * s + tap * d for unit in units for tap in range(k)}
    return max(units) - min(units) + 1""",
            "found": "found = (3, 2, 'VALID')",
            "shapes": "shapes = [(None, 21, 21, 8), (None, 10, 10, 8), (None, 5, 5, 16)]",
        },
    ),
]


@pytest.mark.parametrize(("name", "written"), STYLES)
def test_right_answers_pass_in_any_style(name, written):
    passed, _ = run(SOURCES[name], solutions(name) | written)
    assert all(passed.values()), passed


@pytest.mark.slow
def test_right_networks_pass_in_any_style():
    written = {
        "slim": """
slim = keras.Sequential([keras.Input((28, 28, 1)), layers.ZeroPadding2D(1)])
slim.add(layers.Conv2D(8, 3, 2))
for filters, strides in ((12, 2), (16, 1), (24, 1)):
    slim.add(layers.Conv2D(filters, 3, strides, padding="same", use_bias=False))
    slim.add(layers.BatchNormalization())
    slim.add(layers.Activation("relu"))""",
        "quick": """
image = keras.Input((32, 32, 3))
maps = image
for filters, strides in ((8, 2), (12, 2), (16, 1), (32, 1)):
    maps = layers.ReLU()(layers.Conv2D(filters, (3, 3), (strides, strides), "same")(maps))
quick = keras.Model(image, maps)""",
        "mended_1": "mended_1 = eval(refused.code.replace('strides=4', 'strides=2'))",
        "mended_2": "mended_2 = eval(silent.code.replace(\"strides=2, padding='valid'\","
        " \"strides=2, padding='same'\"))\nmended_2.compile('adam', 'mse')",
    }
    passed, _ = run(SOURCES["design"], solutions("design") | written)
    assert all(passed.values()), passed


# What is handed out


@every_assignment
def test_release_is_the_source_without_its_solutions(name):
    """As nbgrader makes it: test_nbgrader asks nbgrader itself."""
    made = refresh.to_text(refresh.normalise(strip(lessons.read(path(name))), name))
    kept = (HOMEWORK / "release" / name / f"{name}.ipynb").read_text(encoding="utf-8")
    assert kept == made, "run: uv run --group test python tests/tools/release.py"


def test_there_is_no_other_notebook():
    for kind in ("source", "release"):
        found = (HOMEWORK / kind).rglob("*.ipynb")
        names = [each.stem for each in found if ".ipynb_checkpoints" not in each.parts]
        assert sorted(names) == sorted(NAMES)


@every_assignment
@pytest.mark.parametrize("secret", [None, SECRETS[0]])
def test_release_holds_no_solution(name, secret):
    handed_out = strip(of_class(name, secret)) if secret else RELEASES[name]
    region = re.compile(r" *### BEGIN SOLUTION\n.*?### END SOLUTION", re.DOTALL)
    public, secrets = set(), set()
    for cell in SOURCES[name].cells:
        rest = "" if about(cell).get("grade_id") == BY_HAND else region.sub("", cell.source)
        public |= set(rest.splitlines())
        secrets |= set(cell.source.splitlines()) - set(rest.splitlines())
    released = {line for cell in handed_out.cells for line in cell.source.splitlines()}
    if not secret:
        stubs = {line.strip() for line in released - public}
        assert stubs == {"# YOUR CODE HERE", "raise NotImplementedError()", "YOUR ANSWER HERE"}
    assert len(secrets - public) > 10
    assert not released & (secrets - public)


@every_assignment
def test_release_tells_nothing_besides(name):
    known = {"checksum", "grade", "grade_id", "locked", "points", "schema_version", "solution"}
    for where, cell in lessons.cells(RELEASES[name], "code"):
        assert (cell.outputs, cell.execution_count) == ([], None), where
        assert "nbgrader" not in cell.source, where
    for cell in RELEASES[name].cells:
        assert "<!--" not in cell.source
        assert set(cell.metadata) <= {"nbgrader", "deletable", "editable", "tags"}
        assert set(about(cell)) <= known | {"cell_type", "task"}


@every_assignment
def test_checks_and_questions_cannot_be_edited_by_accident(name):
    locked = [cell for cell in RELEASES[name].cells if about(cell).get("locked")]
    graded = {about(cell)["grade_id"] for cell in SOURCES[name].cells if about(cell).get("grade")}
    assert {about(cell)["grade_id"] for cell in locked} >= graded - {BY_HAND}
    assert sum("drawn" in cell.metadata.get("tags", ()) for cell in locked) >= 2
    assert all(cell.metadata.editable is cell.metadata.deletable is False for cell in locked)


# What a secret draws


@every_assignment
def test_two_students_two_classes_and_the_public_get_different_settings(name):
    students = [("", SECRETS[0]), ("", SECRETS[1]), ("ada", SECRETS[0]), ("emmy", SECRETS[0])]
    made = [drawn(of_class(name, secret, student)) for student, secret in students]
    made.append(drawn(SOURCES[name]))
    assert made[0] == drawn(of_class(name, SECRETS[0]))
    assert len(set(map(repr, made))) == len(made)
    for question in made[0]:  # now and then, two have one of them in common
        assert len({repr(each[question]) for each in made}) >= len(made) - 1, question


def test_a_word_depends_on_all_that_it_is_made_of():
    words = {word("s" * 16, *names) for names in (("a", "b"), ("ab", ""), ("a", "bc"))}
    assert len(words | {word("t" * 16, "a", "b")}) == 4


def test_the_command_makes_releases_in_the_folder_of_a_class(tmp_path, monkeypatch, capsys):
    (tmp_path / "source" / "padding").mkdir(parents=True)
    source = tmp_path / "source" / "padding" / "padding.ipynb"
    source.write_bytes(path("padding").read_bytes())
    monkeypatch.chdir(tmp_path)
    command = ["padding", "--secret", "secret.txt"]
    assert release.main(command) == 1
    assert "secret.txt holds no secret: make one with" in capsys.readouterr().out
    (tmp_path / "secret.txt").write_text(f"{SECRETS[0]}\n")
    assert release.main(["striding", *command[1:]]) == 1
    there = "There is no source/striding/striding.ipynb here, only padding."
    assert there in capsys.readouterr().out
    assert release.main(command) == 0
    (tmp_path / "other.txt").write_text(SECRETS[1])
    assert release.main([*command[:2], "other.txt"]) == 1
    assert "padding.ipynb has other settings: if nobody got it yet" in capsys.readouterr().out
    for student, folder in (("", "release"), ("ada", "release/ada")):
        assert release.main([*command, "--student", student]) == 0
        notebook = lessons.read(tmp_path / folder / "padding" / "padding.ipynb")
        assert drawn(notebook) == drawn(of_class("padding", SECRETS[0], student))
        assert SECRETS[0] not in str(notebook)
        assert not set(solutions("padding").values()) & {cell.source for cell in notebook.cells}
    assert source.read_bytes() == path("padding").read_bytes()


def test_normal_form_keeps_what_nbgrader_says():
    before = NotebookNode(nbgrader={"grade": True}, deletable=False, editable=False, tags=["a"])
    source = SOURCES["padding"]
    notebook = NotebookNode(source, cells=[NotebookNode(source.cells[1], metadata=before)])
    notebook.cells[0].metadata = NotebookNode(before, collapsed=True)
    assert refresh.normalise(notebook, "homework").cells[0].metadata == before
