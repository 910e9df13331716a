"""What contains an evaluation on this machine, and what the workspace sets about it. For `kaizen doctor`."""

from dataclasses import dataclass
from typing import Any

from kaizen_tui.core.checker import FieldErrors
from kaizen_tui.core.config import Config
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.sandbox.protections import Machine, look_at_machine
from kaizen_tui.store.finding import Finding
from kaizen_tui.store.reading import read_config_document
from kaizen_tui.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class SandboxReport:
    """findings: what keeps evaluations from running, or their score-cards from counting. mode: `sandbox.mode`."""

    findings: tuple[Finding, ...]
    mode: str
    machine: Machine

    @property
    def lines(self) -> tuple[str, ...]:
        """Which protections hold, in words; nothing where there is no sandbox."""
        machine = self.machine
        if self.mode != "bubblewrap" or not machine.usable:
            return ()
        said = [f"sandbox: {', '.join(machine.protections)}"]
        return (*said, *(f"sandbox: weaker here: {text}" for text in machine.missing))

    def as_json(self) -> dict[str, Any]:
        """The `sandbox` of `kaizen doctor --json`."""
        machine = self.machine
        return {
            "mode": self.mode,
            "usable": machine.usable,
            "fault": machine.fault,
            "protections": list(machine.protections),
            "weaker": list(machine.missing) if machine.usable else [],
            "cgroup": "v2" if machine.places.unified else "v1" if machine.places.folders else None,
            "root": machine.host.root,
        }


def check_sandbox(ws: Workspace, machine: Machine | None = None) -> SandboxReport:
    """What holds here. machine: None looks. Settings that can't be read count as not set: doctor names them itself."""
    machine = look_at_machine() if machine is None else machine
    try:
        document = read_config_document(ws)
        mode = Config.from_raw(document.value if document is not None else {}).sandbox.mode
    except (KaizenError, FieldErrors):
        mode = Config().sandbox.mode
    return SandboxReport(tuple(_findings(ws, mode, machine)), mode, machine)


def _findings(ws: Workspace, mode: str, machine: Machine) -> list[Finding]:
    if mode != "bubblewrap":
        return [
            Finding(
                "sandbox_mode",
                "warning",
                f"evaluations run without the sandbox (sandbox.mode: {mode}): their score-cards open no canary",
                ws.relative(ws.config_path),
                "remove the setting where bubblewrap works",
            )
        ]
    if not machine.usable:
        return [Finding("sandbox", "warning", f"no change can be evaluated here: {machine.fault}", "", machine.remedy)]
    return []
