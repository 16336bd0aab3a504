"""Programs that run with the packages of a project, and import nothing of the benchmarks."""
