"""How Docker is asked: the client, and the arguments of commands that take many."""
