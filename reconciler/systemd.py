"""What a daemon tells systemd: ready, alive, reloading, stopping (sd_notify(3), whose protocol is stable and open).

A datagram of `KEY=value` lines to the socket that systemd names; without one nothing is said.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress


class ServiceManager:
    """The service manager that started this process, if one did and wants to hear of it.

    *environment* is where it says so: `NOTIFY_SOCKET`, and with `WatchdogSec=` also `WATCHDOG_USEC` and
    `WATCHDOG_PID`. A manager that cannot be reached is no reason to fail.
    """

    def __init__(
        self, environment: Mapping[str, str] = os.environ, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._monotonic = monotonic
        self._every = _watchdog(environment)
        self._last: float | None = None
        self._said: str | None = None

    def ready(self) -> None:
        """Say that the jobs are being run, or run again after `reloading`."""
        self._send("READY=1")

    def reloading(self) -> None:
        """Say that everything is looked at again; `ready` ends it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """Say that nothing more is started."""
        self._send("STOPPING=1")

    def status(self, text: str) -> None:
        """Say in one line how things stand, which `systemctl status` shows; what was said last is not said again."""
        line = " ".join(text.split())
        if line != self._said:
            self._said = line
            self._send(f"STATUS={line}")

    def alive(self) -> None:
        """Show a sign of life in half the time after which the watchdog bites, as sd_watchdog_enabled(3) asks."""
        now = self._monotonic()
        if self._every is not None and (self._last is None or now - self._last >= self._every):
            self._last = now
            self._send("WATCHDOG=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.sendto(message.encode(), self._address)


def _watchdog(environment: Mapping[str, str]) -> float | None:
    """Return the seconds between two signs of life, or None where nobody waits for them."""
    micros, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not micros.isdigit() or (pid and pid != str(os.getpid())):
        return None
    return int(micros) / 2_000_000
