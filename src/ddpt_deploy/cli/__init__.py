"""What an operator types: one command a file. The arguments of its ``run`` are its options, and its docstring the help."""
