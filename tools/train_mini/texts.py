"""Made-up sentences with every symbol of Kokoro's alphabet that English uses, and every mark."""

import json
import random
from pathlib import Path

import misaki

_COMMON = """
the of and to in a is that it was for on are with as his they at be this have from or one had by
word but not what all were we when your can said there use an each which she do how their if will
up other about out many then them these so some her would make like him into time has look two
more write go see number no way could people my than first water been call who now find long down
day did get come made may part over new sound take only little work know place year live me back
give most very after thing our just name good man think say great where help through much before
line right too mean old any same tell boy follow came want show also around form three small set
put end does another well large must big even such because turn here why ask went men read need
land different home us move try kind hand picture again change off play spell air away animal
house point page letter mother answer found study still learn should world high every near add
food between own below country plant last school father keep tree never start city earth eye light
thought head under story saw left few while along might close something seem next hard open
example begin life always those both paper together got group
"""
COMMON = tuple(_COMMON.split())
# Heard only inside longer texts, so that each mark is met in many places.
CLAUSE_MARKS = (",", ",", ",", ",", ";", ":", " —", "…")
END_MARKS = (".", ".", ".", ".", "?", "!", "…")


def dictionary_words() -> list[str]:
    """Returns plain words of 2 to 9 letters from misaki's American dictionary, sorted."""
    path = Path(misaki.__file__).parent / "data" / "us_gold.json"
    words = json.loads(path.read_text(encoding="utf-8"))
    return sorted(
        w for w in words if w.isascii() and w.isalpha() and w.islower() and 2 <= len(w) < 10
    )


def make_sentence(rng: random.Random, rare: list[str], n_words: int) -> str:
    """Returns one sentence of common and rare words, with punctuation.

    Args:
        rng: seeded.
        rare: to draw from beside the common words.
        n_words: at least 1.
    """
    words = []
    for index in range(n_words):
        word = rng.choice(COMMON) if rng.random() < 0.55 else rng.choice(rare)
        if rng.random() < 0.02:
            word = f"“{word}”" if rng.random() < 0.5 else f"({word})"
        if index < n_words - 1 and rng.random() < 0.12:
            word += rng.choice(CLAUSE_MARKS)
        words.append(word)
    words[0] = words[0][0].upper() + words[0][1:]
    return " ".join(words) + rng.choice(END_MARKS)


def make_text(rng: random.Random, rare: list[str], n_phonemes: int) -> str:
    """Returns sentences of roughly `n_phonemes` phonemes together."""
    parts: list[str] = []
    n_words = max(1, round(n_phonemes / 5.6))
    while n_words > 0:
        taken = n_words if n_words <= 12 else min(n_words, rng.randint(3, 12))
        parts.append(make_sentence(rng, rare, taken))
        n_words -= taken
    return " ".join(parts)


# For evaluation only; no training text holds them.
TEST_SENTENCES = (
    "The baker sold nine warm loaves before the market opened.",
    "A grey cat slept on the roof of the empty garage.",
    "My uncle fixes old radios in his narrow workshop.",
    "Heavy rain washed the chalk drawings off the pavement.",
    "She counted seven swans on the frozen lake.",
    "The last bus to the harbour leaves at midnight.",
    "Put the green bottle behind the kitchen door.",
    "Two children dug a deep hole in the sand.",
    "His brother plays the violin far too loudly.",
    "We bought cheap tickets for the evening show.",
    "A tall fence keeps the goats out of the garden.",
    "The doctor asked him to breathe in slowly.",
    "Fresh paint covered every wall of the cottage.",
    "They walked home along the dusty railway line.",
    "An owl watched us from the broken chimney.",
    "The soup needs more pepper and a little salt.",
    "Nobody remembered where the spare keys were hidden.",
    "Her new coat has large wooden buttons.",
    "The pilot waved at the crowd below the tower.",
    "Strong winds pushed the ship toward the rocks.",
    "Please close the window before the wasps come in.",
    "The farmer fed his horses at five in the morning.",
    "A blue balloon drifted over the football field.",
    "Our teacher collects stamps from distant islands.",
    "The clock in the hall stopped during the storm.",
    "He drew a map of the village on brown paper.",
    "Six boxes of oranges stood beside the scale.",
    "The judge listened quietly and took some notes.",
    "Thick smoke rose from the factory on the hill.",
    "I lost my left glove somewhere on the stairs.",
    "The river turned brown after three days of rain.",
    "Young birds wait all day for their parents.",
    "The museum shows coins that divers found last year.",
    "A narrow bridge leads to the old mill.",
    "You should water these roses twice a week.",
    "The tailor measured his arms and his shoulders.",
    "Cold milk tastes best with honey cake.",
    "The dog barked at its own shadow.",
    "Every summer the circus comes to our town.",
    "She keeps her letters in a silver box.",
    "The carpenter cut the board into equal pieces.",
    "Snow covered the tracks of the hunters.",
    "His answer surprised the whole committee.",
    "The train was late, so we missed the boat.",
    "A candle burned in the window all night.",
    "They planted beans between the apple trees.",
    "The nurse brought fresh sheets and a pillow.",
    "Someone left a yellow umbrella on the bench.",
    "The engine coughed twice and then went silent.",
    "He whistled a tune that everybody knew.",
)

# These decide which voices are kept; no training text and no test text is among them.
VALIDATION_SENTENCES = (
    "The potter shaped a wide bowl out of red clay.",
    "Both sisters learned to swim before they could read.",
    "A rusty gate creaked at the end of the lane.",
    "My grandfather carved a spoon from a cherry branch.",
    "The waiter dropped a tray of glasses near the entrance.",
    "Early frost killed most of the tomatoes this year.",
    "She folded the blanket and laid it over the chair.",
    "Our neighbour grows tulips in old wooden barrels.",
    "The guide warned us about the steep path ahead.",
    "Three foxes crossed the road just after sunrise.",
    "He mended the torn sail with thick black thread.",
    "The choir practised the same verse for an hour.",
    "Warm bread and cheese made a perfect lunch.",
    "A loud bell called the workers back to the mine.",
    "The painter chose a soft shade of purple.",
    "Few people visit the lighthouse in January.",
    "Her cousin writes long stories about dragons.",
    "The plumber found a leak under the bathtub.",
    "Dry leaves danced across the empty playground.",
    "We shared a pot of mint tea on the balcony.",
    "The lawyer closed his folder and left the room.",
    "An old tractor stood rusting beside the barn.",
    "The baby laughed whenever the kettle began to sing.",
    "Five cyclists stopped to ask us for directions.",
)
