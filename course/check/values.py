"""What is to be said about a value."""

from course import questions
from course.check.feedback import Check
from course.check.picture import Failing


def check_value(question: questions.Question, answer: object) -> Check:
    """Diagnose a value, if it can be read."""
    kind, (case,) = question.answer_type, question.cases
    if answer is None:
        return Check(False, "There is no answer yet: it is None.")
    if callable(answer):
        return Check(
            False, f"Not right yet. That is a function: hand over its result, {kind.asks}."
        )
    try:
        value = kind.parse(answer) if isinstance(answer, str) else kind.read(answer)
    except questions.AnswerError as error:
        return Check(False, f"Not right yet. {error}")
    diagnosis = question.diagnose_outputs([value])
    if diagnosis.correct:
        return Check(True, diagnosis.message)
    failing = Failing(question.kind, case, value, question.expected(case))
    return Check(False, diagnosis.message, diagnosis.mistake, failing=failing)
