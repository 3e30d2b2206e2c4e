"""Sensitive words in German: how people put them, and the ordinary questions that sound like them."""

from __future__ import annotations

import pytest

from tests.bot.topics import topic_of


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Manchmal denke ich, alle wären ohne mich besser dran", "self_harm"),
        ("Am liebsten würde ich nie mehr aufwachen", "self_harm"),
        ("wenn das so weitergeht, tu ich mir was an", "self_harm"),
        ("In meinem Konto steht ein fremder Name", "data_breach"),
        ("fremde Bestellungen tauchen in meinem Konto auf", "data_breach"),
        ("ich bin plötzlich als jemand anderes eingeloggt", "data_breach"),
        ("Ich sehe die Rechnungen von fremden Leuten", "data_breach"),
        ("ich habe den Befund einer anderen Patientin bekommen", "data_breach"),
        ("Der Türsteher hat mich wegen meiner Hautfarbe weggeschickt", "discrimination"),
        ("nicht reingelassen, nur weil ich ein Kopftuch trage", "discrimination"),
        ("euer Fahrer hat mich begrapscht", "discrimination"),
        ("dann gehe ich zur Arbeiterkammer", "authority"),
        ("Ich schalte die Bundesnetzagentur ein", "authority"),
        ("Wir schreiben namens und im Auftrag unserer Mandantin", "legal_threat"),
        ("ich bin Redakteurin bei der Rundschau", "press"),
        ("für einen Artikel bitten wir um Stellungnahme", "press"),
        ("notfalls gehe ich damit zur Presse", "press"),
    ],
)
def test_sensitive_messages_are_found(text: str, topic: str) -> None:
    assert topic_of(text) == topic


@pytest.mark.parametrize(
    "text",
    [
        "Fährt der Bus über die Brücke zum Krankenhaus?",
        "Kann man bei euch Bungee von der Brücke springen?",
        "der Laptop will nicht mehr aufwachen",
        "soll das Angebot morgen nicht mehr da sein?",
        "Kann ich eine fremde Rechnung bezahlen?",
        "Wie trage ich die Daten von jemand anderem ein?",
        "Werden meine Daten an Dritte weitergegeben?",
        "Wegen meiner Behinderung brauche ich einen Gangplatz",
        "Muss ich die Solaranlage bei der Bundesnetzagentur anmelden?",
        "Ist der Eintritt mit Presseausweis frei?",
        "Wie komme ich mit den Äpfeln zur Presse?",
        "Wie kann ich mein Profil öffentlich machen?",
        "Kommt das Spiel ins Fernsehen?",
    ],
)
def test_ordinary_messages_are_not(text: str) -> None:
    assert topic_of(text) is None
