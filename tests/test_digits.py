"""`course.digits`, without the network and without anyone's real cache.

A small file stands in for MNIST, a server on this machine for the one that publishes it.
"""

import doctest
import errno
import hashlib
import http.server
import importlib.util
import io
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course import digits

pytestmark = pytest.mark.filterwarnings("error")  # among others: a connection left open

PUBLISHED = {name: getattr(digits, name) for name in ("MNIST_URL", "MNIST_SHA256")}
NAMES = ("x_train", "y_train", "x_test", "y_test")


@pytest.fixture(scope="module")
def mnist() -> bytes:
    """A file like the published one, only smaller."""
    rng = np.random.default_rng(0)
    arrays = {}
    for part, count in (("train", 6), ("test", 3)):
        arrays[f"x_{part}"] = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        arrays[f"y_{part}"] = rng.integers(0, 10, count, dtype=np.uint8)
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path, mnist) -> Path:
    """Send every test to a Keras home of its own and to a server that refuses the connection."""
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        port = closed_soon.getsockname()[1]
    monkeypatch.setattr(digits, "MNIST_URL", f"http://127.0.0.1:{port}/mnist.npz")
    monkeypatch.setattr(digits, "MNIST_SHA256", hashlib.sha256(mnist).hexdigest())
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "*")
    return tmp_path / "keras" / "datasets" / "mnist.npz"


class Server(http.server.ThreadingHTTPServer):
    """Answers every request by calling ``answer(request)``, and counts them."""

    daemon_threads = True
    block_on_close = False  # some answers never end

    def __init__(self, answer):
        self.answer, self.requests, self.closing = answer, 0, threading.Event()
        super().__init__(("127.0.0.1", 0), _Request)

    def handle_error(self, request, client_address):
        """Keep stderr for what the course writes: clients that hang up are expected here."""


