"""What is to be said about a value."""

import contextlib

from course import questions
from course.check.feedback import Check
from course.check.picture import Failing
from course.check.plain import OddError, plain


def check_value(question: questions.Question, answer: object) -> Check:
    """Diagnose a value, once it is known to be plain data."""
    asks = question.answer_type.asks
    if answer is None:
        return Check(False, "There is no answer yet: it is None.")
    if callable(answer):
        return Check(False, f"Not right yet. That is a function: hand over its result, {asks}.")
    try:
        value = plain(answer)
    except OddError as odd:
        return Check(False, f"Not right yet. That is {odd}. Give {asks}.")
    (case,) = question.cases
    diagnosis = question.diagnose(value)
    failing = None
    if not diagnosis.correct:
        with contextlib.suppress(questions.AnswerError):
            read = question.parse(value) if isinstance(value, str) else value
            read = question.answer_type.read(read)
            failing = Failing(question.kind, case, read, question.expected(case))
    return Check(diagnosis.correct, diagnosis.message, diagnosis.mistake, failing=failing)
