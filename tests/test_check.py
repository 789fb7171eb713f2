"""Feedback is right when it says what is wrong, whatever the student's code does."""

import builtins
import functools
import html.parser
import itertools
import os
import re
import subprocess
import sys
import textwrap
import threading
import time
import warnings

import diagnoses
import keras
import nbformat
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from course import geometry, questions
from course.check import Check, check, trial
from course.check.trial import CASE_SECONDS
from course.geometry import Window
from course.questions.exercises import WriteUsage

VALID = (28, 3, 2, "valid")  # the first visible case


def right(n, kernel_size, strides, padding):
    """Walk along the axis, and count the places."""
    if padding == "same":
        return len(range(0, n, strides))
    return len([first for first in range(0, n, strides) if first + kernel_size <= n])


@pytest.fixture(autouse=True)
def silence(capfd):
    """Nothing of it all may reach stdout or stderr."""
    yield
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == ""


class Tags(html.parser.HTMLParser):
    """The tags of a text, which must all be closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.images, self.seen, self.words = [], [], [], ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))
        else:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def wrong(result, *says):
    """Assert that the result is not right and says these words; return what it says."""
    assert isinstance(result, Check)
    assert not result
    assert not result.correct
    said = repr(result)
    for words in says:
        assert words in said
    assert "0x" not in said
    assert repr(result) == said
    Tags(result._repr_html_())
    return said


def marked(result):
    """Texts of the cells of the row "yours", and how many of them are marked as wrong."""
    axes = result.picture.figure.axes[0]
    texts = [text.get_text() for text in axes.texts if text.get_gid() == "yours"]
    return texts, sum(text.get_gid() == "wrong" for text in axes.texts)


def more(result):
    """Whether the row "yours" is longer than the page."""
    return "≠ and more" in [text.get_text() for text in result.picture.figure.axes[0].texts]


# Right and wrong


def test_a_right_function():
    result = check("output_size", right)
    assert result
    assert result.correct
    assert result.mistake is result.picture is None
    assert repr(result) == "Yes, in all 68 cases."
    assert Tags(result._repr_html_()).words == "✓ Yes, in all 68 cases."


def test_right_functions_of_all_kinds():
    assert check("usage", diagnoses.true_usage)
    assert check("same_pads", lambda n, k, s: list(geometry.same_pads(n, k, s)))
    assert check(questions.write_output_size(seed=3), right)
    assert check("output_size", functools.partial(right))
    assert check("output_size", lambda *case: right(*case))

    class Callable:
        def __call__(self, n, kernel_size, strides, padding="valid"):
            return float(right(n, kernel_size, strides, padding))

    assert check("output_size", Callable())


def test_numpy_is_accepted():
    assert check("output_size", lambda *case: np.int64(right(*case)))
    assert check("output_size", lambda *case: np.array(right(*case)))
    assert check("usage", lambda *case: np.array(diagnoses.true_usage(*case)))
    assert check("same_pads", lambda *case: tuple(map(np.int32, geometry.same_pads(*case))))
    assert check(questions.output_size(28, 3), np.float32(26))
    wrong(check("usage", lambda *case: np.zeros((2, 7))), "2 values")
    wrong(check("output_size", lambda *case: np.complex64(1j)), "an object of type complex")


def test_it_is_fast():
    for name, function in (("output_size", right), ("usage", diagnoses.true_usage)):
        times = []
        for _ in range(3):
            start = time.process_time()  # which is the same on a busy machine
            assert check(name, function)
            times.append(time.process_time() - start)
        assert min(times) < 0.2


@pytest.mark.parametrize(
    ("mistake", "kind", "function"),
    diagnoses.WRITTEN,
    ids=lambda value: getattr(value, "__name__", value),
)
def test_every_mistake_is_named(mistake, kind, function):
    result = check(getattr(questions, kind)(), function)
    assert result.mistake == mistake
    # and the case beside it is one where the function errs
    name = kind.removeprefix("write_")
    case = result.failing.case
    call = f"{name}({', '.join(map(repr, case.values()))})"
    said = wrong(result, f"`{call}` gives ", " is right.")
    assert said.startswith("Not right yet. ")
    assert result.picture.alt.startswith("Yours: ")
    assert marked(result)[1] > 0 or more(result)
    (image,) = Tags(result._repr_html_()).images
    assert image["alt"] == result.picture.alt


def test_all_mistakes_of_functions_are_tried():
    for kind in ("write_output_size", "write_same_pads", "write_usage"):
        tried = {mistake for mistake, of, _ in diagnoses.WRITTEN if of == kind}
        assert tried == set(getattr(questions, kind)().told_apart)


def test_the_first_case_that_fails_is_shown():
    result = check("output_size", lambda *case: 13)
    assert result.failing.case == dict(
        zip(("n", "kernel_size", "strides", "padding"), (28, 3, 2, "same"), strict=True)
    )
    wrong(result, "`output_size(28, 3, 2, 'same')` gives 13, and 14 is right.")


def test_a_function_that_only_fits_the_visible_cases():
    question = questions.write_output_size()
    table = {tuple(case.values()): right(**case) for case in question.cases[: question.visible]}
    result = check(question, lambda *case: table.get(case, 0))
    wrong(result, "Every case that you see is right", " gives 0, and ")
    assert result.mistake is None
    assert result.failing.case in question.cases[question.visible :]


def test_the_mistake_tells_where_to_read_again():
    result = check("output_size", diagnoses.size_with_true_division)
    assert "lesson 04_stride, “Half a window?”" in Tags(result._repr_html_()).words


# The picture


def test_outputs_that_are_too_many_are_marked():
    result = check(questions.output_size(28, 3, 2), 15)
    texts, count = marked(result)
    assert texts[:13] == [str(unit) for unit in range(13)]
    assert count == 1
    assert more(result)
    assert result.picture.alt.startswith("Yours: 15. Right: 13. A window slides")


def test_half_an_output_is_marked():
    texts, count = marked(check(questions.output_size(6, 3, 2), 2.5))
    assert (texts, count) == (["0", "1", "part"], 1)


def test_missing_outputs_are_marked():
    assert marked(check(questions.output_size(9, 3), 5)) == (list("01234"), 2)


def test_wrong_counts_are_marked():
    assert marked(check(questions.usage(5, 3), [1, 2, 2, 2, 1])) == (list("12221"), 1)


def test_wrong_zeros_are_marked():
    assert marked(check(questions.same_pads(28, 3, 2), (1, 0))) == (["0"], 2)
    assert marked(check(questions.same_pads(28, 3, 2), (1, 1))) == (["0", "0"], 1)


def test_wrong_pixels_are_marked():
    result = check(questions.unread(28, 3, 2), {26, 27})
    assert marked(result) == (["✗", "✗"], 1)
    assert result.picture.alt.startswith("Yours: {26, 27}. Right: {27}.")


def test_the_picture_holds_its_words():
    """Long answers stay on the page."""
    picture = check(questions.usage(28, 3), [100] * 28).picture
    right_edge = picture.figure.axes[0].get_xlim()[1]
    renderer = FigureCanvasAgg(picture.figure).get_renderer()
    for text in picture.figure.axes[0].texts:
        if text.get_gid() == "answers":
            box = text.get_window_extent(renderer)
            assert picture.figure.axes[0].transData.inverted().transform(box)[1][0] < right_edge


def test_no_picture_where_there_is_nothing_to_draw():
    for result in (
        check(questions.params(), 3),
        check(questions.output_size(1000, 3), 3),  # too long
        check(questions.output_size(28, 3), "nonsense"),
        check("output_size", 3),
    ):
        wrong(result)
        assert result.picture is None


def test_absurd_numbers_are_drawn_in_no_time():
    for question, answer in (
        (questions.output_size(28, 3), 10**15),
        (questions.output_size(28, 3), -(10**15)),
        (questions.same_pads(28, 3), (10**15, -3)),
        (questions.usage(5, 3), [10**15, -1, 0.5, 1e-9, 0]),
    ):
        start = time.process_time()
        wrong(check(question, answer))
        assert time.process_time() - start < 5


# Values


def test_values():
    question = questions.output_size(28, 3, 2)
    assert check(question, 13)
    assert check(question, "13")
    assert check(question, 13.0)
    assert check(question, np.int8(13))
    shape = keras.layers.Conv2D(8, 3)(np.zeros((1, 28, 28, 1))).shape
    assert check(questions.output_shape({"filters": 8}, (28, 28, 1)), shape[1:])
    assert check(questions.usage(5, 3), np.array([1, 2, 3, 2, 1]))
    assert check(questions.unread(28, 3, 2), {27})
    assert check(questions.unread(28, 3, 2), [27])
    assert check(questions.which_padding(), "SAME")
    assert check(question, 13.5).mistake == "no_floor"
    wrong(check(question, 13.5), "no half window")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "no answer yet"),
        (..., "three dots"),
        (right, "hand over its result"),
        (int, "hand over its result"),
        ("14 px", "Write the number alone"),
        ("", "no answer yet"),
        (True, "no number"),
        (float("nan"), "proportion"),
        (10**5000, "proportion"),
        ([13], "A list is no number"),
        ({}, "an object of type dict"),
        ((item for item in [13]), "a generator"),
        (list(range(10**6)), "1,000,000 items"),
        ({(1, 2)}, "an object of type set"),
        ([[[[[[13]]]]]], "in a list"),
        (object(), "an object of type object"),
    ],
    ids=lambda value: str(value)[:12] if isinstance(value, str) else type(value).__name__,
)
def test_values_of_the_wrong_type(answer, says):
    wrong(check(questions.output_size(28, 3, 2), answer), says)


def test_a_list_in_itself():
    endless = []
    endless.append(endless)
    wrong(check(questions.usage(5, 3), endless), "a list in a list")


def test_no_such_question():
    wrong(check("outputsize", right), '"output_size", "same_pads", "usage"')
    wrong(check(right, "output_size"), "no such question")


# What a function may do


def test_what_is_no_function():
    itself = '`check("output_size", output_size)`'
    wrong(check("output_size", right(*VALID)), "without brackets", itself)
    wrong(check("output_size", "output_size"), "without brackets", itself)
    wrong(check("output_size", int), "a class", itself)
    wrong(check("output_size", None), "without brackets", itself)
    wrong(check("output_size", ...), "three dots")
    assert "✗" not in check("output_size", ...)._repr_html_()  # nothing is wrong yet


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "returns nothing (None): a return is missing."),
        ("13", "returns the text “13”: a number has no quotes"),
        (True, "returns True, where a number is wanted"),
        ([13], "returns several values, where one number is wanted"),
        ((12, 13), "returns several values"),
        (float("inf"), "returns inf, where a number is wanted"),
        (10**5000, "out of all proportion"),
        ({"error": "x"}, "an object of type dict"),
        (lambda: 13, "returns a function; call it"),
        (map(int, []), "a generator"),
        ([0] * 10**7, "10,000,000 items"),
        (keras.ops, "an object of type module"),
    ],
    ids=lambda value: str(value)[:12] if isinstance(value, str) else type(value).__name__,
)
def test_results_of_the_wrong_type(value, says):
    result = check("output_size", lambda *case: value)
    wrong(result, f"`output_size(28, 3, 2, 'valid')` {says if 'returns' in says else ''}", says)
    assert result.mistake is None


def test_lists_of_the_wrong_kind():
    wrong(check("usage", lambda *case: 3), "returns 3, where a list of 7 numbers is wanted")
    wrong(check("usage", lambda *case: [1]), "returns 1 values, where 7 numbers are wanted")
    wrong(check("usage", lambda *case: [None] * 7), "returns None among its values")
    wrong(check("usage", lambda *case: ["1"] * 7), "returns “1” among its values")
    wrong(check("same_pads", lambda *case: {0, 1}), "a set, which has no order")
    wrong(check("same_pads", lambda *case: ()), "returns 0 values, where 2 numbers are wanted")


def test_a_generator_and_a_coroutine():
    def generator(n, kernel_size, strides, padding):
        yield 1

    async def coroutine(n, kernel_size, strides, padding):
        return 1

    wrong(check("usage", generator), "list(…)")
    wrong(check("usage", coroutine), "without async")


def cell(source):
    """The names that a cell with this source leaves."""
    names = {"__name__": "__main__"}
    exec(compile(textwrap.dedent(source), "<cell>", "exec"), names)
    return names


def test_an_exception_is_told_with_its_line():
    size = cell(
        """
        def size(n, kernel_size, strides, padding):
            places = n - kernel_size
            return places / 0
        """
    )["size"]
    wrong(
        check("output_size", size),
        "`output_size(28, 3, 2, 'valid')` stops with ZeroDivisionError, “division by zero”, in "
        "line 4 of its cell.",
    )


def test_the_line_is_the_students_even_if_the_exception_is_raised_deeper():
    size = cell("import course.geometry as g\ndef size(*case):\n    return g.Window(0)")["size"]
    wrong(check("output_size", size), "SettingError", "in line 3 of its cell")


def test_an_exception_in_a_later_case_does_not_hide_an_earlier_error():
    def size(n, kernel_size, strides, padding):
        if padding == "same":
            raise NotImplementedError
        return 1

    wrong(check("output_size", size), "gives 1, and 13 is right.")


def fails(error):
    def function(n, kernel_size, strides, padding):
        raise error

    return function


class Hostile(Exception):  # noqa: N818
    def __str__(self):
        raise self


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (NotImplementedError(), "is not written yet"),
        (SystemExit("bye"), "stops with SystemExit, “bye”"),
        (KeyboardInterrupt(), "stops with KeyboardInterrupt"),
        (GeneratorExit(), "stops with GeneratorExit"),
        (MemoryError(), "stops with MemoryError"),
        (Hostile(), "stops with Hostile"),
        (ValueError("a" * 10**6), "aaa…”"),
        (ValueError("at <object object at 0x7f0012>\n`x`"), "“at <object object> 'x'”"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_exceptions(error, says):
    said = wrong(check("output_size", fails(error)), "`output_size(28, 3, 2, 'valid')`", says)
    assert len(said) < 300


def test_endless_recursion():
    def size(n, kernel_size, strides, padding):
        return size(n - 1, kernel_size, strides, padding) + 1

    wrong(check("output_size", size), "calls itself without end (RecursionError)")


def endless():
    while True:
        pass


def stubborn():
    while True:
        try:
            for _ in range(10):
                pass
        except:  # noqa: E722
            pass


def hungry():
    return [number for number in itertools.cycle([1, 2]) if number > 2]


def printing():
    while True:
        print("still here")


@pytest.mark.parametrize("loop", [endless, stubborn, hungry, printing])
def test_endless_loops_end(loop):
    threads, start = threading.active_count(), time.perf_counter()
    wrong(check("output_size", lambda *case: loop()), "does not come to an end", str(VALID))
    assert time.perf_counter() - start < CASE_SECONDS + 8
    assert threading.active_count() == threads


def test_a_loop_in_a_later_case():
    def size(n, kernel_size, strides, padding):
        places = 0
        while places != right(n, kernel_size, strides, padding) or n == 27:
            places += 1
        return places

    wrong(check("output_size", size), "With (27, 3, 2, 'same')", "takes too long")


def test_a_call_that_nothing_can_stop_is_given_up():
    start = time.perf_counter()
    wrong(check("output_size", lambda *case: time.sleep(30)), "restart the kernel")
    assert time.perf_counter() - start < 15


def test_many_slow_cases(monkeypatch):
    monkeypatch.setattr(trial, "ALL_SECONDS", 1)

    def size(n, kernel_size, strides, padding):
        time.sleep(0.2)
        return right(n, kernel_size, strides, padding)

    wrong(check("output_size", size), "takes too long")


def test_the_student_can_interrupt():
    script = """
        import _thread, sys, threading, time
        from course.check import check

        def size(n, kernel_size, strides, padding):
            while True:
                pass

        timer = threading.Timer(0.5, _thread.interrupt_main)
        timer.start()
        start = time.perf_counter()
        try:
            check("output_size", size)
        except KeyboardInterrupt:
            took = time.perf_counter() - start
            timer.join()
            print("interrupted", took < 1.9, threading.active_count())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("interrupted True 1\n", "")


