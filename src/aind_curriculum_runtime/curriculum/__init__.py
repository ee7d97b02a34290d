"""The repo's own curriculum: finding and loading it, its rules by reference, its migrations, its manual transitions.

``author_code`` is the border: whatever curriculum code raises becomes one failure of ours.
"""
