"""Whatever may be wrong with a machine is told in words that help; each is simulated here."""

import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import vermin

from course import doctor

RUN = doctor.COMMAND.partition(" && ")[2]
CPU, INTEL = "/proc/cpuinfo", "flags\t\t: fpu sse sse2 avx avx2\n"


def told(check, *words: str) -> None:
    """One sentence or more, with these words, for whoever has no idea of computers."""
    said = check()
    for word in words:
        assert word in said
    assert said.isascii()  # on any terminal


@pytest.fixture
def machine(monkeypatch):
    """A function that changes what this machine says of itself."""

    def change(system="Linux", machine="x86_64", libc="glibc", files=()):
        monkeypatch.setattr(platform, "system", lambda: system)
        monkeypatch.setattr(platform, "machine", lambda: machine)
        monkeypatch.setattr(platform, "libc_ver", lambda: (libc, ""))
        texts = dict(files)
        monkeypatch.setattr(doctor, "_text", lambda path: texts.get(str(path), ""))

    return change


@pytest.fixture
def program(monkeypatch, tmp_path):
    """A function that puts a program before all others."""

    def add(name: str, script: str) -> None:
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    return add


@pytest.mark.parametrize("name", ["python_is_wrong", "wheel_is_missing", "processor_is_too_old"])
def test_here_all_is_well(name):
    assert getattr(doctor, name)() == ""


@pytest.mark.parametrize("version", [(3, 6, 0), (3, 10, 14), (3, 14, 0), (3, 15, 2)])
def test_python(monkeypatch, version):
    monkeypatch.setattr(sys, "version_info", version)
    told(doctor.python_is_wrong, f"this is 3.{version[1]}", "Python 3.11 to 3.13", "jupyter lab")


@pytest.mark.parametrize("minor", [11, 12, 13])
def test_python_that_fits(monkeypatch, minor):
    monkeypatch.setattr(sys, "version_info", (3, minor, 0))
    assert doctor.python_is_wrong() == ""


def test_python_without_the_project_file(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    assert doctor.python_is_wrong() == ""
    assert doctor.folder_is_read_only() == ""


@pytest.mark.parametrize(
    ("system", "kind", "words"),
    [
        ("Darwin", "x86_64", "Intel processor"),
        ("Linux", "armv7l", "for Linux on armv7l"),
        ("Linux", "riscv64", "Binder"),
        ("Windows", "arm64", "for Windows on arm64"),
        ("Windows", "x86", "Binder"),
        ("FreeBSD", "amd64", "for FreeBSD on amd64"),
    ],
)
def test_no_wheel(machine, monkeypatch, system, kind, words):
    machine(system, kind)
    monkeypatch.setattr(doctor, "_output", lambda command: "0")
    told(doctor.wheel_is_missing, words)


@pytest.mark.parametrize(
    "here", [("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64"), ("Windows", "AMD64")]
)
def test_a_wheel(machine, here):
    machine(*here)
    assert doctor.wheel_is_missing() == ""


def test_a_python_for_intel_on_apple_silicon(machine, monkeypatch):
    machine("Darwin", "x86_64")
    monkeypatch.setattr(doctor, "_output", lambda command: "1")
    told(doctor.wheel_is_missing, "made for Intel", "arm64")


def test_32_bits(monkeypatch):
    monkeypatch.setattr(doctor.struct, "calcsize", lambda kind: 4)
    told(doctor.wheel_is_missing, "32 bits", "64-bit Python")


def test_alpine(machine, monkeypatch):
    machine(libc="")
    assert doctor.wheel_is_missing() == ""
    monkeypatch.setattr(doctor, "_is_musl", lambda: True)
    told(doctor.wheel_is_missing, "Alpine")


def test_no_avx(machine):
    machine(files={CPU: INTEL})
    assert doctor.processor_is_too_old() == ""
    machine(files={CPU: INTEL.replace(" avx avx2", "")})
    told(doctor.processor_is_too_old, "no AVX", "Illegal instruction", "Binder")
    machine(machine="aarch64", files={CPU: "Features\t: fp asimd\n"})
    assert doctor.processor_is_too_old() == ""


@pytest.mark.parametrize("feature", [0, 1])
def test_no_avx_on_windows(machine, monkeypatch, feature):
    machine("Windows", "AMD64")
    kernel = SimpleNamespace(IsProcessorFeaturePresent=lambda number: number == 39 and feature)
    windll = SimpleNamespace(kernel32=kernel)
    monkeypatch.setattr(doctor.ctypes, "windll", windll, raising=False)
    assert ("no AVX" in doctor.processor_is_too_old()) == (not feature)


@pytest.mark.parametrize("file", ["memory.max", "memory/memory.limit_in_bytes"])
def test_a_container_with_little_memory(machine, file):
    machine(files={f"/sys/fs/cgroup/{file}": "1073741824\n"})
    told(doctor.memory_is_small, "1.0 GB", "close", "Shut Down Kernel")


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("0::/user.slice/mine", "user.slice/mine/memory.max"),
        ("0::/user.slice/mine", "user.slice/memory.max"),
        ("4:memory:/job/7", "memory/job/7/memory.limit_in_bytes"),
    ],
)
def test_a_group_with_little_memory(machine, line, file):
    """As on a cluster, where a limit holds for all groups within."""
    limit = {f"/sys/fs/cgroup/{file}": "1073741824\n"}
    machine(files={"/proc/self/cgroup": f"1:cpu:/\n{line}\n", **limit})
    told(doctor.memory_is_small, "1.0 GB")


