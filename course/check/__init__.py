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

from course import questions
from course.check.feedback import Check
from course.check.functions import check_function
from course.check.models import check_model
from course.check.values import check_value
from course.questions.answers import Function, Model

__all__ = ["Check", "check"]

FUNCTIONS = {
    "output_size": questions.write_output_size,
    "same_pads": questions.write_same_pads,
    "usage": questions.write_usage,
}


def check(question: questions.Question | str, answer: object) -> Check:
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
        todo = "Not answered yet: write your answer in place of the three dots."
        return Check(False, todo, answered=False)
    if isinstance(question.answer_type, Function):
        return check_function(question, answer)
    if isinstance(question.answer_type, Model):
        return check_model(question, answer)
    return check_value(question, answer)
