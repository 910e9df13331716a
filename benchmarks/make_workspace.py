"""Makes a workspace of any size: believable tickets of 1-2 KB over all columns, the same for the same seed.

    python benchmarks/make_workspace.py DIR [--tickets 10000] [--seed 1] [--taskwarrior FILE]

With --taskwarrior the same tickets are written to FILE for `task import`: the title as the description, the
component as the project, labels as tags, and the rest of the ticket's text as an annotation.
"""

import argparse
import json
import os
import random
import sys
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # also from a plain checkout

from kaizen_tui.core.promotion_log import entry_hash, entry_line
from kaizen_tui.core.states import SEVERITIES, STATUSES

END = datetime(2025, 6, 1, tzinfo=UTC)

COMPONENTS = {  # id: name, tier, owner
    "pcc-main": ("PCC State Broadcaster", 0, "backend-team"),
    "edge-gateway": ("Edge Gateway", 0, "web-team"),
    "checkout-api": ("Checkout API", 1, "payments"),
    "search-index": ("Search Index", 1, "search"),
    "session-cache": ("Session Cache", 2, "platform"),
    "report-batch": ("Nightly Reports", 2, "data-team"),
    "lab-renderer": ("Renderer (experimental)", 3, "grafik-münchen"),
}
METRICS = ("p95_latency_ms", "p99_latency_ms", "memory_usage_mb", "drop_rate_pct", "error_ratio", "cpu_seconds_total")
VERBS = ("Optimize", "Reduce", "Cap", "Batch", "Retry", "Cache", "Compress", "Shard", "Trim", "Pool", "Simplify")
THINGS = (
    "MCP server", "state broadcaster", "checkout payloads", "index writes", "session lookups", "nightly export",
    "TLS handshakes", "websocket fan-out", "retry budget", "delta encoding", "connection pool", "log pipeline",
    "größenabhängige Puffer", "検索インデックス",
)  # fmt: skip
GOALS = (
    "for 200Hz throughput",
    "under peak load",
    "on small nodes",
    "after failover",
    "during deploys",
    "in the canary",
)
LABELS = ("latency", "memory", "cost", "toil", "security", "q3")
SENTENCES = (
    "The present code copies every message twice before it reaches the socket.",
    "Profiles of three weeks show that most of the time goes into serialization.",
    "The change keeps the wire format and can be switched off with one flag.",
    "Consumers that lag behind get the newest state instead of a growing backlog.",
    "The rollback was rehearsed on the staging cluster and takes less than a minute.",
    "No other component depends on the order of these messages.",
)


class Ticket(NamedTuple):
    """One made-up ticket."""

    id: str
    title: str
    component: str
    owner: str
    severity: str
    status: str
    labels: tuple[str, ...]
    objective: str
    success: tuple[str, ...]
    abort: tuple[str, ...]
    created: datetime
    updated: datetime
    uid: str


def make_ticket(dice: random.Random, number: int) -> Ticket:
    """A ticket; about 1.5 KB as a file."""
    component = dice.choice(list(COMPONENTS))
    thing = dice.choice(THINGS[:-2]) if dice.random() < 0.97 else dice.choice(THINGS[-2:])
    created = END - timedelta(minutes=dice.randrange(400 * 24 * 60))
    metrics = dice.sample(METRICS, 3)
    return Ticket(
        id=f"KAIZ-{number:03d}",
        title=f"{dice.choice(VERBS)} {thing} {dice.choice(GOALS)} ({number})",
        component=component,
        owner=COMPONENTS[component][2],
        severity=dice.choices(SEVERITIES, (1, 3, 5, 2))[0],
        status=dice.choices(STATUSES, (20, 10, 8, 5, 2, 50, 5))[0],
        labels=tuple(dice.sample(LABELS, dice.randrange(3))),
        objective=" ".join(dice.choices(SENTENCES, k=dice.randrange(4, 10))),
        success=(
            f"{metrics[0]} < {dice.randrange(5, 50)}",
            f"{metrics[1]} <= 1.05 * baseline",
            f"Zero message drops during a {dice.randrange(5, 60)}-minute stability test",
        ),
        abort=(f"{metrics[2]} > {dice.randrange(1, 9) / 2}",),
        created=created,
        updated=created + timedelta(minutes=dice.randrange(40 * 24 * 60)),
        uid=f"{dice.getrandbits(128):032x}",
    )


