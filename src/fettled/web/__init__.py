"""The HTTP door: one route table, bearer tokens, problem details, and a control socket."""
