"""Contract checks: what a launcher relies on, tried on a curriculum repo (extra ``checks``).

The checks are a plugin of repo-review (``plugin``). One module a family holds the checks; ``repo`` reads
the repo's files, ``runs`` starts the processes that several checks look at, ``inside`` is the program that
runs in the curriculum's own environment, ``report`` and ``formats`` say what was found.
"""
