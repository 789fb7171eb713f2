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
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
COMMAND = "pip install uv && uv run jupyter lab notebooks/00_start_here.ipynb"
BINDER = "the Binder link in the README opens the course without installing anything"
GB = 1024**3
NEEDS_MEMORY = 2 * GB  # the server, a browser's tab and one lesson with TensorFlow
NEEDS_DISK = 3 * GB  # 2 to keep, and what is unpacked meanwhile
NEEDS_CACHE = 2 * GB  # where it is on another disk
PORT = 8888  # which Jupyter tries first
PATIENCE = 300  # seconds
ILLEGAL = 0xC000001D  # how Windows says that a processor does not know an instruction
PACKAGES = ["anywidget", "ipywidgets", "keras", "matplotlib", "numpy", "tensorflow"]
TRY = """
import importlib.util, sys
for name in "{names}".split(", "):
    print(importlib.util.find_spec(name).origin, file=sys.stderr)
import {names}
keras.layers.Conv2D
"""
ASK = """
import json, runpy, sys
doctor = runpy.run_path(sys.argv[1])
print(json.dumps(doctor["troubles"](doctor["TO_RUN"])))
"""
VENV = ROOT / os.environ.get("UV_PROJECT_ENVIRONMENT", ".venv")
AGAIN = f"delete the folder {VENV.name}, and start the course again"


def python_is_wrong():
    """Whether TensorFlow exists for this version of Python."""
    bounds = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', _text(ROOT / "pyproject.toml"))
    if not bounds:  # installed as a package: pip has looked at it
        return ""
    first, end = map(int, bounds.groups())
    if (3, first) <= sys.version_info[:2] < (3, end):
        return ""
    have, good = ".".join(map(str, sys.version_info[:2])), f"3.{first} to 3.{end - 1}"
    return f"TensorFlow exists for Python {good}, and this is {have}. uv brings one:\n{COMMAND}"


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
    # A container's limit, or a cluster's. It holds for all groups within, and the own group may be
    # a path that a container cannot see.
    for own in [
        "",
        *re.findall(r"^\d+:(?:memory)?:/(.*)", _text("/proc/self/cgroup"), re.MULTILINE),
    ]:
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
    """Whether there is room for the packages, unless they are there, and where uv keeps them."""
    if not _missing():
        return ""
    places = (
        (ROOT, NEEDS_DISK, ""),
        (_cache(), NEEDS_CACHE, ", or set UV_CACHE_DIR to another disk"),
    )
    for place, needs, other in places:
        free = shutil.disk_usage(str(_nearest(place))).free
        if free < needs:
            return (
                f"The disk with {place} has {free / GB:.1f} GB left, and {needs // GB} are needed "
                f"once: delete something{other}."
            )
    return ""


def home_is_closed():
    """Whether uv can keep what it downloads, and Jupyter what it knows."""
    for name, place in (("HOME", Path(os.path.expanduser("~"))), ("UV_CACHE_DIR", _cache())):
        if not os.access(os.path.join(str(_nearest(place)), ""), os.W_OK):
            return (
                f"Nothing can be written into {place}, where uv and Jupyter keep what they need: "
                f"set {name} to a folder of your own (`export {name}=...`)."
            )
    return ""


def user_is_root():
    """Whether JupyterLab refuses to start."""
    if not hasattr(os, "geteuid") or os.geteuid():
        return ""
    return (
        "You are root, for whom JupyterLab does not start: be another user, or write --allow-root "
        "after `jupyter lab`."
    )


def folder_is_read_only():
    """Whether answers can be kept beside the lessons."""
    lessons = ROOT / "notebooks"
    if not lessons.exists() or os.access(str(lessons), os.W_OK):
        return ""
    return f"You may only read {ROOT}: copy the folder to your home, and open the course there."


def package_is_missing():
    """Whether this Python has what the lessons import; where it is no kernel's, uv brings it."""
    missing = ", ".join(_missing())
    if not missing or not (_inside() or "ipykernel" in sys.modules or not _uv()):
        return ""
    if _inside():
        return f"{VENV} has no {missing}: {AGAIN}."
    return f"This Python has no {missing}. Start the course like this. {_start()}"


