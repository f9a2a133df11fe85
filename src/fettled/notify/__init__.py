"""
How receivers are told: one file per notifier, each with its options beside its code.

Only the road to a receiver; what is due, and when it is tried again, is `fettled.app.deliver`'s.
"""
