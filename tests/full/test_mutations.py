"""The tests that a project ships see what must not go unseen: each mutation of its code makes them fail."""

import pytest

from projects import EVERYTHING, grouped

pytestmark = pytest.mark.full

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
    "no-log-handler": ("config/production.py", '"root": {"handlers": ["console", "admins"]', '"root": {"handlers": []'),
    "logged-livez": ("core/middleware.py", 'if request.path_info == "/livez"', 'if request.path_info == "/livez/"'),
    "livez-behind-the-log": (
        "config/production.py",
        "env.check()",
        "MIDDLEWARE.insert(2, MIDDLEWARE.pop(0))\nenv.check()",
    ),
}


@pytest.mark.parametrize("combination", grouped([EVERYTHING]))
def test_each_mutation_is_seen(combination, installed):
    """Only the files that are concerned are run, as it is the same for all others."""
    project = installed(combination)
    tests = [f"{project.name}/core/tests/{name}" for name in ("test_production.py", "test_health.py")]

    def run():
        return project.run("pytest", "-q", "-n", "0", "-x", *tests)

    assert run().returncode == 0, run().stdout
    survived = []
    for name, (file, text, replacement) in MUTATIONS.items():
        path = project.path / project.name / file
        before = path.read_text()
        assert text in before, name
        try:
            path.write_text(before.replace(text, replacement, 1))
            done = run()
            if done.returncode != 1:
                survived.append((name, done.stdout[-1000:]))
        finally:
            path.write_text(before)
    assert not survived
