"""The window: the only importer of Qt and pyqtgraph.

`session` holds what is open (project, board, running jobs) and calls services as jobs; pages show
it and start things through it; widgets draw. Colours come from `resources/themes` alone, through
`theme`. A slot that may take over 50 ms starts a job; what a job reports arrives on the window's
thread through a queued signal.
"""
