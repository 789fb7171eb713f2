"""What is to be said about a function."""

from course import questions
from course.check.feedback import Check
from course.check.picture import Failing
from course.check.trial import misfit, try_all
from course.questions.answers import quoted, show


def check_function(question: questions.Question, answer: object) -> Check:
    """Try a function in all cases, and show the first in which it fails."""
    name = question.kind.removeprefix("write_")
    if isinstance(answer, type) or not callable(answer):
        kind = "a class" if isinstance(answer, type) else "no function"
        itself = f'Hand over the function itself, without brackets: `check("{name}", {name})`.'
        return Check(False, f"Not right yet. That is {kind}. {itself}")
    if trouble := misfit(answer, list(question.cases[0])):
        return Check(False, f"Not right yet. {trouble}")
    trials = try_all(answer, question)
    notes = []
    if printed := next((trial.printed for trial in trials if trial.printed.strip()), None):
        notes.append(
            f"Your function also prints: {quoted(printed, 78)}. Only what it returns counts."
        )
    if any(trial.changed for trial in trials):
        notes.append("Your function changes the values it is given: let it make new ones.")
    values = [trial.value for trial in trials]
    for trial, case in zip(trials, question.cases, strict=False):  # up to the first trouble
        expected = question.expected(case)
        if trial.trouble or trial.value != expected:
            break
    else:
        return Check(True, question.judge(values).message, notes=notes)
    call = f"`{name}({', '.join(map(repr, case.values()))})`"
    if trial.trouble:
        return Check(False, f"Not right yet. {call} {trial.trouble}.", notes=notes)
    message, mistake = "Not right yet.", None
    if len(trials) == len(question.cases) and not trials[-1].trouble:
        diagnosis = question.judge(values)
        message, mistake = diagnosis.message, diagnosis.mistake
    if call not in message:
        message += f" {call} gives {show(trial.value)}, and {show(expected)} is right."
    return Check(False, message, mistake, notes, Failing(name, case, trial.value, expected))
