"""Mending a network, with changes that are counted."""

from collections.abc import Iterator, Sequence

from course.geometry import SettingError, whole
from course.questions.exercises import Design, Wish, first_missed, to_design
from course.questions.layers import bill, call, chain, network, plain_layer
from course.questions.question import kind

# What a draw may do to one layer; and what is tried, to see whether a single change mends it.
BREAKS = (("kernel_size", (5, 7, 11)), ("strides", (1, 2, 3, 4)), ("padding", ("valid",)))
POSITIONS = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3))
TRIED = {
    "filters": (1, 4, 8, 12, 16, 24, 32),
    "kernel_size": (1, 2, 3),
    "strides": (1, 2, 3, 4),
    "padding": ("valid", "same"),
}


class Mend(Design):
    """A network to mend.

    A change is a setting of a layer that is another, and also a layer more or less.
    """

    broken: tuple[dict, ...]  # its layers, with all their settings
    code: str  # as one writes it in Keras

    def wishes(self, built):
        yield from super().wishes(built)
        most, missed = self.setting["max_changes"], ""
        wanted = f"changes: at most {most}"
        try:
            shapes = chain(built["input_shape"], built["layers"])
        except SettingError:  # its maps have another format, or no size
            shapes = ()
        if shapes[-1:] != (built["output_shape"],):
            missed = "Its changes cannot be counted: use Conv2D and pooling layers alone."
            yield Wish("layers", wanted, "not countable", missed)
            return
        if (changes := count_changes(self.broken, built["layers"])) > most:
            said = f"with {changes} changes, and {most} will do."
            missed = f"It does all that it should, but {said}"
        yield Wish("max_changes", wanted, f"{changes}", missed)

    @property
    def trouble(self) -> str:
        """What is wrong with the broken network: the first wish that it does not fulfil."""
        return self._trouble(self.broken)

    def _trouble(self, layers: Sequence[dict]) -> str:
        try:
            missed = first_missed(super().wishes(bill(self.setting["input_shape"], layers)))
        except SettingError:  # Keras does not build it
            return "impossible"
        return missed[0].rstrip("0123456789") if missed else ""

    def drawn(self, pick):
        shape, layers = network(pick)
        broken = [dict(layer) for layer in layers]
        if self.setting["max_changes"] == 1:
            name, options = pick(BREAKS)
            pick(broken)[name] = pick(options)
        else:  # two strides change places
            one, other = pick(POSITIONS)
            broken[one]["strides"] = layers[other]["strides"]
            broken[other]["strides"] = layers[one]["strides"]
        setting = self.asked_of(bill(shape, layers)) | {"layers": broken}
        drawn = self.make(**setting)
        if drawn.trouble != self.trouble or drawn.is_mended_by_less():
            raise SettingError("layers", broken, "it should have another trouble", None)
        return setting

    def is_mended_by_less(self) -> bool:
        """Whether a single change does what is to be done with more."""
        few = single_changes(self.broken) if self.setting["max_changes"] > 1 else ()
        return any(not self._trouble(layers) for layers in few)


@kind()
def mend(
    input_shape,
    output_shape,
    layers,
    max_params=None,
    max_macs=None,
    min_field=None,
    max_kernel_size=3,
    min_numbers=1,
    max_changes=1,
):
    """Mend a network with as few changes as possible; else as `design`.

    ``layers`` are the broken one's, as in `output_shape`.
    """
    limits = {"max_params": max_params, "max_macs": max_macs, "min_field": min_field}
    limits |= {"max_kernel_size": max_kernel_size}
    question = to_design(Mend, input_shape, output_shape, limits, min_numbers)
    few = "one change" if whole("max_changes", max_changes) == 1 else f"{max_changes} changes"
    _, _, wishes = question.prompt.partition(" that ")
    question.broken = tuple(map(plain_layer, layers))
    lines = [f"keras.Input({input_shape})"]
    lines += (f"layers.{call(layer).strip('`')}" for layer in question.broken)
    question.code = "\n".join(["keras.Sequential([", *(f"    {line}," for line in lines), "])"])
    question.prompt = (
        f"**Mend this network with {few}**, so that it {wishes}\n\n```python\n{question.code}\n```"
    )
    return question


def count_changes(before: Sequence[dict], after: Sequence[dict]) -> int:
    """How many changes, at least, lead from these layers to those."""
    counts = list(range(len(after) + 1))
    for number, old in enumerate(before, start=1):
        above, counts = counts, [number]
        for new, left, here in zip(after, above, above[1:], strict=False):
            differ = sum(new[name] != value for name, value in old.items())
            counts.append(min(left + differ, here + 1, counts[-1] + 1))
    return counts[-1]


def single_changes(layers: Sequence[dict]) -> Iterator[list[dict]]:
    """The layers with one setting changed, one layer less, or one more."""
    for place, layer in enumerate(layers):
        before, after = [*layers[:place]], [*layers[place + 1 :]]
        yield before + after
        for name, options in TRIED.items():
            yield from ([*before, layer | {name: option}, *after] for option in options)
        for s in TRIED["strides"]:
            for padding in TRIED["padding"]:
                more = layer | {"strides": s, "padding": padding}
                yield from ([*before, *pair, *after] for pair in ((layer, more), (more, layer)))
