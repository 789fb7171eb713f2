"""What a unit depends on: the receptive field of a stack of windows, or of a Keras model.

`of_windows` is the sum in `course.stack`. `of_model` follows the units themselves, because above a
transposed convolution neighbours no longer read alike.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

from course.geometry import Window, same_pads
from course.stack import Field, walk


def of_windows(windows: Iterable[Window], n: int) -> list[Field]:
    """The field after each window of a stack on an input of ``n`` pixels.

    Raises ``StackError`` (a ``ValueError``) where a window does not fit the map it gets.

    >>> of_windows([Window(3, 2, "same"), Window(3, 2, "same"), Window(3, 1, "same")], 28)[-1]
    Field(size=15, jump=4, start=3.0)
    """
    walked = walk(windows, n)
    if walked.problem:
        raise walked.problem
    return walked.fields[1:]


def of_model(model) -> dict[str, tuple[Field, ...] | None]:
    """The fields (rows, columns, …) of every layer of a Keras model, by the layer's name.

    A layer that looks at the whole map (Flatten, global pooling, and Dense after them) has one
    unit, which depends on what any unit of the map does. A layer of which the course does not know
    what its units read, and all that comes after it, gets None; so does a layer that is used twice
    and reads different things, and one with ``data_format="channels_first"``. The input is a batch
    of images (rows, columns, channels), of sequences or of volumes.

    Errors are as in `course.keras_graph.read`.
    """
    from course.keras_graph import read  # needs Keras; a stack of windows does not

    return of_graph(read(model))


def of_graph(graph) -> dict[str, tuple[Field, ...] | None]:
    """As `of_model`, of a graph that `course.keras_graph.read` has read."""
    maps = [(ITSELF,) * (len(each.shape) - 2) or None for each in graph.inputs]
    of_layer, _ = _trace(graph, maps)
    different = {axis for axes in of_layer.values() for axis in axes or ()}
    fields = {axis: axis.field() for axis in different}
    return {name: axes and tuple(fields[each] for each in axes) for name, axes in of_layer.items()}


class Cycle(NamedTuple):
    """What the units of a layer read, along one axis, when units may take turns.

    ``seen`` has the first and last pixel of each unit of one cycle (None: it reads nothing). The
    units of the next cycle read the same, ``jump`` pixels on. A cycle is one unit long unless a
    transposed convolution came before. With a ``shift``, all is shifted by a distance that depends
    on an input size not known yet; it is the same distance where it is the same object.
    """

    seen: tuple[tuple[int, int] | None, ...]
    jump: int
    shift: object = None

    def hull(self, units: Iterable[int]) -> tuple[int, int] | None:
        """First and last pixel that any of these units reads."""
        edges = []
        for cycle, turn in (divmod(unit, len(self.seen)) for unit in units):
            if seen := self.seen[turn]:
                edges += [edge + cycle * self.jump for edge in seen]
        return (min(edges), max(edges)) if edges else None

    def field(self) -> Field:
        """The largest of the turns, at the mean of their centres."""
        jump = self.jump / len(self.seen)
        turns = [(turn, *edges) for turn, edges in enumerate(self.seen) if edges]
        centres = [(first + last) / 2 - turn * jump for turn, first, last in turns]
        return Field(
            size=max(last - first + 1 for _, first, last in turns),
            jump=int(jump) if jump.is_integer() else jump,
            start=None if self.shift else sum(centres) / len(centres),
        )


ITSELF = Cycle(seen=((0, 0),), jump=1)


def _trace(graph, of_inputs: list) -> tuple[dict, list]:
    """Follow a graph from its inputs: the cycles by layer name, and those of its outputs."""
    from keras import layers

    from course.keras_graph import EACH_NUMBER

    of_tensor = {id(each): axes for each, axes in zip(graph.inputs, of_inputs, strict=True)}
    single = set(of_tensor)  # tensors whose every number depends on one number of an input
    of_layer: dict[str, tuple[Cycle, ...] | None] = {}
    for layer, inputs, outputs in graph.calls:
        if inputs:
            below = [of_tensor[id(each)] for each in inputs]
            alone = all(id(each) in single for each in inputs)
            if type(layer) is layers.Reshape:
                axes = _reshaped(below[0], inputs[0].shape, outputs[0].shape, alone)
            else:
                axes = _through(layer, inputs, outputs, below)
            if axes and alone and type(layer) in (*EACH_NUMBER, layers.Reshape):
                single.add(id(outputs[0]))
            of_tensor.update((id(each), axes) for each in outputs)
        axes = of_tensor[id(outputs[0])]
        of_layer[layer.name] = axes if of_layer.get(layer.name, axes) == axes else None
    return of_layer, [of_tensor[id(each)] for each in graph.outputs]


def _reshaped(axes, before: tuple, after: tuple, single: bool) -> tuple[Cycle, ...] | None:
    """The cycles after an axis of one pixel or channel was added or taken away; else None.

    ``single``: whether each number depends on one number of the input, so that any axis may go on
    as an axis of the map.
    """
    sizes = [[size for size in shape[1:] if size != 1] for shape in (before, after)]
    if axes is None or sizes[0] != sizes[1] or None in sizes[0]:
        return None
    if single:
        return (ITSELF,) * (len(after) - 2)
    one_pixel = sizes[0] == [after[-1]] and len(after) in (2, len(axes) + 2)
    return axes if one_pixel else None


def _through(layer, inputs, outputs, below) -> tuple[Cycle, ...] | None:
    """The cycles (rows, columns, …) of a call's output, given those of each of its inputs."""
    import keras

    from course import keras_graph as graph

    if None in below or getattr(layer, "data_format", "") == "channels_first":
        return None
    kind, first, shape, grown = type(layer), below[0], inputs[0].shape, outputs[0].shape
    sizes = graph.map_size(layer, shape)
    if isinstance(layer, keras.Model):
        try:
            _, (axes, *more) = _trace(graph.read(layer), below)
        except ValueError:  # no graph to follow inside
            return None
        return None if more else axes
    if kind in graph.MERGING or (graph.is_operation(layer) and len(inputs) > 1):
        maps = {graph.map_size(layer, each) for each in (grown, *(each.shape for each in inputs))}
        if len(maps) > 1 or len(set(map(len, below))) > 1:  # axes of different length, or number
            return None
        axes = [_joined(*cycles) for cycles in zip(*below, strict=True)]
    elif kind in graph.TRANSPOSED:
        made = enumerate(graph.map_size(layer, grown))
        axes = [_transposed(first[axis], layer, axis, n) for axis, n in made]
    elif graph.is_repeating(layer):
        factors = layer.size if isinstance(layer.size, tuple) else (layer.size,)
        axes = [_spread(cycle, s, range(s)) for cycle, s in zip(first, factors, strict=True)]
    elif kind in graph.CROPPING:
        sides = graph.sides_of(layer)
        axes = [_read(cycle, [cut]) for cycle, (cut, _) in zip(first, sides, strict=True)]
    elif windows := graph.windows_of(layer, shape):
        axes = []
        for cycle, window, n in zip(first, windows, sizes, strict=True):
            before, _ = graph.pads_of(window, n) or (None, None)
            taps = range(0, window.span, window.dilation_rate)
            axes.append(_read(cycle, taps, window.strides, before))
    else:
        return first if graph.is_pixelwise(layer, shape) else None
    return None if None in axes else tuple(axes)