def test_prints_are_told():
    def size(n, kernel_size, strides, padding):
        print("n is", n)
        print("look", file=sys.stderr)
        return right(n, kernel_size, strides, padding)

    result = check("output_size", size)
    assert result
    assert repr(result) == (
        "Yes, in all 68 cases. Your function also prints: “n is 28”. Only what it returns counts."
    )


def test_print_in_place_of_return():
    wrong(check("output_size", lambda *case: print(13)), "write return in place of print", "“13”")


def test_warnings_and_questions_to_the_keyboard_are_held_back():
    def size(n, kernel_size, strides, padding):
        warnings.warn("careful", stacklevel=1)
        np.array([1.0]) / 0
        return right(n, kernel_size, strides, padding)

    assert check("output_size", size)
    wrong(check("output_size", lambda *case: int(input("n?"))), "EOFError", "from the arguments")
    assert input is builtins.input


def test_the_wrong_number_of_arguments():
    wrong(
        check("output_size", lambda n, k: 13),
        "takes n, k; it is called with n, kernel_size, strides, padding, in this order.",
    )
    wrong(check("output_size", lambda: 13), "takes nothing; it is called with n, ")
    wrong(check("same_pads", right), "it is called with n, kernel_size, strides, in this order.")
    wrong(check("output_size", lambda n, kernel_size, padding, strides: 13), "in this order")
    assert check("output_size", lambda n, k, s, p, extra=None: right(n, k, s, p))
    wrong(check("output_size", max), "TypeError")


