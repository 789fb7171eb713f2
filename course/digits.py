"""Handwritten digits: a small set that is always here, and MNIST for who asks for it.

``load`` answers like ``keras.datasets.mnist.load_data()``. The built-in digits have MNIST's form
and need no network.

The built-in digits are the test set of *Optical Recognition of Handwritten Digits*
(E. Alpaydin and C. Kaynak, 1998, UCI Machine Learning Repository, doi 10.24432/C50P49), licensed
under CC BY 4.0, enlarged here from 8×8 to 28×28 pixels. See ``data/README.md`` in this package.
"""

import io
from importlib import resources

import numpy as np

Digits = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

BUILTIN_TRAIN = 1500  # of 1,797 images; the other 297 are the test set


class MNISTError(OSError):
    """MNIST is not in Keras' cache and cannot be had; the message says why and what to do."""


def load(source: str = "builtin") -> Digits:
    """Return images of handwritten digits and their labels, to train on and to test with.

    Parameters
    ----------
    source : str
        ``"builtin"`` is the small set in this package: no network, the same everywhere.
        ``"mnist"`` is MNIST, through ``keras.datasets.mnist``: downloaded once (11 MB), checked,
        and kept where Keras keeps it (``$KERAS_HOME`` or ``~/.keras``).

        An `MNISTError` says that it is not there and cannot be downloaded.

    Returns
    -------
    (x_train, y_train), (x_test, y_test)
        Images ``x``: uint8, shape (N, 28, 28), 0 = paper to 255 = ink. Labels ``y``: uint8, shape
        (N,), 0 to 9. N is 1,500 and 297 for the built-in digits, 60,000 and 10,000 for MNIST.
        The arrays are yours to change: the next call returns new ones.

    Notes
    -----
    The built-in digits keep the order of their file. Its labels repeat one form of about 130
    digits fourteen times, so it runs form by form, writer after writer. Hence the last 297 images
    (the rest of the twelfth form, and the last two forms) test mostly on hands that were not
    trained on. Shuffled first, every hand would be in both parts and the score would flatter.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = load()
    >>> x_train.shape, x_test.shape, x_train.dtype
    ((1500, 28, 28), (297, 28, 28), dtype('uint8'))
    """
    if source == "mnist":
        import keras  # only now: it takes seconds to load

        try:
            return keras.datasets.mnist.load_data()
        except Exception as error:  # whatever stops a download, and Keras says it in its own words
            raise MNISTError(
                f"MNIST could not be had ({error}). Check the network and try again; "
                'digits.load("builtin") needs none.'
            ) from error
    if source != "builtin":
        raise ValueError(f'source={source!r} is unknown. Choose "builtin" or "mnist".')
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
