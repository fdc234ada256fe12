"""Utterances → score: who speaks, how it sounds, joined against one target."""
