"""The benchmarks, in the order of the page; `make bench-NAME` runs one."""

from types import ModuleType

from bench.benchmarks import generate, memory, pages, release, servers, stack, start, static, tests

BENCHMARKS: dict[str, ModuleType] = {
    "pages": pages,
    "start": start,
    "memory": memory,
    "static": static,
    "servers": servers,
    "generate": generate,
    "tests": tests,
    "stack": stack,
    "release": release,
}
