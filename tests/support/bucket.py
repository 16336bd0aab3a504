"""What a project is told of its bucket."""

from pathlib import Path

KEYS = {"S3_ACCESS_KEY_ID": "the-key", "S3_SECRET_ACCESS_KEY": "the-secret-of-the-key"}


def bucket_variables(folder: Path, url: str, **others: str) -> dict[str, str]:
    """Return the variables of a project on SQLite whose media files are in a bucket.

    Args:
        folder: where the database is, and modules that a test adds.
        url: of the server; an empty one for AWS.
        others: variables besides, or other values of these.
    """
    return {
        "SECRET_KEY": "only-for-tests-" * 5,
        "DOMAIN_NAME": "localhost",
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "EMAIL_HOST": "off",
        "PYTHONPATH": str(folder),
        "S3_BUCKET_NAME": "bucket",
        "S3_REGION_NAME": "us-east-1",
        "S3_ENDPOINT_URL": url,
        **KEYS,
        **others,
    }
