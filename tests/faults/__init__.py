"""Faults of processes, disks and resources, done to real processes; after each, every due time is accounted for."""
