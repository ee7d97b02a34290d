"""The commands of ``curricula``, one a module: ``add_arguments``, ``execute`` and ``EXAMPLES``."""
