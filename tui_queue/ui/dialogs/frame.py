"""How dialogs are framed, for their style sheets: a heavy line on top, thin sides; only they have sides at all."""

_FRAME = """
    border: solid {colour}; border-top: heavy {colour}; border-title-color: {colour}; border-title-style: bold;
    border-subtitle-color: $text-muted; background: $surface;
"""
FRAME = _FRAME.format(colour="$key")
FRAME_OF_LOSS = _FRAME.format(colour="$text-error")  # of a question after which something is lost