@pytest.mark.parametrize(("size", "small"), [(0, False), (1, True), (1.9, False), (8, False)])
def test_memory(machine, monkeypatch, size, small):
    machine(files={"/sys/fs/cgroup/memory.max": "max\n"})
    monkeypatch.setattr(doctor, "_memory", lambda: int(size * doctor.GB))
    assert ("GB of memory" in doctor.memory_is_small()) == small


def test_memory_on_windows(machine, monkeypatch):
    def tell(kilobytes):
        kilobytes._obj.value = 4 * 1024**2

    machine("Windows", "AMD64")
    kernel = SimpleNamespace(GetPhysicallyInstalledSystemMemory=tell)
    monkeypatch.setattr(doctor.ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    assert doctor._memory() == 4 * doctor.GB
    assert doctor.memory_is_small() == ""


@pytest.fixture
def nothing_there(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    monkeypatch.setattr(doctor, "VENV", tmp_path / ".venv")


def test_disk(monkeypatch, tmp_path, nothing_there):
    free = {str(tmp_path): doctor.GB, str(doctor.ROOT): 9 * doctor.GB}
    usage = lambda path: SimpleNamespace(free=free.get(path, 0))  # noqa: E731
    monkeypatch.setattr(shutil, "disk_usage", usage)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "not" / "there"))
    told(doctor.disk_is_full, f"{tmp_path}", "1.0 GB left", "or set UV_CACHE_DIR")
    monkeypatch.setenv("UV_CACHE_DIR", str(doctor.ROOT))
    assert doctor.disk_is_full() == ""
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    packages = tmp_path / ".venv" / "lib" / "python3.13" / "site-packages"
    finished = packages / "tensorflow_cpu-2.21.0.dist-info"
    finished.mkdir(parents=True)  # as where the disk was full
    told(doctor.disk_is_full, f"{tmp_path} has 1.0 GB left", "delete something.")
    (finished / "INSTALLER").write_text("uv")
    assert doctor.disk_is_full() == ""


def test_disk_where_all_is_there(monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=0))
    monkeypatch.setattr(doctor, "VENV", Path("nowhere"))
    assert doctor.disk_is_full() == ""
    monkeypatch.undo()
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=0))
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)  # of another Python
    assert doctor._inside()  # there is an environment, and tests run in it
    assert doctor.disk_is_full() == ""


