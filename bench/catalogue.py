"""The benchmarks, in the order of the page; `make bench-NAME` runs one."""

from types import ModuleType

from bench.benchmarks import (
    demo,
    development,
    generate,
    growth,
    memory,
    pages,
    profile,
    release,
    servers,
    stack,
    start,
    static,
    tests,
)

BENCHMARKS: dict[str, ModuleType] = {
    "pages": pages,
    "profile": profile,
    "start": start,
    "memory": memory,
    "static": static,
    "servers": servers,
    "generate": generate,
    "tests": tests,
    "demo": demo,
    "development": development,
    "stack": stack,
    "release": release,
    "growth": growth,
}
