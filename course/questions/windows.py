"""Questions about windows on one axis: nothing here needs Keras."""

from collections.abc import Callable, Iterable

from course import geometry
from course.geometry import SettingError, Window, whole
from course.mistakes import Mistake
from course.questions.answers import Choice, Integer, Numbers, Pixels, Setting, show
from course.questions.question import (
    Diagnosis,
    Question,
    first_different,
    kind,
    not_yet,
    sentence,
)
from course.stack import Walk, walk

WINDOW = {  # options for another window
    "n": range(6, 65),
    "kernel_size": range(2, 8),
    "strides": (1, 2, 2, 3, 4),
    "padding": ("valid", "same", 1, 2),
    "dilation_rate": (1, 2, 3),
}
UNPADDED = {name: options for name, options in WINDOW.items() if name != "padding"}


def in_words(kernel_size, strides, padding="same", dilation_rate=1) -> str:
    """A window in words; as many pixels at each side are one number."""
    if isinstance(padding, tuple) and len({*padding}) == 1:
        padding = padding[0]
    dilation = f", dilation {dilation_rate}" if dilation_rate > 1 else ""
    return f"kernel size {kernel_size}, stride {strides}, padding `{padding!r}`{dilation}"


def formula(window: Window, n: int) -> str:
    """The formula of the output size with the numbers put in."""
    if window.padding == "same":
        return f"`same` promises ⌈{n} / {window.strides}⌉ outputs"
    before, after = window.pads(n)
    padded = f"{n} + {before} + {after}" if before or after else f"{n}"
    return f"the places are ⌊({padded} − {window.span}) / {window.strides}⌋ + 1"


def places(window: Window, n: int) -> str:
    """Where the window can begin, in words."""
    starts = list(map(show, window.positions(n)))
    return ", ".join(starts if len(starts) < 5 else [*starts[:2], "…", starts[-1]])


def reading(window: Window, n: int) -> str:
    """Where the windows begin, and how far each reaches, in words."""
    reach = geometry.pixels(window.span)
    return f"the windows begin at {places(window, n)} and each reaches over {reach}"


def numbers_of(window: Window, n: int) -> dict:
    """What a correction may say about a window on ``n`` pixels, besides its settings."""
    before, after = window.pads(n)
    numbers = {"span": window.span, "padding": window.padding}
    if before or after:
        numbers |= {"before": before, "after": after}
    if window.padding != "same":
        numbers["room"] = n + before + after - window.span
    return numbers


def about(asked: str, n, window: Window, padding="same", shows=(), **more) -> Question:
    """A question about one window; ``shows`` is what its picture shows besides.

    In what is ``asked``, {words} stands for the window.
    """
    window.output_size(n)  # an impossible one stops here
    settings = vars(window) | {"padding": padding}
    usual = {"why": formula(window, n), "numbers": numbers_of(window, n)}
    usual["explorer"] = {"explorer": "window", "settings": {"n": n} | settings | dict(shows)}
    return Question(asked.replace("{words}", in_words(**settings)), **usual | more)


def true_size(n, **window) -> int:
    return Window(**window).output_size(n)


def believed_size(mistake: Mistake) -> Callable:
    """The output size of one axis as somebody works it out who makes this mistake."""

    def size(**axis):
        answer = mistake.answer("output_size", true_size, **axis)
        return true_size(**axis) if answer is None else answer

    return size


@kind(**WINDOW)
def output_size(n=28, kernel_size=3, strides=1, padding="valid", dilation_rate=1):
    """How large is the output along one axis? All of these take what `Window` takes.

    Every question about a setting that no window can have raises ``SettingError``.
    """
    window = Window(kernel_size, strides, padding, dilation_rate)
    case = vars(window) | {"n": n}

    why = formula(window, n)
    if padding != "same":
        why = f"the window can begin at {places(window, n)}"

    def fact(answer):
        return ("The window fits. " if answer == "error" else "") + sentence(why)

    def keras_says(keras):
        return keras.layers.Conv1D(1, **vars(window)).compute_output_shape((1, n, 1))[1]

    return about(
        f"An input of {n} pixels, {{words}}. **How large is the output?**",
        *(n, window, padding),
        takes=Integer("a number, in digits, or error", error=True),
        right=true_size,
        wrong=lambda mistake: (
            mistake.answers("output_size", true_size, **case) + mistake.answers("refusal", **case)
        ),
        why=why,
        fact=fact,
        keras_says=keras_says if padding in ("valid", "same", "causal") else None,
    )


