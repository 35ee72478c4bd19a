"""`reconcile compile`."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from reconciler import lockfile
from reconciler.cli.annotating import annotating, tell_warnings
from reconciler.cli.asking import model_json, model_options, note_model
from reconciler.cli.console import note, paint_out, problem_json, problem_lines, report, say, say_json
from reconciler.cli.progress import Progress
from reconciler.cli.project import Project, project_options
from reconciler.compiler.check import reading_ahead, reread
from reconciler.compiler.compile import (
    Compilation,
    OpenQuestion,
    Outcome,
    compile_declaration,
    over_policy,
    unmet_expectations,
)
from reconciler.compiler.judging import judging, translator_from
from reconciler.declaration.loading import load_policy, load_sound
from reconciler.declaration.sections import in_order
from reconciler.errors import (
    InvalidInput,
    LockInvalid,
    OpenQuestions,
    Problem,
    ReconcileError,
    StoreFailed,
)
from reconciler.model import Declaration, Lock, Policy
from reconciler.review.compilation import CompileReport, compile_json, compile_text, dated_warnings
from reconciler.review.explain import question_lines

_LOOK_EVERY = 30.0
_YAML, _LOCK = (".yaml", ".yml"), (".lock",)


@dataclass(frozen=True, slots=True)
class _Options:
    """How to compile: which schedules to read again, and whether and for how many phrases to ask the model."""

    refresh: tuple[str, ...] | None
    model: bool | None
    max_phrases: int


@click.command("compile")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--check", is_flag=True, help="Write nothing, ask nothing; exit 4 if the lockfile is stale.")
@click.option(
    "--policy-from",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="With --check: hold the lockfile to the `policy:` of the schedules in DIR too, those of the base branch.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "github"]),
    default="text",
    help="With --check: `github` also says each problem as an annotation of its line.",
)
@click.option("--watch", is_flag=True, help="Stay, and compile again whenever a file is saved.")
@click.option("--refresh", is_flag=True, help="Read the phrases of the given IDs, or all, again.")
@model_options
@click.option("--parent", type=int, hidden=True, help="With --watch: end when this process is gone.")
@project_options
def command(
    project: Project,
    ids: tuple[str, ...],
    check: bool,
    policy_from: Path | None,
    form: str,
    watch: bool,
    refresh: bool,
    model: bool | None,
    max_phrases: int,
    parent: int | None,
) -> None:
    """Compile the phrases in schedules/*.yaml to schedules/schedules.lock.

    Without a model (RECONCILE_MODEL and OPENAI_API_KEY or OPENAI_BASE_URL) the grammar alone decides,
    offline; what it cannot read with certainty is asked back, with exit code 5.
    """
    if ids and not refresh:
        raise click.UsageError("IDs go with --refresh: everything else is compiled as needed")
    if not check and (policy_from is not None or form != "text"):
        raise click.UsageError("--policy-from and --format go with --check")
    if check:
        with annotating(form, project):
            check_lock(project, policy_from, form)
        return
    translator_from(use=model)  # a model that is wanted and not configured is told now, not at the first save
    options = _Options(ids if refresh else None, model, max_phrases)
    if watch:
        _watch(project, options, parent)
    else:
        _compile(project, options)


def check_lock(project: Project, policy_from: Path | None, form: str) -> None:
    """Say that the lockfile is fresh, with warnings in *form*, or raise LockInvalid with all that is stale or misread.

    The policy that the files in *policy_from* state has to be met too: a change cannot loosen what it is held to.
    Raises InvalidInput, with all that is stale beside, if the YAML itself has problems.
    """
    declaration, wrong = load_sound(project.schedules, root=project.root)
    invalid = in_order(*wrong.values())
    policy = declaration.policy if policy_from is None else _policy_of(policy_from)
    with reading_ahead(declaration) as readings:
        try:
            lock = lockfile.read(project.lock_path, name=project.lock_name)
        except LockInvalid as error:
            raise InvalidInput([*invalid, *error.problems]) if invalid else error from None
        again = reread(declaration, lock, readings())
        problems = [
            *lockfile.stale(declaration, lock, lock_file=project.lock_name),
            *unmet_expectations(declaration, lock),
            *over_policy(policy, declaration, lock),
            *again.wrong,
        ]
    if invalid:
        raise InvalidInput(in_order(invalid, problems))
    if problems:
        raise LockInvalid(in_order(problems))
    dated = (Problem(f"{id}: {warning}") for id, warning in dated_warnings(lock, datetime.now(UTC)))
    warnings = [*in_order(again.asked_back), *dated]
    if project.json:
        messages = [warning.message for warning in warnings]
        say_json({"format_version": "1.0", "fresh": True, "total": len(lock.entries), "warnings": messages})
    else:
        tell_warnings(warnings, form, project)
        count = len(lock.entries)
        answers = "1 entry answers" if count == 1 else f"{count:,} entries answer"
        note(f"{project.lock_name} is fresh: {answers} what is declared")


def _policy_of(directory: Path) -> Policy:
    """Return the policy of another revision's *directory*; its problems name no line of this one's files."""
    try:
        return load_policy(directory)
    except InvalidInput as error:
        hint = "it is that of the base, which has to be put right first"
        raise InvalidInput(Problem(f"the policy to be held to: {one}", hint=hint) for one in error.problems) from None


def _compile(project: Project, options: _Options) -> None:
    """Compile once; what is invalid and what stays open is told after everything else was written, and exits.

    Raises InvalidInput, and writes nothing, if what is wrong is about more than a schedule by itself.
    """
    translator = translator_from(use=options.model)
    with _one_compiler_at_a_time(project):
        # read while no other compiler works: one that waited must not write what was declared before its turn
        declaration, wrong = load_sound(project.schedules, root=project.root)
        previous = _previous(project)
        with Progress("reading phrases") as progress:
            compilation = compile_declaration(
                declaration,
                previous,
                judging(translator, now=datetime.now(UTC), progress=progress, max_phrases=options.max_phrases),
                now=datetime.now(UTC),
                refresh=_refreshed(options, declaration),
            )
        written = lockfile.write(project.lock_path, compilation.lock)
    open_ = [_problem(question) for question in compilation.questions]
    invalid = in_order(*wrong.values())
    result = _report(compilation, previous, held=len(lockfile.held(declaration, previous)))
    if project.json:
        about = zip(compilation.questions, open_, strict=True)
        questions = [{"schedule": one.schedule, **problem_json(problem)} for one, problem in about]
        errors = [{"schedule": id, **problem_json(problem)} for id, found in wrong.items() for problem in found]
        document = compile_json(result, written=written, questions=questions, errors=errors)
        say_json({**document, "model": model_json(translator)})
    else:
        say(compile_text(result, lock_name=project.lock_name, paint=paint_out()))
    note_model(translator)
    for line in problem_lines([*invalid, *open_]):
        note(line)
    if invalid or open_:
        sys.exit(InvalidInput.exit_code if invalid else OpenQuestions.exit_code)


def _refreshed(options: _Options, declaration: Declaration) -> frozenset[str]:
    known = [*(schedule.id for schedule in declaration.schedules), *(one.id for one in declaration.invalid)]
    if options.refresh is None:
        return frozenset()
    for id in options.refresh:
        if id not in known:
            raise InvalidInput(f"there is no schedule {id!r}", hint="ids are the keys under `schedules:`")
    return frozenset(options.refresh or known)


@contextmanager
def _one_compiler_at_a_time(project: Project) -> Iterator[None]:
    """Hold an flock on the schedules directory, so that two compilers never lose each other's entries."""
    import fcntl

    try:
        descriptor = os.open(project.schedules, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        yield  # there is nothing to compile, as reading it says better
        return
    except OSError as error:
        raise StoreFailed(f"{project.schedules}: {error.strerror}") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            hint = "keep the schedules on a file system with locks: two compilers could lose each other's entries"
            raise StoreFailed(f"{project.schedules}: cannot be locked: {error.strerror}", hint=hint) from None
        yield
    finally:
        os.close(descriptor)


def _previous(project: Project) -> Lock:
    """Return the lock of before; of a damaged or conflicted one, the entries whose checksum still holds."""
    text = lockfile.read_text(project.lock_path, name=project.lock_name)
    if text is None:
        return Lock({})
    try:
        return lockfile.loads(text, file=project.lock_name)
    except LockInvalid as error:
        if lockfile.is_newer(text):
            raise
        kept = lockfile.salvage(text)
        for line in problem_lines(Problem(one.message, one.origin) for one in error.problems):
            note(line)
        note(f"kept {len(kept.entries):,} entries whose checksum holds; the rest is compiled again")
        return kept


def _problem(one: OpenQuestion) -> Problem:
    lines = question_lines(one.question, datetime.now(UTC))
    return Problem(f'{one.schedule}: "{one.phrase}": {one.question.message}', one.origin, "\n".join(lines) or None)


def _report(compilation: Compilation, previous: Lock, *, held: int) -> CompileReport:
    changed = {
        outcome.value: compilation.ids(outcome)
        for outcome in (Outcome.ADDED, Outcome.COMPILED, Outcome.RENEWED, Outcome.REMOVED, Outcome.INVALID)
    }
    unchanged = len(compilation.ids(Outcome.UNCHANGED))
    open_ = len(compilation.questions)
    return CompileReport(compilation.lock, previous, changed, unchanged, open_, datetime.now(UTC), held)


def _watch(project: Project, options: _Options, parent: int | None) -> None:
    """Compile whenever the YAML changes, until interrupted; a failed compile keeps the last good lock.

    Also ends when *parent*, if given, is no longer the parent process: a killed daemon cannot end it.
    """
    import signal
    from threading import Event

    from reconciler.sources.settling import Settling
    from reconciler.sources.watching import Watch, fingerprint, outlines

    gc.enable()
    hinted = Event()
    stopped = Event()

    def stop(*_: object) -> None:
        stopped.set()
        hinted.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    seen = ("", "")
    settling = Settling(lambda: outlines(project.schedules, (*_YAML, *_LOCK)), pause=stopped.wait)
    with Watch(project.schedules, hinted.set) as watch:
        note(f"watching {project.schedules}; Ctrl-C ends it")
        while not stopped.is_set() and parent in (None, os.getppid()):
            hinted.clear()  # first: what comes from here on is looked at again
            watch.arm()
            settling.wait()
            yaml, lock = fingerprint(project.schedules, _YAML), fingerprint(project.schedules, _LOCK)
            if (yaml, lock) != seen and not stopped.is_set():
                _compile_and_go_on(project, options)
                # our own lock is no news; YAML that was saved meanwhile is
                seen = (yaml, fingerprint(project.schedules, _LOCK))
                settling.rest(_LOCK)
            if not stopped.is_set():
                hinted.wait(2.0 if watch.blind or parent is not None else _LOOK_EVERY)


def _compile_and_go_on(project: Project, options: _Options) -> None:
    try:
        _compile(project, options)
    except SystemExit:
        note("what is told above is open or wrong; everything else is compiled")
    except ReconcileError as error:
        report(error, ())
        note("the lockfile stays as it was")
    finally:
        sys.stdout.flush()  # whoever reads a pipe wants to know now
