"""Pages for people, and the scripts that write them."""