def test_a_home_where_nothing_can_be_written(monkeypatch, tmp_path):
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "new"))
    assert doctor.disk_is_full() == ""  # it is made
    monkeypatch.setenv("HOME", os.devnull)
    told(doctor.disk_is_full, f"into {os.devnull}", "set HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("UV_CACHE_DIR", f"{os.devnull}/cache")
    told(doctor.disk_is_full, f"into {os.devnull}/cache", "set UV_CACHE_DIR")


def test_root(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert doctor.user_is_root() == ""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    told(doctor.user_is_root, "root", "--allow-root")
    monkeypatch.delattr(os, "geteuid")  # as on Windows
    assert doctor.user_is_root() == ""


def test_a_folder_that_may_only_be_read(monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    told(doctor.folder_is_read_only, "copy the folder to your home")


def test_packages(monkeypatch):
    monkeypatch.setattr(doctor, "PACKAGES", "numpy, kerass")
    told(doctor.import_is_broken, "no kerass", "delete the folder")
    monkeypatch.setattr(doctor, "_inside", lambda: False)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    assert doctor.import_is_broken() == ""  # uv brings them
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    told(doctor.import_is_broken, "no kerass", "with packages of its own", RUN)
    assert doctor.import_is_broken().endswith(f"\n{RUN}")  # to be copied
    monkeypatch.delitem(sys.modules, "ipykernel")
    monkeypatch.setattr(doctor, "_uv", lambda: "")
    told(doctor.import_is_broken, "no kerass", "with packages of its own", RUN)


def test_a_package_whose_folder_is_empty(monkeypatch, tmp_path):
    (tmp_path / "kerass").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(doctor, "PACKAGES", "kerass")
    told(doctor.import_is_broken, "no kerass", "delete the folder")


@pytest.fixture
def broken(monkeypatch, tmp_path):
    """A function that gives Python another module, and lets it end as that does."""

    def add(code: str, name="tensorflow", inside=True) -> None:
        folder = tmp_path / "packages"
        for package in doctor.PACKAGES.split(", "):
            (folder / package).mkdir(parents=True)
            (folder / package / "__init__.py").write_text(f"class layers: {CONV}")
        (folder / name / "__init__.py").write_text(code)
        python = tmp_path / "python"
        begin = f"import sys; sys.path.insert(1, {str(folder)!r}); exec(sys.argv[1])"
        python.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{begin}" "$2"\n')
        python.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(python))
        monkeypatch.setattr(doctor, "_inside", lambda: inside)

    return add


CONV = "Conv2D = None"
NATIVE = """Traceback (most recent call last):
  File "pywrap_tensorflow.py", line 73, in <module>
ImportError: libx.so: cannot open shared object file

Failed to load the native TensorFlow runtime.
If you need help, create an issue."""


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise ImportError('DLL load failed while importing _pywrap')", "Visual C++"),
        ("raise ImportError('cannot import name x')", "x): delete the folder"),
        (
            f"raise ImportError({NATIVE!r})",
            "(ImportError: libx.so: cannot open shared object file)",
        ),
        ("raise ImportError('libx.so: failed to map segment')", "close other programs"),
        ("raise OSError('x: Cannot allocate memory')", "close other programs"),
        ("raise MemoryError", "(MemoryError): there was too little memory"),
        ("import os; os.kill(os.getpid(), 4)", "lacks what it was built for"),
        ("import os; os.kill(os.getpid(), 9)", "too little memory"),
        ("import os; os._exit(7)", "ended with 7"),
        ("import time; time.sleep(60)", "virus scanner"),
    ],
)
def test_a_package_that_cannot_be_imported(monkeypatch, broken, code, words):
    broken(code)
    if "sleep" in code:
        monkeypatch.setattr(doctor, "PATIENCE", 2)
    told(doctor.import_is_broken, words)


@pytest.mark.parametrize("name", ["anywidget", "ipywidgets", "keras", "matplotlib", "numpy"])
def test_every_package_is_tried(broken, name):
    broken("1 / 0", name)
    told(doctor.import_is_broken, "ZeroDivisionError", "delete the folder")


def test_the_packages_themselves_are_not_in_the_way(monkeypatch, broken, tmp_path):
    """As in VS Code, where a kernel starts in the folder of the course, or with a PYTHONPATH."""
    broken("1 / 0")
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "packages"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "packages"))
    monkeypatch.chdir(tmp_path)
    told(doctor.import_is_broken, "ZeroDivisionError", "delete the folder")


def test_outside_of_the_course_no_folder_is_deleted(monkeypatch, broken):
    broken("1 / 0", inside=False)
    monkeypatch.setitem(sys.modules, "ipykernel", sys)
    told(doctor.import_is_broken, "with packages of its own", "uv run jupyter lab")


def test_packages_that_work(broken):
    broken("")
    assert doctor.import_is_broken() == ""


def test_another_backend(monkeypatch, broken):
    broken("import jax", "keras")
    monkeypatch.setenv("KERAS_BACKEND", "nowhere")
    told(doctor.import_is_broken, "KERAS_BACKEND is nowhere", "remove")


def test_a_backend_that_another_project_asked_for(monkeypatch, broken):
    """As in the lessons, what stands in a file at home does not count."""
    broken(
        "import os; assert os.environ['KERAS_BACKEND'] == 'tensorflow'\nclass layers: " + CONV,
        "keras",
    )
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    assert doctor.import_is_broken() == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["keras", "dataclasses"])
@pytest.mark.parametrize("kernel", [False, True])
def test_a_file_of_a_student_with_the_name_of_a_package(monkeypatch, tmp_path, name, kernel):
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    lessons = tmp_path / "notebooks"
    lessons.mkdir()
    (lessons / f"{name}.py").write_text("")
    if kernel:
        monkeypatch.setitem(sys.modules, "ipykernel", sys)
        monkeypatch.chdir(lessons)
    else:
        monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    told(doctor.import_is_broken, f"{lessons / name}.py is in the way: rename it")


