"""What students hand in, by accident and on purpose, and the grade that a fair teacher gives.

Each row is a function that changes a notebook which is right, or returns the bytes of something
else. It says the points of the parts that are not right; ``ASIDE`` is the reason why something
cannot be graded at all. ``says`` is what must be said of it. A row that calls ``try_to_see`` has
its size right only if it saw nothing.
"""

import copy
from collections.abc import Callable
from typing import NamedTuple

from grading.homework import MODEL, OUTPUT_SIZE, SIZE, Book

NOTHING = {
    "padding": {"output_size": 0, "same_pads": 0, "size": 0, "pads": 0},
    "design": {"model": 0, "params": 0},
}


class Row(NamedTuple):
    """One submission: how it is made, and what is right."""

    make: Callable[[Book], bytes | None]
    assignment: str
    points: dict[str, float | None]  # of what is not right; None: a teacher has to look
    aside: str  # why it is not graded; "" if it is
    says: str

    @property
    def attack(self) -> str:
        return self.make.__doc__


ROWS: dict[str, Row] = {}


def row(assignment="padding", aside="", says="", nothing=False, **points):
    def add(make):
        lost = NOTHING[assignment] if nothing else points
        ROWS[make.__name__] = Row(make, assignment, lost, aside, says)
        return make

    return add


def define(body: str, name: str = "output_size") -> str:
    """A function to hand in, with this body."""
    arguments = "n, kernel_size, strides" + (", padding" if name == "output_size" else "")
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f"def {name}({arguments}):\n{lines}"


# Honest and right


@row()
def solution(book):
    """the teacher's own answers"""


@row()
def lambdas(book):
    """short: a lambda, a conditional"""
    book.answer(
        output_size="output_size = lambda n, k, s, p: ("
        "-(-n // s) if p == 'same' else (n - k) // s + 1)"
    )


@row()
def arrays(book):
    """NumPy: ceil and floor give floats, an array in place of a pair"""
    book.answer(
        output_size="import numpy as np\n\n"
        + define(
            "if padding == 'same':\n    return np.ceil(n / strides)\n"
            "return np.floor((n - kernel_size) / strides) + 1"
        ),
        same_pads=define(
            "total = max((int(np.ceil(n / strides)) - 1) * strides + kernel_size - n, 0)\n"
            "return np.array([total // 2, total - total // 2])",
            "same_pads",
        ),
        pads="pads = np.array([0, 1])",
    )


@row()
def counting(book):
    """loops and recursion in place of a formula"""
    book.answer(
        output_size=define(
            "if padding == 'same':\n    return len(range(0, n, strides))\n"
            "if n < kernel_size:\n    return 0\n"
            "return 1 + output_size(n - strides, kernel_size, strides, padding)"
        )
    )


@row()
def helpers(book):
    """helpers in cells of one's own, types, defaults, prints, warnings, logs"""
    book.add(
        "import logging, sys, warnings\nfrom math import ceil\n\n"
        "def windows(n: int, step: int = 1) -> int:\n"
        "    print('counting', file=sys.stderr)\n    warnings.warn('careful')\n"
        "    logging.error('oh')\n    return ceil(n / step)"
    )
    book.answer(
        output_size=define(
            "if padding == 'same':\n    return windows(n, strides)\n"
            "return windows(n - kernel_size + 1, step=strides)"
        )
    )


@row()
def texts(book):
    """values as one types them: texts"""
    book.answer(size=f"{SIZE}\nsize = f' {{size}} '", pads="pads = '0 | 1'")


@row()
def magics(book):
    """IPython's own lines: magics, a shell command, a question mark, an await"""
    book.add("%matplotlib inline\n!pip install tensorflow\nlen?\nstep = 1")
    book.add("%%time\nkept = 2")
    book.answer(
        pads="%time 1 + 1\nimport asyncio\nawait asyncio.sleep(0)\npads = (step - 1, kept // 2)"
    )


@row()
def pipeline(book):
    """classes, decorators, a callable object"""
    book.answer(
        output_size="import functools\n\nclass Size:\n    @functools.cache\n"
        "    def __call__(self, n, kernel_size, strides, padding):\n"
        + "\n".join(f"        {line}" for line in OUTPUT_SIZE.splitlines())
        + "\n\noutput_size = Size()"
    )


@row()
def at_once(book):
    """threads, processes, tasks and files: many at once"""
    book.add(
        "import asyncio, concurrent.futures as futures, tempfile\n"
        "async def one(n):\n    return await asyncio.to_thread(int, n)\n"
        "async def all_():\n    return await asyncio.gather(*map(one, range(50)))\n"
        "files = [tempfile.TemporaryFile() for _ in range(20)]\n"
        "with futures.ProcessPoolExecutor(4) as pool:\n    third = list(pool.map(abs, range(9)))\n"
    )
    book.answer(pads="first = await all_()\npads = (first[0], third[1])")


# Honest, and half right


@row(output_size=1, says="same_means_same_size")
def same_means_same_size(book):
    """right for valid only: same is taken to keep the size"""
    book.answer(
        output_size=define(
            "if padding == 'same':\n    return n\nreturn (n - kernel_size) // strides + 1"
        )
    )


@row(output_size=1, size=0, says="no_floor")
def no_floor(book):
    """right for same only: no rounding down"""
    book.answer(
        output_size=define(
            "if padding == 'same':\n    return -(-n // strides)\n"
            "return (n - kernel_size) / strides + 1"
        ),
        size="size = (shape.n - shape.kernel_size) / shape.strides + 1.25",
    )


