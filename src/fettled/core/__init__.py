"""
The decisions, pure: standard library only, no I/O, no clock, no asyncio.

Time arrives inside the values, so a test can replay a year of outages in a second.
"""
