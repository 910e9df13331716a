"""The stage Create: a worktree and a branch for a ticket's change, and where a generator is named, its commit."""

import os
from collections.abc import Mapping
from typing import NamedTuple

from kaizen_tui.core import diff_gate
from kaizen_tui.core.config import Config, Generator
from kaizen_tui.core.errors import StoreError, UsageError
from kaizen_tui.core.ids import did_you_mean
from kaizen_tui.core.patch_spec import fill, template
from kaizen_tui.core.states import FINAL
from kaizen_tui.core.text import safe
from kaizen_tui.core.ticket import Ticket
from kaizen_tui.core.unmet import title
from kaizen_tui.core.values import quoted
from kaizen_tui.loop.acts import opened
from kaizen_tui.loop.cards import subject_of
from kaizen_tui.loop.context import Session
from kaizen_tui.loop.creation import proof as proving
from kaizen_tui.loop.creation import spec as writing
from kaizen_tui.loop.creation.commit import commit_tree, message_of, person
from kaizen_tui.loop.creation.generator import Result, generate
from kaizen_tui.loop.creation.place import Place, find_place, put, refuse_unclean, take_back
from kaizen_tui.loop.creation.proof import Proof
from kaizen_tui.loop.creation.skeleton import write_skeleton
from kaizen_tui.loop.evaluation.progress import Listener, Silence, Step
from kaizen_tui.loop.evaluation.run import modes_of
from kaizen_tui.loop.govern import RefusedError
from kaizen_tui.loop.models import find_component, load_config, ticket_model
from kaizen_tui.sandbox.changes import Difference, Entry, Lines, committed, difference, make_plain, record
from kaizen_tui.sandbox.lease import Lease
from kaizen_tui.sandbox.protections import Machine, look_at_machine
from kaizen_tui.sandbox.spec import Mode
from kaizen_tui.sandbox.worktree import Worktree, add_worktree
from kaizen_tui.store import files, git
from kaizen_tui.store.reading import TicketFile, read_ticket_file
from kaizen_tui.store.records import NewEvent, Transaction
from kaizen_tui.store.trust import need_trust


class Wish(NamedTuple):
    """generator: of config.yml; None is the component's. base: a revision for a new branch; None is the default
    branch's head. dry_run: only show what would be proposed."""

    generator: str | None = None
    base: str | None = None
    dry_run: bool = False


class Made(NamedTuple):
    """What Create did, or with a dry run would do. Texts and paths are hostile: escape on output.

    generator: "" for a change by hand. commit: "" where none was made. nothing: the generator had nothing to do.
    refused: why the diff wasn't taken, () when it was. patch: the diff (bytes of any kind), kept: the file that a
    refused one was written to. skeleton: a file for the tests, within the worktree. sections: of Patch-Spec.md, filled.
    """

    ticket: str
    status: str
    place: Place
    generator: str = ""
    commit: str = ""
    nothing: bool = False
    refused: tuple[str, ...] = ()
    changes: tuple[diff_gate.Change, ...] = ()
    lines: tuple[Lines, ...] = ()
    patch: bytes = b""
    kept: str = ""
    proof: Proof = proving.NO_FIX
    result: Result = Result()
    sections: tuple[str, ...] = ()
    skeleton: str = ""


class _Task(NamedTuple):
    """What is created, for whom, with what."""

    session: Session
    file: TicketFile
    ticket: Ticket
    config: Config
    place: Place
    listener: Listener


_BY_DEFAULT = Wish()


