"""Instant feedback in a cell: is a value, a function or a Keras model right, and if not, why not.

The result of `check` shows itself as the last line of a cell, and is true when all is right::

    >>> from course.check import check
    >>> def output_size(n, kernel_size, strides, padding):
    ...     return n if padding == "same" else (n - kernel_size) // strides + 1
    >>> result = check("output_size", output_size)
    >>> bool(result), result.mistake
    (False, 'same_means_same_size')

A student's code may do anything, so nothing of it is trusted: what is right is computed first, the
code runs under a time limit with its prints and warnings held back, and of what it returns only
plain numbers in plain lists are looked at. This protects a lesson from accidents; it is no wall
against ill will, which `check` does not meet: it gives no marks.
"""

import builtins
import contextlib
import contextvars
import copy
import ctypes
import html
import inspect
import io
import linecache
import math
import re
import sys
import threading
import time
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from course import geometry, questions
from course.geometry import Window
from course.mistakes import MISTAKES
from course.questions.answers import LARGEST, Function, Model

__all__ = ["Check", "check"]

FUNCTIONS = {
    "output_size": questions.write_output_size,
    "same_pads": questions.write_same_pads,
    "usage": questions.write_usage,
}
CASE_SECONDS, ALL_SECONDS = 2, 10  # a right function needs a few milliseconds for all cases
MOST = 10_000  # items of an answer that are looked at
MORE = "≠ and more"  # beyond the page


def check(question: questions.Question | str, answer: object) -> "Check":
    """Say whether an answer is right, show the first case where it is not, and name the mistake.

    Parameters
    ----------
    question : Question or str
        A question of `course.questions`, or the name of a function to write: ``"output_size"``,
        ``"same_pads"`` or ``"usage"``.
    answer : object
        What the question asks for: a value, the function itself (not its result), a Keras model.

    Returns
    -------
    Check
        It never raises, whatever the answer does. Only a student who interrupts the kernel does.

    Notes
    -----
    A function is tried on all cases of the question; if the visible ones are right, a failing one
    of the others is shown. Those that count for marks should be drawn with another seed.
    """
    if isinstance(question, str) and question in FUNCTIONS:
        question = FUNCTIONS[question]()
    if not isinstance(question, questions.Question):
        names = ", ".join(f'"{name}"' for name in FUNCTIONS)
        return Check(False, f"There is no such question: take {names}, or make one.")
    if answer is ...:
        return Check(False, "Not answered yet: write your answer in place of the three dots.")
    if isinstance(question.answer_type, Function):
        return _check_function(question, answer)
    if isinstance(question.answer_type, Model):
        return _check_model(question, answer)
    return _check_value(question, answer)


@dataclass(eq=False, repr=False)
class Check:
    """What is to be said about an answer, and the picture for it; true when all is right.

    Attributes
    ----------
    correct : bool
    message : str
        What to say to the student.
    mistake : str or None
        The misconception, by its name in `course.mistakes`, if it is certain.
    notes : list of str
        What is worth saying besides.
    """

    correct: bool
    message: str
    mistake: str | None = None
    notes: list[str] = field(default_factory=list)
    failing: "_Failing | None" = None  # what there is to draw
    table: str = ""  # html

    def __bool__(self) -> bool:
        return self.correct

    def __repr__(self) -> str:
        return " ".join([self.message, *self.notes])

    @cached_property
    def picture(self):
        """The first failing case as a `course.page.Picture`; None where there is nothing to draw.

        It is drawn when it is first looked at.
        """
        return self.failing and _draw(self.failing)

    def _repr_html_(self) -> str:
        mark = "✓" if self.correct else "✗"
        parts = [f"<p><strong>{mark}</strong> {_html(self.message)}</p>"]
        parts += [f"<p>{_html(note)}</p>" for note in self.notes]
        parts.append(self.table)
        if self.picture:
            parts.append(self.picture._repr_mimebundle_()["text/html"])
        if self.mistake:
            lesson, section = MISTAKES[self.mistake].see.split("#")
            where = f"{lesson.removesuffix('.ipynb')}, “{section.replace('-', ' ')}”"
            parts.append(f"<p>To read again: lesson {_html(where)}.</p>")
        return f'<div role="status">{"".join(parts)}</div>'


