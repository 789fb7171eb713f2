"""Running a student's function: under a time limit, quietly, and leaving no trace."""

import builtins
import contextlib
import contextvars
import copy
import ctypes
import inspect
import io
import linecache
import os
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic  # by its own name: a function may put something else in its place
from unittest import mock

from course.check.plain import OddError, plain, short, trouble_with

CASE_SECONDS, ALL_SECONDS = 2, 10  # a right function needs a few milliseconds for all cases


@dataclass
class Trial:
    """What came of calling a function in one case."""

    value: object = None  # plain data
    trouble: str | None = None  # why there is no value to compare
    printed: str = ""
    changed: bool = False  # the arguments it was given


class _TimeUpError(BaseException):
    """Raised in the thread of a function that takes too long; ``except Exception`` lets it pass."""


def try_all(function: Callable, cases: tuple, right: list) -> tuple[list[Trial], str | None, list]:
    """Call a function in every case, in a thread of its own.

    Why a thread: an alarm signal needs POSIX, a child process cannot get functions from a notebook
    on Windows and is unsafe to fork once TensorFlow runs, and a tracing function slows every line
    down and is switched off by the first bare ``except:``. A thread works on all systems, and an
    exception can be sent to it, again and again, until it ends. The exception waits until the
    thread is back in Python. So a single long call into C is given up, not ended: `time.sleep`
    sleeps on unseen, but ``sum(itertools.count())``, which never lets go of the interpreter,
    holds up everything until the kernel is restarted.

    Returns
    -------
    trials : list of Trial
        One for each case, up to the first without a value that can be compared.
    trouble : str or None
        Why the function as a whole could not be tried.
    changed : list of str
        Names in Python or in the course that had to be put back as they were.
    """
    trials, began, trouble, done = [], [monotonic()], [], threading.Event()

    def run() -> None:
        try:
            if sentence := _misfit(function, list(cases[0])):
                trouble.append(sentence)
                return
            for case, expected in zip(cases, right, strict=True):
                began.append(monotonic())
                trials.append(_call(function, case, expected, out))
                if trials[-1].trouble:  # no mistake can be named from here on
                    return
        except _TimeUpError:
            pass
        except BaseException:  # not the function: that is caught where it is called
            trouble.append("Python no longer works as it should: does your function change it?")
        finally:
            done.set()

    started = monotonic()
    with _hushed() as out:
        before = _snapshot()
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(run,), daemon=True)
        try:
            thread.start()
            # Not thread.join: interrupted, Python 3.11 takes the thread for ended. In slices,
            # because on Windows nothing else lets an interrupt through.
            while not done.wait(0.05):
                now = monotonic()
                if now - began[-1] > CASE_SECONDS or now - started > ALL_SECONDS:
                    ended = _end(thread, done)
                    slow = cases[min(len(trials), len(cases) - 1)]
                    trouble.append(_too_slow(slow, ended, len(trials)))
                    break
        except KeyboardInterrupt:
            _end(thread, done)
            raise
        finally:
            changed = _put_back(before)
    return trials, trouble[0] if trouble else None, changed


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


def _too_slow(case: dict, ended: bool, done: int) -> str:
    values = ", ".join(map(repr, case.values()))
    if not ended:
        return (
            f"With ({values}) your function is still busy and cannot be stopped: restart the "
            "kernel, and look for a call that waits or never comes back."
        )
    if done:
        return f"With ({values}) your function takes too long: does every loop come to an end?"
    return f"With ({values}) your function does not come to an end: does every loop stop?"


def _misfit(function: Callable, names: list[str]) -> str | None:
    """What is wrong with the arguments that a function takes, if they can be known."""
    try:
        signature = inspect.signature(function)
    except _TimeUpError:
        raise
    except BaseException:  # a builtin has none, and an object of the student's may do anything
        return None
    takes = list(signature.parameters)
    try:
        signature.bind(*names)
        if sorted(takes) != sorted(names) or takes == names:
            return None
    except TypeError:
        pass
    mine = ", ".join(takes) or "nothing"
    return f"Your function takes {mine}; it is called with {', '.join(names)}, in this order."


