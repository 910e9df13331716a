"""The servers behind TLS, with a password: `test`, of the user `admin`."""

import http.client
import ssl
from collections.abc import Sequence
from pathlib import Path

from tests.e2e.certificates import Certificates
from tests.e2e.servers import Prometheus, Server, VictoriaMetrics

# bcrypt of "test", from Prometheus' guide to basic authentication.
USER = "admin: $2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay"


class Secure(Server):
    """keys: the certificate that it shows, and the authority that signed it."""

    def __init__(self, program: str, folder: Path, config: str, keys: Certificates) -> None:
        super().__init__(program, folder, config)
        self.keys = keys

    @property
    def url(self) -> str:
        return f"https://{self.address}"

    def _connection(self) -> http.client.HTTPConnection:
        context = ssl.create_default_context(cafile=self.keys.ca)
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=5, context=context)


class SecurePrometheus(Secure, Prometheus):
    """By its web.config.file."""

    ready_status = 401

    def words(self) -> Sequence[str]:
        tls = f"tls_server_config: {{cert_file: {self.keys.certificate}, key_file: {self.keys.key}}}\n"
        (self.folder / "web.yml").write_text(f"{tls}basic_auth_users: {{{USER}}}\n")
        return (*super().words(), f"--web.config.file={self.folder / 'web.yml'}")


class SecureVictoriaMetrics(Secure, VictoriaMetrics):
    """By its options."""

    def words(self) -> Sequence[str]:
        tls = ("-tls", f"-tlsCertFile={self.keys.certificate}", f"-tlsKeyFile={self.keys.key}")
        return (*super().words(), *tls, "-httpAuth.username=admin", "-httpAuth.password=test")


KINDS: dict[str, type[Secure]] = {"prometheus": SecurePrometheus, "victoria-metrics": SecureVictoriaMetrics}
