"""The commands of the console script, one a module, named as they are typed.

Each has a docstring whose first paragraph is its help text, ``EXAMPLES``, ``add_arguments(parser)`` and
``execute(arguments, about)``, which returns all that stdout will hold.
"""
