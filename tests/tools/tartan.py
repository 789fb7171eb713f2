"""How much tartan there is in what a decoder draws, while it learns to draw digits.

    uv run --group test python tests/tools/tartan.py

trains three small autoencoders, which differ in how they double the size of a map, five times each
from different weights, and writes what lesson 11 shows of them: ``course/data/tartan.npz``. It
takes some minutes. The share of power on the Nyquist lines says how much of a picture's variation
goes up and down from each pixel to the next, along rows or columns: 0 is none, 1 is all. The
pictures are of the run that is in the middle after ten steps.
"""

import numpy as np
from tool import ROOT, print_anywhere

from course import digits

FILE = ROOT / "course" / "data" / "tartan.npz"
KINDS = ("k = 3", "k = 4", "upsampling")
SEEDS, STEPS, BATCH = range(5), (0, 10, 940), 32
SHOWN = 3  # which of the test digits is drawn


def nyquist(pictures: np.ndarray) -> float:
    """The share of power on the Nyquist lines of pictures with an even side, without the mean."""
    power = np.abs(np.fft.fft2(pictures)) ** 2
    power[:, 0, 0] = 0
    half = pictures.shape[1] // 2
    lines = power[:, half].sum() + power[:, :, half].sum() - power[:, half, half].sum()
    return lines / power.sum()


def autoencoder(kind: str):
    """From 28 × 28 pixels to 32 numbers, and up again: 7, 14, 28."""
    import keras
    from keras import layers

    def doubled(filters, name, activation):
        about = {"padding": "same", "activation": activation}
        if kind == "upsampling":
            yield layers.UpSampling2D(2, name=f"{name}_double")
            yield layers.Conv2D(filters, 3, name=name, **about)
        else:
            yield layers.Conv2DTranspose(filters, int(kind[-1]), 2, name=name, **about)

    stack = [
        keras.Input((28, 28, 1)),
        layers.Flatten(name="flatten"),
        layers.Dense(32, name="code"),
        layers.Dense(7 * 7 * 16, activation="relu", name="small"),
        layers.Reshape((7, 7, 16), name="map"),
        *doubled(16, "up1", "relu"),
        *doubled(1, "up2", None),
    ]
    return keras.Sequential(stack, name="autoencoder")


def train(kind: str, seed: int, steps=STEPS) -> list[np.ndarray]:
    """What an autoencoder draws of the test digits after each of these numbers of steps."""
    import keras

    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    (images, _), (tests, _) = digits.load()
    images, tests = (each[..., None] / 255 for each in (images, tests))
    model = autoencoder(kind)
    model.compile("adam", "mse")
    order = np.random.default_rng(seed)
    drawn = []
    for step in range(max(steps) + 1):
        if step in steps:
            drawn.append(np.asarray(model(tests))[..., 0])
        batch = images[order.choice(len(images), BATCH, replace=False)]
        model.train_on_batch(batch, batch)
    return drawn


def grey(picture: np.ndarray) -> np.ndarray:
    """A picture from its darkest pixel, black, to its lightest one, white."""
    return np.rint(255 * (picture - picture.min()) / np.ptp(picture)).astype(np.uint8)


def main() -> None:
    """Train all, print the shares in percent and write the file."""
    shares = np.zeros((len(KINDS), len(STEPS), len(SEEDS)))
    pictures = []
    for i, kind in enumerate(KINDS):
        shown = {}
        for seed in SEEDS:
            drawn = train(kind, seed)
            shares[i, :, seed] = [nyquist(each) for each in drawn]
            shown[seed] = [grey(each[SHOWN]) for each in drawn]
            print(kind, "seed", seed, *(100 * shares[i, :, seed]).round(3), flush=True)
        pictures.append(shown[np.argsort(shares[i, 1])[len(SEEDS) // 2]])
    own = nyquist(digits.load()[1][0] / 255)
    print("the digits themselves", round(100 * own, 3))
    # What is drawn before training tells nothing: the pictures of each later step, kind by kind.
    later = [*zip(STEPS, zip(*pictures, strict=True), strict=True)][1:]
    about = {
        "pictures": [each for _, of_kinds in later for each in of_kinds],
        "titles": [f"{kind}, step {step}" for step, _ in later for kind in KINDS],
        "digits": own,
    }
    np.savez_compressed(FILE, kinds=KINDS, steps=STEPS, shares=shares, **about)


if __name__ == "__main__":
    print_anywhere()
    main()
