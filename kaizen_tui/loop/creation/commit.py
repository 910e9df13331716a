"""The commit of a proposal: by the actor, with a trailer that names the ticket, without hooks and signatures."""

import re
from datetime import datetime
from textwrap import wrap

from kaizen_tui.core.actors import NOWHERE, parse_actor, same_person
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


def commit_tree(tree: Worktree, made: str, message: str, author: tuple[str, str], at: datetime) -> str:
    """The hash of a commit of the tree `made` on the worktree's commit; no branch has it yet.

    author: as `person` gives it. at: aware.
    """
    name, email = author
    stamp = f"{int(at.timestamp())} +0000"
    who = {"NAME": name, "EMAIL": email, "DATE": stamp}
    identity = {f"GIT_{role}_{what}": text for role in ("AUTHOR", "COMMITTER") for what, text in who.items()}
    said = tree.git(
        "-c", "i18n.commitEncoding=UTF-8", "commit-tree", made, "-p", tree.commit,
        stdin=message.encode(), environment=identity,
    )  # fmt: skip
    return said.decode("ascii").strip()


def person(actor: str, configured: str) -> tuple[str, str]:
    """Name and e-mail for git of an actor; an address alone is both.

    configured: git's own user here, "" for none. Who gives no e-mail is that one, where both mean one person; else
    the e-mail is made up, for a commit by `eva <>` is one that many programs refuse.
    """
    name, email = _parts(actor)
    if email:
        return name or email, email
    if same_person(actor, configured) and _parts(configured)[1]:
        return person(configured, "")
    login = re.sub(r"[^\w.+-]+", ".", parse_actor(actor).name).strip(".")
    return name, f"{login}{NOWHERE}"


def _parts(actor: str) -> tuple[str, str]:
    """Name and e-mail, "" for what isn't given."""
    name, bracket, rest = actor.rstrip().rpartition("<")
    if bracket and rest.endswith(">"):
        return name.strip(), rest[:-1].strip()
    return actor, actor if "@" in actor else ""
