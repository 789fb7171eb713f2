"""Trainings, each done once, with the time that is left: stop them, and go on later.

::

    shares = training.runs(share_right, ["valid", "same"], seeds=3)

calls ``share_right("valid")`` and ``share_right("same")`` three times, with other random numbers
each time. What a run gives is kept as long as the kernel lives: a cell that was stopped, or is run
again, trains what is missing only. It trains anew when the function has changed, or something that
it reads. ``stored`` has the numbers of more seeds, measured once by
``tests/tools/train.py``.
"""

import functools
import html
import json
import pickle
import types
from collections.abc import Callable, Hashable, Iterator, Sequence
from hashlib import sha256
from importlib import resources
from time import monotonic
from typing import Any

import numpy as np
from IPython.display import display

FILE = "training.json"

_done: dict[str, Any] = {}


def runs(train: Callable, settings: Sequence[Hashable], seeds: int = 1) -> dict[str, list[float]]:
    """Call ``train(setting)`` with each setting and seed, and return the numbers of all seeds.

    ``train`` returns a number, or a dict of numbers; then the names of the results are
    ``"setting, name"``. Keras forgets its models after each run, so that memory grows less.
    """
    import keras  # only now: it takes seconds

    all_runs = [(setting, seed) for seed in range(seeds) for setting in settings]
    function = essence(train)
    keys = {run: f"{function} {run!r}" for run in all_runs}
    missing = [run for run in all_runs if keys[run] not in _done]
    place, began = _Place(f"{len(all_runs)} of {len(all_runs)} trainings done."), monotonic()
    try:
        for number, run in enumerate(missing):
            took = monotonic() - began
            left = f", about {took / number * (len(missing) - number):.0f} s left" if number else ""
            place.show(len(all_runs) - len(missing) + number, len(all_runs), left)
            setting, seed = run
            keras.utils.set_random_seed(seed)
            _done[keys[run]] = train(setting)
            keras.utils.clear_session()
    except KeyboardInterrupt:
        place.say("Stopped. Run the cell again: it goes on where it stopped.")
        raise
    place.say(place.done)
    results: dict[str, list[float]] = {}
    for setting, seed in all_runs:
        result = _done[keys[setting, seed]]
        named = result if isinstance(result, dict) else {None: result}
        for name, value in named.items():
            # Keras wants names without blanks.
            row = str(setting) if name is None else f"{setting}, {name}".replace("_", " ")
            results.setdefault(row, []).append(float(value))
    return results


def fit(
    model,
    inputs,
    targets,
    epochs: int = 200,
    batch_size: int | None = None,
    learning_rate: float = 0.01,
    loss: str = "sparse_categorical_crossentropy",
) -> None:
    """Train a Keras model by Adam: in each epoch it sees all inputs, at once or in batches."""
    import keras

    optimizer = keras.optimizers.Adam(learning_rate)
    optimizer.build(model.trainable_variables)  # or the step that makes them is traced twice
    if batch_size is None:
        # One epoch of many steps, each with all inputs: an epoch costs more than a step.
        model.compile(optimizer, loss)
        inputs, targets = keras.tree.map_structure(
            lambda array: np.concatenate([array] * epochs), (inputs, targets)
        )
        model.fit(inputs, targets, len(inputs) // epochs, verbose=0, shuffle=False)
    else:
        together = max(1, len(inputs) // batch_size)  # steps with no Python between them
        model.compile(optimizer, loss, steps_per_execution=together)
        model.fit(inputs, targets, batch_size, epochs, verbose=0)


def stored(name: str) -> dict[str, list[float]]:
    """The numbers of a function's runs with more seeds than a lesson has time for."""
    text = resources.files("course").joinpath("data", FILE).read_text(encoding="utf-8")
    return json.loads(text)[name]


def essence(thing: object, above: tuple = ()) -> str:
    """A text that changes with a value: with a notebook's function, its code and all it reads."""
    if isinstance(thing, types.ModuleType):
        return thing.__name__
    if isinstance(thing, types.FunctionType) and thing.__module__ == "__main__":
        if thing in above:
            return thing.__name__
        deeper = functools.partial(essence, above=(*above, thing))
        codes = [*_codes(thing.__code__)]
        names = sorted({name for code in codes for name in code.co_names} & {*thing.__globals__})
        parts = [
            *(repr((code.co_code, code.co_names)) for code in codes),
            *(repr(const) for code in codes for const in code.co_consts if const not in codes),
            *map(deeper, thing.__defaults__ or ()),
            *(deeper(cell.cell_contents) for cell in thing.__closure__ or ()),
            *(name + deeper(thing.__globals__[name]) for name in names),
        ]
        return sha256("\n".join(parts).encode()).hexdigest()
    try:
        return sha256(pickle.dumps(thing)).hexdigest()
    except Exception:  # whatever cannot be pickled is itself and nothing else
        return f"{thing!r} {id(thing)}"


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    """The code of a function, and of the functions in it."""
    yield code
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from _codes(const)


class _Place:
    """Where a cell says how far it is. In the end it says what it said at first, with no time."""

    def __init__(self, done: str):
        self.done = self.text = done
        self.bar = ""
        # nbval compares the first of these, a saved notebook keeps the last one.
        self._handle = display(self, display_id=True)

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<p>{self.bar}{html.escape(self.text)}</p>"

    def say(self, text: str, bar: str = "") -> None:
        self.text, self.bar = text, bar
        if self._handle:  # in a notebook
            self._handle.update(self)

    def show(self, number: int, of: int, left: str) -> None:
        bar = f'<progress max="{of}" value="{number}" aria-label="trainings"></progress> '
        self.say(f"{number} of {of} trainings{left}", bar)
