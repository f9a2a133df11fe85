"""
The figures of docs/explanation/performance.md: one goal a module, `python -m benchmarks` for all.

A benchmark prints; nothing here passes or fails a build by a time.
"""
