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

What is right is computed when it is first needed, by `course.geometry` and
`course.receptive_field`. What is wrong is computed by `course.mistakes`. A mistake is named only
when it alone explains the answer; see `Diagnosis`.

For those who run a student's function elsewhere, out of reach: ``question.cases`` are what it is
called with, positionally; its results, as plain data, go to ``question.diagnose_outputs``.
"""

from course.questions.answers import AnswerError
from course.questions.exercises import BuildModel, WriteOutputSize, WriteSamePads, WriteUsage
from course.questions.layers import (
    Macs,
    ModelShapes,
    OutputShape,
    Params,
    TransposedSize,
    describe,
)
from course.questions.question import Diagnosis, Question
from course.questions.windows import (
    OutputSize,
    ReceptiveField,
    SamePads,
    Unread,
    Usage,
    WhichPadding,
)

output_size = OutputSize
same_pads = SamePads
usage = Usage
unread = Unread
which_padding = WhichPadding
params = Params
macs = Macs
transposed_size = TransposedSize
output_shape = OutputShape
model_shapes = ModelShapes
receptive_field = ReceptiveField
write_output_size = WriteOutputSize
write_same_pads = WriteSamePads
write_usage = WriteUsage
build_model = BuildModel

__all__ = [
    "AnswerError",
    "Diagnosis",
    "Question",
    "build_model",
    "describe",
    "macs",
    "model_shapes",
    "output_shape",
    "output_size",
    "params",
    "receptive_field",
    "same_pads",
    "transposed_size",
    "unread",
    "usage",
    "which_padding",
    "write_output_size",
    "write_same_pads",
    "write_usage",
]
