"""What one unit can see: the receptive field of a stack of windows, or of a Keras model.

Going one layer up, with a window that spans k pixels (d·(k−1)+1 when dilated)::

    size  += (span − 1) · jump
    start += ((span − 1) / 2 − pad_before) · jump
    jump  *= strides

``of_windows`` is this sum. ``of_model`` follows the units themselves, because above a transposed
convolution neighbours no longer see alike.

A field is a hull: it runs from the first pixel a unit can see to the last. With dilation, or with
strides larger than the kernel, there may be pixels in between that the unit does not see.

Source: A. Araujo, W. Norris, J. Sim, "Computing Receptive Fields of Convolutional Neural
Networks", Distill 2019, doi 10.23915/distill.00021.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

from course.geometry import Window, same_pads


class Field(NamedTuple):
    """The receptive field of the units of one layer, along one axis, in input pixels.

    ``size`` counts the pixels from the first to the last that a unit can see, padding included.
    ``jump`` is the distance between the fields of two neighbouring units. ``start`` is the centre
    of the first unit's field, where 0 is the centre of the first input pixel; it is None where
    it depends on an input size that is not known yet.

    After a transposed convolution units take turns in what they see. Then ``size`` is the largest
    of the turns, and ``start`` and ``jump`` place the mean of their centres.
    """

    size: int
    jump: int | float
    start: float | None

    def edges(self, unit: int) -> tuple[float, float]:
        """First and last pixel in the field of ``unit``; outside the input lies padding.

        Raises ``ValueError`` if ``start`` is not known.
        """
        if self.start is None:
            raise ValueError("start is not known: give keras.Input a number of rows and columns")
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
    unit, which sees what any unit of the map sees. A layer of which the course does not know what
    its units see, and all that stands on it, gets None; so does a layer that is used twice and
    sees different things, and one with ``data_format="channels_first"``.

    Parameters
    ----------
    model : keras.Model
        Sequential or Functional; its input is a batch of images (rows, columns, channels).

    Raises
    ------
    TypeError
        If ``model`` is no Keras model.
    ValueError
        If the model has no graph: a Sequential without ``keras.Input``, or a subclassed model.
    """
    from course.graph import graph_of  # needs Keras; a stack of windows does not

    graph = graph_of(model)
    images = [(ITSELF, ITSELF) if len(each.shape) == 4 else None for each in graph.inputs]
    of_layer, _ = _trace(graph, images)
    return {name: axes and tuple(map(Cycle.field, axes)) for name, axes in of_layer.items()}


class Cycle(NamedTuple):
    """What the units of a layer see, along one axis, when units may take turns.

    ``seen`` has the first and last pixel of each unit of one cycle (None: it sees nothing). The
    units of the next cycle see the same, ``jump`` pixels on. A cycle is one unit long unless a
    transposed convolution came before. If not ``placed``, all is shifted by a distance that
    depends on an input size not known yet.
    """

    seen: tuple[tuple[int, int] | None, ...]
    jump: int
    placed: bool = True

    def hull(self, units: Iterable[int]) -> tuple[int, int] | None:
        """First and last pixel that any of these units sees."""
        edges = []
        for cycle, turn in (divmod(unit, len(self.seen)) for unit in units):
            if self.seen[turn]:
                edges += [edge + cycle * self.jump for edge in self.seen[turn]]
        return (min(edges), max(edges)) if edges else None

    def field(self) -> Field:
        """The largest of the turns, at the mean of their centres."""
        jump = self.jump / len(self.seen)
        turns = [(turn, *edges) for turn, edges in enumerate(self.seen) if edges]
        centres = [(first + last) / 2 - turn * jump for turn, first, last in turns]
        return Field(
            size=max(last - first + 1 for _, first, last in turns),
            jump=int(jump) if jump.is_integer() else jump,
            start=sum(centres) / len(centres) if self.placed else None,
        )


ITSELF = Cycle(seen=((0, 0),), jump=1)


