"""What runs a student's code: a fork that shut itself in, and will be killed when it is done.

From the first cell on, everything here belongs to the student. So nothing here knows what is
right, and nothing that it says is more than an answer.
"""

import ast
import asyncio
import contextlib
import json
import math
import random
import re
import socket
import sys
import types
from numbers import Real

import numpy

from course import questions
from course.grading import messages
from course.questions.answers import LARGEST, plain, what

MOST_ITEMS = 2_000
MAGIC = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.]+\?\??[ \t]*)$", re.MULTILINE)


class Child:
    """Runs the steps of a request one after the other."""

    def __init__(self, channel: socket.socket):
        self.channel = channel
        random.seed(0)  # so that grading twice gives the same
        numpy.random.seed(0)
        self.main = sys.modules["__main__"] = types.ModuleType("__main__")
        self.before = ""  # the source of the last cell, of which this may be the other half
        self.made: dict[int, list] = {}  # the functions that each step made
        self.answered: set[str] = set()

    def say(self, *message) -> None:
        self.channel.send(json.dumps(message, default=str).encode())

    def work(self, request: list[dict]) -> None:
        """Do all that is asked for."""
        for number, step in enumerate(request):
            self.say("step", number)
            match step.pop("do"):
                case "Run":
                    self.run(number, step["source"])
                case "Ask":
                    self.say("answer", number, self.answer(**step))
                case "Rebuild":
                    self.say("answer", number, rebuilt(**step))
        self.say("done", len(request))

    def run(self, number: int, source: str) -> None:
        space = vars(self.main)
        known = dict(space)
        try:
            code = self.code(source)
            result = eval(code, space)
            if asyncio.iscoroutine(result):
                asyncio.run(result)
        except BaseException as error:
            self.say("trouble", number, said(error))
        self.made[number] = [
            each
            for name, each in space.items()
            if isinstance(each, types.FunctionType) and known.get(name) is not each
        ]

    def code(self, source: str) -> types.CodeType:
        """The code of a cell; without its magics, or with its other half, if it needs that."""
        before, self.before = self.before, source
        for attempt in (source, MAGIC.sub(r"\1pass", source), f"{before}\n{source}"):
            with contextlib.suppress(SyntaxError, ValueError):
                return _compiled(attempt)
        return _compiled(source)

    def answer(self, part: str, name: str, calls: str, after: int | None, last: bool) -> object:
        """What there is of a name, or what it gives."""
        value = vars(self.main).get(name, ...)
        if last and part in self.answered:
            return {"missing": True}
        made = [] if after is None else self.made.get(after, [])
        if last and value is ... and len(made) == 1:
            (value,) = made
        if value is ...:
            return {"missing": True}
        self.answered.add(part)
        if not calls:
            return encoded(value)
        if not callable(value) or isinstance(value, type):
            return {"what": what(value)}
        return [called(value, arguments) for arguments in ast.literal_eval(calls)]


def _compiled(source: str) -> types.CodeType:
    return compile(source, "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def said(error: BaseException) -> str:
    """An exception in a line."""
    kind = type(error).__name__
    try:
        return f"{kind}: {error}"[:300] if str(error) else kind
    except BaseException:
        return kind


def called(function, arguments: tuple) -> object:
    try:
        return encoded(function(*arguments))
    except BaseException as error:
        return {"error": said(error)}


def encoded(value: object, deep: int = 0) -> object:
    """A value as plain data, or what it is, in words."""
    value = plain(value)
    if value is None or isinstance(value, bool | str):
        return value if not isinstance(value, str) else str(value)[: messages.MOST_TEXT]
    if isinstance(value, Real):
        if isinstance(value, int):
            return int(value) if abs(value) <= LARGEST else {"what": what(value)}
        return float(value) if math.isfinite(value) else {"what": str(float(value))}
    if isinstance(value, list | tuple | range) and len(value) <= MOST_ITEMS and deep < 4:
        return [encoded(each, deep + 1) for each in value]
    if isinstance(value, set | frozenset) and len(value) <= MOST_ITEMS:
        return {"set": [encoded(each) for each in value]}
    keras = sys.modules.get("keras")
    if keras and isinstance(value, keras.Model):
        try:
            return {"model": described(value)}
        except Exception as error:
            return {"what": f"a model that cannot be read ({said(error)})"}
    return {"what": what(value)}


def described(model) -> dict:
    """A Keras model as `messages.Built` has it."""
    from course import keras_graph

    graph = keras_graph.read(model)
    tensors: dict[int, int] = {}
    layers: list = []
    places: dict[int, int] = {}

    def numbers(some) -> list:
        return [tensors.setdefault(id(tensor), len(tensors)) for tensor in some]

    inputs = [list(tensor.shape) for tensor in graph.inputs]
    numbers(graph.inputs)
    calls = []
    for layer, given, made in graph.calls:
        if not given:  # an InputLayer
            continue
        if id(layer) not in places:
            places[id(layer)] = len(layers)
            layers.append(_layer(layer))
        calls.append([places[id(layer)], numbers(given), numbers(made)])
    return {"inputs": inputs, "layers": layers, "calls": calls, "outputs": numbers(graph.outputs)}


def _layer(layer) -> list:
    kind = type(layer)
    if not kind.__module__.startswith("keras."):
        return ["of-their-own", {}]
    if kind.__name__ in ("Sequential", "Functional"):
        return ["Model", described(layer)]
    settings = layer.get_config() if hasattr(layer, "get_config") else {}
    known = {name: settings[name] for name in messages.SETTINGS.split() if name in settings}
    return [kind.__name__, known]


def rebuilt(question: str, model: dict) -> object:
    """What a question reads in a model that is built anew; "missing" where it cannot be."""
    try:
        answer = built(model)
    except Exception:
        return {"missing": True}
    try:
        return {"described": eval(question, {"questions": questions}).read(answer)}
    except questions.AnswerError as error:
        return {"error": f"is not right: {error}".rstrip(".")}


def built(model: dict):
    """A Keras model from plain settings, all names of which the grader knows."""
    import keras

    inputs = [keras.Input(shape[1:], batch_size=shape[0]) for shape in model["inputs"]]
    tensors = dict(enumerate(inputs))
    layers = [
        built(settings) if kind == "Model" else getattr(keras.layers, kind)(**settings)
        for kind, settings in model["layers"]
    ]
    for at, given, made in model["calls"]:
        some = [tensors[number] for number in given]
        result = layers[at](some if len(some) > 1 else some[0])
        tensors.update(zip(made, result if isinstance(result, list) else [result], strict=True))
    return keras.Model(inputs, [tensors[number] for number in model["outputs"]])
