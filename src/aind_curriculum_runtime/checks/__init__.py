"""Contract checks: what a launcher relies on, tried on a curriculum repo (extra ``checks``).

The checks are a plugin of repo-review (``plugin``). ``families`` holds the checks, one module a family; ``engine``
reads the repo and starts the processes that several checks look at; ``report`` and ``formats`` say what was found.
"""
