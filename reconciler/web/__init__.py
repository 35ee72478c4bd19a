"""What the daemon answers over HTTP, where it was asked to listen."""
