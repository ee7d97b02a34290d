"""The commands of the console script, one a module, named as they are typed and declared in ``command.declared``.

Each has a docstring that is its help text, ``EXAMPLES``, and ``execute``: a click command whose function returns all
that stdout will hold.
"""