def create(
    session: Session,
    ticket_id: str,
    wish: Wish = _BY_DEFAULT,
    listener: Listener | None = None,
    *,
    env: Mapping[str, str] = os.environ,
) -> Made:
    """Makes the branch kaizen/ID and its worktree, or uses them again; lets the generator propose its commit.

    env: for the trust in config.yml, and the variables that a generator gets. A diff that the gate refuses, and a
    generator without anything to do, are values. Raises NotFoundError, RefusedError, UsageError, ConflictError,
    UntrustedError, StoreError; GeneratorError when the generator fails. After an error all is as it was.
    """
    session.workspace.refuse_writing()
    file = read_ticket_file(session.workspace, ticket_id)
    ticket = ticket_model(session.workspace, file)
    if ticket.status in FINAL:
        raise RefusedError(f"{ticket_id} is {title(ticket.status)}: there is nothing left to create")
    config = load_config(session.workspace)
    name, generator = _generator(session, config, ticket, wish.generator)
    place = find_place(session.workspace, ticket_id, wish.base)
    task = _Task(session, file, ticket, config, place, listener or Silence())
    if generator is None:
        return _by_hand(task, dry_run=wish.dry_run)
    need_trust(session.workspace, env, f"the generator {quoted(name)}")
    if not wish.dry_run:
        refuse_unclean(place)
    mode, _ = modes_of(session, subject_of(session, ticket_id).evaluation, env)
    machine = look_at_machine()
    if mode == "bubblewrap" and not machine.usable:
        raise UsageError(f"no sandbox: {machine.fault}", hint=machine.remedy)
    with Lease(f"{session.workspace.state}/sandbox") as lease:
        return _Proposal(task, name, generator, lease, machine, mode, env).through(dry_run=wish.dry_run)


def _generator(session: Session, config: Config, ticket: Ticket, named: str | None) -> tuple[str, Generator | None]:
    component = find_component(session.workspace, ticket.component)
    name = named if named is not None else component.generator if component is not None else ""
    if not name and named is None:
        return "", None
    if name not in config.generators:
        where = session.workspace.relative(session.workspace.config_path)
        if not config.generators:
            raise UsageError(f"no generator {quoted(name)}: config.yml has none", where=where, hint="docs/create.md")
        raise UsageError(f"no generator {quoted(name)}", where=where, hint=did_you_mean(name, config.generators))
    return name, config.generators[name]


def _by_hand(task: _Task, *, dry_run: bool) -> Made:
    place = task.place
    made = Made(task.file.id, task.ticket.status, place)
    if dry_run:
        return made
    task.listener.step(Step("worktree"))
    with opened(task.session, task.file.id) as tx:
        put(place, place.base)
        try:
            skeleton = "" if place.there else write_skeleton(place.path, task.ticket)
            filled = _write_spec(task, tx, writing.by_hand(task.ticket))
        except BaseException:
            take_back(place, place.base)
            raise
    return made._replace(sections=filled, skeleton=skeleton)


def _write_spec(task: _Task, tx: Transaction, sections: Mapping[str, str]) -> tuple[str, ...]:
    """Fills what is still the template of Patch-Spec.md; under the lock. Returns the sections' names."""
    text = tx.patch_spec
    known = text if text is not None else template(f"{task.file.id} {safe(task.ticket.title)}")
    new, filled = fill(known, sections)
    if new != text:
        path = task.session.workspace.spec_path(task.file.id)
        if text is not None and files.read_optional(path) != text.encode():
            return ()  # not UTF-8, or somebody saves it at this moment: theirs stays
        files.replace_file(path, new.encode())
    return filled


