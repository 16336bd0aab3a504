"""The page docs/performance.md and its plot."""
