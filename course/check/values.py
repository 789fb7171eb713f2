"""What is to be said about a value."""

from course import questions
from course.check.feedback import Check
from course.check.picture import Failing


def check_value(question: questions.Question, answer: object) -> Check:
    """Diagnose a value, if it can be read."""
    asks = question.answer_type.asks
    if answer is None:
        return Check(False, "There is no answer yet: it is None.")
    if callable(answer):
        return Check(False, f"Not right yet. That is a function: hand over its result, {asks}.")
    try:
        value = question.parse(answer) if isinstance(answer, str) else question.read(answer)
    except questions.AnswerError as error:
        return Check(False, f"Not right yet. {error}")
    diagnosis = question.judge([value])
    if diagnosis.correct:
        return Check(True, diagnosis.message)
    (case,) = question.cases
    failing = Failing(question.kind, case, value, question.expected(case))
    return Check(False, diagnosis.message, diagnosis.mistake, failing=failing)
