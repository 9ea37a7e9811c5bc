"""Charts as SVG, drawn on the server: pure functions from figures to markup. No queries, no style.

Nothing here uses a `style` attribute: the Content-Security-Policy allows none. Positions are
presentation attributes, colours are classes of the one stylesheet. Widths are in percent, so that
text keeps its size on a phone.
"""