@row(same_pads=0, pads=0)
def symmetric(book):
    """as many zeros before as after"""
    body = "return kernel_size // 2, kernel_size // 2"
    book.answer(same_pads=define(body, "same_pads"), pads="pads = (1, 1)")


@row(same_pads=0)
def learnt_by_heart(book):
    """the answers to the cases that are seen"""
    book.answer(
        same_pads="from course import questions\nseen = questions.write_same_pads('')\n"
        "known = {tuple(c.values()): seen.expected(c) for c in seen.cases}\n\n"
        + define("return known[n, kernel_size, strides]", "same_pads")
    )


@row(output_size=0, says="None")
def prints(book):
    """a function that prints its answer and returns nothing"""
    book.answer(
        output_size=define("print(n)"),
        size="size = (shape.n - shape.kernel_size) // shape.strides + 1",
    )


@row(nothing=True)
def blank(book):
    """nothing was written"""
    book.blank()


@row(same_pads=0, pads=0)
def half_done(book):
    """the rest was not begun"""
    book.blank("same_pads", "pads")


@row(output_size=0, size=0)
def syntax_error(book):
    """an answer that is no Python; another that needs it"""
    book.answer(output_size="def output_size(n, kernel_size, strides, padding)\n    return n")


@row(same_pads=0, says="argument")
def wrong_arguments(book):
    """a function that takes something else"""
    book.answer(same_pads="def same_pads(n):\n    return (0, 0)")


@row(size=0)
def name_error(book):
    """a name that does not exist, in the middle of a cell"""
    book.answer(size="sise = output_size(28, 3, 2, 'valid')\nsize = size_ + 1")


# Honest, and out of order: the cases of which stock nbgrader makes a 0


@row()
def copied_answer(book):
    """the answer's cell copied before writing in it: one is empty, with the same id"""
    at = book.index("output_size")
    empty = Book("padding")
    empty.blank()
    book.cells.insert(at + 1, empty["output_size"])


@row()
def copied_older_answer(book):
    """a first try stays, with the same id, before the answer"""
    tried = copy.deepcopy(book["same_pads"])
    tried["source"] = define("return 0, 0", "same_pads")
    book.cells.insert(book.index("same_pads"), tried)


@row()
def copied_test(book):
    """the graded cell copied, to the end and to the beginning"""
    book.cells.append(book["output_size_points"])
    book.cells.insert(1, book["output_size_points"])


@row()
def split_answer(book):
    """an answer split in the middle of its function; both halves keep the id"""
    cell = book["same_pads"]
    half = copy.deepcopy(cell)
    lines = cell["source"].splitlines(keepends=True)
    cell["source"], half["source"] = "".join(lines[:2]), "".join(lines[2:])
    book.cells.insert(book.index("same_pads") + 1, half)


@row()
def split_test(book):
    """a graded cell split"""
    cell = book["same_pads_points"]
    half = copy.deepcopy(cell)
    cell["source"], half["source"] = cell["source"][:10], cell["source"][10:]
    book.cells.insert(book.index("same_pads_points") + 1, half)


@row()
def edited_ids(book):
    """grade ids edited, all of one question"""
    book["output_size_points"]["metadata"]["nbgrader"]["grade_id"] = "mine"
    book["output_size"]["metadata"]["nbgrader"]["grade_id"] = "size"


@row()
def no_metadata(book):
    """all metadata lost, as through an editor that keeps none; strings for sources"""
    for cell in book.cells:
        cell["metadata"] = {}


@row(same_pads=0, says="same_pads")
def deleted_with_test(book):
    """an answer deleted together with its test"""
    book.remove("same_pads", "same_pads_points")


@row()
def deleted_tests(book):
    """all graded cells deleted"""
    book.remove("output_size_points", "same_pads_points", "size_points", "pads_points")


@row()
def deleted_setup(book):
    """the locked cells deleted"""
    book.remove("setup", "shape")


@row()
def moved(book):
    """all answers moved below the last test"""
    for name in ("pads", "size", "same_pads", "output_size"):
        book.cells.append(book.cells.pop(book.index(name)))
    book.cells[-4:] = reversed(book.cells[-4:])


@row()
def own_cell(book):
    """the answer in a cell of one's own, the given one left empty"""
    source = book["output_size"]["source"]
    book.blank("output_size")
    book.add(source, after="output_size")


@row()
def renamed(book):
    """the function has another name, in the answer's own cell"""
    book.answer(same_pads=book["same_pads"]["source"].replace("same_pads", "zeros"))


@row()
def overwritten_later(book):
    """scratch work at the end uses the answers' names"""
    book.add("size = None\npads = 7\ndef same_pads(n): return n", after="pads_points")


@row()
def overwritten_setup(book):
    """a locked cell changed to ask for something easier"""
    book["shape"]["source"] = "shape = questions.output_size(3, 3, 1)"


@row()
def quits(book):
    """quit() in a cell after the first answer"""
    book.add("quit()", after="output_size")


@row()
def exits(book):
    """os._exit(0) in a cell before the answers"""
    book.add("import os\nos._exit(0)")


@row(output_size=0, size=0, says="exit")
def exits_in_a_function(book):
    """os._exit(0) in a function"""
    book.answer(output_size="import os\n\n" + define("os._exit(0)"))


@row()
def byte_order_mark(book):
    """UTF-8 with a byte order mark"""
    return b"\xef\xbb\xbf" + bytes(book)


@row()
def utf_16(book):
    """UTF-16, as PowerShell writes it"""
    return bytes(book).decode().encode("utf-16")


