"""What an operator says, one verb a file: its first line is its help, and ``run`` does it."""
