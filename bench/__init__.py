"""Benchmarks of generated projects beside their peers; `make bench` runs them and writes docs/performance.md."""