class WithLists(WriteUsage):
    """Cases that hold something a function can change."""

    def __init__(self):
        super().__init__()
        self.cases = tuple({"values": [n, 1, 2], "n": n} for n in (2, 3))
        self.visible = 2

    def right(self, values, n):
        return tuple(values)

    _expected = property(lambda self: tuple(self.right(**case) for case in self.cases))
    _wrong = {}  # noqa: RUF012

    def answer_of(self, case):
        return questions.usage(3, 3).answer_type


def test_changed_arguments_are_told():
    def same(values, n):
        copy = list(values)
        values.clear()
        return copy

    question = WithLists()
    result = check(question, same)
    assert result
    assert "changes the values it is given" in repr(result)
    assert question.cases == WithLists().cases
    assert repr(check(question, lambda values, n: values)) == "Yes, in all 2 cases."


# What a function may lie about


def refuses(*args):
    raise RuntimeError("the student's object was asked")


def lies():
    """Objects that say they are equal to anything. Not in the module: pytest asks them too."""

    class Liar:
        __eq__ = __ge__ = __le__ = __lt__ = lambda self, other: True
        __hash__ = None
        __repr__ = __str__ = refuses
        __class__ = property(refuses)

    class Meta(type):
        """The type of a type that says it is int, and any other."""

        __eq__ = lambda cls, other: True  # noqa: E731
        __hash__ = type.__hash__
        __name__ = __module__ = property(refuses)
        __instancecheck__ = __subclasscheck__ = lambda cls, other: True

    class Double(Liar, metaclass=Meta):
        pass

    class Thirteen(int):
        __eq__ = lambda self, other: True  # noqa: E731
        __hash__ = int.__hash__

    return {"Liar": Liar(), "Double": Double(), "Thirteen": Thirteen(13)}


