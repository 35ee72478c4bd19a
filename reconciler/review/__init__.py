"""What people read: text, Markdown and JSON made from the same plan, lock or run. Pure functions that take `now`."""
