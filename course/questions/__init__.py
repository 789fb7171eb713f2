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

For those who run a student's function elsewhere, out of reach: ``question.cases`` are what it is
called with, positionally; its results, as plain data, go to ``question.diagnose_outputs``.
"""

from course.questions import exercises, layers, values, windows
from course.questions.answers import AnswerError as AnswerError
from course.questions.layers import describe as describe
from course.questions.question import Diagnosis as Diagnosis
from course.questions.question import Question as Question

output_size = windows.output_size
same_pads = windows.same_pads
usage = windows.usage
unread = windows.unread
which_padding = windows.which_padding
depth = windows.depth
receptive_field = windows.receptive_field
unseen = windows.unseen
one_number = values.one_number
padded = values.padded
outputs = values.outputs
spread = windows.spread
tells = values.tells
kept = values.kept
survives = values.survives
better = values.better
params = layers.params
macs = layers.macs
transposed_size = layers.transposed_size
output_shape = layers.output_shape
model_shapes = layers.model_shapes
write_output_size = exercises.write_output_size
write_same_pads = exercises.write_same_pads
write_usage = exercises.write_usage
write_receptive_field = exercises.write_receptive_field
write_padded = exercises.write_padded
build_model = exercises.build_model
design = exercises.design
