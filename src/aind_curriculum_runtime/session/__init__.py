"""From a session directory and a trainer state to the suggestion: the one road that every command takes."""
