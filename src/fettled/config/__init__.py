"""
The configuration: from YAML text to core values, and the only reader of YAML.

`loader.load` reads, `fleet.make_fleet` turns what was read into what is watched, and
`json_schema.json_schema` describes the file to editors. What a probe's options mean is
the probe's own matter; what a reload does with a new fleet is the daemon's.
"""
