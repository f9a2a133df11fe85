from stores import *  # noqa: F403 -- its __all__ names the fixtures
