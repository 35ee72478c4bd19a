"""Where the lockfile comes from."""
