"""The tests that a project ships see what must not go unseen: each mutation of its code makes them fail."""

import shutil
import subprocess

import pytest

from support.projects import NOTHING, grouped

# The file, what is replaced in it, and by what
MUTATIONS = {
    "weak-hasher": (
        "config/base.py",
        "PASSWORD_HASHERS = [",
        'PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher",',
    ),
    "no-validators": ("config/production.py", "env.check()", "AUTH_PASSWORD_VALIDATORS = []\nenv.check()"),
    "session-cookie": ("config/production.py", "SESSION_COOKIE_SECURE = True", "SESSION_COOKIE_SECURE = False"),
    "csrf-cookie": ("config/production.py", "CSRF_COOKIE_SECURE = True", "CSRF_COOKIE_SECURE = False"),
    "no-redirect": ("config/production.py", "SECURE_SSL_REDIRECT = True", "SECURE_SSL_REDIRECT = False"),
    "no-database-limits": ("config/production.py", "env.check()", 'DATABASES["default"]["OPTIONS"] = {}\nenv.check()'),
    "livez-behind-the-log": (
        "config/production.py",
        "env.check()",
        "MIDDLEWARE.insert(3, MIDDLEWARE.pop(0))\nenv.check()",
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("combination", grouped([NOTHING]))
def test_each_mutation_is_seen(combination, installed, tmp_path):
    """Only the test that is concerned is run, on the smallest project: it is the same in all others."""
    original = installed(combination)
    copy = shutil.copytree(original.path, tmp_path / "copy", ignore=shutil.ignore_patterns(".venv", "__pycache__"))
    test = f"{original.name}/config/tests/test_production.py"

    def run():
        command = ["pytest", "-q", "-x", "-n", "0", "-p", "no:randomly", test]
        environment = original.environment(original.path / ".venv")
        return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)

    assert run().returncode == 0, run().stdout
    survived = []
    for name, (file, text, replacement) in MUTATIONS.items():
        path = copy / original.name / file
        before = path.read_text()
        assert text in before, name
        path.write_text(before.replace(text, replacement, 1))
        done = run()
        path.write_text(before)
        if done.returncode != 1:
            survived.append((name, done.stdout[-1000:]))
    assert not survived