class _Proposal:
    """A generator's work on its way to a commit."""

    def __init__(
        self, task: _Task, name: str, generator: Generator, lease: Lease, machine: Machine, mode: Mode,
        env: Mapping[str, str],
    ) -> None:  # fmt: skip
        self._task, self._name, self._generator = task, name, generator
        self._lease, self._machine, self._mode, self._env = lease, machine, mode, env
        self._scratch = f"{lease.folder}/scratch"

    def through(self, *, dry_run: bool) -> Made:
        task, base = self._task, self._task.place.base
        made = Made(task.file.id, task.ticket.status, task.place, self._name)
        os.mkdir(self._scratch)
        self._tell("worktree of the base")
        tree = add_worktree(self._lease, task.place.root, "generator", base)
        before = committed(tree)
        make_plain(tree, before)
        self._tell(f"generator {self._name}")
        result = generate(self._lease, self._machine, tree, self._generator, task.file, self._mode, self._env)
        if result is None:
            return made._replace(nothing=True)
        self._tell("diff")
        found = difference(tree, before, self._scratch)
        made = made._replace(result=result, changes=found.changes, nothing=not found.changes)
        refused = self._refusals(found)
        if refused or dry_run or not found.changes:
            return self._shown(made._replace(refused=refused), tree, before, dry_run=dry_run)
        return self._taken(made, tree, before)

    def _tell(self, text: str) -> None:
        self._task.listener.step(Step(text))

    def _refusals(self, found: Difference) -> tuple[str, ...]:
        generator, workspace = self._generator, self._task.session.workspace
        above = os.path.relpath(os.path.realpath(workspace.root), os.path.realpath(self._task.place.root))
        closed = tuple(f"{folder}/" if above == "." else f"{above}/{folder}/" for folder in ("registry", "tickets"))
        rules = diff_gate.Rules(generator.paths, closed, generator.max_files, generator.max_bytes)
        return tuple(diff_gate.refusals(found.changes, found.links, found.before, rules))

    def _shown(self, made: Made, tree: Worktree, before: Mapping[str, Entry], *, dry_run: bool) -> Made:
        """The diff to look at; a refused one is kept beside the worktrees, since it may have cost something."""
        generator = self._generator
        few = len(made.changes) <= generator.max_files
        small = sum(change.size for change in made.changes) <= generator.max_bytes
        if not few or not small or not made.changes:
            return made
        fit = [change for change in made.changes if diff_gate.is_storable(change)]
        recorded = record(tree, before, fit, self._scratch, keep=False)
        made = made._replace(patch=recorded.patch, lines=recorded.lines)
        if not made.refused or dry_run or not recorded.patch:
            return made
        folder = f"{self._task.session.workspace.state}/refused"
        try:
            os.makedirs(folder, exist_ok=True)
        except OSError as error:
            raise files.in_words(error, "cannot make", folder) from error
        files.replace_file(f"{folder}/{made.ticket}.patch", recorded.patch, durable=False)
        return made._replace(kept=f"{folder}/{made.ticket}.patch")

    def _taken(self, made: Made, tree: Worktree, before: Mapping[str, Entry]) -> Made:
        recorded = record(tree, before, made.changes, self._scratch, keep=True)
        proof = self._prove(made, tree, before)
        made = made._replace(lines=recorded.lines, patch=recorded.patch, proof=proof)
        if proof.state == "pass_on_base":
            return self._shown(made._replace(refused=(proof.text,)), tree, before, dry_run=False)
        self._tell("commit")
        session, ticket = self._task.session, self._task.ticket
        message = message_of(ticket, self._name, made.result)
        commit = commit_tree(tree, recorded.tree, message, self._author(), session.now())
        sections = writing.by_generator(ticket, self._name, made.result, recorded.lines, proof)
        return self._published(made._replace(commit=commit), sections)

    def _prove(self, made: Made, tree: Worktree, before: Mapping[str, Entry]) -> Proof:
        task = self._task
        if not proving.is_fix(task.ticket.labels):
            return proving.NO_FIX
        tests = [change for change in made.changes if change.new_mode and diff_gate.is_test(change.path)]
        if not tests:
            return proving.NO_TESTS
        self._tell("the added tests on the base")
        evaluation = subject_of(task.session, task.file.id).evaluation
        mode, network = modes_of(task.session, evaluation, self._env)
        recorded = record(tree, before, tests, self._scratch, keep=True)
        trial = commit_tree(tree, recorded.tree, "tests alone", self._author(), task.session.now())
        return proving.prove(
            self._lease, self._machine, task.place.root, task.place.base, trial, evaluation, mode, network
        )

    def _author(self) -> tuple[str, str]:
        return person(self._task.session.actor, git.identity(self._task.place.root))

    def _published(self, made: Made, sections: Mapping[str, str]) -> Made:
        """Branch, worktree, Patch-Spec.md and log entry, or none of them."""
        task, place = self._task, made.place
        path = task.session.workspace.spec_path(made.ticket)
        fields = {
            "text": f"the generator {quoted(self._name)} proposed commit {made.commit[:12]} on branch {place.branch}: "
            + writing.files_line(made.lines),
            "commit": made.commit, "base": place.base, "branch": place.branch, "generator": self._name,
        }  # fmt: skip
        with opened(task.session, made.ticket, task.file.etag) as tx:
            put(place, made.commit)
            spec = files.read_optional(path)
            try:
                filled = _write_spec(task, tx, sections)
                tx.commit(data=None, events=[NewEvent(task.session.actor, "comment", fields)], at=task.session.now())
            except BaseException:
                take_back(place, made.commit)
                _put_back(path, spec)
                raise
        return made._replace(sections=filled)


def _put_back(path: str, before: bytes | None) -> None:
    if before is not None:
        files.replace_file(path, before)
    elif os.path.lexists(path):
        try:
            os.unlink(path)
        except OSError as error:
            raise StoreError(f"cannot remove: {error.strerror}", where=path) from error
