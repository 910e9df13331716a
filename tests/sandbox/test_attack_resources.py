"""Attacks on processor, memory, processes, disk and time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kaizen_tui.sandbox import processes
from kaizen_tui.sandbox.lease import Lease
from kaizen_tui.sandbox.protections import Machine
from kaizen_tui.sandbox.worktree import Worktree
from tests.sandbox.conftest import Attack, commands_of_all, printed

MIB = 1 << 20


def test_fork_bomb(attack: Attack, machine: Machine) -> None:
    code = """
import os, time
count = 0
try:
    while count < 2000:
        if os.fork() == 0:
            time.sleep(1000)
        count += 1
except OSError:
    pass
print(count)
"""
    outcome = attack(code, pids=32)
    if machine.places.has("pids"):
        assert int(printed(outcome)) <= 32
        assert outcome.pids_hit > 0
        assert not outcome.ok
        assert outcome.troubles == ("wanted more than 32 processes and was refused",)
    else:
        assert int(printed(outcome)) < 2000


def test_fork_bomb_that_never_stops(attack: Attack) -> None:
    marker = f"bomb-{os.getpid()}-{os.urandom(4).hex()}"
    bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    outcome = attack(os.path.realpath(sys.executable), "-I", "-c", bomb, marker, pids=32, time=2.0)
    assert outcome.timed_out
    assert marker not in commands_of_all()


def test_what_is_refused_while_all_is_ended_is_not_what_the_run_wanted(
    attack: Attack, machine: Machine, lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To end a control group of version 1, its limit is set to none first."""
    if machine.places.unified or not machine.places.has("pids"):
        pytest.skip("control groups of version 1 only")
    mine = f"{machine.places.folders['pids']}/kaizen-{os.path.basename(lease.folder)}-"
    end = processes.end

    def end_late(pid: int) -> None:
        for folder in Path(mine).parent.glob(f"{os.path.basename(mine)}*"):
            if (folder / "pids.max").read_text() == "0\n":
                while (folder / "pids.events").read_text() == "max 0\n":
                    continue
                end(pid)

    monkeypatch.setattr(processes, "descendants", lambda pid: [])  # as if all had begun since they were listed
    monkeypatch.setattr(processes, "end", end_late)
    code = """
import os
while True:
    try:
        child = os.fork()
    except OSError:
        continue
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
"""
    assert attack(code, time=1.0).troubles == ("took longer than 1 s and was ended",)


def test_many_threads(attack: Attack, machine: Machine) -> None:
    code = """
import threading, time
count = 0
try:
    for _ in range(2000):
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
        count += 1
except RuntimeError:
    pass
print(count, flush=True)
import os
os._exit(0)
"""
    assert int(printed(attack(code, pids=32))) <= (32 if machine.places.has("pids") else 1999)


def test_memory_bomb_of_one_process(attack: Attack, machine: Machine) -> None:
    outcome = attack("blocks = []\nwhile True: blocks.append(bytearray(b'x' * (1 << 22)))", memory=128 * MIB)
    assert outcome.exit_code != 0
    if machine.places.has("memory"):
        assert outcome.out_of_memory
        assert outcome.peak_memory is not None
        assert outcome.peak_memory <= 129 * MIB


def test_memory_bomb_of_many_processes(attack: Attack) -> None:
    """Each is small; the first hides what becomes of the others and ends with 0."""
    code = """
import os, time
for _ in range(16):
    if os.fork() == 0:
        try:
            block = bytearray(b"x" * (24 << 20))
            time.sleep(1000)
        finally:
            os._exit(0)
time.sleep(20)
"""
    outcome = attack(code, memory=128 * MIB, time=60.0)
    assert outcome.out_of_memory
    assert not outcome.ok
    assert outcome.troubles == ("ran out of its 128 MiB of memory and was ended",)


def test_memory_in_files_that_are_memory(attack: Attack, machine: Machine) -> None:
    code = """
import os
for folder in ("/tmp", "/dev/shm", "/", "/dev", "/run", "/etc"):
    size = 0
    try:
        with open(folder + "/filler", "wb", buffering=0) as file:
            while size < 1 << 30:
                size += file.write(b"x" * (1 << 20))
    except OSError:
        pass
    print(folder, size >> 20, flush=True)
    if size:
        os.unlink(folder + "/filler")
"""
    outcome = attack(code, memory=512 * MIB, tmp=16 * MIB, disk=1024 * MIB)
    assert printed(outcome) == "/tmp 16\n/dev/shm 16\n/ 0\n/dev 0\n/run 0\n/etc 0\n"


def test_one_large_file(attack: Attack, worktree: Worktree) -> None:
    code = """
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open("/src/large", "wb", buffering=0) as file:
    while True:
        file.write(b"x" * (1 << 20))
"""
    outcome = attack(code, disk=32 * MIB)
    assert outcome.exit_code != 0
    assert os.path.getsize(f"{worktree.path}/large") <= 32 * MIB


def test_many_files_that_fill_the_disk(attack: Attack, worktree: Worktree) -> None:
    code = """
import itertools
for number in itertools.count():
    with open(f"/src/part-{number}", "wb") as file:
        file.write(b"x" * (4 << 20))
"""
    outcome = attack(code, disk=64 * MIB)
    assert outcome.disk_full
    assert outcome.troubles == ("wrote more than 64 MiB or 200000 files and was ended",)


