"""YAML in: every file of a schedules directory, read safely, validated, resolved."""

from reconciler.declaration.loading import load

__all__ = ["load"]
