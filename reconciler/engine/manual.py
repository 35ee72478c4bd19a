"""One run by hand where no daemon is there to start it."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from reconciler.engine import lease
from reconciler.engine.drive import Drive, Means
from reconciler.engine.embedded import utc_now
from reconciler.engine.gaps import Gaps
from reconciler.engine.ledger_runs import Waiting
from reconciler.engine.leftovers import installation_id
from reconciler.engine.process_tree import FAMILY
from reconciler.engine.roster import Roster
from reconciler.engine.runner import KILL_GRACE, Execution
from reconciler.engine.writer import Writer
from reconciler.model import LockEntry, Run


async def run_here(state_dir: Path, project: Path, run: Run, stop: asyncio.Event) -> None:
    """Live the waiting manual *run* to its end in this process, in the directory *project*.

    Holds the lease meanwhile, so that no daemon starts beside it: raises AlreadyRunning if one has. When
    *stop* is set the process is ended and the run recorded as interrupted.
    """
    held = lease.acquire(state_dir, utc_now())
    writer = Writer(state_dir)
    try:
        await writer.open()
        roster = Roster()
        await writer.read(roster.load)
        means = _means(writer, roster, project, held, installation_id(state_dir))
        drive = Drive(Waiting(run, run.scheduled_at), means, (), in_order=False)
        living = asyncio.ensure_future(drive.live())
        stopping = asyncio.ensure_future(stop.wait())
        with FAMILY.adopting():
            await asyncio.wait((living, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not living.done():
                drive.interrupt("stopped by hand")
            stopping.cancel()
            await living
    finally:
        await writer.close()
        held.release()


def _means(writer: Writer, roster: Roster, project: Path, held: lease.Lease, installation: str) -> Means:
    def execute(entry: LockEntry, run: Run) -> Execution:
        return Execution(
            entry.run, run, project, environment=os.environ, kill_grace=KILL_GRACE, installation=installation
        )

    def published(_: Run) -> None:
        """Nobody listens here: the caller reads the row."""

    return Means(
        writer=writer,
        roster=roster,
        now=utc_now,
        execute=execute,
        publish=published,
        may_start=lambda: not held.lost(),
        reasons=Gaps(datetime.min.replace(tzinfo=UTC)),
        slots=asyncio.Semaphore(1),
        instance=uuid4().hex,
        stopping=asyncio.Event(),
    )