class _Request(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests += 1
        self.server.answer(self)

    def log_message(self, *args):
        """Keep stderr for what the course writes."""

    def begin(self, length: int):
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()


@pytest.fixture
def serve(monkeypatch):
    """Start a server that answers as told, in the place of the real one."""
    servers = []

    def start(answer) -> Server:
        server = Server(answer)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setattr(digits, "MNIST_URL", f"http://127.0.0.1:{server.server_port}/mnist.npz")
        return server

    yield start
    for server in servers:
        server.closing.set()
        server.shutdown()
        server.server_close()


def sends(content: bytes):
    def answer(request):
        request.begin(len(content))
        request.wfile.write(content)

    return answer


def stays_silent(request):
    request.server.closing.wait()


def drips(request):
    request.begin(10**6)
    while not request.server.closing.wait(0.02):
        request.wfile.write(b".")


def breaks_off(request):
    request.begin(10**6)
    request.wfile.write(b"half of it")


def not_found(request):
    request.send_error(404)


def speaks_no_http(request):
    request.wfile.write(b"220 mail\r\n250 hello\r\n")


def assert_is(content: bytes, loaded):
    (x_train, y_train), (x_test, y_test) = loaded
    with np.load(io.BytesIO(content)) as expected:
        for name, array in zip(NAMES, (x_train, y_train, x_test, y_test), strict=True):
            np.testing.assert_array_equal(array, expected[name])


def assert_builtin(loaded):
    for one, other in zip(sum(loaded, ()), sum(digits.load("builtin"), ()), strict=True):
        np.testing.assert_array_equal(one, other)


def assert_falls_back(capfd, because: str):
    """With "auto": the built-in digits and one line on stdout. With "mnist": a short error."""
    assert_builtin(digits.load())
    out, err = capfd.readouterr()
    assert out.count("\n") == 1
    assert out.endswith("\n")
    assert "built-in digits" in out
    assert because in out
    assert err == ""
    with pytest.raises(digits.MNISTError) as caught:
        digits.load("mnist")
    assert because in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert capfd.readouterr() == ("", "")


def fetching() -> list[threading.Thread]:
    """Download threads that are still at it."""
    return [thread for thread in threading.enumerate() if "fetch" in thread.name]


def stops_fetching(seconds: float = 3) -> bool:
    deadline = time.monotonic() + seconds
    while fetching() and time.monotonic() < deadline:
        time.sleep(0.02)
    return not fetching()


# The built-in digits


def test_builtin_has_the_form_of_mnist():
    (x_train, y_train), (x_test, y_test) = digits.load("builtin")
    assert (x_train.shape, x_test.shape) == ((1500, 28, 28), (297, 28, 28))
    assert (y_train.shape, y_test.shape) == ((1500,), (297,))
    assert {array.dtype for array in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}
    for x in (x_train, x_test):
        assert (x.min(), x.max()) == (0, 255)
        frame = x.copy()
        frame[:, 4:-4, 4:-4] = 0
        assert not frame.any()  # the digit keeps to the 20×20 in the middle
        assert x[:, 4:-4, 4:-4].any(axis=(1, 2)).all()


def test_builtin_is_the_published_test_set_and_balanced():
    (_, y_train), (_, y_test) = digits.load("builtin")
    published = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # optdigits.names at UCI
    assert (np.bincount(y_train) + np.bincount(y_test)).tolist() == published
    for y in (y_train, y_test):
        np.testing.assert_allclose(np.bincount(y) / len(y), 0.1, atol=0.012)


def test_builtin_enlarges_as_pillow_does():
    with np.load(Path(digits.__file__).parent / "data" / "digits.npz") as data:
        small = data["images"]
    (x_train, _), (x_test, _) = digits.load("builtin")
    for image, large in zip(small, np.concatenate([x_train, x_test]), strict=True):
        paper_around = Image.fromarray(np.pad(image, 2).astype(np.float32))
        cubic = paper_around.resize((30, 30), Image.Resampling.BICUBIC).crop((5, 5, 25, 25))
        expected = 255 * np.clip((np.asarray(cubic) - 4) / 10, 0, 1)
        assert np.abs(large[4:-4, 4:-4] - expected).max() < 0.51  # rounded


def test_builtin_order_is_form_by_form():
    (x_train, y_train), (x_test, y_test) = digits.load("builtin")
    x, y = np.concatenate([x_train, x_test]), np.concatenate([y_train, y_test])
    labels = "".join(map(str, y))
    middle = "0955650"  # comes once in a form, after the thirty digits that begin it
    starts = [i - 30 for i in range(len(labels)) if labels.startswith(middle, i)]
    assert len(starts) == 14
    assert starts[11] < digits.BUILTIN_TRAIN < starts[12]

    pixels = x.reshape(len(x), -1).astype(float)
    squares = (pixels**2).sum(axis=1)
    distance = squares[:, None] + squares - 2 * pixels @ pixels.T

    def score(order):  # of the nearest neighbour
        train, test = order[: digits.BUILTIN_TRAIN], order[digits.BUILTIN_TRAIN :]
        return (y[train][distance[np.ix_(test, train)].argmin(axis=1)] == y[test]).mean()

    in_order = np.arange(len(y))
    rng = np.random.default_rng(0)
    shuffled = [score(rng.permutation(in_order)) for _ in range(10)]
    assert score(in_order) < min(shuffled)


@pytest.mark.parametrize("source", ["builtin", "mnist"])
def test_what_a_student_writes_into_is_not_kept(source, cache, mnist):
    cache.parent.mkdir(parents=True)
    cache.write_bytes(mnist)
    untouched = [array.copy() for array in sum(digits.load(source), ())]
    for array in sum(digits.load(source), ()):
        array[...] = 99
    for array, expected in zip(sum(digits.load(source), ()), untouched, strict=True):
        np.testing.assert_array_equal(array, expected)


def test_builtin_asks_nobody(serve, mnist, cache, capfd):
    server = serve(sends(mnist))
    digits.load("builtin")
    assert server.requests == 0
    assert not cache.exists()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("source", ["MNIST", "", None, "fashion"])
def test_an_unknown_source_names_the_choices(source):
    with pytest.raises(ValueError, match='"auto", "builtin", "mnist"') as caught:
        digits.load(source)
    assert repr(source) in str(caught.value)


def test_loads_neither_keras_nor_tensorflow():
    code = "import sys, course.digits as d; d.load('builtin'); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in run.stdout.split()}
    assert "numpy" in loaded
    assert not loaded & {"keras", "tensorflow", "matplotlib", "sklearn"}


def test_examples():
    assert doctest.testmod(digits).failed == 0


# MNIST, from the cache or from the server


def test_asks_for_the_file_that_keras_asks_for():
    keras = Path(importlib.util.find_spec("keras").origin).parent  # found, not imported
    source = (keras / "src" / "datasets" / "mnist.py").read_text(encoding="utf-8")
    folder, name = PUBLISHED["MNIST_URL"].rsplit("/", 1)
    assert f'"{folder}/"' in source
    assert f"{{origin_folder}}{name}" in source
    assert f'"{PUBLISHED["MNIST_SHA256"]}"' in source


@pytest.mark.parametrize("source", ["auto", "mnist"])
def test_downloads_once_then_reads_the_cache(source, serve, mnist, cache, capfd):
    server = serve(sends(mnist))
    for _ in range(2):
        assert_is(mnist, digits.load(source))
        assert server.requests == 1
    assert cache.read_bytes() == mnist
    assert [path.name for path in cache.parent.iterdir()] == [cache.name]  # nothing left over
    assert capfd.readouterr() == ("", "")


def test_reads_the_cache_where_keras_keeps_it(monkeypatch, mnist, tmp_path):
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "me")
    cache = tmp_path / "me" / ".keras" / "datasets" / "mnist.npz"
    cache.parent.mkdir(parents=True)
    cache.write_bytes(mnist)
    assert_is(mnist, digits.load("mnist"))