@row(aside="is it another notebook")
def another_homework(book):
    """another homework, solved"""
    return bytes(Book("design"))


@row("design", aside="is it another notebook")
def another_homework_blank(book):
    """another homework, as it was handed out"""
    another = Book("padding")
    another.blank()
    return bytes(another)


@row(aside="is it another notebook")
def nothing_in_it(book):
    """a notebook of one's own, without a cell"""
    book.cells.clear()


@row(same_pads=0, size=0)
def retyped(book):
    """two answers in a notebook of one's own"""
    sources = [book[name]["source"] for name in ("output_size", "pads")]
    book.cells[:] = [{"cell_type": "code", "source": source} for source in sources]


@row(aside="empty")
def empty(book):
    """an empty file"""
    return b""


@row(aside="web page")
def log_in_page(book):
    """the log-in page of the learning platform"""
    return b"\r\n<!DOCTYPE html>\n<html><head><title>Log in</title></head><body></body></html>"


@row(aside="not a notebook")
def another_file(book):
    """a zip file"""
    return b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(range(256))


@row(aside="not a notebook")
def half_a_file(book):
    """an upload that was broken off"""
    return bytes(book)[:900]


@row(aside="no cells")
def a_list(book):
    """JSON, but a list"""
    return b"[1, 2, 3]"


@row(aside="no cells")
def a_profile(book):
    """JSON, but no notebook"""
    return b'{"cells": 7, "metadata": {}}'


@row()
def colab(book):
    """Colab: widget state without state, its own metadata, sources as lists"""
    book.notebook["metadata"] = {"colab": {"provenance": []}, "widgets": {"application/x": {}}}
    for number, cell in enumerate(book.cells):
        cell["metadata"]["id"] = f"x{number}"
        cell["source"] = cell["source"].splitlines(keepends=True)


@row()
def vs_code(book):
    """VS Code: no ids of ours in a cell that was retyped, languages, format 4.2"""
    book.notebook["nbformat_minor"] = 2
    for cell in book.cells:
        cell["metadata"]["vscode"] = {"languageId": "python"}
    del book["size"]["metadata"]["nbgrader"]


@row()
def odd_cells(book):
    """cells without metadata, with null, numbers, other types"""
    book.cells[1:1] = [{}, None, 7, {"cell_type": "code", "source": None, "metadata": None}]
    book.cells.append({"cell_type": "code", "source": ["pads", 5], "metadata": {"nbgrader": []}})
    book.cells.append(
        {"cell_type": "raw", "source": "x", "metadata": {"nbgrader": {"grade_id": []}}}
    )


@row()
def odd_texts(book):
    """a NUL byte and half a surrogate pair in cells of one's own"""
    book.add("a = '\x00'")
    book.add("b = '\ud83d'")


@row()
def outputs_of_40_mb(book):
    """outputs of 40 MB"""
    output = {"output_type": "stream", "name": "stdout", "text": "x" * 40_000_000}
    book["pads"]["outputs"] = [output]


@row()
def cells_100_000(book):
    """100,000 cells"""
    book.cells.extend([{"cell_type": "code", "source": "1", "metadata": {}}] * 100_000)


@row()
def numbers_of_40_mb(book):
    """an output of 40 MB of numbers, as in a picture that can be turned"""
    data = {"data": {"application/json": [0.123456789] * 3_000_000}, "output_type": "display_data"}
    book["pads"]["outputs"] = [data]


@row(aside="millions of values")
def many_values(book):
    """30 MB of empty dictionaries, which take 800 MB when they are read"""
    book.notebook["metadata"]["x"] = "MANY"
    return bytes(book).replace(b'"MANY"', b"[" + b"{}," * 10_000_000 + b"0]")


@row(aside="nested")
def nested(book):
    """JSON, 100,000 brackets deep"""
    return b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@row()
def nested_source(book):
    """a cell with 100,000 brackets"""
    book.add("deep = " + "(" * 100_000 + ")" * 100_000)
    book.add("less = " + "-" * 90_000 + "1")


@row()
def huge_number_in_json(book):
    """numbers of 10,000 digits in the metadata"""
    book.notebook["metadata"]["n"] = "NUMBER"
    return bytes(book).replace(b'"NUMBER"', b"1" * 10_000)


# Without end


@row(same_pads=0, says="notes=('`same_pads` takes too long.',)")
def loops(book):
    """an endless loop in Python in one function"""
    book.answer(same_pads=define("while True:\n    pass", "same_pads"))


@row(same_pads=0, says="takes too long")
def loops_on(book):
    """a loop that catches everything and ignores all signals"""
    book.answer(
        same_pads="import signal\nfor each in signal.valid_signals():\n    try:\n"
        "        signal.signal(each, signal.SIG_IGN)\n    except (OSError, ValueError):\n"
        "        pass\n\n"
        + define(
            "while True:\n    try:\n        while True:\n            pass\n"
            "    except BaseException:\n        pass",
            "same_pads",
        )
    )


@row(same_pads=0, says="takes too long")
def loops_in_c(book):
    """sum(itertools.count()): a loop that never comes back to Python"""
    book.answer(
        same_pads="import itertools\n\n" + define("return sum(itertools.count())", "same_pads")
    )


@row(same_pads=0, says="takes too long")
def backtracks(book):
    """a regular expression that takes for ever"""
    body = "return re.match('(a+)+$', 'a' * 60 + 'b')"
    book.answer(same_pads="import re\n\n" + define(body, "same_pads"))