def _html(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


# Values


def _check_value(question: questions.Question, answer: object) -> Check:
    asks = question.answer_type.asks
    if answer is None:
        return Check(False, "There is no answer yet: it is None.")
    if callable(answer):
        return Check(False, f"Not right yet. That is a function: hand over its result, {asks}.")
    try:
        value = _plain(answer)
    except _OddError as odd:
        return Check(False, f"Not right yet. That is {odd}. Give {asks}.")
    (case,) = question.cases
    diagnosis = question.diagnose(value)
    failing = None
    if not diagnosis.correct:
        with contextlib.suppress(questions.AnswerError):
            read = question.parse(value) if isinstance(value, str) else value
            read = question.answer_type.read(read)
            failing = _Failing(question.kind, case, read, question.expected(case))
    return Check(diagnosis.correct, diagnosis.message, diagnosis.mistake, failing=failing)


class _OddError(Exception):
    """Something that is no plain value; the message says what it is."""


def _plain(value: object, room: list | None = None, depth: int = 0) -> object:
    """The value as numbers, texts, lists and sets of Python's own types, which cannot lie.

    An object of any other class may answer ``==`` and ``repr`` as it likes, so it is asked nothing.
    """
    room = [MOST] if room is None else room
    room[0] -= 1
    if "numpy" in sys.modules:
        import numpy as np

        if _is(value, *np.sctypeDict.values()):
            value = value.item()
        elif _is(value, np.ndarray):
            _within(value.size, room)
            value = value.tolist()
    if _is(value, int, float, bool, str, Fraction):
        return value
    if value is None and depth:  # the batch in a shape
        return value
    if _is(value, list, tuple, range, set, frozenset):
        _within(len(value), room)
        if depth > 3:
            raise _OddError("a list in a list in a list")
        items = [_plain(item, room, depth + 1) for item in value]
        if not _is(value, set, frozenset):
            return items
        if not any(_is(item, list) for item in items):
            return frozenset(items)
    raise _OddError(_what(type(value)))


def _is(value: object, *kinds: type) -> bool:
    """Whether a value is exactly of one of the types; ``in`` would ask its class, which may lie."""
    return any(type(value) is kind for kind in kinds)


def _within(length: int, room: list) -> None:
    if length > room[0]:
        raise _OddError(f"a list of {length:,} items")


def _what(kind: type) -> str:
    """A type in words."""
    if kind is types.NoneType:
        return "nothing (None)"
    if issubclass(kind, types.GeneratorType | map | filter | zip):
        return "a generator, which has no numbers yet; list(…) makes a list of it"
    if issubclass(kind, types.CoroutineType):
        return "a coroutine; write def without async"
    if issubclass(kind, types.FunctionType | types.MethodType | types.BuiltinFunctionType):
        return "a function; call it, with brackets"
    name = type.__dict__["__name__"].__get__(kind)  # what the class itself cannot change
    return f"an object of type {name[:40]}"


def _number(value: object) -> bool:
    """Whether a plain value is a number that can be shown and compared."""
    return type(value) in (int, float, Fraction) and abs(value) <= LARGEST


def _trouble(value: object, expected: object) -> str | None:
    """Why a plain value cannot be compared with what is expected, if so."""
    if type(value) is str:
        return f"returns the text {_short(value)}: a number has no quotes"
    if not isinstance(expected, tuple):
        if type(value) in (list, frozenset):
            return "returns several values, where one number is wanted"
        return None if _number(value) else f"returns {_short(value)}, where a number is wanted"
    if type(value) is not list:
        given = "a set, which has no order" if type(value) is frozenset else _short(value)
        return f"returns {given}, where a list of {len(expected)} numbers is wanted"
    if len(value) != len(expected):
        return f"returns {len(value):,} values, where {len(expected)} numbers are wanted"
    strange = [item for item in value if not _number(item)]
    if strange:
        return f"returns {_short(strange[0])} among its values, where a number is wanted"
    return None


def _short(value: object) -> str:
    """A plain value in a few characters."""
    if type(value) is str:
        line = re.sub(r" at 0x[0-9a-fA-F]+", "", " ".join(value[:400].split()))
        line = line.replace("`", "'")
        return f"“{line[:77]}…”" if len(line) > 78 else f"“{line}”"
    if type(value) in (list, tuple, frozenset):
        items = sorted(value) if type(value) is frozenset else value
        inside = ", ".join([_short(item) for item in items[:32]] + ["…"] * (len(items) > 32))
        return f"{{{inside}}}" if type(value) is frozenset else f"({inside})"
    if type(value) is int and not _number(value):
        return "a number that is out of all proportion"
    return f"{float(value):.6g}" if type(value) in (float, Fraction) else str(value)


# Functions


@dataclass
class _Trial:
    """What came of calling a function in one case."""

    value: object = None  # plain data
    trouble: str | None = None  # why there is no value to compare
    printed: str = ""
    changed: bool = False  # the arguments it was given


def _check_function(question: questions.Question, answer: object) -> Check:
    name = question.kind.removeprefix("write_")
    itself = f'Hand over the function itself, without brackets: `check("{name}", {name})`.'
    if issubclass(type(answer), type):
        return Check(False, f"Not right yet. That is a class. {itself}")
    if not callable(answer):
        return Check(False, f"Not right yet. That is no function. {itself}")
    # Before any code of the student's runs: afterwards the course itself may have been changed.
    cases, right = question.cases, [question.expected(case) for case in question.cases]
    _ = question.mistakes
    trials, trouble, changed = _try(answer, cases, right)
    notes = []
    if printed := next((trial.printed for trial in trials if trial.printed.strip()), None):
        notes.append(f"Your function also prints: {_short(printed)}. Only what it returns counts.")
    if any(trial.changed for trial in trials):
        notes.append("Your function changes the values it is given: let it make new ones.")
    if changed:
        notes.append(f"Your function replaces `{changed[0]}`, which was put back as it was.")
    if trouble:
        return Check(False, f"Not right yet. {trouble}", notes=notes)
    first = next((i for i, trial in enumerate(trials) if not _right(trial, right[i])), None)
    if first is None:
        diagnosis = question.diagnose_outputs([trial.value for trial in trials])
        return Check(diagnosis.correct, diagnosis.message, notes=notes)
    trial, case = trials[first], cases[first]
    call = f"`{name}({', '.join(map(repr, case.values()))})`"
    if trial.trouble:
        return Check(False, f"Not right yet. {call} {trial.trouble}.", notes=notes)
    message, mistake = "Not right yet.", None
    if not trials[-1].trouble:
        diagnosis = question.diagnose_outputs([trial.value for trial in trials])
        message, mistake = diagnosis.message, diagnosis.mistake
    if call not in message:
        yours, other = _short(trial.value), _short(right[first])
        message += f" {call} gives {yours}, and {other} is right."
    failing = _Failing(name, case, trial.value, right[first])
    return Check(False, message, mistake, notes, failing)


def _right(trial: _Trial, expected: object) -> bool:
    value = tuple(trial.value) if type(trial.value) is list else trial.value
    return trial.trouble is None and value == expected


class _TimeUpError(BaseException):
    """Raised in the thread of a function that takes too long; ``except Exception`` lets it pass."""


def _try(function: Callable, cases: tuple, right: list) -> tuple[list[_Trial], str | None, list]:
    """Call a function in every case, in a thread of its own.

    Why a thread: an alarm signal needs POSIX, a child process cannot get functions from a notebook
    on Windows and is unsafe to fork once TensorFlow runs, and a tracing function slows every line
    down and is switched off by the first bare ``except:``. A thread works on all systems, and an
    exception can be sent to it, again and again, until it ends. The exception waits until the
    thread is back in Python. So a single long call into C is given up, not ended: `time.sleep`
    sleeps on unseen, but ``sum(itertools.count())``, which never lets go of the interpreter,
    holds up everything until the kernel is restarted.

    Returns
    -------
    trials : list of _Trial
        One for each case, up to the first without a value that can be compared.
    trouble : str or None
        Why the function as a whole could not be tried.
    changed : list of str
        Names in Python or in `course.geometry` that had to be put back as they were.
    """
    trials, began, trouble, done = [], [time.monotonic()], [], threading.Event()

    def run() -> None:
        try:
            if sentence := _misfit(function, list(cases[0])):
                trouble.append(sentence)
                return
            for case, expected in zip(cases, right, strict=True):
                began.append(time.monotonic())
                trials.append(_call(function, case, expected, out))
                if trials[-1].trouble:  # no mistake can be named from here on
                    return
        except _TimeUpError:
            pass
        except BaseException:  # not the function: that is caught where it is called
            trouble.append("Python no longer works as it should: does your function change it?")
        finally:
            done.set()

    started = time.monotonic()
    with _hushed() as out:
        before = _snapshot()
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(run,), daemon=True)
        thread.start()
        try:
            # Not thread.join: interrupted, Python 3.11 takes the thread for ended. In slices,
            # because on Windows nothing else lets an interrupt through.
            while not done.wait(0.05):
                now = time.monotonic()
                if now - began[-1] > CASE_SECONDS or now - started > ALL_SECONDS:
                    ended = _end(thread, done)
                    slow = cases[min(len(trials), len(cases) - 1)]
                    trouble.append(_too_slow(slow, ended, len(trials)))
                    break
        except KeyboardInterrupt:
            _end(thread, done)
            raise
        finally:
            changed = _put_back(before)
    return trials, trouble[0] if trouble else None, changed


