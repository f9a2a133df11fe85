"""
The composition root: the only place that knows every concrete class.

`assembly` makes the parts and gives them to one another, `running` opens what must be
opened and hands over to `fettled.daemon`, `commands` is what the CLI does without one,
`places` says where a daemon is found. Nothing below sees settings, except the web, which
is given its few. Import the module that is meant: a command pays for no more.
"""
