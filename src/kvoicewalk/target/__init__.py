"""What a recording is worth as a target: its measures, its grades and its best part."""
