"""Instant feedback in a cell: is a value, a function or a Keras model right, and if not, why not.

The result of `check` shows itself as the last line of a cell, and is true when all is right::

    >>> from course.check import check
    >>> def output_size(n, kernel_size, strides, padding):
    ...     return n if padding == "same" else (n - kernel_size) // strides + 1
    >>> result = check("output_size", output_size)
    >>> bool(result), result.mistake
    (False, 'same_means_same_size')

A student's function runs under a time limit, with its prints and warnings held back. This protects
a lesson from accidents; it is no wall against ill will, for `check` gives no marks.
"""

import os

from course import questions
from course.check.feedback import Check
from course.check.handing_in import hand_in
from course.check.trial import misfit, try_all
from course.questions.answers import quoted, what
from course.questions.exercises import BuildModel, Write
from course.questions.question import KINDS, sentence

__all__ = ["Check", "check", "hand_in"]

FUNCTIONS = [name.removeprefix("write_") for name in KINDS if name.startswith("write_")]


def check(question: questions.Question | str, answer: object) -> Check:
    """Say whether an answer is right, show the first case where it is not, and name the mistake.

    ``question`` is one of `course.questions`, or the name of a function to write:
    one of ``FUNCTIONS``. ``answer`` is what it asks for: a value, the function itself (not its
    result), or a Keras model. Nothing is raised, whatever the answer does, unless the student
    interrupts the kernel, or nbgrader runs the cell: there, an error is what costs the points.

    A function is tried on all cases of the question; if the visible ones are right, a failing one
    of the others is shown. Those that count for marks should be drawn with another seed.
    """
    result = _checked(question, answer)
    if "NBGRADER_EXECUTION" in os.environ and not result:
        raise AssertionError(result)
    return result


def _checked(question: questions.Question | str, answer: object) -> Check:
    if isinstance(question, str) and question in FUNCTIONS:
        question = KINDS[f"write_{question}"]()
    if not isinstance(question, questions.Question):
        names = ", ".join(f'"{name}"' for name in FUNCTIONS)
        return Check(False, f"There is no such question: take {names}, or make one.")
    if answer is ...:
        todo = "Not answered yet: write your answer in place of the three dots."
        return Check(False, todo, answered=False)
    kinds = {Write: _function, BuildModel: _model}
    look = next((kinds[kind] for kind in kinds if isinstance(question, kind)), _value)
    return look(question, answer)


def _wrong(said: str, **details) -> Check:
    return Check(False, f"Not right yet. {said}", **details)


def _value(question: questions.Question, answer: object) -> Check:
    """Diagnose a value, if it can be read."""
    if answer is None:
        return Check(False, "There is no answer yet: it is None.")
    if callable(answer):
        return _wrong(f"That is a function: hand over its result, {question.answer_type.asks}.")
    try:
        value = question.read(answer)
    except questions.AnswerError as error:
        return _wrong(str(error))
    return Check.of(question.judge(value), failing=(question, value))


def _function(question: Write, answer: object) -> Check:
    """Try a function in all cases, and show the first in which it fails."""
    name = question.name
    if isinstance(answer, type) or not callable(answer):
        kind = "a class" if isinstance(answer, type) else "no function"
        itself = f'Hand over the function itself, without brackets: `check("{name}", {name})`.'
        return _wrong(f"That is {kind}. {itself}")
    if trouble := misfit(answer, list(question.cases[0])):
        return _wrong(trouble)
    trials = try_all(answer, question)
    notes = []
    if printed := next((quoted(each.printed, 78) for each in trials if each.printed.strip()), None):
        notes.append(f"Your function also prints: {printed}. Only what it returns counts.")
    if any(trial.changed for trial in trials):
        notes.append("Your function changes the values it is given: let it make new ones.")
    if not trials[0].limited:
        notes.append("Python has no threads here, so nothing ends a loop that does not end.")
    values = tuple(trial.value for trial in trials)
    pairs = enumerate(zip(trials, question.parts, strict=False))  # up to the first trouble
    wrong = (at for at, (trial, part) in pairs if trial.trouble or trial.value != part.answer)
    if (first := next(wrong, None)) is None:
        return Check.of(question.judge(values), notes=notes)
    call, gives = question.call(first), question.gives(first, values[first])
    if trials[first].trouble:
        return _wrong(f"{call} {trials[first].trouble}.", notes=notes)
    failing = question.parts[first], values[first]
    if trials[-1].trouble:  # no mistake can be named
        return _wrong(gives, notes=notes, failing=failing)
    result = Check.of(question.judge(values), notes=notes, failing=failing)
    if call not in result.message:
        result.message += f" {gives}"
    return result


def _model(question, answer: object) -> Check:
    """Diagnose a Keras model, and show the row of its ledger that tells."""
    import keras  # only now: it takes seconds

    from course.keras_graph import called
    from course.ledger import html_table, ledger

    if not isinstance(answer, keras.Model):
        return _wrong(_no_model(answer, keras))
    try:
        built = question.read(answer)
    except Exception:
        return _wrong(_no_graph(answer, question, keras))
    diagnosis = question.judge(built)
    row, note = _telling_row(question.unfulfilled(built), ledger(answer).rows, called(answer))
    return Check.of(diagnosis, notes=note, table=html_table([row.cells()]) if row else "")


def _no_model(answer: object, keras) -> str:
    if isinstance(answer, keras.callbacks.History):
        return "That is what `fit` returns: hand over the model itself."
    if isinstance(answer, keras.Layer):
        return "That is one layer: put it into `keras.Sequential([keras.Input(…), …])`."
    if isinstance(answer, list | tuple):
        return "That is a list: `keras.Sequential(…)` makes a model of a list of layers."
    if callable(answer):
        return "That is a function: hand over the model that it makes."
    if answer is None:
        return "There is no model, only None: is a return missing?"
    return f"A Keras model is wanted, and that is {what(answer)}."


def _no_graph(model, question: questions.Question, keras) -> str:
    from course.keras_graph import called

    shape = question.setting["input_shape"]
    if not isinstance(model, keras.Sequential):
        return "The layers of this model cannot be read: build it with `keras.Sequential`."
    if not model.layers:
        return f"The model has no layers yet: put some after a `keras.Input({shape})`."
    first = called(model)[model.layers[0].name]
    return f"The model has no input size yet: put `keras.Input({shape})` before {first}."


def _telling_row(unfulfilled: tuple[str, str] | None, rows: list, words: dict) -> tuple:
    """The row of the ledger that shows why a wish is not fulfilled, and a note about it."""
    wish = unfulfilled[0] if unfulfilled else ""
    first, last = rows[0], rows[-1]
    if wish in ("max_params", "max_macs"):
        amounts = [getattr(row, wish.removeprefix("max_")) or 0 for row in rows]
        row = rows[amounts.index(max(amounts))]
        return row, [f"Most of them are in {words[row.name]}: {max(amounts):,}."]
    telling = {
        "input_shape": (first, "the first: `keras.Input` says what it gets"),
        "output_shape": (last, "the last, and makes the output"),
        "min_field": (last, "the last: look at its receptive field"),
    }
    if wish in telling:
        row, why = telling[wish]
        return row, [sentence(f"{words[row.name]} is {why}")]
    # The wish says enough, and what is no layer has a row that says nothing.
    named = (row for row in rows if words.get(row.name) == wish != "`input`")
    return next(named, None), []
