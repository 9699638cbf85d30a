"""Services: plain functions that join the packages; window and command line call nothing else.

One module per step of the way (`acquire`, `label`, `pipeline`, `train`, `test`, `deploy`, `live`)
and per question that a page or a script asks about one (`library`, `splits`, `preview`, `budget`,
`judged`, `way`). A service takes what it needs as arguments, a `Reporter` last where it may take
long, and returns plain or frozen data. It raises `StudioError`, and catches one only to tell it as
a part of its answer.
"""
