"""The use cases: what a command, or a program that uses this library, asks for.

They take a config and an `Events`, and return results. They never print, never exit, and know
nothing of a terminal.
"""
