"""The process of the console script: the guard of stdout, the reading of the command line, the way out.

The commands themselves are modules of ``commands``.
"""
