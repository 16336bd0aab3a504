"""What an operator types: the arguments of a command are its options, and its docstring is its help."""
