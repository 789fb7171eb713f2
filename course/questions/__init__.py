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

What is right is computed when it is first needed: by `course.geometry` and
`course.receptive_field`, or by Keras where Keras counts. What is wrong is computed by
`course.mistakes`. A mistake is named only when it alone explains the answer; see `Diagnosis`.

For those who run a student's function elsewhere, out of reach: ``question.cases`` are what it is
called with, positionally; its results, as plain data, go to ``question.diagnose_outputs``.
"""

from collections.abc import Iterable

from course.geometry import Window
from course.questions.answers import AnswerError
from course.questions.exercises import BuildModel, WriteOutputSize, WriteSamePads, WriteUsage
from course.questions.layers import (
    Macs,
    ModelShapes,
    OutputShape,
    Params,
    Transposed,
    describe,
    plain,
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


def output_size(
    n: int = 28,
    kernel_size: int = 3,
    strides: int = 1,
    padding: str | int | tuple[int, int] = "valid",
    dilation_rate: int = 1,
) -> Question:
    """How large is the output along one axis? All of these take what `Window` takes.

    Every question about a setting that no window can have raises ``SettingError``.
    """
    return OutputSize(**locals())


def same_pads(
    n: int = 28, kernel_size: int = 3, strides: int = 1, dilation_rate: int = 1
) -> Question:
    """How many zeros does ``padding="same"`` add, before and after?"""
    return SamePads(**locals())


def usage(
    n: int = 7,
    kernel_size: int = 3,
    strides: int = 1,
    padding: str | int | tuple[int, int] = "valid",
    dilation_rate: int = 1,
) -> Question:
    """How often is each pixel read?"""
    return Usage(**locals())


def unread(
    n: int = 28,
    kernel_size: int = 3,
    strides: int = 2,
    padding: str | int | tuple[int, int] = "valid",
    dilation_rate: int = 1,
) -> Question:
    """Which pixels are never read?"""
    return Unread(**locals())


def which_padding(
    n: int = 28, kernel_size: int = 3, strides: int = 2, output: int = 14
) -> Question:
    """Which padding turned ``n`` pixels into ``output``: valid, same, both or neither?"""
    return WhichPadding(**locals())


def params(
    n: int = 28,
    kernel_size: int = 3,
    strides: int = 1,
    padding: str = "valid",
    channels: int = 1,
    filters: int = 32,
    bias: bool = True,
) -> Question:
    """How many parameters has a Conv2D layer on an image of n×n pixels?"""
    return Params(**locals())


def macs(
    n: int = 28,
    kernel_size: int = 3,
    strides: int = 1,
    padding: str = "valid",
    channels: int = 1,
    filters: int = 32,
) -> Question:
    """How many multiply-accumulates does a Conv2D layer take for an image of n×n pixels?"""
    return Macs(**locals())


def transposed_size(
    n: int = 28, kernel_size: int = 3, strides: int = 2, padding: str = "valid"
) -> Question:
    """What comes out of a transposed convolution after a convolution took ``n`` pixels down?"""
    return Transposed(**locals())


def output_shape(layers, input_shape: tuple[int, int, int] | None = None) -> Question:
    """What is the shape after the last layer?

    Parameters
    ----------
    layers : keras.Model, dict or list of dict
        A chain of Conv2D and pooling layers; what comes after the last map is left out. A dict
        has ``filters`` (None: max-pooling), ``kernel_size``, ``strides``, ``padding``, each a
        number or a pair (rows, columns).
    input_shape : (int, int, int)
        Rows, columns, channels; a model knows its own.
    """
    shape, layers = plain(layers, input_shape)
    return OutputShape(input_shape=shape, layers=layers)


def model_shapes(layers, input_shape: tuple[int, int, int] | None = None) -> Question:
    """What is the shape after each layer? Arguments as in `output_shape`."""
    shape, layers = plain(layers, input_shape)
    return ModelShapes(input_shape=shape, layers=layers)


def receptive_field(windows: Iterable[Window | dict], n: int = 28) -> Question:
    """How many pixels can one unit see, after all windows of a stack?"""
    stack = []
    for window in windows:
        if not isinstance(window, Window | dict):
            raise ValueError(
                f"a window is a Window or a dict such as {{'kernel_size': 3}}, not {window!r}"
            )
        window = window if isinstance(window, Window) else Window(**window)
        names = ("kernel_size", "strides", "padding", "dilation_rate")
        stack.append({name: getattr(window, name) for name in names})
    return ReceptiveField(windows=tuple(stack), n=n)


def write_output_size(seed: int | str = 0) -> Question:
    """Write ``output_size(n, kernel_size, strides, padding)``."""
    return WriteOutputSize(seed)


def write_same_pads(seed: int | str = 0) -> Question:
    """Write ``same_pads(n, kernel_size, strides)``."""
    return WriteSamePads(seed)


def write_usage(seed: int | str = 0) -> Question:
    """Write ``usage(n, kernel_size, strides, padding)``."""
    return WriteUsage(seed)


def build_model(
    input_shape: tuple[int, int, int],
    output_shape: tuple[int, ...],
    max_params: int | None = None,
    max_macs: int | None = None,
    min_field: int | None = None,
) -> Question:
    """Build a Keras model that turns one shape into another and keeps to the limits.

    Shapes are without the batch; ``min_field`` is a receptive field in pixels, along both axes.
    """
    return BuildModel(**locals())
