"""The commands that meet a condition, as a person types them: every word quoted for the shell where it needs it."""

from __future__ import annotations

from shlex import quote


def _word(text: str) -> str:
    """An argument; one that begins with a dash is kept from being read as an option."""
    return f"-- {quote(text)}" if text.startswith("-") else quote(text)


def update(ticket: str, option: str) -> str:
    """`option` with a placeholder for what the person has to say: `--objective "…"`."""
    return f"kaizen update {quote(ticket)} {option}"


def move(ticket: str, status: str) -> str:
    return f"kaizen update {quote(ticket)} --status {quote(status)}"


def abort(ticket: str) -> str:
    return f'kaizen abort {quote(ticket)} --note "…"'


def deploy(ticket: str) -> str:
    return f"kaizen deploy {quote(ticket)}"


def to_baseline(ticket: str) -> str:
    return f"{deploy(ticket)} --share 0"


def edit(ticket: str) -> str:
    return f"kaizen edit {quote(ticket)}"


def approve(ticket: str) -> str:
    return f"kaizen approve {quote(ticket)}"


def sign_off(ticket: str, criterion: str) -> str:
    return f"kaizen signoff {quote(ticket)} {_word(criterion)}"


def why(ticket: str) -> str:
    return f"kaizen why {quote(ticket)}"


def verify_log(ticket: str) -> str:
    return f"kaizen verify {quote(ticket)}"


def evaluate(ticket: str) -> str:
    return f"kaizen evaluate {quote(ticket)}"


def create(ticket: str) -> str:
    return f"kaizen create {quote(ticket)}"


def override(ticket: str, status: str) -> str:
    return f'{move(ticket, status)} --override "…"'


def add_component(component: str) -> str:
    return f'kaizen component {_word(component)} --name "…" --tier N --owner "…" --rollback-plan "…"'


def edit_component(component: str) -> str:
    return f"$EDITOR {quote(f'registry/kaizen/components/{component}.yml')}"


def edit_config() -> str:
    return "$EDITOR registry/kaizen/config.yml"


def edit_patch_spec(ticket: str) -> str:
    return f"$EDITOR {quote(f'tickets/{ticket}/Patch-Spec.md')}"
