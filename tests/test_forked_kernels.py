"""Kernels that are forks of a process with TensorFlow are like all others, only faster and lighter.

See ``binder/forked_kernels/README.md``.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import tomllib
import urllib.request

import psutil
import pytest
from jupyter_client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from jupyter_client.provisioning import KernelProvisionerFactory
from lessons import ROOT

PACKAGE = ROOT / "binder" / "forked_kernels"
PROJECT = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SECONDS = 60  # a busy machine is no failure

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only"),
]


def wait_for(condition):
    """What the condition gives, as soon as it gives something."""
    deadline = time.monotonic() + SECONDS
    while not (value := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return value


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder in which the package is installed, as pip would do it."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "forked_kernels").symlink_to(PACKAGE / "forked_kernels")
    info = folder / f"forked_kernels-{PROJECT['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {PROJECT['name']}\nVersion: {PROJECT['version']}\n")
    lines = []
    for group, entries in PROJECT["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in entries.items())]
    (info / "entry_points.txt").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="module")
def forked_kernels(site):
    """The package, as the module that Jupyter finds by its name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        import forked_kernels

        factory = KernelProvisionerFactory.instance()
        patch.setattr(factory, "default_provisioner_name", "forked-kernels")
        yield forked_kernels
        end(forked_kernels.Helper.current)


def end(helper):
    """As when the Jupyter server ends: the helper must go by itself."""
    if helper:
        helper.line.close()
        helper.process.wait(SECONDS)


@pytest.fixture
def helper(forked_kernels):
    """The helper, ready: of all tests that do not end it."""

    def ready():
        with contextlib.suppress(forked_kernels.UnusualError):
            return forked_kernels.Helper.get()

    return wait_for(ready)


@pytest.fixture
def own_helper(forked_kernels, monkeypatch):
    """No helper yet; the test may change what it will meet."""
    monkeypatch.setattr(forked_kernels.Helper, "current", None)
    yield forked_kernels.Helper
    end(forked_kernels.Helper.current)


@pytest.fixture
def start(forked_kernels, tmp_path):
    """A function that starts a kernel and returns its manager."""
    managers = []

    def start_kernel(**options):
        manager = KernelManager()
        managers.append(manager)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        manager.start_kernel(**{"cwd": str(tmp_path), **quiet, **options})
        return manager

    yield start_kernel
    for manager in managers:
        if manager.has_kernel:
            manager.shutdown_kernel(now=True)


@contextlib.contextmanager
def client_of(manager):
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=SECONDS)
    yield client
    client.stop_channels()


def run(manager, code):
    """What the code prints, shows or raises."""
    said = []

    def hear(message):
        content = message["content"]
        said.append(content.get("text") or content.get("ename") or str(content.get("data", "")))

    with client_of(manager) as client:
        client.execute_interactive(code, output_hook=hear, timeout=SECONDS)
    return "".join(said).strip()


def is_fork(manager):
    return not isinstance(manager.provisioner.process, subprocess.Popen)


def started_fork(start):
    """A new kernel, if it is a fork."""
    kernel = start()
    if is_fork(kernel):
        return kernel
    kernel.shutdown_kernel(now=True)
    return None


def gone(pid):
    """Whether no process has the number any more, not even a dead one."""
    return not psutil.pid_exists(pid)


