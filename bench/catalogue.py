"""The benchmarks, in the order of the page; `make bench-NAME` runs one."""

from types import ModuleType

from bench.benchmarks import memory, pages, release, stack, start, static

BENCHMARKS: dict[str, ModuleType] = {
    "pages": pages,
    "start": start,
    "memory": memory,
    "static": static,
    "stack": stack,
    "release": release,
}
