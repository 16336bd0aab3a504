"""What can go wrong, said in a way that helps."""


class DeployError(Exception):
    """An error for the operator: what happened, why, and the next command to type."""

    def __init__(self, message: str, *, cause: str = "", hint: str = ""):
        super().__init__(message)
        self.message = message
        self.cause = cause.strip()
        self.hint = hint

    def __str__(self) -> str:
        lines = [self.message]
        if self.cause:
            lines += ["    " + line for line in self.cause.splitlines()]
        if self.hint:
            lines.append(f"→ {self.hint}")
        return "\n".join(lines)


class EngineError(DeployError):
    """A ``docker`` command failed."""


class Interrupted(BaseException):
    """Somebody asked us to stop (Ctrl-C, SIGTERM, a closed terminal).

    Not an ``Exception``, so that no handler of ordinary errors takes it for one.
    """