def test_the_folder_for_sockets_is_no_way_around(attack: Attack, tmp_path: Path) -> None:
    code = """
import itertools
for number in itertools.count():
    with open(f"/run/kaizen/part-{number}", "wb") as file:
        file.write(b"x" * (4 << 20))
"""
    assert attack(code, disk=64 * MIB, sockets=str(tmp_path)).disk_full
    for part in tmp_path.glob("part-*"):
        part.unlink()


def test_files_that_are_deleted_while_they_fill_the_disk(attack: Attack) -> None:
    code = """
import itertools, os
kept = []
for number in itertools.count():
    kept.append(open("/src/hidden", "wb"))
    os.unlink("/src/hidden")
    kept[-1].write(b"x" * (4 << 20))
    kept[-1].flush()
"""
    assert attack(code, disk=64 * MIB).disk_full


def test_files_that_are_hidden_deep_while_they_fill_the_disk(attack: Attack) -> None:
    code = """
import itertools, os
for _ in range(400):
    os.mkdir("a-folder-with-a-long-name")
    os.chdir("a-folder-with-a-long-name")
for number in itertools.count():
    with open(f"part-{number}", "wb") as file:
        file.write(b"x" * (4 << 20))
"""
    assert attack(code, disk=64 * MIB).disk_full


def test_very_many_small_files(attack: Attack, worktree: Worktree) -> None:
    if os.statvfs(worktree.path).f_files == 0:
        pytest.skip("this file system doesn't count its files")
    code = "import itertools\nfor number in itertools.count(): open(f'/src/{number}', 'wb').close()"
    outcome = attack(code, files=3000)
    assert outcome.disk_full


def test_endless_output(attack: Attack) -> None:
    outcome = attack("import os\nfor _ in range(4000): os.write(1, b'x' * 65536); os.write(2, b'y' * 100)", output=MIB)
    assert outcome.ok
    assert outcome.stdout.size == 4000 * 65536
    assert outcome.stdout.truncated
    assert outcome.stdout.read() == b"x" * MIB
    assert outcome.stderr.read() == b"y" * 400_000
    assert not outcome.stderr.truncated


def test_a_spin_is_ended_and_its_time_is_told(attack: Attack) -> None:
    outcome = attack("while True: pass", time=1.0)
    assert outcome.timed_out
    assert outcome.exit_code == 137
    assert not outcome.ok
    assert outcome.wall >= 1.0
    assert 0 < outcome.cpu <= outcome.wall * (os.cpu_count() or 1)


def test_processor_time_is_that_of_all_processes(attack: Attack, machine: Machine) -> None:
    code = """
import os, time
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        burn(0.4)
        open("/tmp/done", "w").close()
        time.sleep(1000)
    os._exit(0)
burn(0.4)
while not os.path.exists("/tmp/done"):
    time.sleep(0.01)
"""
    outcome = attack(code)
    assert outcome.ok
    # Without a control group, what still ran when the command ended isn't counted.
    assert outcome.cpu >= (0.8 if machine.places.has("cpuacct") else 0.4)


@pytest.mark.parametrize("ends", ["by itself", "at its time"])
def test_grandchildren_that_will_not_go(attack: Attack, ends: str) -> None:
    """In sessions of their own, deaf to every signal that one can be deaf to."""
    marker = f"stayer-{os.getpid()}-{os.urandom(4).hex()}"
    code = f"""
import os, signal, sys, time
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in range(1, 32):
                if number not in (signal.SIGKILL, signal.SIGSTOP):
                    signal.signal(number, signal.SIG_IGN)
            os.execvp("sh", ["sh", "-c", "while :; do sleep 1000; done", {marker!r}])
        os._exit(0)
print("ready", flush=True)
time.sleep({0 if ends == "by itself" else 1000})
"""
    outcome = attack(code, time=60.0 if ends == "by itself" else 3.0)
    assert printed(outcome).startswith("ready")
    assert outcome.timed_out == (ends == "at its time")
    assert marker not in commands_of_all()


def test_what_it_opens(attack: Attack) -> None:
    code = "import os\nfds = []\ntry:\n  while True: fds.append(os.open('/', 0))\nexcept OSError: print(len(fds))"
    assert int(printed(attack(code, open_files=256))) < 256


def test_no_core_dumps(attack: Attack, worktree: Worktree) -> None:
    assert attack("import os; os.abort()").exit_code == 134
    assert not [name for name in os.listdir(worktree.path) if "core" in name]


def test_nothing_is_left_of_any_of_it(attack: Attack, machine: Machine, lease: Lease) -> None:
    before = subprocess.run(["mount"], capture_output=True, check=True).stdout
    attack("sh", "-c", "sleep 1000 & sleep 1000", time=0.5)
    assert subprocess.run(["mount"], capture_output=True, check=True).stdout == before
    for folder in set(machine.places.folders.values()):
        assert [name for name in os.listdir(folder) if os.path.basename(lease.folder) in name] == []
