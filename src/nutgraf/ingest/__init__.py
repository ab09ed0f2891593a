"""The ingest room: a foreign document becomes an Item or a Member, or one clear line saying why not.

`load` is the way in for files and bytes, `fetch` for web addresses. Every format has a file of its
own; `guard` bounds what is read, and the formats whose parsers are large (PDF, HTML, feeds, JSON-LD)
are parsed in a child process that `sandbox` keeps within limits of time and memory.
"""
