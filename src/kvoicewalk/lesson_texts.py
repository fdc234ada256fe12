"""What a voice speaks while it learns: short, rich in phonemes, of many lengths.

Written for this project. None is a text that a voice is judged by: what is learned here must hold
there.
"""

LESSON_TEXTS = (
    "Not a chance, sir.",
    "Fresh bread, please.",
    "Which way is north?",
    "Thirty geese flew over.",
    "Just a moment, I'm coming.",
    "Nobody touched the blue jug.",
    "Could you fetch my other shoe?",
    "Both judges arrived at eight o'clock.",
    "He found a silver coin in the mud.",
    "Voices carried far over the icy harbour.",
    "Why would anyone steal a garden gnome?",
    "The measure of a good pie is its crust.",
    "Six thin monks chanted beneath the arch.",
    "An owl hooted twice, and then it was quiet.",
    "We usually fish from the bridge on Tuesdays.",
    "Her brother plays the oboe, though not very well.",
    "The carpenter chose oak, because pine would warp.",
    "Please put those muddy boots beside the kitchen door.",
    "A yellow kite got caught in the church tower again.",
    "My neighbour's rooster begins to crow at four, rain or shine.",
    "They measured the valley twice before drawing the map.",
    "Vera thought the joke was awful, but she laughed anyway.",
    "On the third day, the fog lifted and we saw the island.",
    "How much cheese could fourteen hungry children possibly eat?",
    "Leave the azure paint alone; it is still wet on the south wall.",
    "Whoever wrote this recipe must have loved garlic and ginger.",
    "The young pilot checked each gauge, then pushed the lever forward.",
    "Beyond the orchard runs a narrow path, which goats use more than people.",
    "It was an unusual year: snow fell in June, and the roses bloomed at Christmas.",
    "With a loud crash, the shelf gave way, and forty jars of plum jam hit the floor.",
    "Few people knew that the quiet man at the library had once sailed round the world.",
    "Take the second road on the right, go past the old mill, and ask for Mister Hughes.",
    "Although the engine coughed and shook, the bus climbed slowly to the top of the pass.",
    "The museum keeps a huge wooden ship's wheel, two rusty anchors, and a chest that nobody "
    "has managed to unlock.",
    "If the weather holds, we shall row across the bay on Thursday morning, and join our cousins "
    "for roasted chestnuts.",
)
