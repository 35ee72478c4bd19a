"""One look: what git wants, what the engine holds, and what is done about it now. The same for daemon and commands."""