@pytest.mark.parametrize("name", ["Liar", "Double", "Thirteen"])
def test_lies_do_not_pass(name):
    lie = lies()[name]
    for value in (lie, [lie], (lie,) * 7, {1: lie}, np.array([lie] * 7, dtype=object)):
        for question in ("output_size", "usage"):
            wrong(check(question, lambda *case, value=value: value))
    wrong(check(questions.output_size(28, 3), lie))
    wrong(check(questions.usage(1, 1), [lie]))
    wrong(check(questions.build_model((28, 28, 1), (26, 26, 8)), lie))
    wrong(check("output_size", lambda *case: lie), f"an object of type {name}")


def test_a_signature_that_lies():
    class Strange:
        __signature__ = property(refuses)

        def __call__(self, *case):
            return right(*case)

    assert check("output_size", Strange())


def test_a_changed_course_is_put_back():
    before = dict(vars(Window)), dict(vars(geometry))

    def size(n, kernel_size, strides, padding):
        Window.output_size = lambda self, n: 13
        geometry.same_pads = None
        return 13

    result = check("output_size", size)
    wrong(result, "gives 13, and 14 is right.", "replaces `same_pads`")
    assert (dict(vars(Window)), dict(vars(geometry))) == before
    assert result.picture.alt.startswith("Yours: 13. Right: 14.")