def _end(thread: threading.Thread, done: threading.Event) -> bool:
    """Ask a thread to end, for three seconds; return whether it did."""
    since = time.monotonic()
    while (asked := time.monotonic() - since) < 3:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(_TimeUpError)
        )
        # The first is enough, but for a loop around a bare "except:", which must be hit outside.
        if done.wait(0.1 if asked < 0.5 else 0.001):
            thread.join(1)  # it has nothing left to do
            return True
    return not thread.is_alive()


def _too_slow(case: dict, ended: bool, done: int) -> str:
    values = ", ".join(map(repr, case.values()))
    if not ended:
        return (
            f"With ({values}) your function is still busy and cannot be stopped: restart the "
            "kernel, and look for a call that waits or never comes back."
        )
    if done:
        return f"With ({values}) your function takes too long: does every loop come to an end?"
    return f"With ({values}) your function does not come to an end: does every loop stop?"


def _misfit(function: Callable, names: list[str]) -> str | None:
    """What is wrong with the arguments that a function takes, if they can be known."""
    try:
        signature = inspect.signature(function)
    except _TimeUpError:
        raise
    except BaseException:  # a builtin has none, and an object of the student's may do anything
        return None
    takes = list(signature.parameters)
    try:
        signature.bind(*names)
        if sorted(takes) != sorted(names) or takes == names:
            return None
    except TypeError:
        pass
    mine = ", ".join(takes) or "nothing"
    return f"Your function takes {mine}; it is called with {', '.join(names)}, in this order."


