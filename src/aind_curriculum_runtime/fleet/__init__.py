"""The curricula of a task repo, all at once: the console script ``curricula``.

Owns what concerns many curriculum repos together: finding them, their state, and running the same thing in each.
It calls git, uv, Copier and each repo's own ``curriculum`` as processes, and knows nothing of stages, metrics or
trainer states.
"""
