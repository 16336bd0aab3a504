"""When browsers may be told to use only HTTPS for longer."""

from datetime import datetime, timedelta

from ddpt_deploy.site.settings import Settings

TRIAL = timedelta(days=7)
YEAR = 31_536_000


def advice(settings: Settings, served_since: datetime, now: datetime) -> str:
    """Return what to write into the settings and what to type then; nothing while it is too early, or done."""
    if settings.is_local or settings.hsts_seconds >= YEAR or now - served_since < TRIAL:
        return ""
    return (
        f"The site has run for {(now - served_since).days} days. For browsers to use only HTTPS for a year, write "
        f"SECURE_HSTS_SECONDS={YEAR} into {settings.environment}.env, then: make deploy-caddy deploy-django"
    )