def _call(function: Callable, case: dict, expected: object, out: io.StringIO) -> _Trial:
    """Call a function in one case. Everything that may run the student's code is done here."""
    out.seek(0)
    out.truncate()
    arguments = copy.deepcopy(list(case.values()))
    trial, value = _Trial(), ...
    try:
        value = function(*arguments)
        trial.printed = out.getvalue()[:400]
        trial.value = _plain(value)
        trial.trouble = _trouble(trial.value, expected)
    except _TimeUpError:
        raise
    except _OddError as odd:
        trial.trouble = f"returns {odd}"
        if value is None:
            printed = trial.printed.strip()
            advice = "write return in place of print" if printed else "did you forget return?"
            trial.trouble = f"returns {odd}: {advice}"
    except BaseException as error:  # sys.exit too
        trial.printed = out.getvalue()[:400]
        trial.trouble = _stopped(error)
    # Compared as plain data, for the student may have put anything in.
    with contextlib.suppress(_OddError):
        trial.changed = _plain(arguments) != _plain(list(case.values()))
    return trial


def _stopped(error: BaseException) -> str:
    """What an exception of the student's code says, and where it was raised."""
    if isinstance(error, NotImplementedError):
        return "is not written yet"
    kind = type.__dict__["__name__"].__get__(type(error))[:60]
    try:
        text = str(error)
    except _TimeUpError:
        raise
    except BaseException:  # the exception may be of the student's own making
        text = ""
    said = f"stops with {kind}" + (f", {_short(text)}" if text else "")
    if isinstance(error, RecursionError):
        said = "calls itself without end (RecursionError)"
    frames, trace = [], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == "__main__":  # in a cell
            frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    if not frames:
        return said
    source = linecache.getline(*frames[-1]).strip().replace("`", "'")
    return f"{said}, in line {frames[-1][1]} of its cell" + (f": `{source}`" if source else "")


