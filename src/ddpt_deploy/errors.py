"""Errors that help: what happened, why, and the next command to type."""


class DeployError(Exception):
    """An error for the operator."""

    def __init__(self, message: str, *, cause: str = "", hint: str = ""):
        super().__init__(message)
        self.message = message
        self.cause = cause.strip()
        self.hint = hint

    def __str__(self) -> str:
        hint = [f"→ {self.hint}"] if self.hint else []
        return "\n".join([self.message, *(f"    {line}" for line in self.cause.splitlines()), *hint])


class DockerError(DeployError):
    """A ``docker`` command failed."""


class LockLostError(DeployError):
    """Somebody released the lock of a command that still runs: it must change nothing more."""


class Interrupted(BaseException):
    """A signal asked the tool to stop. It is no ``Exception``, so no handler of ordinary errors catches it."""
