"""A Keras model as a table: what each layer puts out, pads, costs and sees.

``model.summary()`` shows shapes and parameters. The ledger adds what padding and stride change:
the padding on each side, the multiply-accumulates (MACs), the activations and the receptive field.
"""

import html
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import keras
from keras import layers

from course.graph import (
    CONVOLUTION,
    MERGING,
    PIXELWISE,
    POOLING,
    WHOLE_MAP,
    calls,
    map_size,
    windows_of,
)
from course.receptive_field import Field, of_model

HEADINGS = ("layer", "output", "padding", "params", "MACs", "activations", "sees")
FREE = (  # layers that move, compare or add numbers but multiply none by a weight
    *MERGING,
    *POOLING,
    *WHOLE_MAP,
    *(kind for kind in PIXELWISE if kind not in (layers.Dense, layers.BatchNormalization)),
    layers.InputLayer,
    layers.Reshape,
    layers.ZeroPadding2D,
)


@dataclass(frozen=True)
class Row:
    """One layer of a model.

    ``output_shape`` is Keras', with None for the batch, and for what differs if the layer has
    several outputs or is used more than once. ``pads`` are the pixels added
    ((above, below), (left, right)), None for a layer without windows. ``params`` are Keras' own
    count. ``macs`` are multiply-accumulates and ``activations`` output values, both for one image
    and None where they are not known. ``field`` is the receptive field (rows, columns).
    """

    name: str
    kind: str
    output_shape: tuple
    pads: tuple[tuple[int, int], tuple[int, int]] | None
    params: int
    macs: int | None
    activations: int | None
    field: tuple[Field, Field] | None

    def cells(self) -> tuple[str, ...]:
        """The row as text, in the order of ``HEADINGS``."""
        size = " × ".join(map(_number, self.output_shape[1:]))
        return (
            f"{self.name} ({self.kind})",
            size,
            _sides(self.pads),
            _number(self.params),
            _number(self.macs),
            _number(self.activations),
            _sees(self),
        )


class Ledger:
    """The rows of a model in Keras' order, with totals; shown as a table.

    ``ledger["conv1"]`` is the row of that layer. ``total_params`` equals
    ``model.count_params()``; ``total_macs`` and ``total_activations`` add up what is known, and
    the table writes "≥" before a total from which a layer is missing.
    """

    def __init__(self, name: str, rows: list[Row], total_params: int):
        self.name, self.rows, self.total_params = name, rows, total_params
        self.total_macs = sum(row.macs or 0 for row in rows)
        self.total_activations = sum(row.activations or 0 for row in rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> Row:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"no layer {name!r}; the layers are {', '.join(r.name for r in self.rows)}")

    def _table(self) -> list[tuple[str, ...]]:
        totals = [_number(self.total_params)]
        for column in ("macs", "activations"):
            missing = any(getattr(row, column) is None for row in self.rows)
            total = _number(getattr(self, f"total_{column}"))
            totals.append(f"≥ {total}" if missing else total)
        return [HEADINGS, *(row.cells() for row in self.rows), ("total", "", "", *totals, "")]

    def __repr__(self) -> str:
        table = self._table()
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join([cells[0].ljust(widths[0]), *map(str.rjust, cells[1:], widths[1:])]).rstrip()
            for cells in table
        ]
        rule = "─" * max(map(len, lines))
        return "\n".join([f"Ledger of {self.name}", lines[0], rule, *lines[1:-1], rule, lines[-1]])

    def _repr_html_(self) -> str:
        _, *rows = self._table()
        return html_table(rows, f"<caption>Ledger of <b>{html.escape(self.name)}</b></caption>")