@kind(**UNPADDED)
def same_pads(n=28, kernel_size=3, strides=1, dilation_rate=1):
    """How many zeros does ``padding="same"`` add, before and after?"""
    window = Window(kernel_size, strides, "same", dilation_rate)
    o, s, span = window.output_size(n), strides, window.span
    return about(
        f"An input of {n} pixels, {{words}}. **How many zeros are added before and after?**",
        *(n, window),
        takes=Numbers("two numbers, before and after, such as 4 | 7"),
        right=geometry.same_pads,
        why=f"{o} windows reach over ({o} − 1)·{s} + {span} = {(o - 1) * s + span} pixels and the "
        f"input has {n}: share out what is missing, and put the odd zero after the input",
    )


@kind()
def phases(n=28, kernel_size=3, strides=2, layers=3):
    """Which place does each layer of a stack keep first? The padding is ``same``."""
    whole("strides", strides, least=2)
    whole("layers", layers)
    half = (kernel_size - 1) // 2  # of the kernel hangs over at stride 1, and with a stride less

    def kept_first(size, pads, n, layers, **window):
        phases = []
        for _ in range(layers):
            phases.append(half - pads(n=n, **window)[0])
            n = size(n=n, padding="same", **window)
        return tuple(phases)

    def right(**case):
        return kept_first(true_size, geometry.same_pads, **case)

    def wrong(mistake):
        def pads(**window):
            true = geometry.same_pads
            return mistake.answer("same_pads", true, **window) or true(**window)

        window = {"kernel_size": kernel_size, "strides": strides}
        try:
            return [kept_first(believed_size(mistake), pads, n, layers, **window)]
        except SettingError:  # half a pixel was believed
            return []

    def draw(pick):
        drawn = {"n": pick(range(16, 65)), "kernel_size": pick((3, 4, 5)), "strides": pick((2, 3))}
        drawn["layers"] = layers
        if len({*phases(**drawn).answer}) == 1:
            raise SettingError("n", drawn["n"], "what is alike in all layers can be guessed", n)
        return drawn

    return about(
        f"{n} pixels go through {layers} layers, each with {{words}}. Each keeps some of the "
        "places that it would have with stride 1. **Which one does it keep first?** Give this "
        "phase for each layer; places are numbered from 0.",
        *(n, Window(kernel_size, strides, "same")),
        takes=Numbers("{} numbers, one for each layer"),
        right=right,
        wrong=wrong,
        why="ask of each layer how many zeros stand before its map: at stride 1 they are "
        f"{half}, and each one less moves the first window on by one place",
        explorer=None,  # of one layer only, a window would say too little
        draw=draw,
    )


class FindWindow(Question):
    """A window to find; many will do."""

    def judge(self, answer):
        n, lost, largest = self.setting.values()
        try:
            unread = Window(*answer).unread(n)
        except SettingError as error:
            return not_yet(str(error))
        if answer[0] > largest:
            return not_yet(f"The kernel size is at most {largest}.")
        if not unread:
            return not_yet("It reads all pixels.")
        if unread != [*range(n - lost, n)]:
            return not_yet(f"It never reads {show(frozenset(unread))}.")
        return Diagnosis(True, None, "Yes, these are never read, and no other.")


@kind(n=range(20, 65), lost=(1, 2))
def find_window(n=30, lost=1, max_kernel_size=7):
    """Find a window with which ``n`` pixels lose their last ``lost``, and no others."""
    whole("lost", lost)

    def right(n, lost, max_kernel_size):  # one of many
        for kernel_size in range(1, max_kernel_size + 1):
            for strides in range(1, kernel_size + 1):
                if Window(kernel_size, strides).unread(n) == [*range(n - lost, n)]:
                    return kernel_size, strides, "valid"
        raise SettingError("lost", lost, "no window of this size loses as many", 1)

    *more, last = map(str, range(n - lost, n))
    which = f"the last {lost}, {', '.join(more)} and {last}" if more else f"the last, {last}"
    right(n, lost, max_kernel_size)
    return FindWindow(
        f"{n} pixels, numbered from 0. **Find a window that never reads {which}, and reads every "
        f"other pixel.** Its kernel size is at most {max_kernel_size}.",
        right=right,
        why="",
        takes=Setting(),
        worth=0,  # no mistake leads to one of the answers
    )