@contextlib.contextmanager
def _hushed() -> Iterator[io.StringIO]:
    """Hold back what is printed, warnings and questions to the keyboard; give what is printed."""

    def no_input(*args):
        raise EOFError("nobody is asked here: take the numbers from the arguments")

    ask, hook, out = builtins.input, threading.excepthook, io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(action="ignore"),
    ):
        builtins.input = no_input
        threading.excepthook = lambda args: None  # a thread may be told to end once too often
        try:
            yield out
        finally:
            builtins.input, threading.excepthook = ask, hook


def _snapshot() -> list[tuple[object, dict]]:
    """What Python offers, and `course.geometry`, on which pictures and explanations stand."""
    return [(owner, dict(vars(owner))) for owner in (builtins, geometry, Window)]


def _put_back(before: list[tuple[object, dict]]) -> list[str]:
    """Undo changes since the snapshot; return the names of what was changed."""
    changed = []
    for owner, parts in before:
        for name, part in parts.items():
            if vars(owner).get(name) is not part:
                setattr(owner, name, part)
                changed.append(name)
    return changed


# Models


def _check_model(question: questions.Question, answer: object) -> Check:
    import keras  # only now: it takes seconds

    if not issubclass(type(answer), keras.Model):
        return Check(False, f"Not right yet. {_no_model(answer, keras)}")
    try:
        built = questions.describe(answer)
    except Exception:
        return Check(False, f"Not right yet. {_no_graph(answer, question, keras)}")
    diagnosis = question.diagnose_outputs([built])
    if diagnosis.correct:
        return Check(True, diagnosis.message)
    row, note = _telling_row(question.setting, built, answer)
    table = _row_table(row)
    return Check(False, diagnosis.message, diagnosis.mistake, [note], table=table)


def _no_model(answer: object, keras) -> str:
    kind = type(answer)
    if issubclass(kind, keras.callbacks.History):
        return "That is what `fit` returns: hand over the model itself."
    if issubclass(kind, keras.Layer):
        return "That is one layer: put it into `keras.Sequential([keras.Input(…), …])`."
    if issubclass(kind, list | tuple):
        return "That is a list: `keras.Sequential(…)` makes a model of a list of layers."
    if callable(answer):
        return "That is a function: hand over the model that it makes."
    if answer is None:
        return "There is no model, only None: is a return missing?"
    return f"A Keras model is wanted, and that is {_what(kind)}."


def _no_graph(model, question: questions.Question, keras) -> str:
    shape = question.setting["input_shape"]
    if not isinstance(model, keras.Sequential):
        return "The layers of this model cannot be read: build it with `keras.Sequential`."
    if not model.layers:
        return f"The model has no layers yet: put some after a `keras.Input({shape})`."
    first = model.layers[0].name
    return f"The model has no input size yet: put `keras.Input({shape})` before layer `{first}`."


def _telling_row(wanted: dict, built: dict, model):
    """The row of the ledger that shows the first wish not fulfilled, and a sentence about it."""
    from course.ledger import ledger

    table = ledger(model)
    rows = list(table)
    if built["input_shape"] != wanted["input_shape"]:
        return rows[0], f"Layer `{rows[0].name}` is the first: `keras.Input` says what it gets."
    if built["output_shape"] != wanted["output_shape"]:
        return rows[-1], f"Layer `{rows[-1].name}` is the last, and makes the output."
    if built["params"] > wanted.get("max_params", built["params"]):
        row = max(rows, key=lambda row: row.params)
        return row, f"Most of them are in layer `{row.name}`: {row.params:,}."
    unknown = [row for row in rows if row.macs is None]
    if "max_macs" in wanted and unknown:
        return unknown[0], f"Those of layer `{unknown[0].name}` are not known: take another layer."
    if "max_macs" in wanted and built["macs"] > wanted["max_macs"]:
        row = max(rows, key=lambda row: row.macs)
        return row, f"Most of them are in layer `{row.name}`: {row.macs:,}."
    return rows[-1], f"Layer `{rows[-1].name}` is the last: look at what it sees."


