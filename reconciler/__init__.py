"""A GitOps reconciler for scheduled jobs written in plain English."""

__version__ = "0.1.0"
