"""The window: the only importer of Qt and pyqtgraph; it calls services and nothing below them.

`app` starts it. `window` is the frame (`topbar`, `rail`, `header`, `status`, `overlays`), which
makes each of the `steps` at its first showing and draws title, facts and primary act from what the
page tells it. `session` holds what is open and is all that pages know of each other: work longer
than 50 ms goes through its `runner` (the one visible job) or its `reader` (short reads, one after
the other), and what comes back arrives on the window's thread. `link` watches a board while nobody
else needs its port. Services are imported inside the functions that work, never at a module's
head: the window opens in the time that Qt takes, and TensorFlow is never in this process.
Colours and sizes come from `resources/themes` through `theme`, words through `texts.tr`.
"""
