"""What may be wrong with this machine, and what to do about it, in words.

    python course/doctor.py

It asks for nothing but some Python from 3.6 on, and changes nothing: so it is written in the
Python of 2016, and with the standard library alone. The start page asks it, too.
"""

import ctypes
import json
import os
import platform
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
COMMAND = "pip install uv && uv run jupyter lab notebooks/00_start_here.ipynb"
BINDER = "the Binder link in the README opens the course without installing anything"
GB = 1024**3
NEEDS_UV = (0, 6, 2)  # which knows build-constraint-dependencies
NEEDS_MEMORY = 2 * GB  # the server, a browser's tab and one lesson with TensorFlow
NEEDS_DISK = 3  # GB: 2 to keep, and what is unpacked meanwhile
NEEDS_CACHE = 2  # GB, where it is on another disk
PORT = 8888  # which Jupyter tries first
PATIENCE = 300  # seconds
ILLEGAL = 0xC000001D  # how Windows says that a processor does not know an instruction
PACKAGES = "anywidget, ipywidgets, keras, matplotlib, numpy, tensorflow"
TRY = """
import importlib.util, sys
for name in "{names}".split(", "):
    spec = importlib.util.find_spec(name)  # an empty folder has no origin
    print(spec and spec.origin or sys.exit("ImportError: there is no " + name), file=sys.stderr)
import {names}
keras.layers.Conv2D
"""
ASK = "import json, runpy, sys; doctor = runpy.run_path(sys.argv[1])"
ASK += "; print(json.dumps(doctor['troubles'](doctor['TO_RUN'])))"
VENV = ROOT / os.environ.get("UV_PROJECT_ENVIRONMENT", ".venv")
AGAIN = f"delete the folder {VENV.name}, and start the course again."


def python_is_wrong():
    """Whether TensorFlow exists for this version of Python."""
    bounds = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', _text(ROOT / "pyproject.toml"))
    if not bounds:  # installed as a package: pip has looked at it
        return ""
    first, end = map(int, bounds.groups())
    if (3, first) <= sys.version_info[:2] < (3, end):
        return ""
    have, good = ".".join(map(str, sys.version_info[:2])), f"3.{first} to 3.{end - 1}"
    return f"TensorFlow exists for Python {good}, and this is {have}: uv brings one. {_start()}"


def wheel_is_missing():
    """Whether TensorFlow exists for this system and processor."""
    system, machine = platform.system(), platform.machine().lower()
    if struct.calcsize("P") < 8:
        return "This Python has 32 bits, and TensorFlow needs 64: install a 64-bit Python."
    if system == "Darwin" and machine == "x86_64":
        if _output(["sysctl", "-n", "sysctl.proc_translated"]) == "1":
            return (
                "This Python was made for Intel, and your Mac has Apple silicon: install a Python "
                "for Apple silicon (arm64), and try again with it."
            )
        return f"There is no TensorFlow for Macs with an Intel processor: {BINDER}."
    there = {"Linux": ("x86_64", "aarch64"), "Darwin": ("arm64",), "Windows": ("amd64",)}
    if machine not in there.get(system, ()):
        return f"There is no TensorFlow for {system} on {machine}: {BINDER}."
    if system == "Linux" and platform.libc_ver()[0] != "glibc" and _is_musl():
        return f"There is no TensorFlow for a Linux without glibc, such as Alpine: {BINDER}."
    return ""