@row(same_pads=0, says="takes too long")
def sleeps(book):
    """a function that waits"""
    book.answer(same_pads="import time\n\n" + define("time.sleep(10**6)", "same_pads"))


@row()
def loops_in_a_cell(book):
    """an endless loop in a cell between the answers"""
    book.add("while True: pass", after="output_size")


@row(same_pads=0)
def asks(book):
    """a function that asks at the keyboard"""
    book.answer(same_pads=define("return input('pads?')", "same_pads"))


@row(same_pads=0)
def alive(book):
    """a loop that keeps sending signs of life on all descriptors"""
    body = (
        "import os\nwhile True:\n    for fd in range(3, 64):\n        try:\n"
        '            os.write(fd, b\'["ask", "same_pads"]\\n["run", 1]\\n\')\n'
        "        except OSError:\n            pass"
    )
    book.answer(same_pads=define(body, "same_pads"))


VFORK = """\
import ctypes, time
ctypes.CDLL(None).syscall(58)
time.sleep(10**6)"""
UNSEEN = """\
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True:
    if not os.fork():
        end = time.perf_counter() + 0.15
        while time.perf_counter() < end: pass
        os._exit(0)
    try: os.wait()
    except OSError: pass"""


@row(same_pads=0, says="takes too long")
def waits_in_the_kernel(book):
    """a function that waits for its own vfork: never idle, and no work"""
    book.answer(same_pads=define(VFORK, "same_pads"))


@row()
def waits_in_the_kernel_in_a_cell(book):
    """the same in a cell between the answers"""
    book.add(VFORK, after="output_size")


@row(same_pads=0, says="takes too long")
def works_unseen(book):
    """a function that lets others work, whose work the kernel forgets when they end"""
    book.answer(same_pads=define(UNSEEN, "same_pads"))


@row()
def works_unseen_in_a_cell(book):
    """the same in a cell between the answers"""
    book.add(UNSEEN, after="output_size")


@row()
def never_ends(book):
    """a thread and an exit handler that never end; the answers are right"""
    book.add(
        "import atexit, threading, time\nthreading.Thread(target=time.sleep, args=(1e6,)).start()\n"
        "atexit.register(time.sleep, 1e6)"
    )


# Bombs


@row(same_pads=0)
def fork_bomb(book):
    """a fork bomb in a function"""
    body = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
    book.answer(same_pads=define(body, "same_pads"))


@row()
def fork_and_go_on(book):
    """a cell that forks, so that everything is answered twice"""
    book.add("import os\nos.fork()")


@row(same_pads=0, says="MemoryError")
def memory_at_once(book):
    """a terabyte"""
    book.answer(same_pads=define("return len('a' * 10**12), 0", "same_pads"))


@row(same_pads=0)
def memory_in_steps(book):
    """memory, ten megabytes at a time, for ever"""
    body = "kept = []\nwhile True:\n    kept.append(bytearray(10**7))"
    book.answer(same_pads=define(body, "same_pads"))


@row(same_pads=0)
def memory_in_many(book):
    """memory in many processes, below the limit in each"""
    body = (
        "import os, time\nfor _ in range(12):\n    if not os.fork():\n"
        "        kept = bytearray(200_000_000)\n        time.sleep(1e6)\nwhile True:\n    pass"
    )
    book.answer(same_pads=define(body, "same_pads"))


@row(same_pads=0)
def memory_out_of_sight(book):
    """memory that belongs to no process: shared segments, memory files"""
    body = (
        "import ctypes, os\nlibc = ctypes.CDLL(None)\nlibc.shmat.restype = ctypes.c_void_p\n"
        "for _ in range(100):\n    at = libc.shmat(libc.shmget(0, 10**8, 0o1600), None, 0)\n"
        "    if at and at < 2**63:\n        ctypes.memset(at, 1, 10**8)\n"
        "        libc.shmdt(ctypes.c_void_p(at))\n"
        "    file = os.memfd_create('x')\n    os.write(file, bytes(10**8))\nreturn 0, 0"
    )
    book.answer(same_pads=define(body, "same_pads"))


@row()
def memory_of_sleepers(book):
    """shared memory that only a process maps which never touched it"""
    book.try_to_see(
        "import mmap, os, time\nfor path in (None, '/dev/zero'):\n    try:\n"
        "        file = os.open(path, os.O_RDWR) if path else -1\n"
        "        for _ in range(16):\n            kept = mmap.mmap(file, 10**8)\n"
        "            if not os.fork():\n                time.sleep(1e6)\n"
        "            kept[:] = bytes(10**8)\n            kept.close()\n"
        "        seen.append(path)\n    except OSError:\n        pass"
    )


@row()
def tables(book):
    """places in the kernel's tables: asynchronous I/O, who watches files, timers; pages in pipes"""
    book.try_to_see(
        "import ctypes, os\nlibc = ctypes.CDLL(None)\nread, write = os.pipe()\n"
        "page = ctypes.create_string_buffer(4096)\n"
        "vector = (ctypes.c_size_t * 2)(ctypes.addressof(page), 4096)\n"
        "tries = {206: (60_000, ctypes.create_string_buffer(8)), 253: (), 294: (0,),\n"
        "         300: (0x200, 0), 444: (None, 0, 1), 278: (write, vector, 1, 0)}\n"
        "seen += [n for n, given in tries.items() if libc.syscall(n, *given) >= 0]\n"
        "timers = [libc.syscall(222, 0, None, page) for _ in range(1000)]\n"
        "seen += [len(timers)] * (timers[-1] == 0)"
    )


