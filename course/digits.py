"""Handwritten digits: MNIST where it can be had, and a smaller set that is always here.

``load`` answers like ``keras.datasets.mnist.load_data()`` and shares its cache, but it never
needs the network: without MNIST it takes the built-in digits, which have MNIST's form.

The built-in digits are the test set of *Optical Recognition of Handwritten Digits*
(E. Alpaydin and C. Kaynak, 1998, UCI Machine Learning Repository, doi 10.24432/C50P49), licensed
under CC BY 4.0, enlarged here from 8×8 to 28×28 pixels. See ``data/README.md`` in this package.
"""

import contextlib
import hashlib
import io
import os
import queue
import textwrap
import threading
import time
import urllib.error
import urllib.request
import uuid
from importlib import resources
from pathlib import Path

import numpy as np

Digits = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

SOURCES = ("auto", "builtin", "mnist")

# Both as in keras.datasets.mnist, so that one copy serves Keras and the course.
MNIST_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
MNIST_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"

# Seconds a download may take in all. Who did not ask for MNIST should not wait for it.
PATIENCE = {"auto": 5.0, "mnist": 120.0}

BUILTIN_TRAIN = 1500  # of 1,797 images; the other 297 are the test set


class MNISTError(OSError):
    """MNIST is not in the cache and cannot be had; the message says why and what to do."""


def load(source: str = "auto") -> Digits:
    """Return images of handwritten digits and their labels, to train on and to test with.

    Parameters
    ----------
    source : str
        ``"mnist"`` is MNIST: from Keras' cache (``$KERAS_HOME`` or ``~/.keras``), else downloaded
        into it. ``"builtin"`` is the small set in this package: no network, the same everywhere.
        ``"auto"`` is MNIST if it is cached or comes within seconds, else the built-in digits
        and one printed line that says so.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        Images ``x``: uint8, shape (N, 28, 28), 0 = paper to 255 = ink. Labels ``y``: uint8, shape
        (N,), 0 to 9. N is 60,000 and 10,000 for MNIST, 1,500 and 297 for the built-in digits.
        The arrays are yours to change: the next call returns new ones.

    Raises
    ------
    ValueError
        If there is no such source.
    MNISTError
        An ``OSError``, from ``"mnist"`` only: there is no MNIST. A damaged file in the cache is
        reported and left as it is.

    Notes
    -----
    The built-in digits keep the order of their file. Its labels repeat one form of about 130
    digits fourteen times, so it runs form by form, writer after writer. Hence the last 297 images
    (the rest of the twelfth form, and the last two forms) test mostly on hands that were not
    trained on. Shuffled first, every hand would be in both parts and the score would flatter.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = load("builtin")
    >>> x_train.shape, x_test.shape, x_train.dtype
    ((1500, 28, 28), (297, 28, 28), dtype('uint8'))
    """
    if source not in SOURCES:
        choices = ", ".join(f'"{name}"' for name in SOURCES)
        raise ValueError(f"source={source!r} is unknown. Choose one of {choices}.")
    if source == "builtin":
        return _builtin()
    try:
        return _mnist(source)
    except MNISTError as error:
        if source == "mnist":
            raise
        print(f"Using the 1,797 built-in digits. {error}")
        return _builtin()


def _builtin() -> Digits:
    packed = resources.files("course").joinpath("data", "digits.npz").read_bytes()
    with np.load(io.BytesIO(packed), allow_pickle=False) as data:
        images, labels = _enlarge(data["images"]), data["labels"]
    train, test = slice(None, BUILTIN_TRAIN), slice(BUILTIN_TRAIN, None)
    return (images[train], labels[train]), (images[test], labels[test])