def _call(function: Callable, case: dict, expected: object, out: io.StringIO) -> Trial:
    """Call a function in one case. Everything that may run the student's code is done here."""
    out.seek(0)
    out.truncate()
    arguments = copy.deepcopy(list(case.values()))
    trial, value = Trial(), ...
    try:
        value = function(*arguments)
        trial.printed = out.getvalue()[:400]
        trial.value = plain(value)
        trial.trouble = trouble_with(trial.value, expected)
    except _TimeUpError:
        raise
    except OddError as odd:
        trial.trouble = f"returns {odd}"
        if value is None:
            printed = trial.printed.strip()
            advice = "write return in place of print" if printed else "a return is missing"
            trial.trouble = f"returns {odd}: {advice}"
    except BaseException as error:  # sys.exit too
        trial.printed = out.getvalue()[:400]
        trial.trouble = _stopped(error)
    # Compared as plain data, for the student may have put anything in.
    with contextlib.suppress(OddError):
        trial.changed = plain(arguments) != plain(list(case.values()))
    return trial


def _stopped(error: BaseException) -> str:
    """What an exception of the student's code says, and where it was raised."""
    if isinstance(error, NotImplementedError):
        return "is not written yet"
    kind = type.__dict__["__name__"].__get__(type(error))[:60]
    try:
        text = str(error)
    except _TimeUpError:
        raise
    except BaseException:  # the exception may be of the student's own making
        text = ""
    said = f"stops with {kind}" + (f", {short(text)}" if text else "")
    if isinstance(error, RecursionError):
        said = "calls itself without end (RecursionError)"
    frames, trace = [], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals.get("__name__") == "__main__":  # in a cell
            frames.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    if not frames:
        return said
    source = linecache.getline(*frames[-1]).strip().replace("`", "'")
    return f"{said}, in line {frames[-1][1]} of its cell" + (f": `{source}`" if source else "")


class _Page(io.StringIO):
    """What is printed; a function that closes it harms nobody."""

    def close(self) -> None:
        pass


@contextlib.contextmanager
def _hushed() -> Iterator[io.StringIO]:
    """Hold back what is printed or displayed, warnings, questions to the keyboard, and the exit.

    Gives what is printed.
    """

    def no_input(*args):
        raise EOFError("nobody is asked here: take the numbers from the arguments")

    def leave(*args):
        raise SystemExit

    def no_report(args):  # a thread may be told to end once too often
        pass

    out, limit = _Page(), sys.getrecursionlimit()
    with contextlib.ExitStack() as stack:
        stack.callback(sys.setrecursionlimit, limit)
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(_Page()))
        stack.enter_context(warnings.catch_warnings(action="ignore"))
        stack.enter_context(mock.patch.object(builtins, "input", no_input))
        stack.enter_context(mock.patch.object(os, "_exit", leave))
        stack.enter_context(mock.patch.object(threading, "excepthook", no_report))
        if shell := "IPython" in sys.modules and sys.modules["IPython"].get_ipython():
            from IPython.utils.capture import capture_output

            # In a notebook, exit() only asks for the end of the kernel, which comes after the cell.
            stack.enter_context(mock.patch.object(shell, "ask_exit", leave))
            stack.enter_context(capture_output(stdout=False, stderr=False))
        yield out


def _snapshot() -> list[tuple[object, dict]]:
    """What a function could put something else in place of: in Python, and in the course."""
    owners = [builtins, sys, time]
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "course":
            classes = [part for part in vars(module).values() if isinstance(part, type)]
            owners += [module, *(part for part in classes if part.__module__ == name)]
    return [(owner, dict(vars(owner))) for owner in owners]


def _put_back(before: list[tuple[object, dict]]) -> list[str]:
    """Undo changes since the snapshot; return the names of what was changed."""
    changed = []
    for owner, parts in before:
        for name, part in parts.items():
            if vars(owner).get(name) is not part:
                setattr(owner, name, part)
                changed.append(name)
    return changed