def _trace(graph, of_inputs: list) -> tuple[dict, list]:
    """Follow a graph from its inputs: the cycles by layer name, and those of its outputs."""
    from course.graph import calls

    of_tensor = {id(each): axes for each, axes in zip(graph.inputs, of_inputs, strict=True)}
    of_layer = {}
    for layer, inputs, outputs in calls(graph):
        if inputs:
            axes = _through(layer, inputs, outputs, [of_tensor[id(each)] for each in inputs])
            of_tensor.update((id(each), axes) for each in outputs)
        axes = of_tensor[id(outputs[0])]
        of_layer[layer.name] = axes if of_layer.get(layer.name, axes) == axes else None
    return of_layer, [of_tensor[id(each)] for each in graph.outputs]


def _through(layer, inputs, outputs, below) -> tuple[Cycle, Cycle] | None:
    """The cycles (rows, columns) of a call's output, given those of each of its inputs."""
    import keras

    from course.graph import MERGING, graph_of, is_pixelwise, map_size, windows_of

    if None in below or getattr(layer, "data_format", "") == "channels_first":
        return None
    shape, grown = inputs[0].shape, outputs[0].shape
    if isinstance(layer, keras.Model):
        try:
            _, (axes, *more) = _trace(graph_of(layer), below)
        except ValueError:  # no graph to follow inside
            return None
        return None if more else axes
    if type(layer) in MERGING and all(each.shape[1:3] == grown[1:3] for each in inputs):
        axes = [_joined(*cycles) for cycles in zip(*below, strict=True)]
    elif type(layer) is keras.layers.Conv2DTranspose:
        sizes = map_size(layer, grown)
        axes = [_spread(below[0][axis], layer, axis, sizes[axis]) for axis in (0, 1)]
    elif windows := windows_of(layer, shape):
        axes = map(_slid, below[0], windows, map_size(layer, shape))
    else:
        return below[0] if is_pixelwise(layer, shape) else None
    axes = tuple(axes)
    return None if None in axes else axes


def _slid(cycle: Cycle, window: Window, n: int | None) -> Cycle | None:
    """One layer up, through a window on a map of ``n`` units (None: not known)."""
    placed = cycle.placed and (n is not None or window.padding != "same")
    if not placed and len(cycle.seen) > 1:  # which turn the first window meets is not known
        return None
    before, _ = window.pads(n or 1)
    firsts = (unit * window.strides - before for unit in range(len(cycle.seen)))
    reads = (range(first, first + window.span, window.dilation_rate) for first in firsts)
    return Cycle(tuple(map(cycle.hull, reads)), cycle.jump * window.strides, placed)


def _spread(cycle: Cycle, layer, axis: int, n: int | None) -> Cycle | None:
    """One layer up, through a transposed convolution that makes a map of ``n`` units.

    Unit i below is spread over the units i·s + t·d − cropped, one for each tap t of the kernel.
    """
    k, s, d = (each[axis] for each in (layer.kernel_size, layer.strides, layer.dilation_rate))
    placed = cycle.placed
    if n is None:  # a whole multiple of the strides, unless output_padding changes that
        n, placed = s, placed and layer.output_padding is None
    if not placed and len(cycle.seen) > 1:
        return None
    cropped = same_pads(n, k, s, d)[0] if layer.padding == "same" else 0
    seen = []
    for unit in range(len(cycle.seen) * s):
        spread = (unit + cropped - tap * d for tap in range(k))
        seen.append(cycle.hull(place // s for place in spread if place % s == 0))
    return Cycle(tuple(seen), cycle.jump, placed)


def _joined(*cycles: Cycle) -> Cycle | None:
    """The cycle of units that read one unit of each branch; None if the branches drift apart."""
    turns = math.lcm(*(len(cycle.seen) for cycle in cycles))
    jumps = {cycle.jump * turns // len(cycle.seen) for cycle in cycles}
    if len(jumps) > 1 or not all(cycle.placed for cycle in cycles):
        return None
    seen = []
    for turn in range(turns):
        edges = [edge for cycle in cycles for edge in cycle.hull([turn]) or ()]
        seen.append((min(edges), max(edges)) if edges else None)
    return Cycle(tuple(seen), jumps.pop())