def test_connection_refused(capfd):
    assert_falls_back(capfd, "refused")


@pytest.mark.parametrize(
    ("answer", "because"),
    [
        (sends(b"<html>Please log in</html>"), "log in"),
        (sends(b""), "log in"),
        (breaks_off, "not the published file"),
        (not_found, "Not Found"),
        (speaks_no_http, "220 mail"),
    ],
    ids=["login page", "nothing", "half", "404", "no HTTP"],
)
def test_wrong_bytes(answer, because, serve, cache, capfd):
    serve(answer)
    assert_falls_back(capfd, because)
    assert not cache.exists()


def test_more_than_was_published(serve, mnist, cache, capfd):
    serve(sends(mnist + b"."))
    assert_falls_back(capfd, "not the published file")
    assert not cache.exists()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(digits, "PATIENCE", {"auto": 0.2, "mnist": 0.4})


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("answer", [stays_silent, drips])
def test_a_server_that_never_finishes(answer, serve, cache, capfd):
    serve(answer)
    began = time.monotonic()
    assert_falls_back(capfd, "did not arrive within")
    assert time.monotonic() - began < 20  # not as long as the server
    assert stops_fetching()  # although the server goes on
    assert not cache.exists()


@pytest.mark.usefixtures("impatient")
def test_a_name_look_up_that_never_ends(monkeypatch, capfd):
    released = threading.Event()

    def look_up(*args, **kwargs):
        released.wait()
        raise socket.gaierror("too late")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    try:
        began = time.monotonic()
        assert_falls_back(capfd, "did not arrive within")
        assert time.monotonic() - began < 20  # not as long as the server
        # Both calls left one behind, and the program can end all the same.
        assert [thread.daemon for thread in fetching()] == [True, True]
    finally:
        released.set()
    assert stops_fetching()


def test_who_did_not_ask_for_mnist_waits_seconds_only():
    assert digits.PATIENCE["auto"] <= 5 < digits.PATIENCE["mnist"]


# A cache that is of no use


@pytest.mark.parametrize("damage", ["truncated", "empty", "garbage", "longer", "pickle"])
def test_a_damaged_cache_is_reported_and_left_alone(damage, serve, mnist, cache, capfd):
    pickled = io.BytesIO()
    np.savez(pickled, **dict.fromkeys(NAMES, np.array([{}], dtype=object)))
    content = {
        "truncated": mnist[:-100],
        "empty": b"",
        "garbage": bytes(range(256)),
        "longer": mnist + b".",
        "pickle": pickled.getvalue(),
    }[damage]
    cache.parent.mkdir(parents=True)
    cache.write_bytes(content)
    os.utime(cache, (1, 1))
    server = serve(sends(mnist))
    assert_falls_back(capfd, f"{cache} is damaged")
    assert cache.read_bytes() == content
    assert cache.stat().st_mtime == 1
    assert server.requests == 0

    cache.unlink()  # as the message says
    assert_is(mnist, digits.load())


def test_a_directory_in_place_of_the_file(serve, mnist, cache, capfd):
    cache.mkdir(parents=True)
    serve(sends(mnist))
    assert_falls_back(capfd, f"{cache} cannot be read")
    assert cache.is_dir()


def test_a_file_nobody_may_read(monkeypatch, mnist, cache, capfd):
    cache.parent.mkdir(parents=True)
    cache.write_bytes(mnist)
    read_bytes = Path.read_bytes

    def refuse(path):  # chmod would not stop root
        if path == cache:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert_falls_back(capfd, f"{cache} cannot be read (Permission denied)")


def test_a_file_in_place_of_the_keras_home(serve, mnist, cache, capfd):
    keras_home = cache.parent.parent
    keras_home.write_text("not a directory")
    assert_falls_back(capfd, "refused")
    serve(sends(mnist))
    for source in ("auto", "mnist"):
        assert_is(mnist, digits.load(source))
    assert keras_home.read_text() == "not a directory"
    assert capfd.readouterr() == ("", "")


def test_a_full_disk(monkeypatch, serve, mnist, cache, capfd):
    serve(sends(mnist))
    write_bytes = Path.write_bytes

    def half(path, content):
        write_bytes(path, content[:100])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", half)
    assert_is(mnist, digits.load())
    assert list(cache.parent.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_no_home(monkeypatch, serve, mnist, tmp_path, capfd):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    assert_falls_back(capfd, "refused")
    serve(sends(mnist))
    assert_is(mnist, digits.load())
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")
