"""What makes checks run: the repo under test, its processes, and the programs they start. Knows no check."""
