"""What several pages show, or what draws itself: signals, curves, matrices, forms, bands, marks.

Widgets get plain data and a theme, send signals, and know neither the session nor projects. A
picture is made from what a service returns (an envelope, shades) or pulled from shared memory.
"""
