"""Search for Kokoro-82M voices that sound like a recording."""
