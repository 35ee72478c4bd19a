"""Who has lost the lease launches nothing: another daemon may hold it, and run the same jobs."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from reconciler.engine.lease import FILENAME
from reconciler.engine.runner import Execution
from reconciler.engine.service import EngineService
from reconciler.errors import StoreFailed
from reconciler.model import LockEntry, Run
from tests.engine.world import Hand, World, minutely, rarely, shell, until

TRACE = shell("touch started")


def test_without_the_lease_no_due_time_is_taken(still: World, hand: Hand) -> None:
    async def scenario() -> None:
        still.hold(minutely(run=TRACE))
        service = still.service()
        await service.start()
        (still.state / FILENAME).unlink()
        hand.pass_(seconds=61)
        service._dispatcher.look(["tick"])
        await until(lambda: service._dispatcher.idle)
        assert still.runs() == []
        with pytest.raises(StoreFailed, match="removed or replaced"):
            await service.refresh()
        await service.stop(timedelta(seconds=1))

    asyncio.run(scenario())
    assert still.runs() == []
    assert not (still.project / "started").exists()


def test_without_the_lease_what_waits_stays_waiting_for_who_has_it(world: World) -> None:
    async def scenario() -> None:
        world.hold(rarely(run=TRACE))
        service = world.service()
        await service.start()
        (world.state / FILENAME).unlink()
        world.engine.request_run("tick")
        await service._dispatcher.take_waiting()
        await until(lambda: service._dispatcher.idle)
        await service.stop(timedelta(seconds=1))

    asyncio.run(scenario())
    assert world.states() == ["waiting"]
    assert not (world.project / "started").exists()


def test_a_lease_lost_between_the_claim_of_a_run_and_its_process_starts_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = EngineService._execution

    def too_late(service: EngineService, entry: LockEntry, run: Run) -> Execution:
        (world.state / FILENAME).unlink()
        return made(service, entry, run)

    monkeypatch.setattr(EngineService, "_execution", too_late)

    async def scenario() -> None:
        world.hold(rarely(run=TRACE))
        world.engine.request_run("tick")
        service = world.service()
        await service.start()
        await world.settled()
        await service.stop(timedelta(seconds=1))

    asyncio.run(scenario())
    (run,) = world.runs()
    assert (run.state.value, run.error) == ("interrupted", "another daemon may run the jobs now")
    assert not (world.project / "started").exists()


def test_what_another_daemon_has_recorded_of_a_run_is_not_written_over(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        world.hold(rarely(run=shell("touch begun; while [ ! -e go ]; do sleep 0.02; done")))
        world.engine.request_run("tick")
        first, second = world.service(), world.service()
        await first.start()
        await until((world.project / "begun").exists)
        (world.state / FILENAME).unlink()
        await second.start()  # in one process, so that it spares what runs and only closes the record
        assert world.states() == ["interrupted"]
        (world.project / "go").touch()
        await until(lambda: first._dispatcher.idle)
        await first.stop(timedelta(seconds=1))
        await second.stop(timedelta(seconds=1))

    asyncio.run(scenario())
    (run,) = world.runs()
    assert (run.state.value, run.error) == ("interrupted", "the daemon ended while it ran")
    assert len(world.engine.attempts(run.id)) == 1
    assert "unexpected error" not in caplog.text
