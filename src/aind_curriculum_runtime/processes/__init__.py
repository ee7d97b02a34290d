"""Child processes: the environment they get, the tree that belongs to one call, and the end of all of it."""