@pytest.mark.slow
def test_a_variable_that_brings_other_packages(monkeypatch, tmp_path):
    (tmp_path / "keras.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(doctor.ROOT), str(tmp_path)]))
    told(doctor.import_is_broken, f"{tmp_path / 'keras.py'} is in the way", "variable PYTHONPATH")


# How to start


@pytest.fixture
def no_uv(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    monkeypatch.setattr(doctor.sysconfig, "get_path", lambda name: "nowhere")


def test_start_with_uv(program):
    program("uv", "echo uv 0.9.1")
    assert doctor._start() == f"In the folder {doctor.ROOT}:\n{RUN}"
    assert doctor.uv_is_unfit() == ""


def test_start_without_uv(no_uv):
    assert doctor._start() == f"In the folder {doctor.ROOT}:\n{doctor.COMMAND}"
    assert doctor.uv_is_unfit() == ""


def test_start_with_a_uv_that_is_not_on_the_path(no_uv, monkeypatch, tmp_path):
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\ntest "$1 $2" = "-m uv" && echo uv 0.9.1')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    assert doctor._start().endswith(f"\n{python} -m {RUN}")


def test_start_where_pip_is_managed(no_uv, monkeypatch, tmp_path):
    (tmp_path / "EXTERNALLY-MANAGED").write_text("")
    monkeypatch.setattr(doctor.sysconfig, "get_path", lambda name: str(tmp_path))
    assert doctor._start().endswith(f"\npipx install uv && {RUN}")
    monkeypatch.setattr(sys, "base_prefix", "elsewhere")  # an environment is not managed
    assert doctor._start().endswith(f"\n{doctor.COMMAND}")


def test_start_with_a_python_for_which_there_is_no_uv(no_uv, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 7, 16))
    assert "newer Python first" in doctor._start()


def test_a_uv_that_does_not_start(program):
    """As where pyenv has one for another Python."""
    program("uv", "echo command not found >&2; exit 127")
    told(doctor.uv_is_unfit, "does not start", "uv run jupyter lab")


@pytest.mark.parametrize(("version", "old"), [("0.4.30", True), ("0.6.1", True), ("0.6.2", False)])
def test_an_old_uv(program, version, old):
    program("uv", f"echo 'uv {version} (2025-01-01)'")
    assert (f"uv is {version}" in doctor.uv_is_unfit()) == old


@pytest.mark.parametrize(
    ("version", "old"), [("3.6.8", True), ("2.1.5", True), ("4.6.6", False), ("10.0", False)]
)
def test_jupyterlab(program, version, old):
    program("jupyter", f"echo {version}")
    assert (f"JupyterLab {version} here" in doctor.jupyter_is_old()) == old


@pytest.mark.parametrize("script", ["exit 1", "echo no such command: lab >&2; exit 1", "echo"])
def test_a_jupyter_that_says_nothing(program, script):
    program("jupyter", script)
    assert doctor.jupyter_is_old() == ""


def test_no_jupyter(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert doctor.jupyter_is_old() == ""


def test_a_port_in_use(monkeypatch):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        monkeypatch.setattr(doctor, "PORT", server.getsockname()[1])
        assert doctor.port_is_taken() == ""
        server.listen()
        told(doctor.port_is_taken, str(doctor.PORT), "the course itself", "what the terminal shows")


@pytest.fixture
def no_proxy(monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("value", ["127.0.0.1:1", "[::1", "x:y", "..:1", "me:secret@127.0.0.1:1"])
def test_a_dead_proxy(monkeypatch, no_proxy, name, value):
    for begin in ("", "http://"):
        monkeypatch.setenv(name, begin + value)
        told(doctor.proxy_is_dead, f"{name} is ", "correct it or remove it")
        assert "secret" not in doctor.proxy_is_dead()


def test_a_proxy(monkeypatch, no_proxy):
    assert doctor.proxy_is_dead() == ""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@127.0.0.1:{port}")
        assert doctor.proxy_is_dead() == ""


# The command


def test_all_that_is_wrong_is_printed(monkeypatch, capsys):
    bad = ("memory", lambda: "There is \u2248 none."), ("disk", lambda: 1 / 0), ("port", str)
    assert doctor.troubles(bad[2:]) == []
    monkeypatch.setattr(doctor, "TO_START", bad[:1])
    monkeypatch.setattr(doctor, "TO_RUN", bad[1:])
    assert doctor.main() == 1
    said = capsys.readouterr().out
    assert said.startswith("memory: There is")
    assert "\n\ndisk: this could not be looked at: ZeroDivisionError" in said
    monkeypatch.setattr(doctor, "troubles", lambda checks: [])
    assert doctor.main() == 0
    assert capsys.readouterr().out == "Nothing is wrong that can be seen from here.\n"


BAD = """
import sys, time
from course import doctor
doctor.TO_START, doctor.TO_RUN = [("disk", lambda: time.sleep(0.2) or "It is full.")], []
sys.exit(doctor.main())
"""


@pytest.mark.skipif(os.name == "nt", reason="it takes a shell")
@pytest.mark.parametrize("end", [">&-", "2>&-", ">&- 2>&-", "| true", "2>&1 | true", ">/dev/full"])
def test_where_nobody_reads(end):
    if "full" in end and not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    command = f"{sys.executable} -c '{BAD}' {end}"
    done = subprocess.run(command, shell=True, capture_output=True, cwd=doctor.ROOT)
    assert b"Traceback" not in done.stderr
    assert b"Error" not in done.stderr


LONG = """
import sys
from course import doctor
wait = [sys.executable, "-c", "import time; time.sleep(600)"]
doctor.TO_START = [("Python", lambda: doctor._output(wait, patience=600))]
sys.exit(doctor.main())
"""


@pytest.mark.skipif(os.name == "nt", reason="it takes signals")
def test_whoever_interrupts_it_sees_no_traceback():
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    done = subprocess.Popen([sys.executable, "-c", LONG], cwd=doctor.ROOT, **pipes)
    assert b"can take a minute" in done.stderr.readline()
    done.send_signal(signal.SIGINT)
    assert done.communicate() == (b"", b"")
    assert done.returncode == 1


@pytest.fixture
def own(monkeypatch, tmp_path):
    """A function that gives the course a Python of its own, which is not this one."""

    def make(script: str) -> None:
        for name in ("bin/python", "Scripts/python.exe"):
            path = tmp_path / name
            path.parent.mkdir()
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)
        monkeypatch.setattr(doctor, "VENV", tmp_path)

    return make


def test_the_python_of_the_course_is_asked(own, monkeypatch):
    own(f'exec {sys.executable} "$@"')
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    monkeypatch.setattr(doctor, "PACKAGES", "kerass")
    monkeypatch.setenv("KERAS_BACKEND", "nowhere")
    said = "\n".join(doctor.of_the_course())
    assert "KERAS_BACKEND is nowhere" in said
    assert "3.10" not in said
    assert "kerass" not in said


@pytest.mark.parametrize("script", ["exit 1", "exec nowhere"])
def test_a_python_of_the_course_that_does_not_start(own, monkeypatch, script):
    own(script)
    monkeypatch.setattr(doctor, "TO_RUN", [("disk", lambda: "It is full.")])
    broken, disk = doctor.of_the_course()
    told(lambda: broken, "does not start", "delete the folder")
    assert disk == "disk: It is full."


def test_without_a_python_of_the_course_this_one_is_asked(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "TO_RUN", [("port", str), ("disk", lambda: "It is full.")])
    assert doctor.of_the_course() == ["disk: It is full."]
    monkeypatch.setattr(doctor, "VENV", tmp_path / "nowhere")
    assert doctor.of_the_course() == ["disk: It is full."]


def test_every_check_is_made():
    named = {name for name, each in vars(doctor).items() if callable(each) and "_is_" in name[1:]}
    assert {check.__name__ for _, check in doctor.TO_START + doctor.TO_RUN} == named


@pytest.mark.slow
def test_any_python_can_run_it(tmp_path):
    """It is read by Python 3.6, and imports nothing but the standard library."""
    _, oldest = vermin.detect(Path(doctor.__file__).read_text(encoding="utf-8"))
    assert oldest <= (3, 6)
    bare = [sys.executable, "-I", "-S", doctor.__file__]
    done = subprocess.run(
        bare, cwd=tmp_path, capture_output=True, env={"PYTHONIOENCODING": "ascii"}
    )
    assert done.stderr.splitlines() == [b"This can take a minute."]
    assert done.stdout


def test_the_command_is_that_of_the_readme():
    readme = (Path(doctor.__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert f"\n{doctor.COMMAND}\n" in readme
