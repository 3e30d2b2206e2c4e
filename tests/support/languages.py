"""Which of the four languages a sentence of ours is in, told by its small words, whatever else it says."""

import re

# Words of one of the four languages only, so that one is enough to tell.
_SMALL_WORDS = {
    "en": "the this that with you your of and am is are was so what cannot this everything it for on have been",
    "cs": "jste jsem co tuto vás vám člověku kolegovi proto že se na už je pro ale nebo bylo tím vše kolega konverzaci",
    "lt": "jus jūs šį ką jau kad žmogui kolegai todėl prie ir kartu su buvo yra pokalbį tai prisijungia pokalbio",
    "de": "ich sie mit dieses gespräch einen eine und das ist nicht was bisher deshalb daher allem haben ins kollegin",
}
_WORD = re.compile(r"\w+")


def language_of(sentence: str) -> str | None:
    """The language most of the small words belong to; None when there are none, or as many of two."""
    said = _WORD.findall(sentence.casefold())
    counts = {language: sum(said.count(word) for word in words.split()) for language, words in _SMALL_WORDS.items()}
    (first, most), (_, second) = sorted(counts.items(), key=lambda item: -item[1])[:2]
    return first if most > second else None