def ticket_text(ticket: Ticket) -> str:
    """The ticket as a file that a person wrote: comments, quotes, lists."""
    quote = json.dumps  # a JSON text is a YAML text
    lines = [
        f"id: {ticket.id}",
        f"title: {json.dumps(ticket.title, ensure_ascii=False)}",
        f"component: {ticket.component}",
        f"owner: {ticket.owner}",
        f"severity: {ticket.severity}          # critical | high | medium | low",
        f"objective: {quote(ticket.objective)}",
        "success_criteria:",
        *(f"  - {quote(line)}" for line in ticket.success),
        "abort_criteria:",
        *(f"  - {quote(line)}" for line in ticket.abort),
        f'rollback_plan: "systemctl restart {ticket.component}@stable, then watch its panel for ten minutes"',
        "links:",
        f'  repository: "https://git.example.org/platform/{ticket.component}"',
        f'  dashboard: "https://grafana.example.org/d/{ticket.component}"',
        f'  documentation: "https://docs.example.org/{ticket.component}/runbook"',
        f"labels: [{', '.join(ticket.labels)}]",
        f"status: {ticket.status}",
        f'created_at: "{ticket.created:%Y-%m-%dT%H:%M:%SZ}"',
        f'updated_at: "{ticket.updated:%Y-%m-%dT%H:%M:%SZ}"',
        f"uid: {ticket.uid}",
    ]
    return "\n".join(lines) + "\n"


def log_bytes(ticket: Ticket) -> bytes:
    """A log that verifies: created, then one move to the present status."""
    steps: list[dict[str, Any]] = [{"event": "created", "status": "draft", "at": ticket.created}]
    if ticket.status != "draft":
        move = {"event": "status", "from": "draft", "to": ticket.status, "unmet": ["plan_approval"]}
        steps.append({**move, "at": ticket.updated})
    prev: list[str] = []
    lines = []
    for seq, step in enumerate(steps, 1):
        entry = {**step, "at": f"{step['at']:%Y-%m-%dT%H:%M:%SZ}", "seq": seq, "actor": ticket.owner, "prev": prev}
        entry["hash"] = entry_hash(entry)
        prev = [entry["hash"]]
        lines.append(entry_line(entry))
    return b"".join(lines)


def write(path: str, data: bytes) -> None:
    with open(path, "wb") as file:
        file.write(data)


def make_components(root: str) -> None:
    """registry/kaizen with its settings and components."""
    folder = os.path.join(root, "registry", "kaizen", "components")
    os.makedirs(folder, exist_ok=True)
    write(os.path.join(root, "registry", "kaizen", "config.yml"), b"# Every setting has a default.\n")
    for component, (name, tier, owner) in COMPONENTS.items():
        lines = [f"id: {component}", f"name: {name}", f"tier: {tier}", f"owner: {owner}", "slo:", "  metrics:"]
        for metric in METRICS:
            lines += [f"    - name: {metric}", '      threshold: "10"', '      abort_threshold: "15"']
            lines.append(f"      query: 'avg({metric}[$window])'")
        lines.append(f'rollback_plan: "systemctl restart {component}@stable"')
        write(os.path.join(folder, f"{component}.yml"), ("\n".join(lines) + "\n").encode())


def make_workspace(root: str, count: int, seed: int = 1) -> list[Ticket]:
    """Writes a workspace of `count` tickets into `root`, which must not have one; returns the tickets."""
    dice = random.Random(seed)
    make_components(root)
    tickets = [make_ticket(dice, number) for number in range(1, count + 1)]
    for ticket in tickets:
        folder = os.path.join(root, "tickets", ticket.id)
        os.makedirs(folder)
        write(os.path.join(folder, "Kaizen-Tkt.yml"), ticket_text(ticket).encode())
        write(os.path.join(folder, "Patch-Spec.md"), f"# {ticket.title}\n\n{ticket.objective}\n".encode())
        write(os.path.join(folder, "Promotion-Log"), log_bytes(ticket))
        if ticket.status in ("canary", "complete"):
            write(os.path.join(folder, "Score-card.json"), b'{"schema": "kaizen.scorecard/1", "verdict": "pass"}\n')
    return tickets


def taskwarrior_json(tickets: list[Ticket]) -> str:
    """The same tickets for `task import`, all pending so that `task list` shows all of them."""
    priorities = {"critical": "H", "high": "H", "medium": "M", "low": "L"}
    tasks = [
        {
            "uuid": str(uuid.UUID(int=int(ticket.uid, 16), version=4)),
            "description": ticket.title,
            "status": "pending",
            "entry": f"{ticket.created:%Y%m%dT%H%M%SZ}",
            "modified": f"{ticket.updated:%Y%m%dT%H%M%SZ}",
            "project": ticket.component,
            "priority": priorities[ticket.severity],
            "tags": [*ticket.labels, ticket.owner.replace("-", "_"), ticket.status],
            "annotations": [
                {
                    "entry": f"{ticket.created:%Y%m%dT%H%M%SZ}",
                    "description": " ".join((ticket.objective, *ticket.success, *ticket.abort)),
                }
            ],
        }
        for ticket in tickets
    ]
    return json.dumps(tasks)


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes a workspace of made-up tickets.")
    parser.add_argument("folder", help="where; made if absent")
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--taskwarrior", metavar="FILE", help="also write the tickets for `task import`")
    options = parser.parse_args()
    tickets = make_workspace(options.folder, options.tickets, options.seed)
    if options.taskwarrior:
        write(options.taskwarrior, taskwarrior_json(tickets).encode())


if __name__ == "__main__":
    main()
