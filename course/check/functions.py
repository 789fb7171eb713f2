"""What is to be said about a function."""

from course import questions
from course.check.feedback import Check
from course.check.picture import Failing
from course.check.plain import short
from course.check.trial import Trial, try_all


def check_function(question: questions.Question, answer: object) -> Check:
    """Try a function in all cases, and show the first in which it fails."""
    name = question.kind.removeprefix("write_")
    itself = f'Hand over the function itself, without brackets: `check("{name}", {name})`.'
    if issubclass(type(answer), type):
        return Check(False, f"Not right yet. That is a class. {itself}")
    if not callable(answer):
        return Check(False, f"Not right yet. That is no function. {itself}")
    # Before any code of the student's runs: afterwards the course itself may have been changed.
    cases, right = question.cases, [question.expected(case) for case in question.cases]
    _ = question.mistakes
    trials, trouble, changed = try_all(answer, cases, right)
    notes = []
    if printed := next((trial.printed for trial in trials if trial.printed.strip()), None):
        notes.append(f"Your function also prints: {short(printed)}. Only what it returns counts.")
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
        yours, other = short(trial.value), short(right[first])
        message += f" {call} gives {yours}, and {other} is right."
    failing = Failing(name, case, trial.value, right[first])
    return Check(False, message, mistake, notes, failing)


def _right(trial: Trial, expected: object) -> bool:
    value = tuple(trial.value) if type(trial.value) is list else trial.value
    return trial.trouble is None and value == expected
