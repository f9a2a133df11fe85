"""The use cases: async, and through ports only."""