def processor_is_too_old():
    """Whether the processor has AVX, which TensorFlow is built for."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return ""
    if platform.system() == "Windows":
        has = ctypes.windll.kernel32.IsProcessorFeaturePresent(39)  # PF_AVX_INSTRUCTIONS_AVAILABLE
    else:
        flags = re.search(r"^flags\s*:(.*)$", _text("/proc/cpuinfo"), re.MULTILINE)
        has = not flags or "avx" in flags.group(1).split()
    if has:
        return ""
    return (
        'This processor has no AVX, and TensorFlow would end with "Illegal instruction". In a '
        f"virtual machine, let it have the processor of its host; else {BINDER}."
    )


def memory_is_small():
    """Whether a lesson with TensorFlow, the server and the browser have room."""
    sizes = [_memory()]
    # A limit holds for all groups within. A container may be told a path that it cannot see.
    for own in ["", *re.findall(r"^\d+:(?:memory)?:/(.+)", _text("/proc/self/cgroup"), re.M)]:
        for group in (Path(own), *Path(own).parents):
            for file in (group / "memory.max", "memory" / group / "memory.limit_in_bytes"):
                limit = _text("/sys/fs/cgroup" / file).strip()
                sizes += [int(limit)] if limit.isdigit() else []
    least = min(filter(None, sizes), default=NEEDS_MEMORY)
    if least >= 0.9 * NEEDS_MEMORY:  # the system keeps some to itself
        return ""
    return (
        f"There are {least / GB:.1f} GB of memory. A lesson needs {NEEDS_MEMORY // GB} with all "
        "that is around it: close other programs, and each lesson before you open the next "
        "(menu Kernel > Shut Down Kernel)."
    )


def disk_is_full():
    """Whether uv and Jupyter can write where they do, and have room for what is not there yet."""
    # What uv writes last says that an install has not ended halfway.
    there = any(VENV.glob("[Ll]ib/**/tensorflow*.dist-info/INSTALLER")) or find_spec("tensorflow")
    home = Path(os.path.expanduser("~"))
    cache = Path(os.environ.get("UV_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or home)
    places = ("HOME", home, 0), ("UV_CACHE_DIR", cache, NEEDS_CACHE), ("", ROOT, NEEDS_DISK)
    for name, place, needs in places:
        folder = next(str(each) for each in (place, *place.parents) if os.path.exists(str(each)))
        other = f"set {name} to another folder (`export {name}=...`)"
        if name and not os.access(os.path.join(folder, ""), os.W_OK):
            return f"Nothing can be written into {place}: {other}."
        free = shutil.disk_usage(folder).free / GB
        if free < needs and not there:
            left = f"The disk with {place} has {free:.1f} GB left, and {needs} are needed once"
            return f"{left}: delete something{name and ', or ' + other}."
    return ""


def user_is_root():
    """Whether JupyterLab refuses to start."""
    root = hasattr(os, "geteuid") and not os.geteuid()
    why = "JupyterLab does not start for root: add --allow-root at the end of the command."
    return why if root else ""


def folder_is_read_only():
    """Whether answers can be kept beside the lessons."""
    lessons = ROOT / "notebooks"
    if not lessons.exists() or os.access(str(lessons), os.W_OK):
        return ""
    return f"You may only read {ROOT}: copy the folder to your home, and open the course there."


def import_is_broken():
    """Whether this Python can import what lessons need; another process tries: that may end it."""
    kernel = "ipykernel" in sys.modules
    if not kernel and not _inside() and _uv():
        return ""  # uv brings a Python that has them
    lessons = str(ROOT / "notebooks")
    here = lessons if os.path.isdir(lessons) and not kernel else os.getcwd()
    backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")  # as course/__init__.py does
    command = [sys.executable, "-c", TRY.format(names=PACKAGES)]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    try:
        done = subprocess.run(command, cwd=here, timeout=PATIENCE, **pipes)
    except subprocess.TimeoutExpired:
        return f"It takes more than {PATIENCE} seconds, maybe for a virus scanner: try again."
    if not done.returncode:
        return ""
    said = done.stderr.decode("utf-8", "replace")
    # TensorFlow ends with advice for its developers: the reason stands before it.
    why = re.findall(r"^[\w.]*(?:Error|Exception)\b.*", said, re.MULTILINE)
    why = why[-1].strip() if why else f"it ended with {done.returncode}"
    advice = AGAIN if _inside() else f"start the course with packages of its own. {_start()}"
    if "DLL load failed" in said:
        advice = 'install Microsoft\'s "Visual C++ Redistributable" (x64), and restart Windows.'
    if backend != "tensorflow":
        advice = f"KERAS_BACKEND is {backend}: remove this variable."
    ours = sys.prefix, sysconfig.get_path("stdlib")
    for folder in filter(None, [here, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]):
        for file in re.findall(re.escape(folder) + r"[^\"'()\n]*\.py\b", said):
            if not file.startswith(ours):
                cause = "rename it" if folder == here else "remove the variable PYTHONPATH"
                advice = f"{file} is in the way: {cause}."
    if done.returncode == -9 or re.search("failed to map|Cannot allocate|MemoryError", said):
        advice = "there was too little memory: close other programs."  # -9: Linux ended it
    if done.returncode in (-signal.SIGILL, ILLEGAL):
        why, advice = "this processor lacks what it was built for", f"{BINDER}."
    return f"What lessons need cannot be imported ({why}): {advice}"


def uv_is_unfit():
    """Whether the `uv` on the PATH works, and knows what pyproject.toml asks of it."""
    said = _uv()
    if not said:
        return f"`uv` is there, but does not start. {_start()}" if shutil.which("uv") else ""
    version, needs = said.split()[1], ".".join(map(str, NEEDS_UV))
    if tuple(map(int, re.findall(r"\d+", version)[:3])) >= NEEDS_UV:
        return ""
    how = "`pip install -U uv`, `pipx upgrade uv` or `uv self update`"
    return f"uv is {version}, and the course needs {needs}: renew it, with {how}."


def jupyter_is_old():
    """Whether the ``jupyter lab`` that a student may start shows live pictures."""
    version = _output(["jupyter", "lab", "--version"])
    if not version[:1].isdigit() or int(version.split(".")[0]) >= 4:
        return ""
    return (
        f"`jupyter lab` starts JupyterLab {version} here, which does not show live pictures. "
        f"Start the course's own. {_start()}"
    )


def port_is_taken():
    """Whether Jupyter's usual address is free."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", PORT)):
            return ""
    return (
        f"Something answers at port {PORT}: perhaps the course itself, or another JupyterLab. The "
        f"course takes the next one that is free: open what the terminal shows, not {PORT}."
    )


