"""Plain features of what a bot says, in four languages: the ideas its few kinds of turns are made of.

Stems on folded text (lower case, no diacritics); English, Czech, Lithuanian, German in that order.
"""

from __future__ import annotations

import re

from bot.escalation.signals import fold

_IDEAS: dict[str, str] = {
    "negation": r"\bnot\b|n't\b|\bcannot\b|\bunable\b|\bno\b|\bnothing\b|\bnone\b|\bnever\b|\bbeyond\b|\bwithout\b"
    r"|\bne[a-z]{3,}|\bnic\b|\bzadn|\bnikdo|\bani\b|\bnera\b|\bnieko\b|\bkein|\bnicht|\bnie\b",
    "regret": r"\bsorry\b|apolog|\bafraid\b|unfortunately|\bregret|\boops\b|\bhmm|omlouv|prominte|\bpardon|\bmrzi\b"
    r"|bohuzel|\bjejda|atsipras|atleisk|\bdeja\b|\bgaila\b|apgailest|leider|entschuldig|verzeih|tut mir|hoppla",
    "understand": r"understand|understood|\bfollow\b|\bcatch\b|caught|\bgot? (?:that|it|you)\b"
    r"|\bget (?:that|it|you)\b|recogni[sz]|make sense|rozum|porozum|pochop|rozpozn|poznal jsem|supra[nt]|atpazin"
    r"|versteh|verstand|erkenn|zuordn",
    "find": r"\bfind\b|\bfound\b|\bmatch|\bresults?\b|\bsearch|\bnasel|\bnenas|najit|nenaj|odpovidaj|vysled"
    r"|\brad(?:au|ome|o)\b|neradau|nerado|\brasti\b|ieskoj|rezultat|gefunden|finde|treffer|durchsuch|entdeck",
    "answer": r"\banswer|information|details\b|\bdata\b|\barticle|help pages|knowledge|odpoved|informac|podklad"
    r"|clan[eu]k|napoved|znalost|atsakym|atsaky|informacij|duomen|straipsn|puslapi|ziniu|antwort|information"
    r"|angaben|artikel|hilfeseit|wissens",
    "know": r"\bknow\b|\bsure\b|\bclear\b|\bidea\b|\bcertain\b|\bvim\b|nevim|nejsem si jist|nezna|zinau|nezin"
    r"|\btikras|weiss\b|\bsicher\b|unsicher|ahnung",
    "help": r"\bhelp\b|\bassist\b|\bpomo[ch]|poradi|pomuz|padeti|padesi|padet|\bhelf|weiterhelf|behilflich",
    "again": r"rephras|reword|differently|another way|other words|try again|once more|repeat|fewer words|spelling"
    r"|shorter|\bput it\b|preformul|\bjinak\b|jinymi|znovu|jeste jednou|mene slov|preklep|kitaip|kitais zodz"
    r"|suformul|dar kart|trumpiau|rasyb|anders|umformul|noch ?mal|noch einmal|andere[nr]? worte|weniger wort"
    r"|schreibweise|wiederhol",
    "mean": r"\bmean\b|\bmeant\b|one of (?:these|the following)|which (?:of these|one|topic)|\bclosest\b"
    r"|is that right|do you mean|mate na mysli|mysleli|ktere(?:ho)? (?:z|tema)|nektera z|nejbliz|je to tak"
    r"|turejote omeny|turite omeny|kuri(?:s|a|os)?\b|vienas? is siu|artimiaus|ar taip|meinten|meinen sie"
    r"|eines davon|etwas hiervon|welche[sr]? (?:dieser|thema|moglich)|stimmt das|nachsten",
    "person": r"human|person\b|agent|colleague|advis[eo]r|staff|employee|representative|someone|somebody|specialist"
    r"|clovek|kolego|kolegu|kolega|kolegyn|poradc|poradk|zamestnan|operator|specialist|zmog|darbuotoj|konsultant"
    r"|kolega|mensch|mitarbeiter|berater|kolleg|jemand|operator",
    "team": r"\bteam\b|support|department|customer (?:service|care)|\btym|podpor|oddelen|\blink[auy]\b|komand|skyri"
    r"|aptarnavim|\bteam|abteilung|kundendienst|kundenservice|stelle\b",
    "pass": r"connect|transfer|\bpass(?:ing|ed)?\b|forward|\bhand(?:ing|ed)? (?:you|this|over)|take over|taken over"
    r"|joined|queue|put you (?:in|through)|\bget (?:somebody|someone|a)|escalat|preda|prepoj|spoj|prevezm|pripojil"
    r"|front|zavola|privola|perduo|jung|perim|prisijung|eil[ej]|pakvie|verbind|uberg|weiterleit|weitergeb|ubernimm"
    r"|beigetret|warteschl|durchstell|\bhole\b|gebe (?:sie|ihren)",
    "offer": r"would you (?:like|prefer)|do you want|shall i|should i|if you (?:like|wish|want)|\bcan put you"
    r"|would it help|\bchcete\b|prejete|\bmam (?:vas|priv|to|zav)|pokud chcete|pomohlo by|ar noretu|norite, kad"
    r"|ar sujung|ar perjung|ar pakv|jei norite|gal mieliau|ar padetu|mochten sie|soll ich|soll sich|wollen sie"
    r"|wenn sie (?:wollen|mochten)|wurde es",
    "future": r"\bnow\b|one moment|please (?:hold|wait)|shortly|right away|\bhned\b|okamzik|moment|vydrzte|minutel"
    r"|tuoj|palauk|dabar|gleich|augenblick|bitte warten|jetzt|\bgeduld",
    "detail": r"number|\bcode\b|reference|\bdate\b|e-?mail|postcode|digits|\bsize\b|device|address|cislo|\bkod\b"
    r"|datum|adres|cislic|velikost|zarizen|numer|koda|kodas|\bdat[ao]|skaitmen|dydzi|irengin|nummer|geboren|ziffern"
    r"|grosse|gerat",
    "tell_me": r"could you (?:give|tell|send)|please (?:enter|tell|give|send|type)|what is|what's|which\b|how many"
    r"|\bmuzete mi\b|zadejte|napiste|jak[aeyo]u?\b|kolik|ktere|kterou|parasykite|iveskite|nurodykite|kok[is]|kuria"
    r"|kurioje|kiek|geben sie|nennen sie|wie lautet|welche|wie viele|wann\b|in welcher",
    "only": r"\bonly\b|\bjust\b|outside|\barea\b|deal with|\bjen\b|\bpouze\b|oblast|\btik\b|srit|\bnur\b|gebiet"
    r"|zustandig",
    "greeting": r"\bhello|\bhi\b|good (?:morning|day|afternoon|evening)|welcome|pleasure|\bbye|have a|thanks"
    r"|thank you|glad|enjoy|dobry den|ahoj|dobre rano|neni zac|hezky|dekuj|\brad[ao]? (?:jsem|se)|skvele|uzijte"
    r"|sveiki|labas|nera uz|geros|aciu|malonu|dziaug|puiku|\biki\b|guten (?:tag|morgen)|hallo|gern geschehen|freut"
    r"|schonen|danke|tschuss|super|schon, dass",
    "first_person": r"\bi\b|\bi'm\b|\bme\b|\bmy\b|\bjsem\b|\bmi\b|\bmne\b|\bmam\b|\bumim\b|[a-z]{3,}am\b|\bman\b"
    r"|\bmano\b|[a-z]{3,}au\b|\besu\b|\bich\b|\bmir\b|\bmich\b",
    "figures": r"\d",
    "steps": r"→|>|„|\"|\bclick|\bchoose\b|\bgo to\b|\bsign in\b|zvolte|kliknete|prihlas|pasirinkite|prisijunkite"
    r"|spauskite|wahlen|klicken|melden sie sich|tippen",
}
_PATTERNS = {name: re.compile(pattern) for name, pattern in _IDEAS.items()}
_PAIRS: tuple[tuple[str, str], ...] = (
    ("negation", "understand"),
    ("negation", "find"),
    ("negation", "answer"),
    ("negation", "know"),
    ("negation", "help"),
    ("negation", "first_person"),
    ("regret", "again"),
    ("understand", "again"),
    ("regret", "understand"),
    ("regret", "answer"),
    ("pass", "person"),
    ("pass", "team"),
    ("offer", "person"),
    ("offer", "team"),
    ("offer", "pass"),
    ("pass", "future"),
    ("detail", "tell_me"),
    ("only", "help"),
)
_ASKS = ("?", "detail", "mean", "offer", "tell_me", "greeting", "person")
LONG, SHORT = 14, 5  # words


def features(text: str) -> list[float]:
    """Return one number for each idea, for pairs of them, with a question mark, and for the length."""
    folded = fold(text)
    ideas = {name: float(bool(pattern.search(folded))) for name, pattern in _PATTERNS.items()}
    ideas["?"] = float(folded.endswith("?"))
    count = len(folded.split())
    asked = [ideas["?"] * ideas[name] for name in _ASKS[1:]]
    return [
        *ideas.values(),
        *(ideas[a] * ideas[b] for a, b in _PAIRS),
        *asked,
        float(count >= LONG),
        float(count <= SHORT),
    ]
