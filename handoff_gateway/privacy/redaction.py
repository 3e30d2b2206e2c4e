"""What must not be kept of a customer's text: card numbers, bank accounts, passwords and keys. Pure.

Names, addresses and telephone numbers stay: agents need them to help. Numbers are believed to be cards or accounts only
when their check digits fit, and cards only when a network has numbers that begin so and are so long; so order numbers,
dates, telephone numbers and long ids are left alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from stdnum import iban, luhn

CARD, ACCOUNT, PASSWORD, KEY = "[card number]", "[bank account]", "[password]", "[key]"

# First digits and lengths of the networks. A tenth of all numbers pass Luhn; with these, one order number in hundreds.
_NETWORKS = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}"
)
# Nearly half of all numbers a network has: believed only when printed like a card or called one.
_MAESTRO = re.compile(r"(?:50|5[6-9]|6[37])\d{14}")
_CARD_WORD = re.compile(r"card|kart|kort", re.IGNORECASE)
SHORTEST_CARD, LONGEST_CARD = 13, 19
JOINED_DIGITS = 8  # that may be joined to a card by dashes: month, year and security code
# Digits with at most two separators between them, and no letter, sign of an amount or further digit at either end.
_DIGITS = re.compile(r"(?<![\w,])(?<![\w][.-])[0-9](?:[ .\-/]{0,2}[0-9]){12,60}(?![A-Za-z_]|,[0-9])")
_GROUP = re.compile(r"[0-9]+")
_PRINTED = ((4, 4, 4, 4), (4, 4, 4, 4, 3), (4, 6, 5), (4, 6, 4), (4, 4, 4, 1))  # as on the cards themselves
# Said directly before a number, it is no card's, unless the number is printed like one.
_OTHER_NUMBER = re.compile(
    r"(?:order|parcel|tracking|shipment|consignment|invoice|item|article|reference|ref|serial|booking|customer|imei|isbn|"
    r"ean|gtin|sku|id|objedn\w*|zásilk\w*|balík\w*|faktur\w*|číslo|bestell\w*|sendung\w*|rechnung\w*|kunden\w*|"
    r"užsakym\w*|siunt\w*|sąskait\w*|#|№)[\s\W]*(?:(?:number|no|nr|num|id|č|code|is|was|je|ist|yra|číslo|nummer|numeris)"
    r"[\s\W]+){0,3}$",
    re.IGNORECASE,
)
_CUE_REACH = 60  # characters before a number in which it may be called something
_ACCOUNT = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ \-]?[A-Za-z0-9]){11,30}")
SHORTEST_ACCOUNT = 15

# Keys are told by how their makers begin them. A long row of letters and digits may be an order's id.
_KEYS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|(?<![\w-])(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)?[-_]?[A-Za-z0-9_-]{20,}"
    r"|(?<!\w)(?:AKIA|ASIA)[A-Z0-9]{16}(?!\w)|(?<!\w)gh[pousr]_[A-Za-z0-9]{30,}|(?<!\w)github_pat_\w{30,}"
    r"|(?<!\w)glpat-[\w-]{16,}|(?<!\w)xox[abposr]-[\w-]{10,}|(?<!\w)AIza[\w-]{35}|(?<!\w)hf_[A-Za-z0-9]{30,}"
    r"|(?<!\w)npm_[A-Za-z0-9]{30,}|(?<!\w)eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*|(?<!\w)Bearer [\w.~+/-]{20,}=*",
    re.DOTALL,
)
SHORTEST_KEY = 15  # characters without a space between; most messages have no word so long, which is quickly seen
_NAMES = (
    r"pass(?:words?|codes?|phrases?|wort|wörter)|pwd|pin(?:[ -]?(?:code|number|kód|kodas))?|puk|cvv2?|cvc2?|cvn|"
    r"security[ -]code|(?:api|access|secret|private|licen[cs]e)[ -]?keys?|(?:access|api|bearer|auth)[ -]?tokens?|"
    r"hesl[oaeu]m?|kennw[oö]rt(?:er)?|slaptažod(?:is|į|žio|žiu)|slaptazod(?:is|i|zio)"
)
_BETWEEN = r"(?:\s+(?:is|was|are|je|bylo|byl|ist|war|lautet|yra|buvo|now|teď|jetzt|dabar|to))"
_PASSWORD = re.compile(
    rf"(?<!\w)(?:{_NAMES})(?!\w)(?P<link>{_BETWEEN}{{0,2}}\s*[:=]\s*|{_BETWEEN}{{1,3}}\s+|\s+)"
    r"(?P<quote>[\"'“„‘«`]?)(?P<value>[^\s\"'”’»`]{3,128})",
    re.IGNORECASE,
)
_LIKE_A_SECRET = re.compile(r"[0-9]|[^\w.,!?;:)…-]|_|[^\W\d_][A-ZÁ-Ž][a-z]|[a-z][A-Z]")
_END = re.compile(r"[.,!?;:)…]*$")
# What people say about a password that is none: "is wrong", "was rejected", "je špatně".
_ABOUT_PASSWORDS = frozenset(
    re.findall(
        r"\w+",
        "can could does did it i my you we a an to in on at of as if no yes hi hello wrong incorrect invalid "
        "correct right same different required needed lost forgotten unknown missing weak strong safe short long "
        "old new expired case not never always still being too blocked locked accepted rejected refused reset "
        "changed protected working visible hidden empty field page link email mail manager protection sensitive "
        "sent asked gone broken okay fine good bad the and but for from with when what how why where which please "
        "that this then than there here really very just only also because wie was ist nicht und oder falsch "
        "richtig ungültig vergessen abgelaufen gesperrt neu alt weg denn aber špatné špatně neplatné neplatný "
        "nesprávné zapomenuté správné správně nové staré není nejde nefunguje moc příliš ale nebo pro když "
        "neteisingas blogas pamirštas naujas senas neveikia netinka nebetinka per labai nėra arba jau",
    )
)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text as it may be kept; `masked` is whether anything was taken out."""

    text: str
    masked: bool