def proxy_is_dead():
    """Whether the proxy that packages and MNIST are downloaded through answers."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        value = os.environ.get(name, "")
        shown = value.rpartition("@")[2]  # without a password
        try:
            place = urlsplit(value if "//" in value else f"//{value}")
            if value:
                socket.create_connection((place.hostname, place.port or 80), timeout=3).close()
        except (OSError, ValueError):  # UnicodeError too
            return (
                f"{name} is {shown}, and no proxy answers there: correct it or remove it. Only "
                "the first start, and MNIST, need the network."
            )
    return ""


TO_START = (
    ("disk", disk_is_full),
    ("user", user_is_root),
    ("uv", uv_is_unfit),
    ("JupyterLab", jupyter_is_old),
    ("port", port_is_taken),
    ("proxy", proxy_is_dead),
)
TO_RUN = (
    ("Python", python_is_wrong),
    ("TensorFlow for this machine", wheel_is_missing),
    ("processor", processor_is_too_old),
    ("memory", memory_is_small),
    ("folder", folder_is_read_only),
    ("packages", import_is_broken),
)


def troubles(checks):
    """What is wrong, in words."""
    found = []
    for name, check in checks:
        try:
            said = check()
        except Exception as error:  # a machine odder than all that are known here
            said = f"this could not be looked at: {error!r}."
        found += [f"{name}: {said}"] if said else []
    return found


def of_the_course():
    """What keeps lessons from running, as the course's own Python sees it where there is one."""
    if _inside() or not VENV.exists():
        return troubles(TO_RUN)
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    try:
        return json.loads(_output([str(python), "-c", ASK, __file__], 2 * PATIENCE))
    except ValueError:
        return [f"Python: that of the course does not start: {AGAIN}", *troubles(TO_RUN)]


def _inside():
    """Whether this Python is that of the course, which uv has made."""
    return Path(sys.executable).parent.parent.resolve() == VENV


def _uv():
    """What the `uv` on the PATH says of itself; nothing if there is none, or if it is broken."""
    return _output(["uv", "--version"])


def _start():
    """What starts the course here: the README's command, as far as this machine takes it."""
    command, run = COMMAND, COMMAND.partition(" && ")[2]
    managed = os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")  # as Debian's is
    if _uv():
        command = run
    elif _output([sys.executable, "-m", "uv", "--version"]):
        command = f"{sys.executable} -m {run}"  # pip put it where the PATH does not lead
    elif sys.version_info[1] < 8:
        return "But uv needs Python 3.8: install a newer Python first."
    elif sys.prefix == sys.base_prefix and os.path.exists(managed):
        command = f"pipx install uv && {run}"
    return f"In the folder {ROOT}:\n{command}"


def _is_musl():
    return any(Path("/lib").glob("ld-musl-*"))


def _text(path):
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _output(command, patience=60):
    """What a command prints; nothing if there is none, or if it takes too long."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    try:
        program = shutil.which(command[0]) or ""
        done = subprocess.run([program, *command[1:]], timeout=patience, **pipes)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace").strip()


def _memory():
    """All memory, in bytes; 0 where the system does not say."""
    if platform.system() == "Windows":
        kilobytes = ctypes.c_ulonglong()
        ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes))
        return kilobytes.value * 1024
    if "SC_PHYS_PAGES" not in os.sysconf_names:
        return 0
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def main():
    """Print what is wrong, a paragraph each, and return 1 if there is anything."""
    try:
        print("This can take a minute.", file=sys.stderr, flush=True)
        found = troubles(TO_START) + of_the_course()
        text = "\n\n".join(found) or "Nothing is wrong that can be seen from here."
        encoding = getattr(sys.stdout, "encoding", None) or "ascii"
        print(text.encode(encoding, "replace").decode(encoding), flush=True)
    except (OSError, KeyboardInterrupt):  # nobody reads it, or nobody waits
        sys.stdout = sys.stderr = None  # else Python would try again, and tell of it
        return 1
    return min(len(found), 1)


if __name__ == "__main__":
    sys.exit(main())
