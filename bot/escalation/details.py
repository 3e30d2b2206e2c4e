"""What the customer named that an agent would have to ask for: order, e-mail, phone, parcel, amount, product. Pure.

Careful rather than complete: a number counts as an order only where the customer calls it one or it is written like
one, for a wrong detail costs an agent more than a missing one. The newest mention of each kind counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.escalation.topics import Topics

KINDS = ("order", "tracking", "product", "amount", "email", "phone")  # in the order an agent wants them
MOST_CHARACTERS = 60  # of one value; an e-mail address longer than this is read in the message itself
PHONE_DIGITS = range(9, 16)  # with the code of the country; more is a parcel, less an order

_LINK = (  # what people write between "order" and its number
    r"(?:\s*(?:number|num|nummer|numeris|no|nr|id|ref|code|is|was|my|je|[cč][ií]slo|[cč]|lautet|ist|mit|der|die)\b)*[\s.:#]*"
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,40}@[\w-]{1,40}(?:\.[\w-]{2,20}){1,4}(?![\w-])")
_PHONE = re.compile(
    r"(?<![\w+])(?:(?:\+|00)\d{1,3}[ \-/]?(?:\(?\d{1,4}\)?[ \-/]?){2,5}\d{2,4}|0\d{2,4}[ \-/]?\d{5,9})(?!\w)"
)
_ORDER = re.compile(
    r"\b(?:order|purchase|invoice|objedn[aá]vk\w*|faktur\w*|u[zž]sakym\w*|s[aą]skait\w*|bestell\w*|auftrag\w*|rechnung\w*)"
    + _LINK
    + r"(?P<value>(?=[A-Z\-/]{0,8}\d)[A-Z0-9][A-Z0-9\-/]{2,23}\d)(?![\w@])",
    re.IGNORECASE,
)
_ORDER_LIKE = re.compile(r"(?<![\w@#])(?P<value>#\d{4,12}|[A-Z]{2,4}-\d{4,12})(?![\w@])")
_TRACKING = re.compile(
    r"\b(?:tracking|parcel|consignment|shipment|z[aá]silk\w*|bal[ií]k\w*|siunt\w*|sendung\w*|paket\w*)"
    + _LINK
    + r"(?P<value>(?=[A-Z0-9]*\d{5})[A-Z0-9]{9,30})(?![\w@])",
    re.IGNORECASE,
)
_NUMBER = r"\d{1,3}(?:[ .\u00a0]\d{3})+|\d{1,6}(?:[.,]\d{1,2})?"
_AMOUNT = re.compile(
    rf"(?<![\w.,])(?P<value>[€£$] ?(?:{_NUMBER})|(?:{_NUMBER}) ?(?:€|£|(?:eur|euros?|k[cč]|czk|gbp|usd)\b))",
    re.IGNORECASE,
)


def details_of(texts: Sequence[str], topics: Topics) -> dict[str, str]:
    """Return kind → value for what ``texts``, oldest first, name; kinds in the order an agent wants them."""
    found: dict[str, str] = {}
    for text in texts:
        found.update(_in_text(text, topics))
    return {kind: found[kind] for kind in KINDS if kind in found}


def _in_text(text: str, topics: Topics) -> dict[str, str]:
    found = {
        "email": _last(_EMAIL, text),
        "phone": _phone(text),
        "tracking": _last(_TRACKING, text),
        "order": _last(_ORDER, text) or _last(_ORDER_LIKE, text),
        "amount": _last(_AMOUNT, text),
        "product": ", ".join(topics.products_in(text)),
    }
    if found["phone"] in (found["order"], found["tracking"]):
        found["phone"] = ""  # what the customer calls an order is none, however much it looks like one
    return {kind: value for kind, value in found.items() if value and len(value) <= MOST_CHARACTERS}


def _last(pattern: re.Pattern[str], text: str) -> str:
    matches = [match.group("value" if "value" in pattern.groupindex else 0) for match in pattern.finditer(text)]
    return matches[-1].strip(" -/.#") if matches else ""


def _phone(text: str) -> str:
    found = _last(_PHONE, text)
    return found if sum(character.isdigit() for character in found) in PHONE_DIGITS else ""