def redact(text: str) -> Redacted:
    """Mask what must not be kept."""
    found = sorted(_found(text, _plain(text)))
    parts, end = [], 0
    for start, stop, mask in found:
        if start < end:
            end = max(end, stop)  # within what is masked already
            continue
        parts += [text[end:start], mask]
        end = stop
    return Redacted("".join([*parts, text[end:]]), bool(found))


def _plain(text: str) -> str:
    """Return `text` with every digit, space and dash of any script as the plain one, character by character."""
    if text.isascii():
        return text
    return "".join(char if char < "\x80" else _plain_char(char) for char in text)


def _plain_char(char: str) -> str:
    if (digit := unicodedata.decimal(char, None)) is not None:
        return str(digit)
    category = unicodedata.category(char)
    if category == "Zs" or category == "Cf":  # other spaces, and what has no width at all
        return " "
    return "-" if category == "Pd" else char


def _found(text: str, plain: str) -> Iterator[tuple[int, int, str]]:
    if "-----" in text or any(len(word) >= SHORTEST_KEY for word in text.split()):
        for match in _KEYS.finditer(text):
            yield match.start(), match.end(), KEY
    for match in _PASSWORD.finditer(plain):
        value = _END.sub("", match["value"])
        if _is_password(match, value, plain):
            yield match.start("value"), match.start("value") + len(value), PASSWORD
    for match in _ACCOUNT.finditer(plain):
        stop = _account_end(match.group())
        if stop:
            yield match.start(), match.start() + stop, ACCOUNT
    for match in _DIGITS.finditer(plain):
        for start, stop in _cards(match.group(), plain[max(0, match.start() - _CUE_REACH) : match.start()]):
            yield match.start() + start, match.start() + stop, CARD


def _cards(run: str, before: str) -> Iterator[tuple[int, int]]:
    """Return where cards are in a run of digits in groups: from the beginning of a group to the end of one."""
    groups = [match.span() for match in _GROUP.finditer(run)]
    first = 0
    while first < len(groups):
        last = next((last for last in _last_groups(groups, first) if _is_card(run, groups, first, last, before)), None)
        if last is None:
            first += 1
        else:
            yield groups[first][0], groups[last][1]
            first = last + 1


def _last_groups(groups: list[tuple[int, int]], first: int) -> list[int]:
    """Return the groups a card that begins with group `first` may end with, the longest card first."""
    ends, digits = [], 0
    for last in range(first, len(groups)):
        digits += groups[last][1] - groups[last][0]
        if digits > LONGEST_CARD:
            break
        if digits >= SHORTEST_CARD:
            ends.append(last)
    return ends[::-1]


def _is_card(run: str, groups: list[tuple[int, int]], first: int, last: int, before: str) -> bool:
    start, stop = groups[first][0], groups[last][1]
    digits = "".join(char for char in run[start:stop] if char.isdigit())
    maestro = _MAESTRO.fullmatch(digits) is not None
    if not (maestro or _NETWORKS.fullmatch(digits)) or not luhn.is_valid(digits):
        return False
    if _joined(run[:start][::-1]) + _joined(run[stop:]) > JOINED_DIGITS:
        return False  # four groups of a long id, such as those of a parcel's or a licence's
    sizes = tuple(end - begin for begin, end in groups[first : last + 1])
    if sizes in _PRINTED or set(sizes) == {1}:
        return True
    if maestro and not _CARD_WORD.search(before):
        return False
    # In any other groups only when nothing but the card is there; in one group unless it is called something else.
    whole = len(sizes) == 1 or (first == 0 and last == len(groups) - 1)
    return whole and not (first == 0 and _OTHER_NUMBER.search(before))


def _joined(rest: str) -> int:
    """Return how many digits follow without a space between."""
    return sum(char.isdigit() for char in rest.partition(" ")[0])


def _account_end(found: str) -> int | None:
    """Return where the longest beginning that is an account number ends: what follows may be the sentence going on."""
    for end in range(len(found), SHORTEST_ACCOUNT - 1, -1):
        if end < len(found) and found[end] not in " -":
            continue
        if iban.is_valid(found[:end].replace("-", " "), check_country=False):
            return end
    return None


def _is_password(match: re.Match[str], value: str, text: str) -> bool:
    link = match["link"]
    if len(value) < 3 or value.startswith("["):
        return False
    if value.casefold() in _ABOUT_PASSWORDS:
        return False
    if match["quote"] or link.strip(" \t\n")[-1:] in {":", "="} or _LIKE_A_SECRET.search(value):
        return True
    if not link.strip():
        return False  # "password reset": no word between the two, and the second is a plain one
    # A plain word after "is" is the password when the sentence ends with it: "my password is banana".
    rest = text[match.start("value") + len(value) :]
    return not value.casefold().endswith(("ed", "ing", "en", "bar", "té", "né")) and bool(
        re.match(r"[.,!?;:)…]*\s*(?:$|\n|[.,!?;])|[.,!?;]", rest)
    )