def import_is_broken():
    """Whether the packages can be imported; another process tries, for that may end it."""
    if _missing():
        return ""
    lessons = str(ROOT / "notebooks")
    here = lessons if os.path.isdir(lessons) and "ipykernel" not in sys.modules else os.getcwd()
    variables = dict({"KERAS_BACKEND": "tensorflow"}, **os.environ)  # as course/__init__.py has it
    try:
        done = subprocess.run(
            [sys.executable, "-c", TRY.format(names=", ".join(PACKAGES))],
            cwd=here,
            env=variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired:
        return (
            f"They were not imported after {PATIENCE} seconds. The first time takes longest: "
            "try again; a virus scanner may be reading all of it."
        )
    if not done.returncode:
        return ""
    said = done.stderr.decode("utf-8", "replace")
    # TensorFlow ends with a page of advice for its developers: the reason stands before it.
    reasons = re.findall(r"^[\w.]*(?:Error|Exception)\b.*", said, re.MULTILINE)
    why = reasons[-1].strip() if reasons else f"it ended with {done.returncode}"
    advice = AGAIN if _inside() else f"start the course with packages of its own. {_start()}"
    if "DLL load failed" in said:
        advice = 'install Microsoft\'s "Visual C++ Redistributable" (x64), and restart Windows'
    if re.search("failed to map segment|Cannot allocate memory|MemoryError|bad_alloc", said):
        advice = "there was too little memory: close other programs"
    if variables["KERAS_BACKEND"] != "tensorflow":
        advice = f"KERAS_BACKEND is {variables['KERAS_BACKEND']}: remove this variable"
    for folder in filter(None, [here, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]):
        for file in re.findall(re.escape(folder) + r"[^\"'()\n]*\.py\b", said):
            if folder == here:
                advice = f"rename or remove {file}, which is taken for a package"
            elif not file.startswith(sys.prefix):
                advice = f"PYTHONPATH brings {file}: remove PYTHONPATH"
    if done.returncode in (-signal.SIGILL, ILLEGAL):
        why, advice = "this processor lacks what it was built for", BINDER
    if done.returncode == -9:  # SIGKILL, which Windows has not
        why, advice = "the system ended it for want of memory", "close other programs"
    return f"They cannot be imported ({why}): {advice}."


def jupyter_is_old():
    """Whether the ``jupyter lab`` that a student may start shows live pictures."""
    version = _output(["jupyter", "lab", "--version"])
    if not version[:1].isdigit() or int(version.split(".")[0]) >= 4:
        return ""
    return (
        f"`jupyter lab` starts JupyterLab {version} here, which does not show live pictures. "
        f"Start the course's own:\n{COMMAND}"
    )


def port_is_taken():
    """Whether Jupyter's usual address is free."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", PORT)):
            return ""
    return (
        f"Something answers at port {PORT}: perhaps the course itself, if it runs, or another "
        "JupyterLab. That of the course takes then "
        f"the next one that is free: open the address that the terminal shows, not {PORT}."
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
    ("home", home_is_closed),
    ("user", user_is_root),
    ("JupyterLab", jupyter_is_old),
    ("port", port_is_taken),
    ("proxy", proxy_is_dead),
)
TO_RUN = (
    ("Python", python_is_wrong),
    ("TensorFlow for this machine", wheel_is_missing),
    ("processor", processor_is_too_old),
    ("memory", memory_is_small),
    ("disk", disk_is_full),
    ("folder", folder_is_read_only),
    ("packages", package_is_missing),
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
        return [f"Python: that of the course does not start: {AGAIN}.", *troubles(TO_RUN)]


def _missing():
    from importlib.util import find_spec

    specs = {name: find_spec(name) for name in PACKAGES}
    return [name for name, spec in specs.items() if not spec or not spec.has_location]


def _inside():
    """Whether this Python is that of the course, which uv has made."""
    return Path(sys.executable).parent.parent.resolve() == VENV


def _uv():
    """What the `uv` on the PATH says of itself; nothing if there is none, or if it is broken."""
    return _output(["uv", "--version"])


def _start():
    """What starts the course here: the README's command, as far as this machine takes it."""
    return f"In the folder {ROOT}:\n{COMMAND}"


def _nearest(path):
    """The path, or the folder in which it would be made."""
    return next(place for place in (path, *path.parents) if os.path.exists(str(place)))


def _cache():
    """Where uv keeps what it has downloaded; on Windows, elsewhere on the same disk."""
    usual = os.path.join(os.environ.get("XDG_CACHE_HOME", "~/.cache"), "uv")
    return Path(os.path.expanduser(os.environ.get("UV_CACHE_DIR", usual))).absolute()


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
        done = subprocess.run(
            [shutil.which(command[0]) or "", *command[1:]], timeout=patience, **pipes
        )
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
    found = troubles(TO_START) + of_the_course()
    text = "\n\n".join(found) or "Nothing is wrong that can be seen from here."
    encoding = sys.stdout.encoding or "ascii"
    print(text.encode(encoding, "replace").decode(encoding))
    return min(len(found), 1)


if __name__ == "__main__":
    sys.exit(main())
