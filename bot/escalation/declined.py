"""Whether a message says that nobody need be called: "don't put me through to anyone, just tell me …". Pure.

Only what is plainly said: an order or a wish not to be passed on, about a person or nobody in particular, while
nothing else in the message speaks of people. "I don't want to talk to a bot" and "why don't you put me through" decline
nothing.
"""

from __future__ import annotations

import re

from bot.escalation.signals import fold

MAX_CHARACTERS = 1_200  # of a text that are looked at: bounds the time a long message takes

_SOMEBODY = (
    r"(?:any ?(?:one|body)|some ?(?:one|body)|nobody|no one"
    r"|(?:an?|any|your|the|another|(?:one|any) of (?:you|your|the)|a real|a live) ?(?:\w+ )?(?:humans?|persons?"
    r"|people|agents?|staff|colleagues?|operators?|employees?|advis[eo]rs?|team|managers?))"
)
_HAND_OVER = r"(?:put|connect|transfer|pass|hand|forward|redirect|switch|bring|bother|involve|fetch|escalate|disturb)"
_PATTERNS = {
    "en": rf"(?:^|\b(?:please|pls|but|and|so|just|kindly) )(?:do not|don'?t) {_HAND_OVER}"
    rf" (?:me|this|us|{_SOMEBODY})\b(?! (?:wrong|on hold))"
    rf"|(?:^|\b(?:please|pls|but|and|so|just|kindly) )(?:do not|don'?t) (?:call|get) {_SOMEBODY}\b"
    rf"|\b(?:no need|no reason|not necessary|(?:need|do) ?n['o]?t (?:have|need) to|needn'?t) ?(?:to )?{_HAND_OVER}\b"
    rf"|(?:\bi (?:do not|don'?t|really don'?t) (?:want|need|wish) to|\b(?:would|'d) rather not|\bno need to"
    r"|\bprefer not to|(?:(?:^|\b(?:how|can|could)\b.{0,60} )without))"
    rf" (?:talk|speak|chat|write|bother|disturb)(?:ing)?(?: (?:to|with))? {_SOMEBODY}"
    rf"|\bi (?:do not|don'?t) (?:need|want) {_SOMEBODY}\b|\bno (?:human|person|agent|colleague|need for {_SOMEBODY})\b"
    r"(?: (?:is )?(?:needed|required|necessary))",
    "cs": r"\bnevolej(?:te)? nikoho\b|\b(?:ne(?:spojuj|prepojuj|prepinej|predavej|zapojuj|obtezuj)(?:te)?)\b"
    r"|\b(?:nemusi(?:te|s)|netreba|neni (?:treba|nutne)) (?:\w+ ){0,3}?(?:spojovat|spojit|prepojovat|prepojit|prepinat"
    r"|predavat|predat|volat|zapojovat|obtezovat)\b"
    r"|\bnechci (?:s nikym |se? zadnym clovekem )?(?:mluvit|volat|obtezovat) ?(?:s nikym|nikoho|se? zadnym clovekem)?"
    r"(?=$|[, ]*(?:jen|jenom|staci|pouze|kde|jak|kdy|kolik))|\bs nikym (?:mluvit )?(?:nechci|nepotrebuj\w*|nemusim)\b"
    r"|^bez (?:mluveni s|hovoru s)\b|\bnepotrebuj(?:u|i) (?:k tomu )?(?:cloveka|operatora|nikoho)\b"
    r"|\b(?:cloveka|operatora|nikoho) (?:k tomu )?nepotrebuj(?:u|i)\b",
    "lt": r"\bne(?:junk|sujunk|perjunk|perduok|kviesk|trukdyk)(?:ite)?\b"
    r"|\b(?:nereikia|nebutina|nera reikalo) (?:\w+ ){0,3}?(?:jungti|sujungti|perjungti|perduoti|kviesti|trukdyti)\b"
    r"|\bnereikia (?:jokio )?(?:zmogaus|konsultanto|darbuotojo|operatoriaus)\b"
    r"|\b(?:zmogaus|konsultanto|darbuotojo|operatoriaus) nereikia\b"
    r"|\bnenoriu (?:su niekuo (?:kalbeti|bendrauti)|(?:kalbeti|bendrauti) su niekuo)\b|^be (?:pokalbio|zmogaus)\b",
    "de": r"\bverbinden? (?:sie )?mich (?:bitte )?(?:mit niemande[mn]|nicht(?: weiter)?)\b"
    r"|\b(?:bitte|mich) nicht (?:weiterleiten|verbinden|durchstellen|weiterverbinden|ubergeben)\b"
    r"|\b(?:brauch\w*|muss\w*) (?:sie |du |ich )?(?:mich |mir |dafur )?(?:mit )?(?:niemande[mn]"
    r"|kein\w* (?:mensch\w*|mitarbeiter\w*|kolleg\w*|agent\w*|berater\w*))\b|\bmit niemande[mn] (?:sprechen|reden)\b"
    r"|\bkein\w* (?:menschen|mitarbeiter\w*|kolleg\w*|berater\w*) (?:brauche|bemuhen|notig)\b"
    r"|\beinen menschen brauche ich nicht\b|\bohne (?:mit )?(?:jemande[mn]|einem menschen) zu (?:sprechen|reden)\b",
}
_DECLINES = re.compile("|".join(_PATTERNS.values()))
_COMPLAINS = re.compile(r"\b(?:why|warum|wieso|weshalb|proc|kodel|stop|again|wieder|zase|vel)\b")
_MACHINE = re.compile(r"bot\b|\bbots|robot|machine|computer|automat|voicemail|recording|program|masin")
_STOPS = re.compile(r"[.!?;:\n,]+|\b(?:but|just|only|simply|jen|jenom|ale|tik|bet|nur|sondern)\b")
_PEOPLE = re.compile(
    r"\b(?:humans?|persons?|people|agents?|someone|somebody|staff|colleagues?|operators?|employees?|managers?"
    r"|supervisors?|boss|clovek\w*|operator\w*|pracovnik\w*|vedouci\w*|nekoho|nekym|zmog\w*|zmon\w*|konsultant\w*"
    r"|darbuotoj\w*|vadov\w*|(?:put|connect|transfer) me|(?:talk|speak) (?:to|with)"
    r"|spoj(?:te|it)|prepoj(?:te|it)|sujunk\w*|perjunk\w*"
    r"|verbinde\w*|mensch\w*|mitarbeiter\w*|kolleg\w*|jemand\w*|chef\w*|vorgesetzt\w*)\b"
)


def declines(text: str) -> bool:
    """Say whether the customer wants nobody to be called."""
    folded = fold(text[:MAX_CHARACTERS])
    if _COMPLAINS.search(folded):
        return False
    clauses = [clause.strip() for clause in _STOPS.split(folded)]
    found = [clause for clause in clauses if _DECLINES.search(clause) and not _MACHINE.search(clause)]
    return bool(found) and not any(_PEOPLE.search(clause) for clause in clauses if clause not in found)
