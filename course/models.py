"""The three classifiers of the course: one design, three settings of padding and stride.

Three 3×3 convolutions, then a dense head with ten outputs, on 28×28×1 images. Only ``padding``
and ``strides`` differ, so every difference between the three is theirs. Keras is loaded when a
model is built.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from course.geometry import Window
from course.text import first_sentence

if TYPE_CHECKING:
    import keras

INPUT_SHAPE = (28, 28, 1)
FILTERS = 32  # of each convolution
CLASSES = 10
PRESETS = {  # the windows of the three convolutions
    "valid": (Window(3), Window(3), Window(3)),
    "same": (Window(3, 1, "same"), Window(3, 1, "same"), Window(3, 1, "same")),
    "strided": (Window(3, 2, "same"), Window(3, 2, "same"), Window(3, 1, "same")),
}
HEADS: dict[str, list[tuple[str, str, int | None]]] = {  # after them: name, kind, units
    "dense": [("flatten", "Flatten", None), ("hidden", "Dense", 128), ("digit", "Dense", CLASSES)],
    "average": [("pool", "GlobalAveragePooling2D", None), ("digit", "Dense", CLASSES)],
}


class LayerError(ValueError):
    """A layer that Keras refuses, by its name, and why."""

    def __str__(self) -> str:
        return "Keras cannot build {}: {}".format(*self.args)


def build(name: str, shape: tuple, convolutions: Iterable[dict], head: str) -> "keras.Model":
    """Build an untrained classifier: conv1, conv2, … of these settings, and one of the `HEADS`."""
    import keras  # only now: it takes seconds to load

    relu = {"activation": "relu"}
    parts = [("Conv2D", f"conv{i}", each | relu) for i, each in enumerate(convolutions, start=1)]
    for layer, kind, units in HEADS[head]:
        activation = relu if layer == "hidden" else {"activation": "softmax"}
        parts.append((kind, layer, {"units": units} | activation if units else {}))
    # Without names, Keras counts: the second model built would have a conv2d_3.
    model = keras.Sequential([keras.Input(shape)], name=name)
    for kind, layer, options in parts:
        try:
            model.add(getattr(keras.layers, kind)(**options, name=layer))
        except ValueError as error:
            raise LayerError(layer, first_sentence(error)) from error
    return model


def classifier(name: str, padding: str, strides: tuple[int, ...] = (1, 1, 1)) -> "keras.Model":
    """Build an untrained classifier for 28×28×1 images and ten classes.

    ``padding``, ``"valid"`` or ``"same"``, is that of all three convolutions; ``strides`` has one
    number for each, the same along rows and columns. A ``ValueError`` says what is wrong.
    """
    if len(strides) != 3:
        raise ValueError(f"strides={strides!r}: give three strides, one for each convolution")
    window = {"filters": FILTERS, "kernel_size": 3, "padding": padding}
    return build(name, INPUT_SHAPE, [window | {"strides": each} for each in strides], "dense")


def convolve(maps, padding: str, name: str, filters: int = 8, **more):
    """A 3×3 convolution with ReLU, also with copies outside, for which ``Conv2D`` has no name."""
    import keras
    import numpy as np

    from course.questions.values import FILLS

    if padding in FILLS.keys() - {"zero"}:
        for axis in (1, 2):
            # The numbers of the pixels, padded: which of them stands where.
            order = np.pad(range(maps.shape[axis]), 1, FILLS[padding][0])
            maps = keras.ops.take(maps, order, axis)
        padding = "valid"
    convolution = keras.layers.Conv2D(
        filters, 3, padding=padding, activation="relu", name=name, **more
    )
    return convolution(maps)


def shrinking(kind: str) -> "keras.Model":
    """Build an untrained classifier for 32×32×1 images that shrinks its maps in one of some ways.

    All have three convolutions with 16 filters and global average pooling. ``"strided"`` has the
    strides 2, 2 and 1. So have ``"circular"``, which pads so, and ``"random shifts"``, which moves
    the images that it is trained with. ``"blurred"`` and ``"max pooling"`` halve two maps after a
    convolution with stride 1, the one by a blur 1 2 1 before stride 2. ``"dilated"`` shrinks none:
    its dilations 1, 2 and 4 give it the receptive field of the strided one.
    """
    import keras
    from keras import layers

    image = maps = keras.Input((32, 32, 1))
    if kind == "random shifts":
        maps = layers.RandomTranslation(0.1, 0.1, "constant", "nearest", name="shifts")(maps)
    for number, step in enumerate((2, 2, 1), start=1):
        more = {"dilation_rate": 2 ** (number - 1)} if kind == "dilated" else {"strides": step}
        if kind in ("blurred", "max pooling"):
            more = {}
        padding = "circular" if kind == "circular" else "same"
        maps = convolve(maps, padding, f"conv{number}", 16, **more)
        if kind == "blurred" and step == 2:
            # The mean of two neighbours, twice, is a blur 1 2 1.
            maps = layers.AveragePooling2D(2, 1, "same", name=f"blur{number}")(maps)
            maps = layers.AveragePooling2D(2, name=f"half{number}")(maps)
        elif kind == "max pooling" and step == 2:
            maps = layers.MaxPooling2D(2, name=f"half{number}")(maps)
    means = layers.GlobalAveragePooling2D(name="means")(maps)
    digit = layers.Dense(CLASSES, activation="softmax", name="digit")(means)
    return keras.Model(image, digit, name=kind.replace(" ", "_"))


def _preset(name):
    windows = PRESETS[name]
    return classifier(name, windows[0].padding, tuple(window.strides for window in windows))


def valid() -> "keras.Model":
    """No padding: each convolution trims the map, 28 → 26 → 24 → 22."""
    return _preset("valid")


def same() -> "keras.Model":
    """Padding that keeps the size at stride 1: 28 → 28 → 28 → 28."""
    return _preset("same")


def strided() -> "keras.Model":
    """Like ``same``, but the first two convolutions have stride 2: 28 → 14 → 7 → 7."""
    return _preset("strided")
