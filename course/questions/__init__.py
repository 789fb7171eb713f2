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

from course.questions import channels, exercises, layers, values, windows
from course.questions.answers import AnswerError as AnswerError
from course.questions.layers import describe as describe
from course.questions.question import Diagnosis as Diagnosis
from course.questions.question import Question as Question

output_size = windows.OutputSize
same_pads = windows.SamePads
usage = windows.Usage
unread = windows.Unread
which_padding = windows.WhichPadding
depth = windows.Depth
receptive_field = windows.ReceptiveField
unseen = windows.Unseen
one_number = channels.OneNumber
padded = values.Padded
outputs = values.Outputs
spread = values.Spread
tells = values.Tells
kept = values.Kept
survives = values.Survives
better = values.Better
params = layers.Params
macs = layers.Macs
transposed_size = layers.TransposedSize
output_shape = layers.OutputShape
model_shapes = layers.ModelShapes
write_output_size = exercises.WriteOutputSize
write_same_pads = exercises.WriteSamePads
write_usage = exercises.WriteUsage
write_receptive_field = exercises.WriteReceptiveField
write_padded = values.WritePadded
build_model = exercises.BuildModel
design = exercises.Design
