"""One page per step of the way (`gui.steps`), each made at its first showing.

Page X is the class `XPage` in the module `x`, a child of `base.Page`: it tells the frame its facts
and its one primary act, and reaches other pages through the session only. Its parts are modules
named after it (`data_*`, `train_*`).
"""
