"""The line of releases: which one a rollback goes to, and which migrations lie between."""

import pytest
from deploy import release
from deploy.errors import DeployError
from deploy.release import Release


def make(number, version, *, migrations=(), restores=0, **settings):
    return Release(
        version=version,
        image=f"site:{version}",
        digest="sha256:0",
        domain="example.com",
        stack="",
        environment=settings,
        who="me",
        when="now",
        number=number,
        migrations=list(migrations),
        restores=restores,
    )


A, B, C = make(1, "a", migrations=["x.1"]), make(2, "b", migrations=["x.1"]), make(3, "c", migrations=["x.1", "x.2"])
BACK_TO_B = make(4, "b", migrations=["x.1"], restores=2)


@pytest.mark.parametrize(
    ("releases", "expected"),
    [
        ([], None),
        ([A], None),
        ([A, B], A),
        ([A, B, C], B),
        # a rollback stands where the release stood: another one goes further back, and not forward
        ([A, B, C, BACK_TO_B], A),
        # the same deployed again is no release to go back to, the same version with another setting is
        ([A, B, make(3, "b")], A),
        ([A, B, make(3, "b", LOG_LEVEL="DEBUG")], B),
    ],
)
def test_before(releases, expected):
    assert release.before(releases) is expected


def test_many_settings_push_out_no_version():
    changed = [make(number, "c", LOG_LEVEL=str(number)) for number in range(3, 9)]
    kept = release.worth_keeping([A, B, *changed], 2)
    assert [entry.number for entry in kept] == [2, 7, 8]
    # nor what a rollback brought back
    again = make(9, "a", restores=1)
    assert [entry.number for entry in release.worth_keeping([A, B, *changed, again], 2)] == [1, 8, 9]


def test_find():
    assert release.find([A, B, C, BACK_TO_B], "b") is BACK_TO_B
    with pytest.raises(DeployError, match="make releases"):
        release.find([A], "z")


def test_migrations_between():
    assert release.migrations_between(C, B) == ["x.2"]
    assert release.migrations_between(B, A) == []