def dead(pid):
    """Whether the process has ended."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


# A kernel is a fork


def test_a_kernel_is_a_fork_of_a_process_with_one_thread(helper, start):
    kernel = start()
    assert is_fork(kernel)
    assert psutil.Process(kernel.provisioner.pid).ppid() == helper.process.pid
    assert psutil.Process(helper.process.pid).num_threads() == 1
    code = """
        import sys
        print({"keras", "tensorflow"} <= {*sys.modules})
        import keras, tensorflow
    """
    assert run(kernel, code) == "True"
    assert run(kernel, "print(keras.layers.Dense(2)(tensorflow.ones((1, 3))).shape)") == "(1, 2)"
    assert "image/png" in run(kernel, "import matplotlib.pyplot as plt; plt.plot([1, 2]);")


def test_it_is_as_started_otherwise(helper, start, monkeypatch):
    """In all that a notebook could notice, but for what is imported already."""
    code = """
        import json, os, signal, sys, threading
        environment = {k: v for k, v in os.environ.items() if k != "JPY_PARENT_PID"}
        print(json.dumps([
            sys.argv[:-1], sys.path, str(sys.flags), sys.executable, environment, os.getcwd(),
            sys.modules["__main__"].__name__, [thread.name for thread in threading.enumerate()],
            [str(signal.getsignal(number)) for number in signal.valid_signals()],
            os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid(),
            sys.stdin is None, os.environ["JPY_PARENT_PID"] == str(os.getppid()),
        ]))
    """
    fork = start()
    factory = KernelProvisionerFactory.instance()
    monkeypatch.setattr(factory, "default_provisioner_name", "local-provisioner")
    usual = start()
    assert (is_fork(fork), is_fork(usual)) == (True, False)
    assert json.loads(run(fork, code)) == json.loads(run(usual, code))


def test_environment_folder_and_streams_are_those_asked_for(helper, start, tmp_path, monkeypatch):
    monkeypatch.setenv("OLD", "1")
    variables = {name: value for name, value in os.environ.items() if name != "OLD"}
    here = tmp_path / "süß"
    here.mkdir()
    with open(tmp_path / "out", "w") as out, open(tmp_path / "err", "w") as err:
        variables["NEW"] = "2"
        kernel = start(env=variables, cwd=str(here), stdout=out, stderr=err.fileno())
    assert is_fork(kernel)
    code = """
        import os, pathlib
        print(os.environ.get("OLD"), os.environ["NEW"], pathlib.Path.cwd().name)
    """
    assert run(kernel, code) == "None 2 süß"
    run(kernel, "os.write(1, b'to out'), os.write(2, b'to err')")
    assert "to out" in (tmp_path / "out").read_text()
    assert "to err" in (tmp_path / "err").read_text()


def test_two_kernels_share_neither_names_nor_chance(helper, start):
    code = """
        import random, keras, numpy, tensorflow
        print(random.random(), numpy.random.rand(), numpy.random.default_rng().random(),
              float(tensorflow.random.uniform(())), float(keras.random.uniform(())))
    """
    first, second = start(), start()
    drawn = [run(kernel, code).split() for kernel in (first, second)]
    assert len(drawn[0]) == 5
    assert not {*drawn[0]} & {*drawn[1]}
    run(first, "mine = 1")
    assert run(first, "print(mine)") == "1"
    assert run(second, "print(mine)") == "NameError"


def test_nor_chance_that_was_there_before(own_helper, start, tmp_path, monkeypatch):
    """Today, neither Keras nor TensorFlow imports NumPy's."""
    (tmp_path / "keras.py").write_text("import random, numpy.random")
    (tmp_path / "tensorflow.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    kernels = [wait_for(lambda: started_fork(start)) for _ in range(2)]
    code = "import random, numpy; print(random.random(), numpy.random.rand())"
    first, second = (run(kernel, code).split() for kernel in kernels)
    assert not {*first} & {*second}


# It lives as others do


def test_an_edited_module_shows_after_a_restart(helper, start, tmp_path):
    """The course's own, too, because the helper has not imported it."""
    kernel = start()
    assert run(kernel, "import sys; print('course' in sys.modules)") == "False"
    module = tmp_path / "part_of_a_lesson.py"
    for value in ("1", "22"):
        module.write_text(f"value = {value}")
        assert run(kernel, "import part_of_a_lesson as part; print(part.value)") == value
        before = kernel.provisioner.pid
        kernel.restart_kernel(now=True)
        assert is_fork(kernel)
        assert gone(before)


def test_an_interrupt_is_for_one_kernel(helper, start):
    first, second = start(), start()
    run(first, "kept = 1")
    with client_of(first) as client:
        asked = client.execute("print('on'); import time; time.sleep(600)")
        while client.get_iopub_msg(timeout=SECONDS)["msg_type"] != "stream":
            pass
        first.interrupt_kernel()
        answer = client.get_shell_msg(timeout=SECONDS)
        while answer["parent_header"]["msg_id"] != asked:  # was the kernel ready? it says so late
            answer = client.get_shell_msg(timeout=SECONDS)
        assert answer["content"]["ename"] == "KeyboardInterrupt"
    assert run(first, "print(kept)") == "1"
    assert run(second, "print('well')") == "well"
    assert helper.process.poll() is None


@pytest.mark.parametrize(
    ("code", "status"),
    [("os.kill(os.getpid(), 9)", -9), ("os._exit(7)", 7)],
    ids=["killed", "exit"],
)
def test_a_crash_is_noticed(helper, start, code, status):
    kernel = start()
    pid = kernel.provisioner.pid
    assert kernel.is_alive()
    with client_of(kernel) as client:
        client.execute(f"import os; {code}")
        wait_for(lambda: not kernel.is_alive())
    assert kernel.provisioner.process.poll() == status
    assert gone(pid)


@pytest.mark.parametrize("now", [True, False])
def test_a_shutdown_leaves_no_process(helper, start, now):
    kernel = start()
    pid = kernel.provisioner.pid
    assert run(kernel, "print('here')") == "here"
    kernel.shutdown_kernel(now=now)
    assert not kernel.is_alive()
    assert gone(pid)


# Whatever is unusual is started as always


@pytest.mark.parametrize(
    "options",
    [
        {"extra_arguments": ["--quiet"]},
        {"env": {"PYTHONUTF8": "1"}},
        {"env": {"KERAS_BACKEND": "jax"}},
        {"env": {"OMP_NUM_THREADS": "3"}},
        {"independent": True},
        {"stdout": subprocess.PIPE},
        {"umask": 0o77},
    ],
    ids=str,
)
def test_unusual_options_make_no_fork(helper, start, options):
    assert is_fork(start())
    if "env" in options:
        options = {"env": os.environ | options["env"]}
    assert not is_fork(start(**options))


def test_which_variables_make_no_fork_is_said(forked_kernels, helper):
    plain = [sys.executable, "-m", "ipykernel_launcher", "-f", "x"]
    world = {**os.environ, "TF_X": "1", "LANG": "eo", "OTHER": "1"}
    with pytest.raises(forked_kernels.UnusualError, match=r"variables: LANG, TF_X$"):
        helper.fork(plain, env=world)


@pytest.mark.parametrize("change", ["another Python", "an option of Python", "another module"])
def test_another_command_makes_no_fork(helper, start, tmp_path, monkeypatch, change):
    other = tmp_path / "python"
    other.symlink_to(sys.executable)  # as in another environment of the same Python
    plain = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    command = {
        "another Python": [str(other), *plain[1:]],
        "an option of Python": [plain[0], "-B", *plain[1:]],
        "another module": [*plain[:2], "ipykernel", *plain[3:]],
    }[change]
    spec = KernelManager().kernel_spec
    monkeypatch.setattr(KernelManager, "kernel_spec", spec)
    monkeypatch.setattr(spec, "argv", plain)
    assert is_fork(start())
    monkeypatch.setattr(spec, "argv", command)
    assert not is_fork(start())


def test_other_systems_make_no_fork(helper, start, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not is_fork(start())


def test_nobody_waits_for_the_helper(own_helper, start):
    kernel = start()
    assert not is_fork(kernel)
    assert run(kernel, "print('here')") == "here"


@pytest.mark.parametrize(
    "module",
    ["raise ImportError", "import _thread, time; _thread.start_new_thread(time.sleep, (60,))"],
    ids=["fails", "starts a thread"],
)
def test_a_helper_that_cannot_fork_is_no_loss_and_not_tried_again(
    own_helper, start, tmp_path, monkeypatch, capfd, module
):
    (tmp_path / "keras.py").write_text(module)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert not is_fork(start())
    helper = own_helper.current
    assert helper.process.wait(SECONDS) == 1
    assert not is_fork(start())
    assert own_helper.current is helper


def test_a_helper_that_dies_takes_its_kernels_along_and_is_replaced(own_helper, start):
    kernel = wait_for(lambda: started_fork(start))
    pid = kernel.provisioner.pid
    os.kill(pid, signal.SIGSTOP)  # ipykernel would see it, too, but not while it computes
    own_helper.current.process.kill()
    wait_for(lambda: not kernel.is_alive())
    wait_for(lambda: dead(pid))
    kernel.restart_kernel(now=True)
    assert not is_fork(kernel)
    assert run(kernel, "print('here')") == "here"
    assert is_fork(wait_for(lambda: started_fork(start)))


# In a Jupyter server


GROUP = """
from pathlib import Path
from forked_kernels import limit
limit.GROUPS, limit.OWN, limit.SECONDS = Path("{folder}"), Path("{folder}", "cgroup"), 0.1
def _load_jupyter_server_extension(app): pass
"""


@pytest.fixture
def server(site, tmp_path):
    """A Jupyter server with the package: its process, and a function that asks it."""
    settings = tmp_path / "config" / "jupyter_server_config.d"
    settings.mkdir(parents=True)
    own = json.loads((PACKAGE / "jupyter_server_config.json").read_text())
    own["ServerApp"]["jpserver_extensions"]["a_group"] = True
    (settings / "x.json").write_text(json.dumps(own))
    (tmp_path / "a_group.py").write_text(GROUP.format(folder=tmp_path))
    (tmp_path / "cgroup").write_text("0::/\n")
    (tmp_path / "memory.stat").write_text("anon 70\nshmem 5\n")
    (tmp_path / "memory.max").write_text("max\n")
    variables = os.environ | {
        "PYTHONPATH": f"{site}{os.pathsep}{tmp_path}",
        "JUPYTER_CONFIG_PATH": str(tmp_path / "config"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
    }
    command = [sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser", "--port=0"]
    with (tmp_path / "log").open("w") as log:
        process = psutil.Popen(
            command, cwd=tmp_path, env=variables, stdout=subprocess.DEVNULL, stderr=log
        )

    def info():
        with contextlib.suppress(ValueError):
            for path in (tmp_path / "runtime").glob("jpserver-*.json"):
                return json.loads(path.read_text())

    def ask(method, path, body=None):
        request = urllib.request.Request(
            f"{here['url']}api/{path}",
            method=method,
            headers={"Authorization": f"token {here['token']}"},
            data=body and json.dumps(body).encode(),
        )
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return json.loads(answer.read() or "null")

    try:
        here = wait_for(info)
        yield process, ask
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):  # the test has ended it
            for each in (*process.children(recursive=True), process):
                each.kill()
            process.wait()


def helpers(process):
    """The helper of a server, if there is one."""
    found = []
    for child in process.children():
        with contextlib.suppress(psutil.Error):
            if "helper.py" in str(child.cmdline()):
                found.append(child)
    return found


def forks(process):
    """The kernels of a server that are forks: not what the helper runs while it imports."""
    children = [child for helper in helpers(process) for child in helper.children()]
    found = []
    for child in children:
        with contextlib.suppress(ProcessLookupError):  # it has ended since
            if os.getsid(child.pid) == child.pid:
                found.append(child)
    return found


def test_what_the_helper_runs_is_no_fork(own_helper, start, tmp_path, monkeypatch):
    """TensorFlow asks ``uname``, and a test took that for a kernel."""
    (tmp_path / "keras.py").write_text("import subprocess; subprocess.run(['sleep', '60'])")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    start()
    helper = psutil.Process(own_helper.current.process.pid)
    (asked,) = wait_for(helper.children)
    assert asked not in forks(psutil.Process())
    asked.kill()
    kernel = wait_for(lambda: started_fork(start))
    assert kernel.provisioner.pid in [fork.pid for fork in forks(psutil.Process())]


def test_a_server_forks_its_kernels_restarts_them_and_leaves_nothing(server):
    process, ask = server
    (helper,) = helpers(process)  # from the start, before there is a kernel

    def fork():
        kernel = ask("POST", "kernels", {"name": "python3"})
        if forks(process):
            return kernel
        ask("DELETE", f"kernels/{kernel['id']}")

    kernel = wait_for(fork)
    (first,) = forks(process)
    assert first.ppid() == helper.pid

    ask("POST", f"kernels/{kernel['id']}/restart")
    (second,) = forks(process)
    assert second != first

    ask("DELETE", f"kernels/{kernel['id']}")
    assert forks(process) == []
    assert gone(second.pid)

    kernel = ask("POST", "kernels", {"name": "python3"})
    (third,) = forks(process)
    third.send_signal(signal.SIGKILL)
    wait_for(lambda: forks(process) not in ([], [third]))  # it restarts what has died
    (fourth,) = forks(process)
    assert [each["id"] for each in ask("GET", "kernels")] == [kernel["id"]]

    fourth.suspend()  # a busy kernel would not see it either
    process.kill()  # as the system does when memory runs out
    process.wait()
    wait_for(lambda: gone(fourth.pid) and gone(helper.pid))


# Before memory runs out


def test_before_memory_runs_out_the_kernel_that_idled_longest_is_shut_down(
    server, tmp_path, request
):
    _, ask = server
    limit = tmp_path / "memory.max"
    kernels = [ask("POST", "kernels", {"name": "python3"})["id"] for _ in range(4)]

    def states():
        found = {each["id"]: each["execution_state"] for each in ask("GET", "kernels")}
        return [found.get(kernel) for kernel in kernels]

    for number, (code, state) in enumerate([("while True: pass", "busy"), *[("0", "idle")] * 3]):
        file = tmp_path / "runtime" / f"kernel-{kernels[number]}.json"
        client = BlockingKernelClient(connection_file=str(file))
        client.load_connection_file()
        client.start_channels()
        request.addfinalizer(client.stop_channels)
        client.execute(code)
        wait_for(lambda number=number, state=state: states()[number] == state)

    limit.write_text("101\n")  # of which 75 are less than three quarters
    time.sleep(1)
    assert None not in states()
    limit.write_text("100\n")
    wait_for(lambda: states() == ["busy", None, None, "idle"])
    time.sleep(1)
    assert states() == ["busy", None, None, "idle"]
    log = (tmp_path / "log").read_text()
    assert log.index(f"{kernels[1]} shut down: 75 of 100 bytes") < log.index(f"{kernels[2]} shut")


ONE = "total_rss 3\ntotal_shmem 4\nhierarchical_memory_limit {}\n"
TWO = "anon 3\nshmem 4\nfile 9\n"
FREE = 9223372036854771712  # what version 1 says of no limit


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/\n", {"memory.stat": TWO, "memory.max": "100\n"}, (7, 100)),
        ("0::/\n", {"memory.stat": TWO, "memory.max": "max\n"}, (7, float("inf"))),
        ("0::/a/b\n", {"a/b/memory.stat": TWO, "a/b/memory.max": "100\n"}, (7, 100)),
        ("0::/not/seen\n", {"memory.stat": TWO, "memory.max": "100\n"}, (7, 100)),
        ("4:memory:/a\n0::/\n", {"memory/a/memory.stat": ONE.format(100)}, (7, 100)),
        ("0::/\n4:memory:/not/seen\n", {"memory/memory.stat": ONE.format(FREE)}, (7, FREE)),
        ("0::/\n", {"memory.stat": TWO}, None),  # the system's own, outside a container
        ("0::/\n1:name=systemd:/a\n", {}, None),
        (None, {}, None),
    ],
)
def test_what_limits_a_process(forked_kernels, tmp_path, monkeypatch, own, files, expected):
    limit = forked_kernels.limit
    monkeypatch.setattr(limit, "GROUPS", tmp_path)
    monkeypatch.setattr(limit, "OWN", tmp_path / "own")
    for name, text in {**files, **({"own": own} if own else {})}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    folder = limit.group()
    assert (folder and limit.memory(folder)) == expected


def test_what_limits_this_process_can_be_read(forked_kernels):
    folder = forked_kernels.limit.group()
    if folder:  # not in every container
        taken, most = forked_kernels.limit.memory(folder)
        assert 0 <= taken < most