def test_a_changed_python_is_put_back():
    def size(n, kernel_size, strides, padding):
        builtins.len = None
        return right(n, kernel_size, strides, padding)

    def worse(n, kernel_size, strides, padding):
        builtins.type = None

    before = dict(vars(builtins))
    wrong(check("output_size", size), "replaces `len`, which was put back as it was.")
    wrong(check("output_size", worse), "does your function change it?")
    assert dict(vars(builtins)) == before
    assert check("output_size", right)


def test_the_judge_is_not_replaced():
    def size(n, kernel_size, strides, padding):
        questions.Question.diagnose_outputs = lambda *args: questions.Diagnosis(True, None, "Yes!")
        return 13

    judge = vars(questions.Question)["diagnose_outputs"]
    wrong(check("output_size", size), "gives 13, and 14 is right.", "replaces `diagnose_outputs`")
    assert vars(questions.Question)["diagnose_outputs"] is judge


def test_python_is_as_it_was():
    hooks, limit, clock = (sys.excepthook, sys.stdout), sys.getrecursionlimit(), time.monotonic

    def size(n, kernel_size, strides, padding):
        sys.setrecursionlimit(limit + 1000)
        sys.excepthook = sys.stdout = None
        time.monotonic = lambda: 0
        return right(n, kernel_size, strides, padding)

    assert "put back as it was" in repr(check("output_size", size))
    assert (sys.excepthook, sys.stdout) == hooks
    assert (sys.getrecursionlimit(), time.monotonic) == (limit, clock)


