"""Attacks on the network and on other processes."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.sandbox.conftest import Attack, printed

CONNECT = """
import socket
for host, port in {0!r}:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        continue
    print(host, port)
"""


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        yield server


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process of the same user, outside."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_tcp_to_this_machine(attack: Attack, listener: socket.socket) -> None:
    places = [("127.0.0.1", listener.getsockname()[1]), ("192.0.2.1", 80)]
    assert printed(attack(CONNECT.format(places))) == ""
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_tcp_with_the_network_switched_on(attack: Attack, listener: socket.socket) -> None:
    """The same attack succeeds where it is allowed to: the refusal is the sandbox's."""
    port = listener.getsockname()[1]
    outcome = attack(CONNECT.format([("127.0.0.1", port)]), network="host")
    assert printed(outcome) == f"127.0.0.1 {port}\n"
    assert "no network" not in outcome.protections
    assert "no network" in attack("sh", "-c", "true").protections


def test_names_and_interfaces(attack: Attack) -> None:
    code = """
import os, socket
print([name for _, name in socket.if_nameindex()])
try:
    print(socket.getaddrinfo("example.org", 80))
except OSError:
    print("no names")
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.53", 53))
except OSError:
    print("no datagrams")
print(os.path.exists("/etc/resolv.conf"))
"""
    assert printed(attack(code)) == "['lo']\nno names\nno datagrams\nFalse\n"


def test_loopback_inside_works(attack: Attack) -> None:
    code = """
import socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname()).sendall(b"x")
print(server.accept()[0].recv(1))
"""
    assert printed(attack(code)) == "b'x'\n"


def test_signals(attack: Attack, bystander: subprocess.Popen[bytes]) -> None:
    code = f"""
import os, signal
for pid in [{bystander.pid}, {os.getpid()}]:
    try:
        os.kill(pid, signal.SIGKILL)
        print("signalled", pid)
    except OSError:
        pass
"""
    assert "signalled" not in printed(attack(code))
    attack("import os, signal; os.kill(-1, signal.SIGKILL)")
    attack("import os, signal; os.killpg(0, signal.SIGKILL)")
    assert bystander.poll() is None


def test_processes_outside_are_not_seen_or_traced(attack: Attack, bystander: subprocess.Popen[bytes]) -> None:
    code = f"""
import ctypes, os
names = []
for pid in filter(str.isdigit, os.listdir("/proc")):
    with open(f"/proc/{{pid}}/comm") as file:
        names.append(file.read().strip())
print(sorted(set(names) - {{"bwrap", "python3", "python3.11", "python3.12", "python3.13", "python"}}))
print(len(names) < 6)
libc = ctypes.CDLL(None, use_errno=True)
PTRACE_ATTACH = 16
print(libc.ptrace(PTRACE_ATTACH, {bystander.pid}, None, None), os.strerror(ctypes.get_errno()))
"""
    assert printed(attack(code)) == "[]\nTrue\n-1 No such process\n"
    assert bystander.poll() is None


def test_privileges(attack: Attack) -> None:
    code = """
import ctypes, os
with open("/proc/self/status") as file:
    wanted = {"CapPrm", "CapEff", "CapInh", "CapAmb", "NoNewPrivs"}
    print([line.split() for line in file if line.split(":")[0] in wanted])
libc = ctypes.CDLL(None, use_errno=True)
for call in (lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None), lambda: libc.umount(b"/src"),
             lambda: libc.chroot(b"/tmp"), lambda: libc.sethostname(b"x", 1), lambda: libc.setns(3, 0),
             lambda: libc.init_module(b"", 0, b"")):
    print(call(), end=" ")
for path in ("/dev/sda", "/dev/mem", "/dev/kmsg"):
    print(os.path.exists(path), end=" ")
try:
    os.mknod("/tmp/disk", 0o600 | 0o060000, os.makedev(8, 0))
    print("made a device")
except OSError:
    print("no devices")
"""
    said = printed(attack(code)).splitlines()
    assert said[0].count("'0000000000000000'") == 4
    assert "['NoNewPrivs:', '1']" in said[0]
    assert said[1] == "-1 -1 -1 -1 -1 -1 False False False no devices"


def test_the_terminal(attack: Attack) -> None:
    """No controlling terminal, into which it could type."""
    assert "No such device" in printed(attack("sh", "-c", "exec 2>&1; : < /dev/tty; true"))