def _enlarge(small: np.ndarray) -> np.ndarray:
    """Bring images from 8×8, values 0 to 16, to MNIST's form: 20×20 in a frame of 28×28, 0 to 255.

    Cubic interpolation (Keys 1981, a = −1/2) is separable: one matrix, 20×8, does the rows and its
    transpose the columns. Outside the image is paper.
    """
    centres = (np.arange(20) + 0.5) * 8 / 20 - 0.5  # of the 20 new pixels, in old pixels
    t = np.abs(centres[:, None] - np.arange(8))
    near = 1.5 * t**3 - 2.5 * t**2 + 1
    far = -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    weights = np.where(t < 1, near, np.where(t < 2, far, 0))
    # Every weight is a multiple of 1/2000. In whole numbers the sums are exact, so that every
    # machine gets the same pixels, in whatever order it adds.
    weights = np.rint(2000 * weights)
    grey = weights @ small @ weights.T / 2000**2
    # MNIST has hardly any half-tones: light grey (up to 4) becomes paper, dark (from 14) ink.
    ink = np.clip((grey - 4) / (14 - 4), 0, 1)
    return np.pad(np.rint(255 * ink).astype(np.uint8), ((0, 0), (4, 4), (4, 4)))


def _mnist(source: str) -> Digits:
    cache = _cache_path()
    packed = _read_cache(cache)
    if packed is None:
        packed = _download(source)
        _save(packed, cache)
    with np.load(io.BytesIO(packed), allow_pickle=False) as data:
        return (data["x_train"], data["y_train"]), (data["x_test"], data["y_test"])


def _is_mnist(packed: bytes) -> bool:
    return hashlib.sha256(packed).hexdigest() == MNIST_SHA256


def _cache_path() -> Path | None:
    """Where Keras keeps MNIST, or None if there is no home directory."""
    try:
        keras_home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
        return keras_home.expanduser() / "datasets" / "mnist.npz"
    except RuntimeError:
        return None


def _read_cache(path: Path | None) -> bytes | None:
    """Return the cached file, or None if there is none."""
    if path is None:
        return None
    try:
        packed = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        why = f"cannot be read ({error.strerror})"
    else:
        if _is_mnist(packed):
            return packed
        why = "is damaged (its sha256 is not the published one)"
    # It is not ours to delete: it may be all that is left of a long download, or someone's work.
    raise MNISTError(f"{path} {why}. Delete it, and MNIST can be downloaded again.")


def _download(source: str) -> bytes:
    """Return MNIST as it is published, or raise ``MNISTError`` within ``PATIENCE``."""
    patience = PATIENCE[source]
    answers: queue.SimpleQueue[bytes | Exception] = queue.SimpleQueue()

    def fetch():
        try:
            answers.put(_fetch(patience))
        except Exception as error:  # whatever it is, the caller reports it in one line
            if isinstance(error, urllib.error.HTTPError):
                error.close()  # it is the server's answer too, with an open connection
            answers.put(error)

    # No timeout reaches a name look-up that hangs. A daemon thread can be left behind, though:
    # not even the end of the program waits for it.
    threading.Thread(target=fetch, daemon=True).start()
    try:
        answer = answers.get(timeout=patience)
    except queue.Empty:
        answer = TimeoutError()
    if isinstance(answer, bytes):
        if _is_mnist(answer):
            return answer
        answer = "what came is not the published file, as when a network wants you to log in"
    reason = getattr(answer, "reason", answer)  # urllib wraps the cause
    if isinstance(reason, TimeoutError):
        reason = f"it did not arrive within {patience:g} seconds"
    reason = getattr(reason, "strerror", None) or reason  # without "[Errno -2]"
    reason = textwrap.shorten(str(reason), 100, placeholder="…") or type(reason).__name__
    otherwise = {
        "auto": 'digits.load("mnist") tries for longer',
        "mnist": 'digits.load("builtin") needs no network',
    }
    raise MNISTError(
        f"MNIST could not be downloaded ({reason}). "
        f"Check the network and try again; {otherwise[source]}."
    )


def _fetch(patience: float) -> bytes:
    deadline = time.monotonic() + patience
    packed = bytearray()
    with urllib.request.urlopen(MNIST_URL, timeout=patience) as response:
        # read1 returns what is there; read would wait for a server that sends drop by drop.
        while piece := response.read1(1 << 16):
            packed += piece
            if time.monotonic() > deadline:
                raise TimeoutError
    return bytes(packed)


def _save(packed: bytes, path: Path | None) -> None:
    """Keep the file for the next time, if that is possible."""
    if path is None:
        return
    # Written under another name first, so that nobody ever reads half a file.
    unfinished = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    with contextlib.suppress(OSError):  # no right to write, a full disk: then not
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            unfinished.write_bytes(packed)
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