def test_closing_stdout_harms_nobody():
    def size(n, kernel_size, strides, padding):
        sys.stdout.close()
        sys.stderr.close()
        print("still here")
        return right(n, kernel_size, strides, padding)

    assert "also prints: “still here”" in repr(check("output_size", size))


def test_the_kernel_is_not_left():
    wrong(check("output_size", lambda *case: os._exit(1)), "stops with SystemExit")
    wrong(check("output_size", lambda *case: sys.exit(1)), "stops with SystemExit")


# Models


def model(*layers, shape=(28, 28, 1)):
    return keras.Sequential([keras.Input(shape), *layers])


def conv(filters, kernel_size, name="conv", **settings):
    return keras.layers.Conv2D(filters, kernel_size, name=name, **settings)


WANTED = questions.build_model((28, 28, 1), (14, 14, 8), max_params=90, max_macs=15000, min_field=3)


def test_a_right_model():
    result = check(WANTED, model(conv(8, 3, strides=2, padding="same")))
    assert result
    assert repr(result) == "Yes, the model does all that it should."


@pytest.mark.parametrize(
    ("layers", "shape", "says", "row"),
    [
        ([conv(8, 3, strides=2)], (27, 28, 1), "It takes (27, 28, 1)", "conv"),
        ([conv(8, 3, strides=2)], (28, 28, 1), "It makes (13, 13, 8), not (14, 14, 8).", "conv"),
        (
            [conv(8, 3, "one", strides=2, padding="same"), conv(8, 3, "two", padding="same")],
            (28, 28, 1),
            "Most of them are in layer `two`: 584.",
            "two",
        ),
        (
            [conv(2, 3, "one", padding="same"), conv(8, 1, "two", strides=2)],
            (28, 28, 1),
            "MACs, and 15,000 are allowed. Most of them are in layer `one`: 14,112.",
            "one",
        ),
        (
            [conv(8, 2, strides=2)],
            (28, 28, 1),
            "see 2 pixels, and 3 are wanted. Layer `conv` is the last",
            "conv",
        ),
    ],
    ids=["input", "output", "params", "macs", "field"],
)
def test_the_first_wish_not_fulfilled_is_told_with_its_row(layers, shape, says, row):
    built = model(*layers, shape=shape)
    result = check(WANTED, built)
    wrong(result, says)
    tags = Tags(result._repr_html_())
    assert tags.seen.count("tr") == 2
    assert f"{row} (Conv2D)" in tags.words


