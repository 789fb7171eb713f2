"""A model as a table: what each layer puts out, pads, costs and reads.

``model.summary()`` shows shapes and parameters. The ledger adds what padding and stride change:
the padding on each side, the multiply-accumulates (MACs), the activations and the receptive field.
Keras is loaded when it reads a Keras model.
"""

import html
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from course.receptive_field import of_graph
from course.stack import Field

if TYPE_CHECKING:
    import keras

HEADINGS = ("layer", "output", "padding", "params", "MACs", "activations", "receptive field")


@dataclass(frozen=True)
class Row:
    """One layer of a model.

    ``output_shape`` is Keras', with None for the batch, and for what differs if the layer has
    several outputs or is used more than once. ``pads`` are the pixels added, (before, after) along
    each axis, None for a layer without windows. ``params`` are Keras' own count. ``macs`` are
    multiply-accumulates and ``activations`` output values, both for one image and None where they
    are not known. ``field`` is the receptive field (rows, columns). ``uncounted`` names the layers
    whose MACs are not in ``macs``: this one, or some of those in a nested model.
    """

    name: str
    kind: str
    output_shape: tuple
    pads: tuple[tuple[int, int], ...] | None
    params: int
    macs: int | None
    activations: int | None
    field: tuple[Field, ...] | None
    uncounted: tuple[str, ...] = ()

    def cells(self) -> tuple[str, ...]:
        """The row as text, in the order of ``HEADINGS``."""
        return (
            f"{self.name} ({self.kind})",
            " × ".join(map(_number, self.output_shape[1:])),
            _sides(self.pads),
            _number(self.params),
            _at_least(self.macs, self.uncounted),
            _number(self.activations),
            _field(self),
        )


