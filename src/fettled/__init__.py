"""fettled: turns real outages, and only real outages, into tickets."""

__version__ = "0.1.0"
