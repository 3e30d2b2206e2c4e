"""Sensitive words in Lithuanian: said outright or around the corner, and what only sounds like them."""

from __future__ import annotations

import pytest

from tests.bot.topics import topic_of


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("kartais galvoju, kad visiems būtų daug geriau be manęs", "self_harm"),
        ("nebematau jokios prasmės toliau gyventi", "self_harm"),
        ("noreciau uzmigti ir nebepabusti", "self_harm"),
        ("jau parašiau vaikams atsisveikinimo laišką", "self_harm"),
        ("kam aš čia dar gyvenu", "self_harm"),
        ("kodėl savo paskyroje matau kito kliento sąskaitas?", "data_breach"),
        ("programėlė man rodo svetimus tyrimų rezultatus", "data_breach"),
        ("kažkas pasinaudojo mano duomenimis ir paėmė greitąjį kreditą", "data_breach"),
        ("laiške gavau kito paciento tyrimus", "data_breach"),
        ("tai gryna diskriminacija", "discrimination"),
        ("manęs neįleido į klubą dėl mano odos spalvos", "discrimination"),
        ("padavėjas tyčiojosi iš mano akcento", "discrimination"),
        ("mano juristė jau ruošia atsakymą", "legal_threat"),
        ("rašau skundą Duomenų apsaugos inspekcijai", "authority"),
        ("kreipsimės į ginčų komisiją", "authority"),
        ("Rengiame straipsnį apie vėlavimus, ar galite pakomentuoti?", "press"),
        ("skambinu iš naujienų agentūros, ieškome jūsų pozicijos", "press"),
        ("esu žurnalistas, ieškau jūsų atstovo", "press"),
        ("kreipsiuosi į televiziją, tegul parodo visiems", "press"),
    ],
)
def test_sensitive_messages_are_found(text: str, topic: str) -> None:
    assert topic_of(text) == topic


@pytest.mark.parametrize(
    "text",
    [
        "kiek kainuoja televizija su internetu?",
        "ar stojant į žurnalistiką reikia portfelio",
        "kuri taisyklių redakcija galioja dabar?",
        "jei manęs nebūtų namuose, ar kurjeris paliks siuntą kaimynei",
        "kas gaus išmoką, kai manęs nebebus",
        "ar galiu įvesti kito asmens duomenis, jei bilietą perku mamai",
        "kaip papildyti kito žmogaus sąskaitą",
        "ar dėl mano negalios priklauso nuolaida",
        "kiek laiko gyventi viešbutyje su katinu leidžiate",
        "ar leidžiate gyventi dviese vienviečiame kambaryje",
        "kada gausiu dienos pietų meniu",
        "kaip prenumeruoti dienraštį",
        "ar priekaba įeina į draudimą",
        "kuriame ligoninės korpuse registratūra",
        "ar nuo to tilto galima šokti su guma",
        "išgėriau visas tabletes, ar reikia naujo recepto",
        "mirštu iš juoko, koks geras kuponas",
        "klaida vis pasikartoja, ką daryti",
    ],
)
def test_ordinary_messages_are_not(text: str) -> None:
    assert topic_of(text) is None