@row(same_pads=0)
def huge_power(book):
    """a number that takes for ever to compute"""
    book.answer(same_pads=define("return 7 ** 10 ** 9, 0", "same_pads"))


@row()
def disk_bomb(book):
    """a file that grows for ever, in every folder that can be written to"""
    book.add(
        "import os\nfor folder in ('.', '/tmp', '/dev/shm', '/var/tmp', '/'):\n    try:\n"
        "        with open(folder + '/big', 'wb') as file:\n"
        "            while True:\n                file.write(bytes(10**6))\n"
        "    except OSError:\n        pass"
    )


@row()
def many_files(book):
    """a million files"""
    book.add(
        "import os\ntry:\n    for number in range(10**6):\n"
        "        open(f'{number}', 'w').close()\nexcept OSError:\n    pass"
    )


@row()
def prints_a_million_lines(book):
    """a million lines of output, and as many on stderr"""
    book.add("import sys\nfor n in range(10**6):\n    print(n)\n    print(n, file=sys.stderr)")


@row(same_pads=0)
def returns_too_much(book):
    """a list of ten million numbers"""
    book.answer(same_pads=define("return [0, 1] * 5_000_000", "same_pads"))


@row(same_pads=0)
def daemon(book):
    """a process of its own that would answer later, and stay for ever"""
    book.answer(
        same_pads="import os, time\nif not os.fork():\n    os.setsid()\n    if not os.fork():\n"
        "        while True:\n            time.sleep(1)\n    os._exit(0)\n\n"
        + define("return os.getpid(), 0", "same_pads")
    )


@row(output_size=0, size=0)
def overflows(book):
    """recursion without end and without a limit: a crash"""
    book.answer(
        output_size="import sys\nsys.setrecursionlimit(10**9)\n\n"
        + define("return output_size(n, kernel_size, strides, padding) + 1")
    )


@row()
def crashes(book):
    """a cell that reads memory which is not there"""
    book.add("import ctypes\nctypes.string_at(0)")


@row()
def stops_itself(book):
    """signals to itself, its parent and everybody"""
    book.add(
        "import os, signal\nfor pid in (os.getppid(), 0, -1, 1, 2, 3, os.getpid()):\n"
        "    for sent in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):\n        try:\n"
        "            os.kill(pid, sent)\n        except OSError:\n            pass"
    )


@row()
def named_oddly(book):
    """a process whose name is no text, and looks like the end of one"""
    book.add(
        "import ctypes, time\nctypes.CDLL(None).prctl(15, b'\\xff) Z 0 (\\n')\ntime.sleep(0.5)"
    )


# Looking around


@row()
def reads_tests(book):
    """looks for the source, the gradebook and the secret on the whole disk"""
    book.try_to_see(
        "import os\nfor folder, folders, files in os.walk('/'):\n"
        "    folders[:] = {*folders} - {'usr', 'lib', 'lib64', 'share', 'include', 'proc'}\n"
        "    seen += [os.path.join(folder, f) for f in files\n"
        "             if f.endswith(('.ipynb', '.db')) or f == 'secret' or 'red_team' in f]"
    )


@row()
def reads_others(book):
    """reads and overwrites what others handed in, and the gradebook, where they are known to be"""
    book.try_to_see(
        "import os, shutil\n"
        f"for name in ('gradebook.db', 'submitted/ada/padding.ipynb', 'secret', ''):\n"
        f"    path = os.path.join({book.folder!r}, name)\n"
        "    for root in ('', '/proc/1/root', '/proc/2/root', '/proc/self/cwd/..'):\n"
        "        if os.path.exists(root + path):\n            seen.append(root + path)\n"
        "        try:\n            open(root + path, 'w').write('6 of 6')\n"
        "        except OSError:\n            pass\n"
        f"shutil.rmtree({book.folder!r}, ignore_errors=True)"
    )


@row()
def reads_environment(book):
    """looks for a secret in the environment, its own and that of others"""
    book.try_to_see(
        "import glob, os\nseen += [v for v in os.environ.values() if 'sesame' in v]\n"
        "for path in glob.glob('/proc/*/environ') + glob.glob('/proc/*/cmdline'):\n    try:\n"
        "        seen += [path] * (b'sesame' in open(path, 'rb').read())\n"
        "    except OSError:\n        pass"
    )


@row()
def calls_out(book):
    """the network: the host's ports, its sockets, the world, the machine under the machine"""
    book.try_to_see(
        "import socket\n"
        "tries = [(socket.AF_INET, socket.SOCK_STREAM, ('127.0.0.1', PORT)),\n"
        "         (socket.AF_INET, socket.SOCK_DGRAM, ('127.0.0.1', PORT)),\n"
        "         (socket.AF_INET, socket.SOCK_STREAM, ('1.1.1.1', 53)),\n"
        "         (socket.AF_UNIX, socket.SOCK_STREAM, '\\0grading-red-team-PORT'),\n"
        "         (40, socket.SOCK_STREAM, (2, PORT))]\n".replace("PORT", str(book.port))
        + "for family, kind, address in tries:\n    try:\n"
        "        with socket.socket(family, kind) as s:\n            s.settimeout(1)\n"
        "            s.connect(address)\n            s.send(b'answers, please')\n"
        "            seen.append(address)\n    except OSError:\n        pass"
    )


