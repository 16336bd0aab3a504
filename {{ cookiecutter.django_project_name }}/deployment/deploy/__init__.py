"""Takes the project from a built image to a running site on Docker Swarm, and from one release to the next.

Four layers, each of which knows only those below it:

- ``verbs/``     what an operator says: one verb a file
- the nouns      what a verb acts on: ``lock``, ``release``, ``rollout``, ``secrets`` ...
- ``commands/``  pure functions that return the arguments of one ``docker`` command
- ``engine``     runs such a command; ``settings`` and ``console`` are what all others read and print with

It needs Python 3.11 and the ``docker`` command, and nothing on the server.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the operator's own Python, not that of the project
    sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.13, or where it is")
