"""A private certificate authority and a server's certificate, made by openssl."""

import subprocess
from pathlib import Path
from typing import NamedTuple


class Certificates(NamedTuple):
    """PEM files. ca: whom a client trusts. certificate, key: of the server 127.0.0.1."""

    ca: Path
    certificate: Path
    key: Path


def certificates(openssl: str, folder: Path) -> Certificates:
    """A new authority and a certificate signed by it, in a folder that is made."""
    folder.mkdir(parents=True)
    ca, ca_key, request = folder / "ca.pem", folder / "ca.key", folder / "request"
    made = Certificates(ca, folder / "server.pem", folder / "server.key")
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    (folder / "san").write_text("subjectAltName=IP:127.0.0.1\n")
    _run(openssl, "req", "-x509", *new_key, "-subj", "/CN=Test CA", "-keyout", ca_key, "-out", ca, "-days", "2",
         "-addext", "keyUsage=critical,keyCertSign,cRLSign")  # fmt: skip
    _run(openssl, "req", *new_key, "-subj", "/CN=127.0.0.1", "-keyout", made.key, "-out", request)
    _run(openssl, "x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "2",
         "-extfile", folder / "san", "-out", made.certificate)  # fmt: skip
    return made


def _run(*words: str | Path) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
