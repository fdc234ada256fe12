"""The version of this package, alone: hatch reads it, and every module may."""

__version__ = "0.1.0"
