"""Services: plain functions, one module per step of the workflow, that join the packages.

The window and the command line call nothing else. A service takes what it needs as arguments, a
`Reporter` last, returns plain data and raises `StudioError`; it catches nothing.
"""
