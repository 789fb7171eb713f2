"""What the grader makes of messages, notebooks and answers: nothing is run here."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course import questions
from course.grading import AsideError, grade, read
from course.grading.assignment import AssignmentError, Part, draw, squeezed, word
from course.grading.judge import judge, worked_out
from course.grading.messages import (
    MISSING,
    MOST_BYTES,
    Ask,
    MessageError,
    Run,
    parse,
    unknown,
)
from course.grading.sandbox import Outcome
from course.grading.submission import cells_of, plan
from course.questions.layers import bill
from grading.conftest import SECRET
from grading.homework import PADDING, Book, _answer, _graded, _locked, notebook

# Messages


def packet(*message) -> bytes:
    return json.dumps(message).encode()


MODEL = {
    "inputs": [[None, 28, 28, 1]],
    "layers": [["Conv2D", {"filters": 8, "kernel_size": [3, 3], "padding": "same"}]],
    "calls": [[0, [0], [1]]],
    "outputs": [1],
}


@pytest.mark.parametrize(
    ("said", "value"),
    [
        (13, 13),
        (13.5, 13.5),
        ("13", "13"),
        (None, None),
        ([0, [1, 2]], [0, [1, 2]]),
        ({"set": [0, 6]}, {0, 6}),
        ({"missing": True}, MISSING),
        ({"error": "ValueError:\n\x1b[31m no"}, {"error": "ValueError: [31m no"}),
        ({"what": "a function"}, {"what": "a function"}),
        ({"model": MODEL}, {"model": MODEL}),
        ({"described": {"params": 80, "layers": [{"filters": 8}]}},
         {"described": {"params": 80, "layers": [{"filters": 8}]}}),
    ],
)  # fmt: skip
def test_an_answer_is_plain_data(said, value):
    assert parse(packet("answer", 3, said)) == ("answer", 3, value)


def with_layer(kind, **settings):
    return {"model": MODEL | {"layers": [[kind, settings]]}}


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xff\xfe",
        b"NaN",
        b"[" * 50_000,
        b'["answer", 1, ' + b"[" * 20 + b"]" * 20 + b"]",
        b'["answer", 1, ' + b"1" * 5_000 + b"]",
        b'["answer", 1, "' + b"x" * MOST_BYTES + b'"]',
        packet("points", 6),
        packet("answer", "1", 3),
        packet("answer", True),
        packet("done"),
        packet("answer", 1, {"correct": True}),
        packet("answer", 1, {"error": "x", "correct": True}),
        packet("answer", 1, {"set": [[1]]}),
        packet("answer", 1, {"model": {}}),
        packet("answer", 1, {"model": MODEL | {"code": "x"}}),
        packet("answer", 1, {"model": MODEL | {"layers": 3}}),
        packet("answer", 1, {"model": MODEL | {"layers": [["Conv2D"]]}}),
        packet("answer", 1, {"model": MODEL | {"layers": [["Conv2D", []]]}}),
        packet("answer", 1, {"model": MODEL | {"layers": [["Model", {"layers": []}]]}}),
        packet("answer", 1, {"missing": False}),
        packet("answer", 1, {"described": []}),
        packet("answer", 1, with_layer("os.system")),
        packet("answer", 1, with_layer(["Lambda"])),
        {"answer": 1},
    ],
)
def test_anything_else_is_no_message(message):
    with pytest.raises(MessageError):
        parse(message if isinstance(message, bytes) else json.dumps(message).encode())


def test_of_a_layer_only_known_and_plain_settings_are_kept():
    said = with_layer("Dense", units=3, lora_rank=1, activation="relu; x", name={"class_name": "x"})
    _, _, built = parse(packet("answer", 0, said))
    assert built["model"]["layers"] == [["Dense", {"units": 3}]]


def test_a_layer_that_may_run_code_is_unknown():
    for kind in ("Lambda", "TorchModuleWrapper", "TFSMLayer", "Mine", "get_config"):
        inner = with_layer(kind)["model"]
        outer = with_layer("Model", **inner)["model"]
        _, _, built = parse(packet("answer", 0, {"model": outer}))
        assert unknown(built["model"]) == kind


# Assignments


def written(*cells, **drawn):
    return read("small", json.dumps(notebook(list(cells))), **drawn)


def test_what_is_hidden_or_drawn_comes_from_the_secret():
    def read(*drawn):
        names = "secret", "student", "notebook"
        return written(*PADDING["cells"], **dict(zip(names, drawn, strict=False)))

    def asked(*drawn):
        return [repr(part.question) for part in read(*drawn).parts]

    assert asked("secret") == asked("secret")
    for one, other in [(["a"], ["b"]), (["a", "ada"], ["a", "bo"]), (["a"], ["a", "ada"])]:
        pairs = list(zip(asked(*one), asked(*other), strict=True))
        assert all(mine != theirs for mine, theirs in pairs[:3])
        assert pairs[3][0] == pairs[3][1]  # neither hidden nor drawn
    assert asked("secret", "ada", b"one notebook")[:2] != asked("secret", "ada", b"another")[:2]
    assert asked("secret", "ada", b"one notebook")[2:] == asked("secret", "ada", b"another")[2:]
    assert "28, kernel_size=3" not in read("secret").setup[1]
    assert asked("secret", "j\udcf6rg")  # from a folder whose name is not UTF-8
    assert read().setup[1] == "shape = questions.output_size(28, 3, 2)"
    assert asked()[0] == "questions.write_output_size(seed='')"


def test_a_release_is_drawn_as_the_grader_draws_it():
    cells = copy.deepcopy(PADDING["cells"])
    draw(cells, word("a", "small", "ada"))
    mine = written(*PADDING["cells"], secret="a", student="ada")
    handed_out, public = (
        [each["source"] for each in some if "'setup'" in str(each) or "'shape'" in str(each)]
        for some in (cells, PADDING["cells"])
    )
    assert handed_out == mine.setup
    assert handed_out[1] != public[1]
    assert {squeezed(source) for source in (*handed_out, *public)} <= mine.given


@pytest.mark.parametrize(
    "source",
    ["check(shape)", "check(shape, 3)", "check(f(), x); check(f(), y)", "check(open('x'), x)"],
)
def test_a_graded_cell_that_is_none_is_named(source):
    cell = _graded("size", 1, "shape")
    cell["source"] = source
    with pytest.raises(AssignmentError):
        written(cell)


def test_two_questions_can_be_asked_about_one_answer():
    cells = _answer("size", "size = 1"), _graded("size", 1, "questions.params(28)")
    other = _graded("size", 2, "questions.macs(28)")
    assignment = written(_locked("setup", "import os"), *cells, other)
    assert [part.answers for part in assignment.parts] == [{"size"}, {"size"}]
    assert assignment.modules == ["os"]


# Submissions


def planned(assignment, book) -> list[str]:
    """The steps in short: the first word of a cell, or what is asked."""
    submission = plan(assignment, cells_of(bytes(book)))
    return [
        step.name if isinstance(step, Ask) else step.source.split()[0]
        for step in submission.steps
        if isinstance(step, Run) or not step.last
    ]


def test_a_part_is_asked_where_it_stands(assignments):
    book = Book("padding")
    book.add("between = 1", after="size")
    book.add("later = 1", after="size_points")
    assert planned(assignments["padding"], book)[-6:] == [
        *("size", "between", "size", "later", "pads", "pads"),
    ]


def test_what_was_not_touched_is_not_run(assignments):
    book = Book("padding")
    book.blank()
    assert planned(assignments["padding"], book) == [
        *("from", "shape", "output_size", "same_pads", "size", "pads"),
    ]


def test_a_text_is_kept_for_its_teacher(assignments):
    book = Book("padding")
    submission = plan(assignments["padding"], cells_of(bytes(book)))
    assert submission.texts == {"why": "The odd zero goes after the input."}
    book.blank()
    assert plan(assignments["padding"], cells_of(bytes(book))).texts == {"why": ""}


def test_a_text_fits_on_a_page(assignments):
    book = Book("padding")
    book["why"]["source"] = "&" * 10**6
    text = plan(assignments["padding"], cells_of(bytes(book))).texts["why"]
    assert text == "&" * 100_000 + " …\n\nThere is more in the file."


def test_a_file_that_is_too_large_is_put_aside(monkeypatch):
    monkeypatch.setattr("course.grading.submission.MOST_BYTES", 10)
    with pytest.raises(AsideError, match="too large"):
        cells_of(b" " * 11)


def test_too_much_code_is_put_aside(monkeypatch):
    monkeypatch.setattr("course.grading.submission.MOST_SOURCE", 10)
    with pytest.raises(AsideError, match="too much code"):
        cells_of(bytes(Book("padding")))


@pytest.mark.parametrize("value", ["{}", "[0]", '{"a":0}', '"ab"', "0", '{"\\"":[{}]}'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_many_values_are_put_aside_before_they_take_memory(value, encoding, monkeypatch):
    def read(many: str) -> None:
        assert cells_of(f'{{"cells": [], "metadata": [{many}]}}'.encode(encoding)) == []

    monkeypatch.setattr("course.grading.submission.MOST_VALUES", 10_000)
    with pytest.raises(AsideError, match="millions of values"):
        read(",".join([value] * 10_000))
    read(",".join([value] * 1_000))
    read(json.dumps(",".join([value] * 10_000)))  # as text in an output


# Verdicts


def part_of(assignments, name):
    parts = [part for each in assignments.values() for part in each.parts]
    return next(part for part in parts if part.name == name)


def test_a_value(assignments):
    part = part_of(assignments, "pads")
    assert judge(part, [0, 1]).points == 1
    assert judge(part, "0 | 1").points == 1
    for wrong in ([1, 0], None, True, [0, 1, 2], {0, 1}, float("nan"), [[0, 1]], "", 10**300):
        assert judge(part, wrong).points == 0
    for nothing in (MISSING, {"error": "takes too long"}, {"what": "a dict"}, {"model": MODEL}):
        verdict = judge(part, nothing)
        assert (verdict.points, verdict.cases) == (0, ())
        assert "`pads`" in verdict.message


def test_a_mistake_is_named(assignments):
    part = part_of(assignments, "output_size")
    question = part.question
    answers = [
        case["n"] if case["padding"] == "same" else question.expected(case)
        for case in question.cases
    ]
    assert judge(part, answers).mistake == "same_means_same_size"


def test_a_function(assignments):
    part = part_of(assignments, "output_size")
    question = part.question
    right = [question.expected(case) for case in question.cases]
    assert judge(part, right).points == 2
    for wrong in ([], right[:-1], 13, None, {"what": "a class"}, [True] * len(right)):
        assert judge(part, wrong).points == 0
    only_valid = [
        r if c["padding"] == "valid" else 0 for r, c in zip(right, question.cases, strict=True)
    ]
    assert judge(part, only_valid).points == 1
    once = [{"error": "ValueError: x"}, *right[1:]]
    assert judge(part, once).points == 1
    assert "ValueError: x" in judge(part, once).message
    assert sum(judge(part, once).cases) == len(right) - 1
    assert "not written" in judge(part, [{"error": "NotImplementedError"}] * len(right)).message


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=80),
    max_leaves=90,
)
SAID = VALUES | st.sampled_from(
    [
        MISSING,
        {"error": "x"},
        {"what": "y"},
        {"model": MODEL},
        {"described": {}},
        {1, 2},
        [MISSING] * 68,
    ]
)


class Liar:
    """A sandbox in which somebody says whatever comes to mind."""

    def __init__(self, data):
        self.data = data

    def run(self, request: bytes, before: Outcome | None = None) -> Outcome:
        steps = st.integers(2, 30)
        return Outcome(
            answers=self.data.draw(st.dictionaries(steps, SAID, max_size=12)),
            troubles=self.data.draw(st.dictionaries(steps, st.text(max_size=9), max_size=3)),
            step=self.data.draw(steps),
            ended=self.data.draw(st.sampled_from(["done", "takes too long"])),
        )


@settings(max_examples=200, deadline=None)
@given(st.data(), st.sampled_from(["padding", "design"]))
def test_whatever_is_said_there_is_a_verdict_and_never_more_points(assignments, data, name):
    assignment = assignments[name]
    graded = grade(assignment, bytes(Book(name)), Liar(data))
    for part, verdict in zip(assignment.parts, graded.verdicts, strict=True):
        assert verdict.points in (None, 0, 0.5 * part.points, part.points)
        assert verdict.points != part.points or all(verdict.cases)
        assert part.name != "model" or verdict.points != part.points
        json.dumps(verdict.given, allow_nan=False)


def test_no_hidden_case_is_told(assignments):
    part = part_of(assignments, "same_pads")
    question = part.question
    right = [question.expected(case) for case in question.cases]
    for number, case in enumerate(question.cases[question.visible :], question.visible):
        told = f"{[*case.values()]}"
        for wrong in ({"error": f"E: {told}"}, {"what": f"a list {told}"}, [0, 99], told, [told]):
            answers = [*right[:number], wrong, *right[number + 1 :]]
            if case in question.cases[: question.visible]:
                continue
            verdict = judge(part, answers)
            assert question.call(number) not in verdict.message
            assert told not in verdict.message
            assert "do not see" in verdict.message or "Every case that you see" in verdict.message
            assert verdict.given == [list(each) for each in right[: question.visible]]


def test_what_was_given_is_plain_data(assignments):
    part = part_of(assignments, "output_size")
    question = part.question
    answers: list = [question.expected(case) for case in question.cases]
    assert judge(part, MISSING).given is None
    assert judge(part, [{"error": "NotImplementedError"}] * len(answers)).given is None
    for strange in ({"error": "x"}, {"what": "a class"}):
        assert judge(part, strange).given == strange
        assert judge(part, [strange, *answers[1:]]).given[0] == strange
    for hidden in (MISSING, {"described": {"n": 28}}, {"model": MODEL}):
        assert judge(part, [hidden, *answers[1:]]).given[0] is None
    assert judge(part, [float("nan"), *answers[1:]]).given[0] == {"what": "nan"}
    assert judge(part, [10**99, *answers[1:]]).given[0]["what"].startswith("a number out")
    assert judge(part, 13).given == {"what": "13"}
    size, pads = part_of(assignments, "size"), part_of(assignments, "pads")
    assert judge(size, " 14 ").given == 14
    assert judge(size, "x").given == {"what": "the text “x”"}
    assert judge(pads, "(0, 1)").given == [0, 1]
    pixels = Part("lost", 1, questions.unread(28, 3, 2), "lost", frozenset(), "")
    assert judge(pixels, {27}).given == [27]


def test_a_network_is_judged_as_a_message_has_it():
    """There are no tuples in it."""
    shape, first = (28, 28, 1), {"filters": 8, "strides": 4, "padding": "same"}
    broken = [first, {"filters": 16}]
    mended = [first | {"strides": 2}, {"filters": 16}]
    question = questions.mend(shape, (12, 12, 16), broken)
    part = Part("mended", 3, question, "mended", frozenset(), "")
    for layers, points in ((mended, 3), (broken, 0)):
        built = json.loads(json.dumps(bill(shape, layers)))
        assert judge(part, {"described": built}).points == points
        assert judge(part, {"described": built}).given == built


CONV = {
    **{"filters": 8, "kernel_size": [3, 3], "strides": [2, 2], "padding": "same", "name": "a"},
    **{"activation": "relu", "groups": 1, "use_bias": True, "dilation_rate": [1, 1]},
    "data_format": "channels_last",
}
SMALL = questions.design((28, 28, 1), (14, 14, 8), max_params=80)
CHAIN = {
    **{"inputs": [[None, 28, 28, 1]], "layers": [["Conv2D", CONV]]},
    **{"calls": [[0, [0], [1]]], "outputs": [1]},
}


def test_a_plain_network_that_is_right_takes_no_keras():
    assert worked_out(SMALL, CHAIN) == bill(
        (28, 28, 1), [{"filters": 8, "strides": 2, "padding": "same"}]
    )


NOT_PLAIN = [
    *({"activation": name} for name in ("softmax", "sigmoid", None, ["relu"])),
    *({"filters": many} for many in (7, 9, -8, 0, 8.0, "8", 10**400, None)),
    *({"kernel_size": size} for size in (3, [3], [3, 1], [10**9, 10**9], [-3, -3], [3.0, 3.0])),
    *({"strides": s} for s in ([0, 0], [2, 1], [-1, -1], [10**9] * 2)),
    *({"padding": each} for each in ("valid", "causal", "SAME", 1)),
    *({"groups": 2}, {"use_bias": False}, {"dilation_rate": [2, 2]}),
    {"data_format": "channels_first"},
]


@pytest.mark.parametrize("changed", NOT_PLAIN, ids=str)
def test_any_other_layer_is_left_to_keras(changed):
    assert worked_out(SMALL, CHAIN | {"layers": [["Conv2D", CONV | changed]]}) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"inputs": [[None, 28, 28, 3]]},
        {"inputs": [[1, 28, 28, 1]]},
        {"inputs": []},
        {"layers": []},
        {"layers": [["Conv2D", CONV]] * 2},
        {"layers": [["DepthwiseConv2D", CONV]]},
        {"layers": [["Conv2D", {}]]},
        {"calls": [[0, [0], [1]], [0, [1], [2]]], "outputs": [2]},
        {"calls": [[0, [1], [0]]]},
        {"outputs": [0]},
        {"outputs": "1"},
    ],
    ids=str,
)
def test_any_other_model_is_left_to_keras(changed):
    assert worked_out(SMALL, CHAIN | changed) is None


def test_only_a_model_that_is_asked_for_is_worked_out():
    assert worked_out(questions.params(28, 3), CHAIN) is None


def test_what_the_course_stumbles_over_costs_no_other_part(sandbox, assignments, monkeypatch):
    def stumbles(part, *rest):
        return judge(part, *rest) if part.name != "size" else 1 / 0

    monkeypatch.setattr("course.grading.judge", stumbles)
    verdicts = grade(assignments["padding"], bytes(Book("padding")), sandbox).verdicts
    assert [verdict.points for verdict in verdicts] == [2, 2, None, 1]
    assert "ZeroDivisionError" in str(verdicts[2].notes)
    assert "ZeroDivisionError" not in verdicts[2].message


def test_a_notebook_with_other_settings_than_were_drawn_says_so(sandbox, assignments):
    book = Book("padding")
    assert grade(assignments["padding"], bytes(book), sandbox).others  # those of the source
    draw(book.cells, word(SECRET, "padding"))
    assert not grade(assignments["padding"], bytes(book), sandbox).others
    book.remove("shape")
    assert not grade(assignments["padding"], bytes(book), sandbox).others


def test_a_model(assignments):
    part = part_of(assignments, "model")
    built = {
        "input_shape": (28, 28, 1),
        "output_shape": (7, 7, 10),
        "params": 1010,
        "macs": 61_740,
        "uncounted": (),
        "field": 7,
        "window": 3,
        "pooling": 0,
        "layers": (),
    }
    assert judge(part, {"described": built}).points == 3
    assert judge(part, {"described": built | {"params": 1501}}).points == 0
    assert judge(part, {"described": built | {"uncounted": ["mine"]}}).points is None
    assert judge(part, {"model": MODEL}).points is None
    assert judge(part, 3).points == 0
    assert judge(part, {"what": "a function"}).points == 0
