"""Who uses the site."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A user of the project, who has one name instead of a first and a last one.

    https://www.w3.org/International/questions/qa-personal-names
    """

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("name"), max_length=150, blank=True)

    def get_full_name(self) -> str:
        """Return the name that pages and mails show."""
        return self.name or self.username

    def get_short_name(self) -> str:
        """Return the same: a name has no part that is always the short one."""
        return self.get_full_name()
