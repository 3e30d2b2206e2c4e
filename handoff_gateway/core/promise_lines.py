"""What the gateway says to a customer who has to wait or comes too late, in their language and their zone. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from handoff_gateway.core.lines import DEFAULT_LANGUAGE

WEEK = 6  # days ahead in which the weekday alone says which day it is


@dataclass(frozen=True, slots=True)
class _Words:
    """How a language says when: `{time}` is a wall-clock time, `{place}` the city of a zone."""

    today: str
    tomorrow: str
    weekdays: tuple[str, ...]
    day: str
    clock: str
    soon: str
    lines: Mapping[str, str]


_WORDS: Mapping[str, _Words] = {
    "en": _Words(
        today="today at {time}",
        tomorrow="tomorrow at {time}",
        weekdays=(
            "on Monday at {time}",
            "on Tuesday at {time}",
            "on Wednesday at {time}",
            "on Thursday at {time}",
            "on Friday at {time}",
            "on Saturday at {time}",
            "on Sunday at {time}",
        ),
        day="on {day}/{month}/{year} at {time}",
        clock="{time} ({place} time)",
        soon="as soon as we are there again",
        lines={
            "closed": "Nobody is here right now. We open {when}, and a colleague will get back to you then, with "
            "everything written so far. Until then I am happy to go on helping.",
            "later": "A colleague will get back to you, at the latest {when}. Until then I am happy to go on helping.",
            "noted": "Noted: a colleague will get back to you, at the latest {when}. You can go on asking me here.",
            "rescued": "{name} has lost the connection. You are first in line, and the next free colleague goes on "
            "with everything written so far.",
            "timed_out": "{name} could not answer you in time. You are first in line, and the next free colleague "
            "goes on with everything written so far.",
            "offer": "This is taking longer than it should, and I am sorry. You can keep your place and wait, or "
            "leave us a message and we will get back to you.",
            "again": "I have not passed this on again so soon. If you want to talk to a person, just ask for one.",
        },
    ),
    "cs": _Words(
        today="dnes v {time}",
        tomorrow="zítra v {time}",
        weekdays=(
            "v pondělí v {time}",
            "v úterý v {time}",
            "ve středu v {time}",
            "ve čtvrtek v {time}",
            "v pátek v {time}",
            "v sobotu v {time}",
            "v neděli v {time}",
        ),
        day="{day}. {month}. {year} v {time}",
        clock="{time} (čas: {place})",
        soon="jakmile tu zase budeme",
        lines={
            "closed": "Teď tu nikdo není. Otevíráme {when} a kolega se vám pak ozve se vším, co jsme si napsali. "
            "Do té doby vám rád dál pomohu.",
            "later": "Kolega se vám ozve, nejpozději {when}. Do té doby vám rád dál pomohu.",
            "noted": "Mám to: kolega se vám ozve, nejpozději {when}. Zatím se můžete dál ptát mě.",
            "rescued": "{name} má výpadek spojení. Jste první na řadě a další volný kolega naváže na vše, co jsme si "
            "napsali.",
            "timed_out": "{name} vám nestihl odpovědět. Jste první na řadě a další volný kolega naváže na vše, co "
            "jsme si napsali.",
            "offer": "Trvá to déle, než by mělo, a omlouvám se. Můžete dál čekat na svém místě, nebo nám nechte "
            "zprávu a ozveme se vám.",
            "again": "Tak brzy jsem to znovu nepředal. Chcete-li mluvit s člověkem, stačí o to požádat.",
        },
    ),
    "lt": _Words(
        today="šiandien {time}",
        tomorrow="rytoj {time}",
        weekdays=(
            "pirmadienį {time}",
            "antradienį {time}",
            "trečiadienį {time}",
            "ketvirtadienį {time}",
            "penktadienį {time}",
            "šeštadienį {time}",
            "sekmadienį {time}",
        ),
        day="{year}-{month:02}-{day:02} {time}",
        clock="{time} (laikas: {place})",
        soon="kai tik vėl čia būsime",
        lines={
            "closed": "Šiuo metu čia nieko nėra. Atsidarome {when}, tada kolega jums atsakys, matydamas viską, kas "
            "parašyta. Iki tol mielai padėsiu toliau.",
            "later": "Kolega jums atsakys, vėliausiai {when}. Iki tol mielai padėsiu toliau.",
            "noted": "Užsirašiau: kolega jums atsakys, vėliausiai {when}. Kol kas galite toliau klausti manęs.",
            "rescued": "{name} prarado ryšį. Jūs esate pirmas eilėje, kitas laisvas kolega tęs matydamas viską, kas "
            "parašyta.",
            "timed_out": "{name} nespėjo jums atsakyti. Jūs esate pirmas eilėje, kitas laisvas kolega tęs matydamas "
            "viską, kas parašyta.",
            "offer": "Tai trunka ilgiau, nei turėtų, atsiprašau. Galite likti savo vietoje ir laukti arba palikti "
            "mums žinutę, ir mes jums atsakysime.",
            "again": "Taip greitai dar kartą neperdaviau. Jei norite kalbėti su žmogumi, tiesiog paprašykite.",
        },
    ),
    "de": _Words(
        today="heute um {time} Uhr",
        tomorrow="morgen um {time} Uhr",
        weekdays=(
            "am Montag um {time} Uhr",
            "am Dienstag um {time} Uhr",
            "am Mittwoch um {time} Uhr",
            "am Donnerstag um {time} Uhr",
            "am Freitag um {time} Uhr",
            "am Samstag um {time} Uhr",
            "am Sonntag um {time} Uhr",
        ),
        day="am {day}.{month}.{year} um {time} Uhr",
        clock="{time} (Zeit in {place})",
        soon="sobald wir wieder da sind",
        lines={
            "closed": "Gerade ist niemand da. Wir öffnen {when}; dann meldet sich jemand bei Ihnen, mit allem bisher "
            "Geschriebenen. Bis dahin helfe ich gern weiter.",
            "later": "Es meldet sich jemand bei Ihnen, spätestens {when}. Bis dahin helfe ich gern weiter.",
            "noted": "Notiert: Es meldet sich jemand bei Ihnen, spätestens {when}. Bis dahin können Sie mich weiter "
            "fragen.",
            "rescued": "{name} hat die Verbindung verloren. Sie sind jetzt ganz vorn, und wer als Nächstes frei ist, "
            "macht mit allem bisher Geschriebenen weiter.",
            "timed_out": "{name} konnte Ihnen nicht rechtzeitig antworten. Sie sind jetzt ganz vorn, und wer als "
            "Nächstes frei ist, macht mit allem bisher Geschriebenen weiter.",
            "offer": "Das dauert länger, als es sollte, das tut mir leid. Sie können Ihren Platz behalten und warten "
            "oder uns eine Nachricht hinterlassen, dann melden wir uns.",
            "again": "So bald habe ich das nicht noch einmal weitergegeben. Möchten Sie mit einem Menschen sprechen, "
            "sagen Sie es einfach.",
        },
    ),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Whose clock a time is told by: the customer's `zone` where it is known, else the team's, which is then named."""

    zone: str | None
    team_zone: str | None = None


