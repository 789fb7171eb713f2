"""Predict, commit, and then see: questions inside a lesson.

A prediction is a widget for the last line of a cell, and one line makes it::

    from course import predict, questions
    predict.ask(questions.output_size(n=28, kernel_size=3, strides=2))

The answers are kept in a small file beside the notebook; `progress` shows what they tell, and
`weakest` draws by it which questions to ask again.
"""

from course.predict.prediction import ask
from course.predict.progress import progress, weakest

__all__ = ["ask", "progress", "weakest"]
