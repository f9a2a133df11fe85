"""
The HTTP APIs of other products, answered as they are documented.

Thin translations over our own use cases: a client that was written against one of them
works with base URL, ids and token changed. One file each; nothing is decided here.
"""
