"""A list of words and phrases, as a shop would write one in an afternoon, in each of the four languages.

Matched on lower case without accents, at the beginning of words. Fair: the words people use most, phrases where a word
alone would say little, and no word that stands in every other ordinary question.
"""

import re
import unicodedata

REQUEST = (
    "speak to a human|speak to a person|speak to someone|speak with someone|speak to an agent|speak to a representative"
    "|talk to a human|talk to a person|talk to someone|talk to an agent|talk to a real|talk with someone|real person"
    "|real human|live agent|live person|live chat|human agent|human please|agent please|operator|representative"
    "|connect me|transfer me|put me through|customer service|your manager|your supervisor|speak to a manager"
    "|call me back|not a bot|not a robot"
    "|mluvit s clovek|mluvit s nek|mluvit s operator|mluvit s pracovn|zivy clovek|zivym clovek|zivou osob|s operatorem"
    "|operatora|prepojte|prepojit|spojte me|spojit s|zavolejte mi|vedouci|s vedoucim|zakaznicky servis|zakaznickou lin"
    "|ne s robot|skutecny clovek|skutecnym clovek"
    "|su zmogumi|su zmogum|gyvas zmog|gyvu zmog|su operator|su konsultant|konsultanto|su darbuotoj|sujunkite|sujunk"
    "|perjunkite|paskambinkite man|vadova|vadybinink|klientu aptarnavim|ne su robot|tikras zmog|tikru zmog"
    "|mit einem menschen|mit jemandem sprechen|mit einem mitarbeiter|mit einem berater|echter mensch|echten menschen"
    "|mitarbeiter sprechen|verbinden sie mich|verbinde mich|durchstellen|weiterleiten an|rufen sie mich|ihren chef"
    "|vorgesetzten|kundendienst|kein bot|keinen bot|keinem bot|menschlichen"
)
FRUSTRATION = (
    "useless|ridiculous|terrible|horrible|awful|worst|pathetic|stupid|idiot|waste of time|wasting my time|joke|scam"
    "|unacceptable|disgrace|fed up|sick of|angry|furious|frustrat|annoy|disappoint|complain|never again|shame on"
    "|doesn't work|does not work|not helpful|unhelpful|nonsense|rubbish|crap|shit|fuck|wtf|damn"
    "|k nicemu|hrozn|strasn|otresn|ostud|hlup|blb|idiot|debil|ztrata casu|ztracim cas|podvod"
    "|neprijateln|nastvan|zklaman"
    "|stiznost|uz nikdy|nefunguje|vtip|delate si srandu|do haje|sakra|kurva|mam toho dost"
    "|niekam tik|baisu|siaubing|gedinga|gedos|kvail|idiot|debil|laiko gaisi|laiko svaist|apgav|nepriimtin|pykst|nusivyl"
    "|skund|daugiau niekada|neveikia|juokaujate|nesamon|velniop|uzkniso|sukci"
    "|nutzlos|lacherlich|schrecklich|furchtbar|schlimm|dumm|idiot|zeitverschwendung|frechheit|unverschamt|inakzeptabel"
    "|wutend|sauer|enttausch|beschwer|nie wieder|funktioniert nicht|witz|unsinn|mist|scheiss|verdammt|betrug|katastroph"
    "|reicht mir"
)
_REQUEST, _FRUSTRATION = re.compile(rf"\b(?:{REQUEST})"), re.compile(rf"\b(?:{FRUSTRATION})")


def score(text: str) -> dict[str, float]:
    """1 for a reason whose words the text holds, else 0."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return {
        "customer_request": float(bool(_REQUEST.search(plain))),
        "frustration": float(bool(_FRUSTRATION.search(plain))),
    }
