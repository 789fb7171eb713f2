"""Running a student's function: under a time limit, quietly, and leaving no trace."""

import builtins
import contextlib
import copy
import ctypes
import inspect
import linecache
import re
import sys
import threading
import traceback
import types
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from time import monotonic
from unittest import mock

from IPython import get_ipython
from IPython.utils.capture import capture_output

from course.questions.answers import AnswerError, quoted, what
from course.questions.exercises import Write

CASE_SECONDS, ALL_SECONDS = 2, 10  # a right function needs a few milliseconds for all cases


@dataclass
class Trial:
    """What came of calling a function in one case."""

    value: object = None  # a number, or a tuple of them
    trouble: str | None = None  # why there is no value to compare
    printed: str = ""
    changed: bool = False  # the arguments it was given
    limited: bool = True  # under a time limit


class _TimeUpError(BaseException):
    """Raised in the thread of a function that takes too long; ``except Exception`` lets it pass."""


def try_all(function: Callable, question: Write) -> list[Trial]:
    """Call a function in every case, up to the first without a value that can be compared.

    It runs in a thread: an alarm signal needs POSIX, a child process cannot get functions from a
    notebook on Windows, and a tracing function is slow and switched off by a bare ``except:``. To
    a thread an exception can be sent, again and again, until it ends. The exception waits until
    the thread is back in Python: `time.sleep` is given up and sleeps on unseen, but
    ``sum(itertools.count())``, which never lets go of the interpreter, holds up everything.
    Where there are no threads, as in a browser's Python, there is no limit.
    """
    trials, done = [], threading.Event()

    def run() -> None:
        try:
            for case, part in zip(question.cases, question.parts, strict=True):
                trials.append(_call(function, case, part.answer_type, out))
                if trials[-1].trouble:  # no mistake can be named from here on
                    return
        except _TimeUpError:
            pass
        finally:
            done.set()

    with _hushed() as out:
        thread = threading.Thread(target=run, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            run()
            return [replace(trial, limited=False) for trial in trials]
        try:
            if not _in_time(thread, done, trials):
                trouble = "takes too long: perhaps a loop does not come to an end"
                if not _end(thread, done):
                    trouble = (
                        "is still busy and cannot be stopped: restart the kernel, and look for a "
                        "call that waits or never comes back"
                    )
                trials.append(Trial(trouble=trouble))
        except KeyboardInterrupt:
            _end(thread, done)
            raise
    return trials[: len(question.cases)]


def _in_time(thread: threading.Thread, done: threading.Event, trials: list) -> bool:
    """Wait for a thread, and return whether it kept to its time.

    An import does not count: the first one of Keras takes seconds, and may not be broken off.
    """
    worked: dict[int, float] = defaultdict(float)  # seconds in each case
    before = monotonic()
    # Not thread.join: interrupted, Python 3.11 takes the thread for ended. In slices, because on
    # Windows nothing else lets an interrupt through.
    while not done.wait(0.05):
        now = monotonic()
        worked[len(trials)] += 0 if _imports(thread) else now - before
        before = now
        if max(worked.values()) > CASE_SECONDS or sum(worked.values()) > ALL_SECONDS:
            return False
    return True


def _imports(thread: threading.Thread) -> bool:
    frame = sys._current_frames().get(thread.ident or 0)
    files = [each.f_code.co_filename for each, _ in traceback.walk_stack(frame)] if frame else []
    return "<frozen importlib._bootstrap>" in files


def _end(thread: threading.Thread, done: threading.Event) -> bool:
    """Ask a thread to end, for three seconds; return whether it did."""
    since = monotonic()
    while (asked := monotonic() - since) < 3:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_TimeUpError)
        )
        # The first is enough, but for a loop around a bare "except:", which must be hit outside.
        if done.wait(0.1 if asked < 0.5 else 0.001):
            thread.join(1)  # it has nothing left to do
            return True
    return not thread.is_alive()


def misfit(function: Callable, names: list[str]) -> str | None:
    """What is wrong with the arguments that a function takes, if they can be known."""
    try:
        signature = inspect.signature(function)
    except ValueError:  # a builtin has none
        return None
    takes = list(signature.parameters)
    with contextlib.suppress(TypeError):
        signature.bind(*names)
        if sorted(takes) != sorted(names) or takes == names:
            return None
    if any(each.kind is each.KEYWORD_ONLY for each in signature.parameters.values()):
        return "Your function takes what is after its `*` by name only: take the `*` out."
    mine = ", ".join(takes) or "nothing"
    return f"Your function takes {mine}; it is called with {', '.join(names)}, in this order."


def _call(function: Callable, case: dict, kind, out) -> Trial:
    """Call a function in one case. Everything that may run the student's code is done here."""
    out.seek(0)
    out.truncate()
    arguments, trial = copy.deepcopy(list(case.values())), Trial()
    try:
        value = function(*arguments)
        trial.value, trial.trouble = _read(value, kind, out.getvalue().strip())
    except _TimeUpError:
        raise
    except BaseException as error:  # exit() too
        trial.trouble = _stopped(error)
    trial.printed = out.getvalue()[:400]
    trial.changed = arguments != list(case.values())
    return trial


def _read(value: object, kind, printed: str) -> tuple[object, str | None]:
    """The value as numbers that can be compared, or what is wrong with it."""
    length = getattr(kind, "length", None)
    wanted = f"a list of {length} numbers" if length else "a number alone"
    try:
        return kind.read(value), None
    except AnswerError:
        trouble = f"returns {what(value)}"
    if value is None:
        advice = "write return in place of print" if printed else "a return is missing"
        return None, f"{trouble}: {advice}"
    lazy = isinstance(value, types.GeneratorType | map | filter | zip)
    advice = ": list(…) makes a list of it" if lazy else ""
    return None, f"{trouble}, where {wanted} is wanted{advice}"


def _stopped(error: BaseException) -> str:
    """What an exception of the student's code says, and where it was raised."""
    if isinstance(error, NotImplementedError):
        return "is not written yet"
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", str(error))
    said = f"stops with {type(error).__name__}" + (f", {quoted(text, 78)}" if text else "")
    if isinstance(error, RecursionError):
        said = "calls itself without end (RecursionError)"
    frames = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_globals.get("__name__") == "__main__"  # in a cell
    ]
    if not frames:
        return said
    source = linecache.getline(*frames[-1]).strip().replace("`", "'")
    return f"{said}, in line {frames[-1][1]} of its cell" + (f": `{source}`" if source else "")


@contextlib.contextmanager
def _hushed() -> Iterator:
    """Hold back what is printed, which it gives, warnings, questions to the keyboard, the exit."""
    nobody = EOFError("nobody is asked here: take the numbers from the arguments")
    with contextlib.ExitStack() as stack:
        stack.enter_context(capture_output())
        stack.enter_context(warnings.catch_warnings(action="ignore"))
        stack.enter_context(mock.patch.object(builtins, "input", side_effect=nobody))
        if shell := get_ipython():  # there, exit() asks for an end after the cell
            stack.enter_context(mock.patch.object(shell, "ask_exit", side_effect=SystemExit))
        yield sys.stdout