def _row_table(row) -> str:
    """One row of a ledger, with its headings, as html."""
    from course.ledger import HEADINGS

    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in HEADINGS)
    first, *rest = map(html.escape, row.cells())
    cells = f'<th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in rest)
    return f"<table><thead><tr>{head}</tr></thead><tbody><tr>{cells}</tr></tbody></table>"


# The picture of a failing case


@dataclass(frozen=True)
class _Failing:
    """A case with two answers: what was asked for, and plain data."""

    quantity: str
    case: dict
    yours: object
    expected: object


def _draw(failing: _Failing):
    """One axis with what is right, and below it a row of what the student says."""
    from course import figures

    kind, case = failing.quantity, failing.case
    if kind not in ("output_size", "same_pads", "usage", "unread"):
        return None
    n = case["n"]
    window = Window(**{"padding": "same"} | {k: v for k, v in case.items() if k != "n"})
    try:
        picture = figures.axis(window, n)
    except ValueError:  # too long for a picture
        return None
    return _mark(picture, failing, window)


def _mark(picture, failing: _Failing, window: Window):
    """Add the row "yours" to a picture of `figures.axis`."""
    from course.page import GREEN, GREEN_TINT, INK, MARGIN, UNREAD, WIDTH, Page, text_width

    page = Page()
    page.figure, (page.axes,) = picture.figure, picture.figure.axes
    (pixels,) = (cells for cells in page.axes.collections if cells.get_gid() == "input")
    boxes = [path.get_extents() for path in pixels.get_paths()]
    wide, high = boxes[0].width, boxes[0].height
    bottom = page.axes.get_ylim()[0] - MARGIN
    top, right = bottom + 26, page.axes.get_xlim()[1] - MARGIN
    left, more = MARGIN + text_width(MORE, 11) + 4, ""
    for pixel, text, wrong in _claims(failing, window):
        x = boxes[0].x0 + pixel * wide
        if not left <= x <= WIDTH - MARGIN - wide:
            more = MORE  # only wrong ones can be so far out
            continue
        paint = (GREEN_TINT, GREEN) if not wrong else ("white", UNREAD)
        texts = [text] if text else []
        page.cells([(x, top)], wide, high, *paint, texts, width=2.5 if wrong else 1, gid="yours")
        if wrong:
            page.text(x + wide / 2, top + high + 9, "≠", 11, UNREAD, gid="wrong")
        right = max(right, x + wide)
    page.label(top + high / 2, "yours", more, INK)
    y, says = top + high + 30, []
    for name, value in (("Yours", failing.yours), ("Right", failing.expected)):
        says.append(f"{name}: {_short(value)}.")
        page.text(MARGIN, y, says[-1], 13, INK, ha="left", weight="bold", gid="answers")
        right = max(right, MARGIN + text_width(says[-1], 13, "bold"))
        y += 20
    return page.picture(right, y - 10, f"{' '.join(says)} {picture.alt}")


def _claims(failing: _Failing, window: Window) -> Iterator[tuple[float, str, bool]]:
    """The cells of the row "yours": where, in pixels of the input, what is in it, is it wrong."""
    yours, expected, n = failing.yours, failing.expected, failing.case["n"]

    def most(mine, right):  # more would not fit on the page
        return math.ceil(min(max(mine, right, 0), 4 * n))

    if failing.quantity == "usage":
        for pixel, (mine, right) in enumerate(zip(yours, expected, strict=True)):
            yield pixel, _short(mine), mine != right
    elif failing.quantity == "unread":
        for pixel in sorted(yours | expected):
            yield pixel, "✗" if pixel in yours else "", (pixel in yours) != (pixel in expected)
    elif failing.quantity == "same_pads":
        for side, start, step in ((0, -1, -1), (1, n, 1)):
            for zero in range(most(yours[side], expected[side])):
                mine = zero < yours[side]
                yield start + step * zero, "0" if mine else "", mine != (zero < expected[side])
    else:
        before, _ = window.pads(n)
        middle = window.span / 2 - 0.5 - before
        for unit in range(most(yours, expected)):
            part = "" if unit >= yours else str(unit) if unit + 1 <= yours else "part"
            yield middle + unit * window.strides, part, bool(part) != (unit < expected)