@row()
def breaks_out(book):
    """mounts, namespaces, tracing, ids, devices, kernel keys: what a process may not do here"""
    book.try_to_see(
        "import ctypes, os\nlibc = ctypes.CDLL(None)\n"
        "tries = {'unshare': (0x10000000,), 'mount': (b'x', b'/tmp', b'tmpfs', 0, None),\n"
        "         'umount2': (b'/proc', 2), 'umount': (b'/proc',), 'setns': (0, 0),\n"
        "         'ptrace': (16, 1, 0, 0), 'setuid': (1,), 'setgid': (1,), 'chroot': (b'/',),\n"
        "         'sethostname': (b'x', 1), 'mknod': (b'/tmp/null', 0o20666, 259),\n"
        "         'setgroups': (0, None)}\n"
        "seen += [name for name, given in tries.items() if getattr(libc, name)(*given) == 0]\n"
        "seen += [n for n in (248, 249, 250, 298, 321, 323, 425)\n"
        "         if libc.syscall(n, 0, 0, 0) >= 0]\n"
        "if libc.syscall(248, b'user', b'key', b'answer', 6, -4) > 0: seen.append('a key')"
    )


@row()
def leaves_something(book):
    """leaves notes for those who come after: files, shared memory, a patched library"""
    book.add(
        "import builtins, os, sys, course.questions.answers as a\n"
        "builtins.left_by_me = a.left_by_me = 'hello'\n"
        "sys.modules['left_by_me'] = a\nos.environ['LEFT_BY_ME'] = 'hello'\n"
        "for folder in ('.', '/tmp', '/dev/shm', '/', '/var/tmp', sys.prefix):\n    try:\n"
        "        open(folder + '/left_by_me', 'w').write('hello')\n"
        "    except OSError:\n        pass"
    )


@row()
def finds_something(book):
    """looks for what was left there, and in all of memory for what others wrote"""
    book.try_to_see(
        "import builtins, gc, os, sys, course.questions.answers as a\n"
        "seen += [m for m in (builtins, a) if hasattr(m, 'left_by_me')]\n"
        "seen += [v for v in (sys.modules.get('left_by_me'), os.environ.get('LEFT_BY_ME')) if v]\n"
        "seen += [f for f in ('.', '/tmp', '/dev/shm', '/', '/var/tmp', sys.prefix)\n"
        "         if os.path.exists(f + '/left_by_me')]\n"
        "seen += [o for o in gc.get_objects() if isinstance(o, dict) and 'left_by_me' in o.keys()\n"
        "         and o is not globals() and 'seen' not in o]"
    )


# Cheating, with nothing right


@row(nothing=True)
def equal_to_all(book):
    """answers that say they are equal to everything"""
    book.answer(
        output_size="class Any(int):\n    def __eq__(self, other): return True\n"
        "    def __ne__(self, other): return False\n    def __hash__(self): return 0\n"
        "    def __le__(self, other): return True\n    __ge__ = __lt__ = __gt__ = __le__\n"
        "    def __repr__(self): return 'True'\n\n" + define("return Any(-7)"),
        same_pads=define("return Any(-1), Any(-2)", "same_pads"),
        size="size = Any(-3)",
        pads="pads = [Any(-1), Any(-1)]",
    )


@row(nothing=True)
def transformer(book):
    """an AST transformer that empties every assert and makes every check true"""
    book.blank()
    book.add(
        "import ast, builtins\nold = builtins.compile\n"
        "class T(ast.NodeTransformer):\n    def visit_Compare(self, node):\n"
        "        return ast.Constant(True)\n"
        "def compile_(source, *a, **k):\n    tree = ast.parse(source)\n"
        "    return old(ast.fix_missing_locations(T().visit(tree)), *a, **k)\n"
        "builtins.compile = compile_\n"
        "try:\n    get_ipython().ast_transformers.append(T())\nexcept NameError:\n    pass"
    )


@row(nothing=True)
def patched_json(book):
    """json and pickle write what the grader likes to hear"""
    book.blank()
    book.add(
        "import json, pickle\nfor module in (json, pickle):\n"
        '    module.dumps = lambda *a, **k: \'{"correct": true, "points": 6}\'\n'
        "json.JSONEncoder.default = json.JSONEncoder.encode = lambda *a: 'true'"
    )


@row(nothing=True)
def patched_builtins(book):
    """builtins that agree with everything"""
    book.blank()
    book.add(
        "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.all = lambda *a: True\n"
        "builtins.len = lambda *a: 2\nbuiltins.repr = lambda *a: '(0, 1)'\n"
        "builtins.type = lambda *a: int\nbuiltins.print = builtins.str = lambda *a: '1'"
    )


@row(nothing=True)
def patched_check(book):
    """check and the questions themselves say yes"""
    book.blank()
    book.add(
        "import course.check, course.questions as q\n"
        "yes = q.Diagnosis(True, None, 'Yes')\ncheck = course.check.check = lambda *a: yes\n"
        "q.Question.judge = q.Question.diagnose = lambda *a, **k: yes\n"
        "q.Question.__eq__ = lambda *a: True"
    )


@row(nothing=True)
def walks_frames(book):
    """looks through frames and the whole heap for what is expected"""
    book.blank()
    book.answer(
        size="import gc, sys\nfound = []\nframe = sys._getframe()\nwhile frame:\n"
        "    found += [v for n, v in {**frame.f_locals, **frame.f_globals}.items()\n"
        "              if n in ('expected', '_expected', 'right', 'answer')]\n"
        "    frame = frame.f_back\n"
        "found += [o for o in gc.get_objects() if isinstance(o, dict) and 'expected' in o.keys()]\n"
        "size = found[0] if found else None",
        output_size=define(
            "import sys\nframe = sys._getframe(1)\nfor name, value in frame.f_locals.items():\n"
            "    if 'expect' in name or 'right' in name:\n        return value\nreturn 0"
        ),
    )


