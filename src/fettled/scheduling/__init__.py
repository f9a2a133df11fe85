"""
When things run: the checks by a wheel of our own, everything else by APScheduler.

The only importer of APScheduler. What a look does, and what it means, is the caller's.
"""

from fettled.scheduling.entry import Skip, Timing
from fettled.scheduling.housekeeping import Housekeeping
from fettled.scheduling.lag import LoopLag
from fettled.scheduling.scheduler import Scheduler

__all__ = ["Housekeeping", "LoopLag", "Scheduler", "Skip", "Timing"]
