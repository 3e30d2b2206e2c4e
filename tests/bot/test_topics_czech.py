"""Sensitive words in Czech: said without the plain word, and what ordinary questions hold that is much like them."""

from __future__ import annotations

import pytest

from bot.nlu.examples import QUESTION, read
from tests.bot.system import ROOT
from tests.bot.topics import topic_of


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Mně už ten život nedává radost, život mě přestal bavit.", "self_harm"),
        ("vsem by bylo lip beze me", "self_harm"),
        ("Přála bych si usnout a už se neprobudit.", "self_harm"),
        ("Nevidím důvod dál žít", "self_harm"),
        ("jestli mi vezmou byt, tak si hodím mašli", "self_harm"),
        ("Po přihlášení vidím cizí objednávky a adresu.", "data_breach"),
        ("aplikace mi ukazuje cizi jmeno a rodne cislo", "data_breach"),
        ("Přihlásilo mě to do účtu někoho, koho neznám.", "data_breach"),
        ("V obálce byly výsledky jiného pacienta", "data_breach"),
        ("Nepustili mě dovnitř kvůli šátku.", "discrimination"),
        ("Pan řidič mi nadával do cikánů", "discrimination"),
        ("Odmítli mě, jen protože jsem cizinka.", "discrimination"),
        ("Zítra to dávám finančnímu arbitrovi.", "authority"),
        ("obratim se na dTest", "authority"),
        ("Nahlásím to Českému telekomunikačnímu úřadu", "authority"),
        ("Prosím o vyjádření do článku o výpadcích.", "press"),
        ("Připravujeme reportáž a chceme znát váš pohled", "press"),
        ("potřebuju vašeho tiskového mluvčího", "press"),
    ],
)
def test_sensitive_messages_are_found(text: str, topic: str) -> None:
    assert topic_of(text) == topic


@pytest.mark.parametrize(
    "text",
    [
        "Jak připojím televizi k routeru?",
        "Vede kabel do televize i z ložnice?",
        "Ve smlouvě čtu o poplatku, kolik je to?",
        "V pátek už tu nebudu, může balík převzít soused?",
        "Zvonek ať nezvoní, nechci probudit dítě.",
        "Dá se u vás skočit z mostu na gumě?",
        "Mám ty prášky spolykat naráz?",
        "Potřebuji vyjádření pro stavební řízení.",
        "Můžu zaplatit fakturu za někoho jiného?",
        "Na výpisu vidím cizí měnu, jaký je kurz?",
        "Make-up vracím kvůli barvě pleti, jak na to?",
        "Chodí k vám objednávky z ciziny s clem?",
        "Potřebuju výtah, protože jsem na vozíku.",
        "Nemám rodné číslo, protože jsem cizinec, co vyplním?",
        "Kdo všechno vidí moje údaje?",
        "Jak dopadla ta pračka v dTestu?",
        "V které nemocnici ordinuje ten lékař a jede tam tramvaj přes most?",
    ],
)
def test_ordinary_messages_are_not(text: str) -> None:
    assert topic_of(text) is None


def test_no_plain_question_of_the_training_messages_touches_a_topic() -> None:
    asked = [
        example.text
        for example in read(ROOT / "data/escalation")
        if example.language == "cs" and example.says == {QUESTION}
    ]
    assert len(asked) > 100
    assert [text for text in asked if topic_of(text)] == []