def test_a_wrong_model_names_the_mistake():
    question = questions.build_model((28, 28, 1), (26, 26, 8))
    result = check(question, model(conv(8, 3, padding="same")))
    assert result.mistake == question.diagnose(model(conv(8, 3, padding="same"))).mistake
    wrong(result, "It makes (28, 28, 8), not (26, 26, 8).")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "only None"),
        (13, "an object of type int"),
        (keras.layers.Conv2D(8, 3), "one layer"),
        ([keras.layers.Conv2D(8, 3)], "That is a list"),
        (lambda: None, "hand over the model that it makes"),
        (keras.Sequential, "hand over the model that it makes"),
        (keras.callbacks.History(), "what `fit` returns"),
        (keras.Sequential([conv(8, 3)]), "`keras.Input((28, 28, 1))` before layer `conv`"),
        (keras.Sequential(), "no layers yet"),
        (model(), "no layers yet"),
        (..., "three dots"),
    ],
    ids=lambda value: str(value)[:12] if isinstance(value, str) else type(value).__name__,
)
def test_what_is_no_model(answer, says):
    wrong(check(WANTED, answer), says)


def test_a_model_with_two_outputs():
    built = model(conv(8, 3, strides=2, padding="same"))
    forked = keras.Model(built.inputs, [built.outputs[0], built.outputs[0]])
    wrong(check(WANTED, forked), "build it with `keras.Sequential`")


def test_a_subclassed_model():
    class Mine(keras.Model):
        def call(self, inputs):
            return inputs

    wrong(check(WANTED, Mine()), "build it with `keras.Sequential`")


def test_a_function_may_use_keras():
    def size(n, kernel_size, strides, padding):
        layer = keras.layers.Conv1D(1, kernel_size, strides=strides, padding=padding)
        return layer.compute_output_shape((None, n, 1))[1]

    assert check("output_size", size)


def test_a_function_needs_no_keras_and_no_matplotlib():
    script = """
        import sys
        from course.check import check

        assert not check("output_size", lambda n, k, s, padding: n - k)
        print(sorted({"keras", "tensorflow", "matplotlib"} & set(sys.modules)))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")


# In a notebook


def test_in_a_notebook(write_notebook):
    define = "def size(n, kernel_size, strides, padding):\n"
    cells = [
        "from course.check import check",
        f'{define}    while True:\n        pass\n\ncheck("output_size", size)',
        f'{define}    n = n\n    return n / 0\n\ncheck("output_size", size)',
        f'{define}    print("hello")\n    return n\n\ncheck("output_size", size)',
        f'{define}    display("hello")\n    return n\n\ncheck("output_size", size)',
        f'{define}    exit()\n    return n\n\ncheck("output_size", size)',
        'print(bool(check("output_size", lambda *case: 13)))',
    ]
    path = write_notebook(*(("code", source) for source in cells))
    _, loop, error, prints, shows, leaves, last = nbformat.read(path, 4).cells
    said = [each.outputs[0].data["text/plain"] for each in (loop, error, prints, leaves)]
    assert "stops with SystemExit, in line 2 of its cell: `exit()`" in said[3]
    assert "does not come to an end" in said[0]
    assert "in line 3 of its cell: `return n / 0`" in said[1]
    assert "also prints: “hello”" in said[2]
    for each in (loop, error, prints, shows, leaves):
        (output,) = each.outputs  # neither stdout nor stderr
        assert re.search(r"<strong>✗</strong>", output.data["text/html"])
    assert "<img alt=" in prints.outputs[0].data["text/html"]
    assert last.outputs[0].text == "False\n"
