"""Tell where the project is and what to type next."""

import os
import shlex
import sys
from contextlib import suppress

folder = os.getcwd()
generated_by_cruft = {{ "_output_dir" not in cookiecutter }}
if generated_by_cruft:
    import tempfile

    # `cruft update` and `cruft diff` generate a project only to compare it.
    if os.path.realpath(folder).startswith(os.path.realpath(tempfile.gettempdir()) + os.sep):
        sys.exit()

message = f"""
The project is in {folder}. Next, type:

  cd {shlex.quote(folder)}
  git init
  make start                    # without Docker, on Python 3.12 or later
  make build first-run run      # with Docker
"""
# Cookiecutter removes the project when a hook fails, and a closed pipe or a name in another encoding is no reason to.
with suppress(OSError):
    os.write(1, os.fsencode(message))