@kind(**WINDOW | {"n": range(5, 12), "kernel_size": range(2, 6)})
def usage(n=7, kernel_size=3, strides=1, padding="valid", dilation_rate=1):
    """How often is each pixel read?"""
    window = Window(kernel_size, strides, padding, dilation_rate)
    times, why = window.usage(n), reading(window, n)
    extremes = {"rare": times.index(min(times)), "often": times.index(max(times))}
    return about(
        f"{n} pixels, {{words}}. **How often is each pixel read?**",
        *(n, window, padding, {"usage": True}),
        takes=Numbers("{} numbers, one for each pixel"),
        right=lambda n, **window: tuple(Window(**window).usage(n)),
        why=why,
        fact=lambda answer: f"Look at pixel {first_different(answer, times)} again: {why}.",
        numbers=numbers_of(window, n) | extremes,
    )


@kind(**WINDOW | {"n": range(6, 15), "kernel_size": range(1, 5), "strides": (2, 3, 4)})
def unread(n=28, kernel_size=3, strides=2, padding="valid", dilation_rate=1):
    """Which pixels are never read?"""
    window = Window(kernel_size, strides, padding, dilation_rate)
    why = reading(window, n)

    def fact(answer):
        if outside := [pixel for pixel in answer if not 0 <= pixel < n]:
            return f"There is no pixel {show(min(outside))}: they are numbered from 0."
        return sentence(why)

    return about(
        f"{n} pixels, numbered from 0 to {n - 1}, {{words}}. **Which pixels are never read?**",
        *(n, window, padding, {"usage": True}),
        takes=Pixels(),
        right=lambda n, **window: frozenset(Window(**window).unread(n)),
        why=why,
        fact=fact,
    )


@kind()
def which_padding(n=28, kernel_size=3, strides=2, output=14):
    """Which padding turned ``n`` pixels into ``output``: valid, same, both or neither?"""
    valid, same = (Window(kernel_size, strides, padding) for padding in ("valid", "same"))
    whole("output", output)
    setting = {"n": n, "kernel_size": kernel_size, "strides": strides, "output": output}

    def choose(size, n, output, **window):
        fits = [p for p in ("valid", "same") if size(n=n, padding=p, **window) == output]
        return {0: "neither", 2: "both"}.get(len(fits)) or fits[0]

    def draw(pick):
        drawn = {name: pick(WINDOW[name]) for name in ("n", "kernel_size", "strides")}
        drawn["strides"] = drawn["strides"] if strides > 1 else 1
        made = {"padding": pick(("valid", "same"))} | drawn
        return drawn | {"output": true_size(**made) + pick((-1, 0, 0, 0))}

    return about(
        f"A window with kernel size {kernel_size} and stride {strides} turned {n} pixels into "
        f"{output}. **Was the padding `valid` or `same`?** Or could it be both, or neither?",
        *(n, valid),
        takes=Choice("valid", "same", "both", "neither"),
        right=lambda **case: choose(true_size, **case),
        wrong=lambda mistake: [choose(believed_size(mistake), **setting)],
        why=f"with `valid` {formula(valid, n)}, and {formula(same, n)}",
        numbers={},  # more depends on the padding
        draw=draw,
        worth=1,  # four answers cannot tell many mistakes apart
    )


@kind(n=range(12, 65), kernel_size=range(3, 10))
def depth(n=28, kernel_size=3):
    """How many layers with the same kernel can be stacked, without padding?"""
    k = _widening(n, kernel_size)
    return Question(
        f"{n} pixels, kernel size {k}, stride 1, padding `'valid'`. **How many such layers can "
        "follow one another** before the kernel no longer fits?",
        right=lambda n, kernel_size: (n - 1) // (kernel_size - 1),
        why=f"each layer takes {k} − 1 pixels from {n}, and the last needs a map of at least {k}",
        explorer={"explorer": "window", "settings": {"n": n, "kernel_size": k}},
    )