def _read(
    cycle: Cycle, taps: Iterable[int], strides: int = 1, before: int | None = 0
) -> Cycle | None:
    """Units that read those at ``unit · strides − before + tap`` (before None: not known)."""
    shift = object() if before is None else cycle.shift
    if shift and len(cycle.seen) > 1:  # which turn the first one meets is not known
        return None
    firsts = (unit * strides - (before or 0) for unit in range(len(cycle.seen)))
    reads = ([first + tap for tap in taps] for first in firsts)
    return Cycle(tuple(map(cycle.hull, reads)), cycle.jump * strides, shift)


def _transposed(cycle: Cycle, layer, axis: int, n: int | None) -> Cycle | None:
    """One layer up, through a transposed convolution that makes a map of ``n`` units."""
    k, s, d = (each[axis] for each in (layer.kernel_size, layer.strides, layer.dilation_rate))
    if n is None:  # a whole multiple of the strides, unless output_padding changes that
        n = s
        cycle = cycle if layer.output_padding is None else cycle._replace(shift=object())
    cropped = same_pads(n, k, s, d)[0] if layer.padding == "same" else 0
    return _spread(cycle, s, range(0, k * d, d), cropped)


def _spread(cycle: Cycle, strides: int, taps: range, cropped: int = 0) -> Cycle | None:
    """One layer up, where unit i below goes into the units i · strides + tap − cropped."""
    if cycle.shift and len(cycle.seen) > 1:
        return None
    seen = []
    for unit in range(len(cycle.seen) * strides):
        places = (unit + cropped - tap for tap in taps)
        seen.append(cycle.hull(place // strides for place in places if place % strides == 0))
    return Cycle(tuple(seen), cycle.jump, cycle.shift)


def _joined(*cycles: Cycle) -> Cycle | None:
    """The cycle of units that read one unit of each branch; None if the branches drift apart."""
    turns = math.lcm(*(len(cycle.seen) for cycle in cycles))
    jumps = {cycle.jump * turns // len(cycle.seen) for cycle in cycles}
    if len(jumps) > 1 or len({cycle.shift for cycle in cycles}) > 1:
        return None
    seen = []
    for turn in range(turns):
        edges = [edge for cycle in cycles for edge in cycle.hull([turn]) or ()]
        seen.append((min(edges), max(edges)) if edges else None)
    return Cycle(tuple(seen), jumps.pop(), cycles[0].shift)
