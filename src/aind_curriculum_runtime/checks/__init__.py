"""Contract checks: what a launcher relies on, tested on a curriculum repo (extra ``checks``).

The checks are a plugin of repo-review (``plugin``). ``families`` holds the checks, one module for each; ``engine``
reads the repo and starts the processes that checks look at; ``report`` and ``formats`` say what was found.
"""