@kind(n=range(12, 65), kernel_size=(3, 5, 7))
def spread(n=28, kernel_size=3):
    """After how many layers with ``same`` padding has every output on one axis seen padding?"""
    k = _widening(n, kernel_size)
    return Question(
        f"On one axis, {n} pixels go through layers with kernel size {k}, stride 1 and padding "
        "`'same'`. **After how many layers has every output seen padding?**",
        right=lambda n, kernel_size: -(-n // (kernel_size - 1)),  # rounded up
        why=f"each layer carries padding {k - 1} outputs further in, both sides counted, until "
        f"none of the {n} is clean",
    )


def _widening(n, kernel_size) -> int:
    """The kernel size, if such a kernel fits and a layer with it sees more than a pixel."""
    whole("kernel_size", kernel_size, least=2)
    Window(kernel_size).output_size(n)
    return kernel_size


def _walked(windows: Iterable, n) -> tuple[dict, Walk]:
    """The settings of a stack, and what happens along it."""
    windows = list(windows)
    if odd := [window for window in windows if not isinstance(window, Window | dict)]:
        raise ValueError(
            f"a window is a Window or a dict such as {{'kernel_size': 3}}, not {odd[0]!r}"
        )
    if not windows:
        raise ValueError("there are no windows: give at least one")
    walked = walk(windows, n)
    if walked.problem:
        raise walked.problem
    return {"windows": tuple(dict(vars(window)) for window in walked.windows), "n": n}, walked


def _about_stack(setting: dict, walked: Walk, asked: str, **more) -> Question:
    words = "; ".join(in_words(**window) for window in setting["windows"])
    middle = walked.sizes[-1] // 2  # a unit in a corner sees less
    shown = {"layers": setting["windows"], "n": setting["n"], "unit": middle}
    return Question(
        f"{setting['n']} pixels go through these layers: {words}. {asked}",
        explorer={"explorer": "receptive_field", "settings": shown},
        setting=setting,
        **more,
    )


def _draw_windows(pick, mine) -> list[dict]:
    windows = []
    for _ in range(pick((2, 3, 3, 4))):
        s = pick((1, 1, 2, 3))
        window = {"kernel_size": pick((2, 3, 3, 5)), "strides": s, "padding": "same"}
        windows.append(window | {"dilation_rate": pick((1, 1, 2)) if s == 1 else 1})
    return windows


@kind(windows=_draw_windows, n=(32, 64, 128))
def receptive_field(windows, n=28):
    """How many pixels can one unit see, after all ``windows`` of a stack?

    A window is a `Window`, or a dict of its settings.
    """
    setting, walked = _walked(windows, n)
    spans = ", ".join(str(window.span) for window in walked.windows)
    jumps = [field.jump for field in walked.fields[:-1]]
    why = f"start from one pixel; each layer adds its span − 1, and the spans are {spans}"
    if max(jumps) > 1:
        why = (
            "start from one pixel; each layer adds (its span − 1) times the jump before it: the "
            f"spans are {spans}, and the jumps {', '.join(map(str, jumps))}"
        )

    return _about_stack(
        setting,
        walked,
        "**How many pixels, from the first to the last, can one unit of the last layer see** "
        "(padding included)?",
        right=lambda windows, n: walk(windows, n).fields[-1].size,
        why=why,
    )


@kind()
def unseen(windows, n=28, size=20, begins=(0, 4, 8)):
    """How many pixels of something, which ``begins`` here or there, does no last unit see?"""
    setting, walked = _walked(windows, n)
    last = n - whole("size", size, least=1)
    for place in begins:
        if not 0 <= place <= last:
            raise SettingError("begins", place, f"it must fit into {n} pixels", last)
    where = " or ".join(filter(None, [", ".join(map(str, begins[:-1])), str(begins[-1])]))
    sizes = " → ".join(map(str, walked.sizes))

    def right(windows, n, size, begins):
        walked = walk(windows, n)
        seen = {*range(walked.sizes[-1])}
        for window, pixels in zip(walked.windows[::-1], walked.sizes[-2::-1], strict=True):
            starts = window.positions(pixels)
            reach = range(0, window.span, window.dilation_rate)
            seen = {starts[unit] + pixel for unit in seen for pixel in reach} & {*range(pixels)}
        return tuple(len({*range(place, place + size)} - seen) for place in begins)

    def draw(pick):
        windows = [Window(3, pick((1, 2, 2)), pick(("valid", "valid", "same"))) for _ in range(3)]
        n = pick(range(24, 41))
        return {"windows": windows, "n": n, "size": 20, "begins": (0, (n - 20) // 2, n - 20)}

    return _about_stack(
        setting | {"size": size, "begins": begins},
        walked,
        f"In them stands something of {size} pixels: it begins at pixel {where}. **How many of its "
        "pixels does no unit of the last layer see**, at each of these places?",
        takes=Numbers("{} numbers, one for each place"),
        right=right,
        why=f"the sizes are {sizes}: ask of each map where its last window ends, from the top",
        draw=draw,
    )
