"""Search for Kokoro-82M voices that sound like a recording."""

__version__ = "0.1.0"
