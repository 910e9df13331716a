"""What of this machine a sandbox shows read-only: the system's programs, a few files of /etc, the Python that runs."""

import os
import sys
from dataclasses import dataclass

from kaizen_tui.core.errors import UsageError

# Never /etc/ssl/private, shadow, sudoers, ssh: root's sandbox reads what root can read.
ETC = (
    "alternatives", "group", "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "mime.types",
    "nsswitch.conf", "os-release", "passwd", "protocols", "services", "timezone",
)  # fmt: skip
ETC_NETWORK = ("ca-certificates", "pki/ca-trust", "pki/tls/certs", "resolv.conf", "ssl/certs", "ssl/openssl.cnf")
_TOP = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")


@dataclass(frozen=True, slots=True)
class Host:
    """links: (name at the top, where it leads), such as ("bin", "usr/bin"); folders: those that are real folders.
    etc, etc_network: which of the files exist. root: this process is root, and so is the sandboxed one to files."""

    links: tuple[tuple[str, str], ...]
    folders: tuple[str, ...]
    etc: tuple[str, ...]
    etc_network: tuple[str, ...]
    root: bool


def look_at_host() -> Host:
    """The machine as it is."""
    links = tuple((name, os.readlink(f"/{name}")) for name in _TOP if os.path.islink(f"/{name}"))
    folders = tuple(name for name in _TOP if os.path.isdir(f"/{name}") and not os.path.islink(f"/{name}"))
    etc, network = (tuple(name for name in names if os.path.exists(f"/etc/{name}")) for names in (ETC, ETC_NETWORK))
    return Host(links, folders, etc, network, os.geteuid() == 0)


def python_paths() -> tuple[str, ...]:
    """What a sandbox needs to run the Python that runs this, where that isn't in /usr: its environment and its base."""
    found = []
    for path in (sys.prefix, sys.base_prefix):
        real = os.path.realpath(path)
        if not _is_in(real, "/usr") and real not in found:
            found.append(real)
    return tuple(found)


def refuse_wide(path: str, home: str) -> None:
    """Raises UsageError for a folder that a sandbox must not show as a whole. home: the user's."""
    real = os.path.realpath(path)
    if not os.path.isabs(path) or not os.path.exists(real):
        raise UsageError(f"the sandbox can't show `{path}`: no such file", hint="name an absolute path that exists")
    for private in (os.path.realpath(home), "/etc", "/root", "/home", "/proc", "/sys", "/dev", "/run", "/var"):
        if private != "/" and (real == "/" or _is_in(private, real)):
            raise UsageError(
                f"the sandbox won't show `{path}`: {private} is in it", hint="name the folder that is needed"
            )


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
