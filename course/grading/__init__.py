"""Grading a homework: a student's code runs in a sandbox, and only values come out.

::

    assignment = read("padding", Path("source/padding/padding.ipynb").read_text(), secret, "ada")
    with Sandbox(assignment.modules) as sandbox:
        verdicts = grade(assignment, notebook, sandbox)

What is right, comparison, diagnosis and points stay here. Nothing of a student's is run, imported
or believed here: see `course.grading.messages` for all that can be said.
"""

from dataclasses import dataclass

from course.grading.assignment import Assignment as Assignment
from course.grading.assignment import Part
from course.grading.assignment import read as read
from course.grading.judge import Verdict, judge, worked_out
from course.grading.messages import MISSING, Ask, Rebuild, Run, request, unknown
from course.grading.sandbox import Outcome, SandboxError
from course.grading.sandbox import Sandbox as Sandbox
from course.grading.submission import AsideError as AsideError
from course.grading.submission import Submission, cells_of, plan

MOST_TRIES = 10  # each leaves out one more cell or question that did not come to an end


@dataclass
class Graded:
    """The verdicts on a submission, and the texts that a teacher reads."""

    verdicts: list[Verdict]
    texts: dict[str, str]
    others: bool  # whether it shows other settings than were drawn


def grade(assignment: Assignment, notebook: bytes, sandbox: Sandbox) -> Graded:
    """Grade a notebook; ``AsideError`` says why it cannot be, ``SandboxError`` that it was not."""
    submission = plan(assignment, cells_of(notebook))
    answers, troubles = _answers(submission, len(assignment.setup), sandbox)
    if not answers and submission.lost == set(assignment.parts) != set():
        raise AsideError(
            "None of this homework's cells or answers is in it: is it another notebook?"
        )
    _rebuild(answers, sandbox)
    verdicts = []
    for part in assignment.parts:
        answer, notes = answers.get(part, MISSING), troubles.get(part, ())
        if answer == MISSING and part in submission.lost:
            notes = (f"Neither the cell of `{part.name}` nor its test was found.",)
        try:
            verdicts.append(judge(part, answer, notes))
        except Exception as error:  # which must cost no other part its points
            said = f"The course cannot judge it: {type(error).__name__}: {error}"
            verdicts.append(
                Verdict(part.grade_id, None, "Your teacher has to look.", notes=(said,))
            )
    return Graded(verdicts, submission.texts, submission.others)


def _answers(submission: Submission, setup: int, sandbox: Sandbox) -> tuple[dict, dict]:
    """What each part was answered, and what stopped in the cell of its answer, or when asked.

    A step that did not come to an end is left out, and all others are done again, in the time that
    is left.
    """
    steps = list(submission.steps)
    answers: dict[Part, object] = {}
    troubles: dict[Part, tuple[str, ...]] = {}
    stopped: dict[int, str] = {}
    outcome, tries = Outcome(), 0
    while tries < MOST_TRIES and not outcome.spent:
        tries += 1
        outcome = sandbox.run(request(steps), outcome)
        said = {number: f"stops with {said}" for number, said in outcome.troubles.items()}
        stopped = said | stopped
        for number, answer in outcome.answers.items():
            # Only a fork that runs nothing of a student's may describe a model.
            own = isinstance(answer, dict) and answer.keys() & {"missing", "described"}
            if number in submission.asked and not own:
                answers.setdefault(submission.asked[number], answer)
        if outcome.ended == "done" or outcome.step >= len(steps):  # it says
            break
        if outcome.spent:  # which is not the fault of this step
            continue
        if outcome.step < setup:
            raise SandboxError(f"The assignment's own cells do not run: it {outcome.ended}.")
        part = submission.asked.get(outcome.step)
        if part:
            answers.setdefault(part, {"error": outcome.ended})
        stopped[outcome.step] = outcome.ended
        for number, asked in submission.asked.items():
            if asked in answers:
                steps[number] = Run("")
        steps[outcome.step] = Run("")
    else:
        for part in submission.asked.values():
            answers.setdefault(
                part, {"error": "was not tried: too much else does not come to an end"}
            )
    for number, part in submission.asked.items():
        step = submission.steps[number]
        if isinstance(step, Ask) and step.after in stopped:
            troubles[part] = (f"Its cell {stopped[step.after]}.",)
    for part, answer in answers.items():  # which a slow machine may be to blame for
        if isinstance(answer, dict) and "error" in answer:
            troubles[part] = (*troubles.get(part, ()), f"`{part.name}` {answer['error']}.")
    return answers, troubles


def _rebuild(answers: dict[Part, object], sandbox: Sandbox) -> None:
    """Put in place of a student's models what the course says of them, some built anew."""
    built = {}
    for part, answer in answers.items():
        if isinstance(answer, dict) and "model" in answer and not unknown(answer["model"]):
            if known := worked_out(part.question, answer["model"]):
                answers[part] = {"described": known}
            else:
                built[part] = Rebuild(repr(part.question), answer["model"])
    if built:
        outcome = sandbox.run(request(list(built.values())))
        for number, part in enumerate(built):
            match outcome.answers.get(number):
                case {"described": _} | {"error": _} as said:
                    answers[part] = said