class Ledger:
    """The rows of a model, with totals; shown as a table.

    ``ledger["conv1"]`` is the row of that layer. ``total_params`` equals
    ``model.count_params()``; ``total_macs`` and ``total_activations`` add up what is known, and
    the table writes "≥" before a total from which something is missing, and says what.
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

    @property
    def uncounted(self) -> tuple[str, ...]:
        """Names of the layers whose MACs are not known."""
        return tuple(name for row in self.rows for name in row.uncounted)

    @property
    def note(self) -> str:
        """What the total of the MACs leaves out, in a sentence; "" if nothing."""
        names = self.uncounted
        if not names:
            return ""
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return f"≥: without the MACs of {', '.join(names[:3])}{more}, which are not counted."

    def _table(self) -> list[tuple[str, ...]]:
        missing = [row for row in self.rows if row.activations is None]
        totals = (
            _number(self.total_params),
            _at_least(self.total_macs, self.uncounted),
            _at_least(self.total_activations, missing),
        )
        return [HEADINGS, *(row.cells() for row in self.rows), ("total", "", "", *totals, "")]

    def __repr__(self) -> str:
        table = self._table()
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join([cells[0].ljust(widths[0]), *map(str.rjust, cells[1:], widths[1:])]).rstrip()
            for cells in table
        ]
        rule = "─" * max(map(len, lines))
        lines = [f"Ledger of {self.name}", lines[0], rule, *lines[1:-1], rule, lines[-1]]
        return "\n".join(filter(None, [*lines, self.note]))

    def _repr_html_(self) -> str:
        _, *rows = self._table()
        table = html_table(rows, f"<caption>Ledger of <b>{html.escape(self.name)}</b></caption>")
        return table + (f"<p>{html.escape(self.note)}</p>" if self.note else "")


def html_table(rows: Iterable[tuple[str, ...]], caption: str = "") -> str:
    """Rows of cells, under the headings of a ledger; ``caption`` is html."""
    head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in HEADINGS)
    body = ""
    for first, *rest in rows:
        cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in rest)
        body += f'<tr><th scope="row">{html.escape(first)}</th>{cells}</tr>'
    table = f"{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    # In a narrow column the text is smaller, and no number is cut off.
    look = "font-size: clamp(10px, 2.3cqi, 13px)"
    return f'<div style="container-type: inline-size"><table style="{look}">{table}</table></div>'


def ledger(model: "keras.Model") -> Ledger:
    """Write the ledger of a Keras model, Sequential or Functional, with known layers or not.

    What the course does not know about a layer is shown as "–"; shape and parameters are always
    Keras' own. Errors are as in `course.keras_graph.read`.
    """
    from course.keras_graph import operations_of, read

    graph = read(model)
    uses: dict[str, list] = {}
    for call in graph.calls:
        uses.setdefault(call.layer.name, []).append(call)
    fields = of_graph(graph)
    # As `count_params` counts, but Keras takes long to tell a shape: once for each weight will do.
    sizes = {id(weight): math.prod(weight.shape) for weight in model.weights}
    # The rows of `model.summary()`: in a Functional model, an addition x + y is one too.
    rows = [_row(each, uses[each.name], fields[each.name], sizes) for each in operations_of(model)]
    return Ledger(model.name, rows, sum(sizes.values()))


def _row(layer, uses, field, sizes) -> Row:
    """The row of a layer; a layer that is used twice has its parameters once and its MACs twice."""
    pads = {_pads(layer, use.inputs) for use in uses}
    outputs = [output for use in uses for output in use.outputs]
    costs = [_costs(*use) for use in uses]
    macs, uncounted, activations = zip(*costs, strict=True)
    return Row(
        name=layer.name,
        kind=type(layer).__name__,
        output_shape=_common([tuple(output.shape) for output in outputs]),
        pads=pads.pop() if len(pads) == 1 else None,
        params=sum(sizes[each] for each in set(map(id, getattr(layer, "weights", ())))),
        macs=_total(macs),
        activations=_total(activations),
        field=field,
        uncounted=tuple(dict.fromkeys(name for names in uncounted for name in names)),
    )


def _common(shapes) -> tuple:
    """The shape that all have, with None for what differs."""
    if len({len(shape) for shape in shapes}) > 1:
        return None, None
    return tuple(sizes[0] if len(set(sizes)) == 1 else None for sizes in zip(*shapes, strict=True))


def _pads(layer, inputs) -> tuple | None:
    """The pixels that a layer adds to a map, (before, after) along each axis."""
    from course import keras_graph as graph

    windows = graph.windows_of(layer, inputs[0].shape) if inputs else None
    if not windows or type(layer) in graph.WHOLE_MAP:
        return None
    pads = tuple(map(graph.pads_of, windows, graph.map_size(layer, inputs[0].shape)))
    return None if None in pads else pads


def _costs(layer, inputs, outputs) -> tuple[int | None, tuple[str, ...], int | None]:
    """MACs of one call for one image, the layers that are not among them, and activations.

    At each position a layer uses every weight of its kernel once. A product with a padded zero
    counts, because it is computed; adding the bias does not. A layer that gives the numbers it
    gets another shape computes none.
    """
    import keras

    from course import keras_graph as graph

    kind, activations = type(layer), _total(_product(output.shape[1:]) for output in outputs)
    if isinstance(layer, keras.Model):
        try:
            inner = [_costs(*call) for call in graph.read(layer).calls]
        except ValueError:  # no graph to follow inside
            return None, (layer.name,), activations
        known = [macs for macs, _, _ in inner if macs is not None]
        names = tuple(name for _, uncounted, _ in inner for name in uncounted)
        return sum(known), names, _total(activations for _, _, activations in inner)
    if kind in graph.SHAPING:
        return 0, (), 0
    if graph.is_free(layer):
        return 0, (), activations
    positions: tuple = (None,)
    if kind is keras.layers.Dense:
        positions = outputs[0].shape[1:-1]
    elif kind in graph.TRANSPOSED:  # it spreads each input pixel by the kernel
        positions = graph.map_size(layer, inputs[0].shape)
    elif kind in graph.CONVOLUTION:
        positions = graph.map_size(layer, outputs[0].shape)
    kernels = (weight.shape for weight in getattr(layer, "weights", ()) if "kernel" in weight.name)
    macs = _product((*positions, sum(map(math.prod, kernels))))
    return macs, () if macs is not None else (layer.name,), activations


def _product(sizes) -> int | None:
    return None if None in sizes else math.prod(sizes)


def _total(numbers) -> int | None:
    numbers = list(numbers)
    return None if None in numbers else sum(numbers)


def _number(number: int | float | None) -> str:
    return "–" if number is None else f"{number:,}"


def _at_least(number: int | None, missing) -> str:
    """A sum from which something may be missing."""
    if missing:
        return f"≥ {number:,}" if number else "–"
    return _number(number)


def _sides(pads) -> str:
    """Padding as "before|after", once when all axes agree."""
    if not pads:
        return "–"
    sides = [f"{before}|{after}" for before, after in pads]
    return sides[0] if len(set(sides)) == 1 else ", ".join(sides)


def _field(row: Row) -> str:
    if not row.field:
        return "–"
    if len(row.output_shape) < 3:  # no map is left: a unit depends on all that the map did
        return "all"
    return " × ".join(_number(axis.size) for axis in row.field)