@row(nothing=True)
def traces(book):
    """a tracing function that changes what the grader's own code works with"""
    book.blank()
    book.add(
        "import sys, threading\ndef look(frame, event, arg):\n"
        "    for name in list(frame.f_locals):\n"
        "        if name in ('correct', 'points', 'ok'):\n            frame.f_locals[name] = True\n"
        "    return look\nsys.settrace(look)\nthreading.settrace(look)"
    )


FORGED = """\
lines = [
    b'{"correct": true, "points": 6}', b'["points", 6]', b'["done"]', b'["done", 9]', b"NaN",
    b'["answer", "size", {"correct": true}]', b'["ended"]', b'\\x00\\x00\\x00\\x02{}',
    b'["answer", 3, [true, true]]', b'\\xff\\xfe\\x00', b"[" * 5000,
]
for fd in range(1024):
    for line in lines:
        try:
            os.write(fd, line)
        except OSError:
            break
"""


@row(nothing=True)
def forges(book):
    """messages that claim all points, on every descriptor"""
    book.blank()
    book.add(f"import os\n{FORGED}")


@row()
def forges_and_answers(book):
    """the same, and the answers are right"""
    book.add(f"import os\nif not os.fork():\n    os._exit(0)\n{FORGED}", after="pads_points")


def forged(*answers) -> str:
    """A cell that goes through all steps itself, as the grader's own child would."""
    return (
        f"import json, os\nfor fd in range(3, 256):\n    for step in range(60):\n"
        f"        for answer in {answers!r}:\n            for said in (['answer', step, answer],\n"
        "                ['trouble', step, 'x'], ['done', step], ['step', step + 1]):\n"
        "                try:\n                    os.write(fd, json.dumps(said).encode())\n"
        "                except OSError:\n                    pass"
    )


@row(nothing=True)
def forges_steps(book):
    """messages of the right form, about every step: answers, their ends, descriptions"""
    book.blank()
    book.add(forged(True, {"correct": True}, {"described": {"correct": True}}))


@row(nothing=True)
def forges_descriptions(book):
    """the same, with what only the grader may say first"""
    book.blank()
    book.add(forged({"described": {"correct": True, "points": 6}}))


@row()
def closes_everything(book):
    """a cell that closes every descriptor, so that no answer can come"""
    book.add("import os\nos.closerange(0, 1024)")


@row()
def floods(book):
    """a cell that writes to every descriptor without end"""
    book.add(
        "import os\nwhile True:\n    for fd in range(1024):\n        try:\n"
        "            os.write(fd, b'x' * 60_000)\n        except OSError:\n            pass"
    )


@row(nothing=True)
def empty_world(book):
    """a cell that deletes all of Python's builtins: nothing after it runs, in any kernel"""
    book.add(
        "import builtins, sys\nfor name in list(sys.modules):\n    sys.modules[name] = None\n"
        "for name in list(vars(builtins)):\n    delattr(builtins, name)"
    )


# Odd values


@row(output_size=0, size=0)
def huge_integers(book):
    """a number of 100,000 digits"""
    book.answer(output_size=define("return 10 ** 100_000"))


@row(output_size=0, same_pads=0, size=0)
def not_numbers(book):
    """NaN and infinity"""
    book.answer(
        output_size=define("return float('nan')"),
        same_pads=define("return float('inf'), -float('inf')", "same_pads"),
        size="size = float('nan')",
    )


@row(output_size=0, size=0)
def subclassed(book):
    """an int that says one thing and is another"""
    book.answer(
        output_size="class I(int):\n    def __repr__(self): return '1'\n    __str__ = __repr__\n"
        "    def __int__(self): return -7\n    __index__ = __int__\n\n" + define("return I(-5)")
    )


@row(same_pads=0)
def endless_generator(book):
    """a generator without end"""
    book.answer(same_pads=define("return iter(int, 1)", "same_pads"))


@row(same_pads=0, pads=0)
def holds_itself(book):
    """a list in itself, and one 100,000 deep"""
    book.answer(
        same_pads=define("a = []\na.append(a)\nreturn a", "same_pads"),
        pads="pads = []\nfor _ in range(10**5):\n    pads = [pads]",
    )


@row(same_pads=0, pads=0)
def claims(book):
    """plain data that looks like a message"""
    book.answer(
        same_pads=define("return {'error': None, 'correct': True, 'points': 2}", "same_pads"),
        pads="pads = {'set': [0, 1], 'correct': True}",
    )


@row(output_size=0, size=0)
def raises_oddly(book):
    """exceptions that cannot be shown"""
    book.answer(
        output_size="class Odd(Exception):\n    def __str__(self): raise self\n"
        "    __repr__ = __str__\n\n" + define("raise Odd")
    )


@row(same_pads=0)
def changes_inputs(book):
    """the right answer to the first case only, whatever is asked for"""
    book.answer(
        same_pads="first = []\n\n"
        + define("first or first.append((0, 1))\nreturn first[0]", "same_pads")
    )


# Models


@row("design")
def sequential(book):
    """the teacher's own model"""