def html_table(rows: Iterable[tuple[str, ...]], caption: str = "") -> str:
    """Rows of cells, under the headings of a ledger; ``caption`` is html."""
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in HEADINGS)
    body = ""
    for first, *rest in rows:
        cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in rest)
        body += f'<tr><th scope="row">{html.escape(first)}</th>{cells}</tr>'
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def ledger(model: keras.Model) -> Ledger:
    """Write the ledger of a Keras model.

    Parameters
    ----------
    model : keras.Model
        Sequential or Functional, with known layers or not: what the course does not know about a
        layer is shown as "–", and shape and parameters are always Keras' own.

    Raises
    ------
    TypeError
        If ``model`` is no Keras model.
    ValueError
        If the model has no graph: a Sequential without ``keras.Input``, or a subclassed model.
    """
    uses = {}
    for call in calls(model):
        uses.setdefault(call.layer.name, []).append(call)
    fields = of_model(model)
    # The rows of `model.summary()`: in a Functional model, an addition x + y is one too.
    shown = model.layers if isinstance(model, keras.Sequential) else model.operations
    rows = [_row(layer, uses[layer.name], fields[layer.name]) for layer in shown]
    return Ledger(model.name, rows, model.count_params())


def _row(layer, uses, field) -> Row:
    """The row of a layer; a layer that is used twice has its parameters once and its MACs twice."""
    pads = {_pads(layer, use.inputs) for use in uses}
    outputs = [output for use in uses for output in use.outputs]
    return Row(
        name=layer.name,
        kind=type(layer).__name__,
        output_shape=_common([tuple(output.shape) for output in outputs]),
        pads=pads.pop() if len(pads) == 1 else None,
        params=layer.count_params() if isinstance(layer, keras.Layer) else 0,
        macs=_total(_macs(*use) for use in uses),
        activations=_total(_product(output.shape[1:]) for output in outputs),
        field=field,
    )


def _common(shapes) -> tuple:
    """The shape that all have, with None for what differs."""
    if len({len(shape) for shape in shapes}) > 1:
        return None, None
    return tuple(sizes[0] if len(set(sizes)) == 1 else None for sizes in zip(*shapes, strict=True))


def _pads(layer, inputs) -> tuple | None:
    """The pixels that a layer adds to a map ((above, below), (left, right))."""
    windows = windows_of(layer, inputs[0].shape) if inputs else None
    if windows is None or type(layer) in WHOLE_MAP:
        return None
    pads = []
    for window, n in zip(windows, map_size(layer, inputs[0].shape), strict=True):
        if n is None and window.padding == "same":  # the one padding that depends on n
            return None
        pads.append(window.pads(n or 1))
    return tuple(pads)


def _macs(layer, inputs, outputs) -> int | None:
    """Multiply-accumulates of one call, for one image.

    At each position a layer uses every weight of its kernel once. A product with a padded zero
    counts, because it is computed; adding the bias does not.
    """
    if type(layer) in FREE:
        return 0
    if isinstance(layer, keras.Model):
        try:
            return _total(_macs(*call) for call in calls(layer))
        except ValueError:  # no graph to follow inside
            return None
    if type(layer) is layers.Dense:
        positions = outputs[0].shape[1:-1]
    elif type(layer) is layers.Conv2DTranspose:  # it spreads each input pixel by the kernel
        positions = map_size(layer, inputs[0].shape)
    elif type(layer) in CONVOLUTION:
        positions = map_size(layer, outputs[0].shape)
    else:
        return None
    kernels = (weight.shape for weight in layer.weights if "kernel" in weight.name)
    return _product((*positions, sum(map(math.prod, kernels))))


def _product(sizes) -> int | None:
    return None if None in sizes else math.prod(sizes)


def _total(numbers) -> int | None:
    numbers = list(numbers)
    return None if None in numbers else sum(numbers)


def _number(number: int | float | None) -> str:
    return "–" if number is None else f"{number:,}"


def _sides(pads) -> str:
    """Padding as "before|after", once when rows and columns agree."""
    if pads is None:
        return "–"
    rows, columns = (f"{before}|{after}" for before, after in pads)
    return rows if rows == columns else f"{rows}, {columns}"


def _sees(row: Row) -> str:
    if row.field is None:
        return "–"
    if len(row.output_shape) < 4:  # no map is left: a unit sees all that the map saw
        return "all"
    rows, columns = (_number(axis.size) for axis in row.field)
    return f"{rows} × {columns}"
