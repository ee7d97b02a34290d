"""The commands of ``curricula``, one a module: ``execute`` is the click command, which returns the exit code."""
