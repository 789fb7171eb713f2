"""Questions that know which misconception you have.

A question is made in one line for any setting, and diagnoses an answer::

    >>> from course import questions
    >>> question = questions.output_size(n=28, kernel_size=3, strides=2, padding="valid")
    >>> question.diagnose(13.5).mistake
    'no_floor'
    >>> question.diagnose(question.parse("13")).correct
    True
    >>> question.another(seed=1).setting != question.setting
    True

What is right is computed by `course.geometry` and `course.stack`, and what is wrong by
`course.mistakes`. A mistake is named only when it alone explains the answer; see `Diagnosis`.

Its kinds are the functions marked ``@kind`` in the modules `windows`, `layers`, `values`,
`exercises` and `mending`; each is offered here by its name.

For those who run a student's function elsewhere, out of reach: ``question.cases`` are what it is
called with, positionally; its results, as plain data, go to ``question.diagnose_outputs``.
"""

from course.questions.answers import AnswerError as AnswerError
from course.questions.exercises import describe as describe
from course.questions.mending import mend as mend
from course.questions.question import KINDS
from course.questions.question import Diagnosis as Diagnosis
from course.questions.question import Question as Question

globals().update(KINDS)