def promise_line(name: str, language: str, due_at: datetime | None, now: datetime, place: Place) -> str:
    """Return the sentence `name` (closed, later or noted) with the time of `due_at` as the customer reads it."""
    words = _words(language)
    when = words.soon if due_at is None else _when(words, due_at, now, place)
    return words.lines[name].format(when=when)


def waiting_line(name: str, language: str, agent: str = "") -> str:
    """Return the sentence `name`: rescued or timed_out with the agent's name, offer, again."""
    return _words(language).lines[name].format(name=agent)


def _words(language: str) -> _Words:
    return _WORDS.get(language, _WORDS[DEFAULT_LANGUAGE])


def _when(words: _Words, due_at: datetime, now: datetime, place: Place) -> str:
    name = place.zone or place.team_zone or "UTC"
    local, today = due_at.astimezone(ZoneInfo(name)), now.astimezone(ZoneInfo(name)).date()
    time = f"{local.hour}:{local.minute:02}"
    if place.zone is None:
        time = words.clock.format(time=time, place=name.rpartition("/")[2].replace("_", " "))
    ahead = local.date() - today
    if ahead <= timedelta(0):
        form = words.today
    elif ahead == timedelta(days=1):
        form = words.tomorrow
    elif ahead <= timedelta(days=WEEK):
        form = words.weekdays[local.weekday()]
    else:
        form = words.day
    return form.format(time=time, day=local.day, month=local.month, year=local.year)
