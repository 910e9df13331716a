"""The commit of a proposal: by the actor, with a trailer that names the ticket, without hooks and signatures."""

from datetime import datetime
from textwrap import wrap

from kaizen_tui.core.text import safe, safe_block
from kaizen_tui.core.ticket import Ticket
from kaizen_tui.loop.creation.generator import Result
from kaizen_tui.sandbox.worktree import Worktree

TRAILER = "Kaizen-Ticket"
_SUBJECT = 72  # characters


def message_of(ticket: Ticket, generator: str, result: Result) -> str:
    """Subject from the title, body from what the generator said; nothing in them can pass for a trailer."""
    subject = safe(ticket.title.strip())
    if len(subject) > _SUBJECT:
        subject = subject[: _SUBJECT - 1] + "…"
    body = "\n".join(line for text in safe_block(result.summary.strip()).split("\n") for line in wrap(text, 76) or [""])
    trailers = f"{TRAILER}: {ticket.id}\nKaizen-Generator: {safe(generator)}"
    return "\n\n".join(part for part in (subject, body.strip("\n"), trailers) if part) + "\n"


def commit_tree(tree: Worktree, made: str, message: str, actor: str, at: datetime) -> str:
    """The hash of a commit of the tree `made` on the worktree's commit; no branch has it yet. at: aware."""
    name, email = person(actor)
    stamp = f"{int(at.timestamp())} +0000"
    who = {"NAME": name, "EMAIL": email, "DATE": stamp}
    identity = {f"GIT_{role}_{what}": text for role in ("AUTHOR", "COMMITTER") for what, text in who.items()}
    said = tree.git(
        "-c", "i18n.commitEncoding=UTF-8", "commit-tree", made, "-p", tree.commit,
        stdin=message.encode(), environment=identity,
    )  # fmt: skip
    return said.decode("ascii").strip()


def person(actor: str) -> tuple[str, str]:
    """Name and e-mail for git of an actor; an address alone, or a login, is both."""
    name, bracket, rest = actor.rstrip().rpartition("<")
    if bracket and rest.endswith(">"):
        return name.strip() or rest[:-1], rest[:-1]
    return actor, actor if "@" in actor else ""
