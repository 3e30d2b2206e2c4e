"""Personal data taken out of a text before it is stored. Pure.

What was searched for is the text as it was written; only what is kept is masked. Masks say what was there, so that an
editor still understands the question: "my card [card number] was charged twice".
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import Leniency, PhoneNumberMatcher
from stdnum import iban, luhn

from knowledge_base.text.analysis import stop_terms, term

EMAIL_MASK = "[e-mail address]"
CARD_MASK = "[card number]"
IBAN_MASK = "[bank account]"
PHONE_MASK = "[phone number]"
SECRET_MASK = "[secret]"  # noqa: S105 - the mask, not a secret

MAX_LOOKED_AT = 4_000  # characters; the longest question a search takes, so nothing kept goes unseen

_EMAIL = re.compile(r"[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}")
# Digits in groups, as cards are printed; not inside a longer number, an amount or an identifier with letters.
_CARD = re.compile(r"(?<![\w.,-])\d(?:[ -]?\d){12,18}(?![\w-]|[.,]\d)")
# First digits and lengths of the networks. A tenth of all numbers pass Luhn; with these, one order number in hundreds.
_NETWORKS = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|(?:50|5[6-9]|6[37])\d{14}"
)
_IBAN = re.compile(r"(?<!\w)[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}")
_LONG_SECRET = re.compile(r"(?<![\w/])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[A-Za-z0-9_-]{32,}(?![\w/])")
_NAMES = (
    r"pass(?:word|code|phrase|wort)s?|pwd|pin(?:[ -]?(?:code|number))?|cvv2?|cvc2?|security code|"
    r"(?:api|access|secret|private|licen[cs]e)[ -]?keys?|(?:access|api|bearer)[ -]?tokens?|"
    r"hesl[oa]|kennwort|slaptažod(?:is|į|žio)|slaptazodis"
)
# Either something that introduces a value ("is", ":", "="), or the value at once when it cannot be a word.
_SECRET = re.compile(
    rf"(?<!\w)(?P<name>{_NAMES})(?P<link>\s*[:=]\s*|\s+(?:is|was|je|bylo|bylo to|ist|war|yra|buvo)\s*:?\s+|\s+)"
    r"(?P<quote>[\"'“‘«]?)(?P<value>[^\s\"'”’»]{3,128})",
    re.IGNORECASE,
)
# What people say about a password that is none: "is wrong", "was rejected".
_COMPLAINTS = frozenset(
    re.findall(
        r"\w+",
        "wrong incorrect invalid correct right same different required needed lost forgotten unknown missing weak "
        "strong safe short long old new expired case not never always still being too blocked locked accepted "
        "rejected refused reset changed protected working visible hidden empty field page link email mail manager "
        "protection sensitive špatné špatně neplatné nesprávné zapomenuté správné nové staré falsch richtig "
        "ungültig vergessen neteisingas blogas pamirštas naujas senas",
    )
)
_LIKE_A_SECRET = re.compile(r"\d|[^\w.,!?]|_|[a-z][A-Z]")
_OPEN = frozenset({"", ".", ",", "!", "?", ";", ")", "…"})

# Numbers without a country code are tried as numbers of these countries, by the language of the question.
_REGIONS = {
    "cs": ("CZ", "SK"),
    "da": ("DK",),
    "de": ("DE", "AT", "CH"),
    "en": ("US", "GB"),
    "es": ("ES",),
    "fi": ("FI",),
    "fr": ("FR",),
    "it": ("IT",),
    "lt": ("LT",),
    "nl": ("NL",),
    "no": ("NO",),
    "pl": ("PL",),
    "pt": ("PT",),
    "sk": ("SK", "CZ"),
    "sv": ("SE",),
}
_EVERYWHERE = ("US", "GB")
_PHONE_CUE = re.compile(
    r"(?:phone|mobile|cell|tel|telephone|call|ring|reach|text|sms|whatsapp|telefon\w*|mobil\w*|zavol\w*|volej\w*|"
    r"ruf\w*|skambin\w*|numeris|handy)\W+(?:\w+\W+){0,4}$",
    re.IGNORECASE,
)
_NOT_PHONE_CUE = re.compile(
    r"(?:order|parcel|tracking|invoice|item|article|reference|ref|serial|ticket|booking|objedn\w*|zásilk\w*|faktur\w*|"
    r"bestell\w*|rechnung\w*|užsakym\w*|siunt\w*|no|nr|č|#)\W*(?:(?:number|no|nr|is|je|ist|yra|číslo|nummer)\W+){0,3}$",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"€|\$|£|%|eur|usd|czk|kč|kc\b|gbp|pcs|ks\b|vnt")
_CUE_REACH = 60  # characters before a number in which it may be called a phone or an order


def redact(text: str, language: str | None = None) -> str:
    """Return `text` with cards, bank accounts, e-mail addresses, phone numbers and passwords masked.

    Args:
        text: at most `MAX_LOOKED_AT` characters are looked at and kept.
        language: of the text, for phone numbers without a country code.
    """
    text = text[:MAX_LOOKED_AT]
    text = _EMAIL.sub(EMAIL_MASK, text)
    text = _SECRET.sub(lambda match: _secret(match, language), text)
    text = _IBAN.sub(_iban, text)
    text = _CARD.sub(_card, text)
    text = _phones(text, language)
    return _LONG_SECRET.sub(SECRET_MASK, text)


def _card(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match.group())
    return CARD_MASK if _NETWORKS.fullmatch(digits) and luhn.is_valid(digits) else match.group()


def _iban(match: re.Match[str]) -> str:
    """Mask the longest beginning that is an account number: what follows may be the sentence going on."""
    found = match.group()
    for end in range(len(found), 14, -1):
        # The rest must not go on with a letter or digit of the same word, unless the number was written in groups.
        if end < len(found) and found[end] != " ":
            continue
        if iban.is_valid(found[:end], check_country=False):
            return IBAN_MASK + found[end:]
    return found


def _secret(match: re.Match[str], language: str | None) -> str:
    value = match["value"].rstrip(".,!?;)…")
    bare = not match["link"].strip()  # "password hunter2": no word between the two
    if len(value) < 3 or not _is_secret(value, bare=bare, quoted=bool(match["quote"]), language=language):
        return match.group()
    rest = match["value"][len(value) :]
    return f"{match['name']}{match['link']}{match['quote']}{SECRET_MASK}{rest}"


def _is_secret(value: str, *, bare: bool, quoted: bool, language: str | None) -> bool:
    if "[" in value:
        return False  # a mask of ours
    if _LIKE_A_SECRET.search(value):
        return True
    if bare:
        return False
    word = value.casefold()
    if quoted:
        return True
    if word in _COMPLAINTS or word.endswith(("ed", "ing", "en")):
        return False
    return all(term(word, code) not in stop_terms(code) for code in {"en", language or "en"})


def _phones(text: str, language: str | None) -> str:
    if sum(char.isdigit() for char in text) < 7:  # no number to dial; the matcher is slow beside a comparison
        return text
    found: dict[tuple[int, int], None] = {}
    for region in (None, *dict.fromkeys((*_REGIONS.get(language or "en", ()), *_EVERYWHERE))):
        for match in PhoneNumberMatcher(text, region, leniency=Leniency.VALID):
            if _is_phone(text, match.start, match.end, match.raw_string, region):
                found[match.start, match.end] = None
    end = len(text)
    for start, stop in sorted(found, reverse=True):
        if stop <= end:
            text = text[:start] + PHONE_MASK + text[stop:]
            end = start
    return text


def _is_phone(text: str, start: int, end: int, raw: str, region: str | None) -> bool:
    """Tell numbers people dial from numbers of orders, prices and dates."""
    if region is None or raw.startswith(("+", "00")):
        return True
    before = text[max(0, start - _CUE_REACH) : start]
    if _NOT_PHONE_CUE.search(before):
        return False
    if _PHONE_CUE.search(before):
        return True
    after = text[end : end + 12].strip().casefold()
    if re.match(r"(?:€|\$|£|%|eur|usd|czk|kč|kc\b|gbp|pcs|ks\b|vnt)", after) or before.rstrip().endswith(
        ("€", "$", "£")
    ):
        return False
    return _grouped_like_there(raw, region)


@lru_cache(maxsize=256)
def _grouped_like_there(raw: str, region: str) -> bool:
    """Return whether a number without a country code is written in the groups that are usual where it would be."""
    if not re.search(r"[ ()/.-]", raw):
        return False  # one run of digits: an order, an article, an amount
    parsed = phonenumbers.parse(raw, region)
    usual = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    return re.findall(r"\d+", usual) == re.findall(r"\d+", raw)
