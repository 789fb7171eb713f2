"""The three classifiers of the course: one design, three settings of padding and stride.

Three 3×3 convolutions, then a dense head with ten outputs, on 28×28×1 images. Only ``padding``
and ``strides`` differ, so every difference between the three is theirs.
"""

import keras
from keras import layers


def classifier(name: str, padding: str, strides: tuple[int, int, int] = (1, 1, 1)) -> keras.Model:
    """Build an untrained classifier for 28×28×1 images and ten classes.

    Parameters
    ----------
    name : str
        Name of the model, shown by ``model.summary()``.
    padding : {"valid", "same"}
        Padding of all three convolutions.
    strides : tuple of three int
        Stride of each convolution, the same along rows and columns.

    Raises
    ------
    ValueError
        If ``strides`` does not have three entries; Keras raises it for any other wrong setting.
    """
    if len(strides) != 3:
        raise ValueError(f"strides={strides!r}: give three strides, one for each convolution")
    convolutions = [
        layers.Conv2D(32, 3, s, padding, activation="relu", name=f"conv{number}")
        for number, s in enumerate(strides, start=1)
    ]
    head = [
        layers.Flatten(name="flatten"),
        layers.Dense(128, activation="relu", name="hidden"),
        layers.Dense(10, activation="softmax", name="digit"),
    ]
    # Without names, Keras counts: the second model built would have a conv2d_3.
    return keras.Sequential([keras.Input((28, 28, 1)), *convolutions, *head], name=name)


def valid() -> keras.Model:
    """No padding: each convolution trims the map, 28 → 26 → 24 → 22."""
    return classifier("valid", padding="valid")


def same() -> keras.Model:
    """Padding that keeps the size at stride 1: 28 → 28 → 28 → 28."""
    return classifier("same", padding="same")


def strided() -> keras.Model:
    """Like ``same``, but the first two convolutions have stride 2: 28 → 14 → 7 → 7."""
    return classifier("strided", padding="same", strides=(2, 2, 1))
