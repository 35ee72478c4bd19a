"""`reconcile run`."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime

import click

from reconciler.cli.console import note, say_json
from reconciler.cli.project import Project, project_options
from reconciler.engine import lease
from reconciler.engine.embedded import EmbeddedEngine
from reconciler.model import Run, RunState
from reconciler.review.status import outcome, run_json

_POLL = 0.2
