"""What one unit can see: the receptive field of a stack of windows, or of a Keras model.

Going one layer up, with a window that spans k pixels (d·(k−1)+1 when dilated)::

    size  += (span − 1) · jump
    start += ((span − 1) / 2 − pad_before) · jump
    jump  *= strides

A field is a hull: it runs from the first pixel a unit can see to the last. With dilation, or with
strides larger than the kernel, there may be pixels in between that the unit does not see.

Source: A. Araujo, W. Norris, J. Sim, "Computing Receptive Fields of Convolutional Neural
Networks", Distill 2019, doi 10.23915/distill.00021.
"""

from collections.abc import Iterable
from typing import NamedTuple

from course.geometry import Window, same_pads


class Field(NamedTuple):
    """The receptive field of the units of one layer, along one axis, in input pixels.

    ``size`` counts the pixels from the first to the last that a unit can see, padding included.
    ``jump`` is the distance between the fields of two neighbouring units. ``start`` is the centre
    of the first unit's field, where 0 is the centre of the first input pixel; it is None where
    it depends on an input size that is not known yet.
    """

    size: int
    jump: int | float
    start: float | None

    def edges(self, unit: int) -> tuple[float, float]:
        """First and last pixel in the field of ``unit``; outside the input lies padding."""
        centre, half = self.start + unit * self.jump, (self.size - 1) / 2
        return centre - half, centre + half


PIXEL = Field(size=1, jump=1, start=0.0)  # an input pixel sees itself


def above(field: Field, window: Window, n: int | None) -> Field:
    """The field one layer up, through ``window`` on a map of ``n`` units (None: not known)."""
    start = field.start
    if n is None and window.padding == "same":  # the one padding that depends on n
        start = None
    if start is not None:
        before, _ = window.pads(n or 1)
        start += ((window.span - 1) / 2 - before) * field.jump
    size = field.size + (window.span - 1) * field.jump
    return Field(size, field.jump * window.strides, start)


def of_windows(windows: Iterable[Window], n: int) -> list[Field]:
    """The field after each window of a stack on an input of ``n`` pixels.

    Raises ``SettingError`` (a ``ValueError``) where a window does not fit the map it gets.

    >>> of_windows([Window(3, 2, "same"), Window(3, 2, "same"), Window(3, 1, "same")], 28)[-1]
    Field(size=15, jump=4, start=3.0)
    """
    fields, field = [], PIXEL
    for window in windows:
        field, n = above(field, window, n), window.output_size(n)
        fields.append(field)
    return fields


def of_model(model) -> dict[str, tuple[Field, Field] | None]:
    """The fields (rows, columns) of every layer of a Keras model, by the layer's name.

    A layer that looks at the whole map (Flatten, global pooling, and Dense after them) has one
    unit, which sees everything. A layer of which the course does not know what its units see, and
    all that stands on it, gets None; so does a layer that is used twice and sees different things.

    Parameters
    ----------
    model : keras.Model
        Sequential or Functional; its input is a batch of images (rows, columns, channels).

    Raises
    ------
    ValueError
        If the model has no graph: a Sequential without ``keras.Input``, or a subclassed model.
    """
    from course.graph import graph_of  # needs Keras; a stack of windows does not

    graph = graph_of(model)
    images = [(PIXEL, PIXEL) if len(each.shape) == 4 else None for each in graph.inputs]
    of_layer, _ = _trace(graph, images)
    return of_layer


def _trace(graph, of_inputs: list) -> tuple[dict, list]:
    """Follow a graph from its inputs: the fields by layer name, and those of its outputs."""
    from course.graph import calls

    of_tensor = {id(each): fields for each, fields in zip(graph.inputs, of_inputs, strict=True)}
    of_layer = {}
    for layer, inputs, outputs in calls(graph):
        if inputs:
            fields = _through(layer, inputs, outputs, [of_tensor[id(each)] for each in inputs])
            of_tensor.update((id(each), fields) for each in outputs)
        fields = of_tensor[id(outputs[0])]
        of_layer[layer.name] = fields if of_layer.get(layer.name, fields) == fields else None
    return of_layer, [of_tensor[id(each)] for each in graph.outputs]


def _through(layer, inputs, outputs, below) -> tuple[Field, Field] | None:
    """The fields (rows, columns) of a call's output, given those of each of its inputs."""
    import keras

    from course.graph import MERGING, PIXELWISE, graph_of, map_size, windows_of

    if None in below:
        return None
    fields, shape, sizes = below[0], inputs[0].shape, map_size(layer, inputs[0].shape)
    if isinstance(layer, keras.Model):
        try:
            _, (fields, *more) = _trace(graph_of(layer), below)
        except ValueError:  # no graph to follow inside
            return None
        return None if more else fields
    if isinstance(layer, MERGING) and all(
        each.shape[1:3] == outputs[0].shape[1:3] for each in inputs
    ):
        merged = [_hull(axis) for axis in zip(*below, strict=True)]
        return None if None in merged else tuple(merged)
    if isinstance(layer, keras.layers.Conv2DTranspose):
        settings = (layer.kernel_size, layer.strides, layer.dilation_rate)
        grown = map_size(layer, outputs[0].shape)
        axes = zip(fields, *settings, grown, (layer.padding == "same",) * 2, strict=True)
        return tuple(_transposed(*axis) for axis in axes)
    if windows := windows_of(layer, shape):
        return tuple(above(*axis) for axis in zip(fields, windows, sizes, strict=True))
    flat = isinstance(layer, keras.layers.Flatten) and len(shape) == 2  # nothing left to flatten
    return fields if flat or isinstance(layer, PIXELWISE) else None


def _hull(fields: tuple[Field, ...]) -> Field | None:
    """The field of a unit that reads one unit of each branch; None if the branches drift apart."""
    if len({field.jump for field in fields}) > 1 or any(field.start is None for field in fields):
        return None
    first, last = zip(*(field.edges(0) for field in fields), strict=True)
    size = max(last) - min(first) + 1
    return Field(int(size), fields[0].jump, (min(first) + max(last)) / 2)


def _transposed(field: Field, kernel_size, strides, dilation_rate, output_size, crop) -> Field:
    """One layer up through a transposed convolution, whose units take turns in what they see.

    Unit u reads the units i below for which i·s ≤ u + cropped ≤ i·s + span − 1. ``size`` is the
    largest of the turns, and ``start`` the mean centre.
    """
    span = Window(kernel_size, 1, "valid", dilation_rate).span
    start = field.start
    if output_size is None and crop:
        start = None
    if start is not None:
        cropped = same_pads(output_size, kernel_size, strides)[0] if crop else 0
        start += (cropped - (span - 1) / 2) / strides * field.jump
    jump = field.jump / strides
    size = field.size + ((span - 1) // strides) * field.jump
    return Field(size, int(jump) if jump == int(jump) else jump, start)