@row("design")
def functional(book):
    """the same with Keras' functional interface, and a branch"""
    book.answer(
        model="x = start = keras.Input((28, 28, 1))\n"
        "x = layers.Conv2D(5, 3, strides=2, padding='same')(x)\n"
        "y = layers.Conv2D(5, 3, strides=2, padding='same')(start)\n"
        "x = layers.Concatenate()([x, y])\nx = layers.ReLU()(x)\n"
        "x = layers.Conv2D(10, 3, strides=2, padding='same')(x)\nmodel = keras.Model(start, x)"
    )


@row("design")
def in_parts(book):
    """models within a model, made by a function, trained for a step"""
    book.answer(
        model="def block(filters, shape):\n    return keras.Sequential([keras.Input(shape),\n"
        "        layers.Conv2D(filters, 3, strides=2, padding='same'), layers.ReLU()])\n\n"
        "model = keras.Sequential([keras.Input((28, 28, 1)), block(10, (28, 28, 1)), "
        "block(10, (14, 14, 10))])\nmodel.compile('sgd', 'mse')\nimport numpy as np\n"
        "model.fit(np.zeros((2, 28, 28, 1)), np.zeros((2, 7, 7, 10)), verbose=0)"
    )


@row("design", model=0, says="window")
def shortcut(book):
    """one large window in place of two small ones"""
    book.answer(
        model="model = keras.Sequential([keras.Input((28, 28, 1)),\n"
        "    layers.Conv2D(10, 7, strides=4, padding='same')])"
    )


@row("design", model=0, params=0)
def too_dear(book):
    """too many parameters, and a count that forgets the biases"""
    book.answer(model=MODEL.replace("10, 3", "40, 3", 1), params="params = 900")


@row("design", model=0)
def beside(book):
    """keras.py, json.py and course/ beside the notebook; and the wrong shape"""
    book.add(
        "import os\nos.makedirs('course', exist_ok=True)\n"
        "for name in ('keras.py', 'json.py', 'course/__init__.py', 'sitecustomize.py'):\n"
        "    open(name, 'w').write('raise SystemExit')"
    )
    book.answer(model=MODEL.replace('padding="same")', 'padding="valid")'))


@row("design", nothing=True)
def design_blank(book):
    """nothing was written"""
    book.blank()


@row("design", model=0)
def no_model(book):
    """a layer in place of a model"""
    book.answer(model="model = layers.Conv2D(10, 3)")


@row("design", model=0)
def lies(book):
    """a model that lies about its size, shapes and configuration"""
    book.answer(
        model="class Liar(keras.Sequential):\n    def count_params(self): return 1\n"
        "    output_shape = (None, 7, 7, 10)\n    def get_config(self): return {'layers': []}\n"
        "class int_(int):\n    def __gt__(self, other): return False\n"
        "model = Liar([keras.Input((28, 28, 1)),\n"
        "    layers.Conv2D(500, 9, strides=4, padding='same'), layers.Conv2D(10, 1)])"
    )


@row("design", nothing=True)
def describes_itself(book):
    """a message that describes a perfect model, as the grader does after it built it anew"""
    perfect = {"input_shape": [28, 28, 1], "output_shape": [7, 7, 10], "params": 1, "macs": 1}
    perfect |= {"uncounted": [], "field": 9, "window": 3, "layers": []}
    book.blank()
    book.add(forged({"described": perfect}))


@row("design", model=0)
def too_large(book):
    """a model that no machine can hold"""
    book.answer(
        model="model = keras.Sequential([keras.Input((28, 28, 1)), layers.Flatten(),\n"
        "    layers.Dense(10**9), layers.Dense(490), layers.Reshape((7, 7, 10))])"
    )


@row("design", model=0)
def filters_true(book):
    """a setting that Keras takes, and no question"""
    book.answer(model=MODEL.replace("Conv2D(10", "Conv2D(True"))


@row("design", model=0)
def strides_out_of_all_proportion(book):
    """a description of a model in which a number is too large to divide by"""
    about = {"kernel_size": [3, 3], "strides": [10**400] * 2, "padding": "same", "groups": 1}
    about |= {"filters": 10, "activation": "linear", "data_format": "channels_last"}
    about |= {"use_bias": True, "dilation_rate": [1, 1]}
    model = {"inputs": [[None, 28, 28, 1]], "layers": [["Conv2D", about]]}
    model |= {"calls": [[0, [0], [1]]], "outputs": [1]}
    book.blank("model")
    book.add(
        f"import sys\nmodel = {model}\n"
        "def encoded(value, deep=0): return {'model': value} if value is model else value\n"
        "sys.modules['course.grading.child'].encoded = encoded",
        before="params",
    )


@row("design", model=None, says="cannot tell")
def own_layer(book):
    """a layer that nobody knows: a teacher has to look"""
    book.answer(
        model="class Mine(layers.Layer):\n    def call(self, x): return x[:, ::4, ::4]\n\n"
        "model = keras.Sequential([keras.Input((28, 28, 1)), Mine(), layers.Conv2D(10, 1)])"
    )


@row("design", model=None, says="cannot tell")
def code_in_a_layer(book):
    """a Lambda layer, whose configuration is code"""
    book.answer(
        model="model = keras.Sequential([keras.Input((28, 28, 1)),\n"
        "    layers.Lambda(lambda x: x[:, ::4, ::4], output_shape=(7, 7, 1)),\n"
        "    layers.Conv2D(10, 1)])"
    )


@row("design", model=0)
def loops_in_keras(book):
    """a model whose attributes never come back"""
    book.answer(
        model="class Slow(keras.Sequential):\n    @property\n    def inputs(self):\n"
        "        while True: pass\n\nmodel = Slow([keras.Input((28, 28, 1))])"
    )
