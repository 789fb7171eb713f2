"""What is right, said by Keras itself wherever Keras can say it."""

import numpy as np

from course.geometry import Window
from course.questions import Question
from course.questions.answers import show

# The reference of these questions is counted by Keras in the first place.
COUNTED_BY_KERAS = ("params", "macs", "transposed_size", "output_shape", "model_shapes")


def says(question: Question) -> str:
    """The right answer and who says so, in Markdown."""
    right = show(question.expected(question.cases[0]))
    if question.kind in COUNTED_BY_KERAS:
        return f"Keras says {right}."
    if question.kind == "which_padding":
        window = {name: question.setting[name] for name in ("kernel_size", "strides")}
        n = question.setting["n"]
        sizes = {p: _run(Window(**window, padding=p), n)[1].shape[1] for p in ("valid", "same")}
        return (
            f"Keras makes {sizes['valid']} with `valid` and {sizes['same']} with `same`: {right}."
        )
    if question.kind in ASKED:
        setting = {"padding": "same"} | question.setting
        n = setting.pop("n")
        window = Window(**setting)
        if window.strides == 1 or window.dilation_rate == 1:  # Keras refuses both together
            call, outputs = _run(window, n)
            return (
                f"Keras says {show(ASKED[question.kind](outputs, window))}: {call} on {n} pixels."
            )
    return f"The right answer is {right}."


def _run(window: Window, n: int) -> tuple[str, np.ndarray]:
    """A convolution of ones in Keras, run on every single bright pixel: outputs (n, o), counted.

    The weights are 1, 2, … so that an output also tells which of them met the pixel.
    """
    import keras

    in_keras = window.padding in ("valid", "same", "causal")
    padding = window.padding if in_keras else "valid"
    call = f"`Conv1D(1, {window.kernel_size}, strides={window.strides}, padding='{padding}'"
    call += f", dilation_rate={window.dilation_rate})`" if window.dilation_rate > 1 else ")`"
    conv = keras.layers.Conv1D(
        filters=1,
        kernel_size=window.kernel_size,
        strides=window.strides,
        padding=padding,
        dilation_rate=window.dilation_rate,
        use_bias=False,
    )
    images = np.eye(n, dtype="float32")[..., None]
    if not in_keras:
        call = f"`ZeroPadding1D({window.pads(n)})` and {call}"
        images = keras.layers.ZeroPadding1D(window.pads(n))(images)
    conv.build((None, None, 1))
    conv.set_weights([np.arange(1, window.kernel_size + 1, dtype="float32").reshape(-1, 1, 1)])
    return call, np.asarray(conv(images))[..., 0].round().astype(int)


def _pads(outputs: np.ndarray, window: Window) -> tuple[int, int]:
    """Zeros before and after: where the first weight of the first and last window would stand."""
    n, o = outputs.shape
    pixel, place = np.argwhere(outputs)[0]
    weight = outputs[pixel, place] - 1
    before = int(place * window.strides + weight * window.dilation_rate - pixel)
    return before, (o - 1) * window.strides + window.span - n - before


ASKED = {
    "output_size": lambda outputs, window: outputs.shape[1],
    "same_pads": _pads,
    "usage": lambda outputs, window: tuple((outputs > 0).sum(axis=1).tolist()),
    "unread": lambda outputs, window: frozenset(np.flatnonzero(~outputs.any(axis=1)).tolist()),
}
