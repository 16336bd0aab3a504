"""A CDN that takes static and media files from this site, and keeps them."""

from typing import Any

from .. import parsers
from ..env import env


def use_cdn(storages: dict[str, Any], policy: dict[str, list[str]]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return ``STORAGES`` and ``SECURE_CSP`` with the URLs of ``CDN_HOST``, or unchanged if it is not set.

    Pages may load scripts and styles only from the CDN's static files: media files come from users.

    Args:
        storages: ``STORAGES`` without a CDN.
        policy: ``SECURE_CSP`` without a CDN.
    """
    host = env.parse("CDN_HOST", parsers.host_name, default=None)
    if not host:
        return storages, policy
    static, media = f"https://{host}/static/", f"https://{host}/media/"
    storages = storages | {
        "default": storages["default"] | {"OPTIONS": {"base_url": media}},
        "staticfiles": storages["staticfiles"] | {"OPTIONS": {"base_url": static}},
    }
    policy = policy | {
        "default-src": [*policy["default-src"], static],
        "img-src": [*policy["img-src"], static, media],
        "media-src": [*policy["default-src"], static, media],
    }
    return storages, policy
