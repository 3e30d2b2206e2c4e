"""Patterns over a folded clause that word lists alone cannot tell apart: who does what to whom, in four languages.

"Connect me with billing" and "connect the sensor with the router" hold the same ideas (``bot.escalation.signals``);
what tells them apart is their order. Each pattern is evidence for or against, weighed by the heads; none decides alone.
"""

from __future__ import annotations

import re

_GAP2, _GAP4 = r"(?:[\w']+ ){0,2}?", r"(?:[\w']+ ){0,4}?"

_PERSON = (
    r"(?:humans?|human beings?|persons?|people|someone|somebody|anyone|anybody|sum1|sm1|some1|sb|agents?"
    r"|representatives?|reps?|operators?|advis[eo]rs?|employees?|staff|colleagues?|managers?|supervisors?|boss"
    r"|superiors?|clerks?|specialists?|experts?|consultants?|technicians?|engineers?|nurses?|case ?workers?|handlers?"
    r"|underwriters?|pharmacists?|founders?|director|ceo|assistants?|team leads?|guy|member"
    r"|clovek\w*|lidmi|lidi|nekym|nekoho|nekdo|nekomu|operator\w*|pracovni\w*|zamestnan\w*|kolegou|kolegyni|kolega"
    r"|vedouci\w*|nadrizen\w*|sef\w*|poradce\w*|poradcem|specialist\w*|technik\w*|konzultant\w*|zivou|zivym|zivy"
    r"|asistentk\w*"
    r"|zmog\w*|zmones|zmonem\w*|darbuotoj\w*|konsultant\w*|vadov\w*|virsinink\w*|kuo nors|ka nors|kas nors|kam nors"
    r"|specialist\w*|vadybinink\w*|kolega|operatori\w*|gyvu|gyvas|gyva|technik\w*|atstov\w*"
    r"|mensch\w*|mitarbeiter\w*|kolleg\w*|chef\w*|vorgesetzt\w*|berater\w*|jemand\w*|person|ansprechpartner\w*"
    r"|sachbearbeiter\w*|techniker\w*|fachmann|experte\w*|leiter\w*|teamleit\w*"
    # roles of any trade: whom a customer can only mean to ask for; German ones stand at the end of a compound
    r"|officers?|coordinators?|inspectors?|tutors?|receptionists?|registrars?|(?:fore|trades)m[ae]n|solicitors?"
    r"|planners?|fitters?|electricians?|plumbers?|buyers?|trainers?|head of \w+|whoever"
    r"|spravc\w*|referent\w*|uredni[ckn]\w*|koordinator\w*|reditel\w*|inspektor\w*|mistr\w*|pravni[ck]\w*|ucetni"
    r"|matrikark\w*|odborni[ck]\w*|ziveho|zive\w*|kohokoli\w*"
    r"|priziuretoj\w*|direktor\w*|meistr\w*|teisinink\w*|buhalter(?:is|es?|ei|iu)"
    r"|budint\w*|atsaking\w*|vedej\w*|viresn\w*"
    r"|\w+(?:leiter|leitung|berater|betreuer|meister|beauftragt|bearbeiter|techniker|planer|prufer|entscheider"
    r"|mitarbeiter|gartner|pfleger|schwester|direktor|assistent|lotse|kraft)(?:s|n|in|innen|e|en|er)?"
    r"|zustandig\w*|verantwortlich\w*|irgendwer|irgendwem|irgendjemand\w*|sekretar\w*)"
)
_TEAM = (
    r"(?:team|department|division|support|helpdesk|customer (?:service|care|support)|billing|accounts|accounting"
    r"|sales|complaints|claims|refunds|reservations|hr|legal|second line"
    r"|oddelen\w*|podpor\w*|uctarn\w*|reklamac\w*|zakaznick\w* \w+|centrum|linku"
    r"|skyri\w*|aptarnavim\w*|pagalb\w*|buhalter\w*|palaikym\w*"
    r"|abteilung|kundendienst|kundenservice|buchhaltung|reklamation|service|hotline|vertrieb|support)"
)
_WHO = rf"(?:{_PERSON}|{_TEAM})"
_MACHINE = (
    r"(?:bots?|chatbots?|robots?|machines?|computers?|software|program|automated|automatic|virtual assistants?|ai"
    r"|\w*bot\w*|strojem|stroj\w*|pocitac\w*|automat\w*|umel\w+ inteligenc\w*|masin\w*|kompiuter\w*|maschine\w*"
    r"|computer|dirbtini\w*|programa)"
)
_TALK_EN = r"(?:talk\w*|speak\w*|spoke|spk|tlk|chat\w*|deal\w*|word|conversation|discuss\w*|contact\w*|reach\w*)"
_TALK_CS = r"(?:\w*mluv\w*|bavit|pobavit|psat si|probrat|resit|spoji\w*|komunikovat|konzultovat|popovidat)"
_TALK_LT = r"(?:\w*kalbe\w*|\w*snek\w*|susisiek\w*|bendrau\w*|aptarti|susijung\w*)"
_TALK_DE = r"(?:\w*sprech\w*|\w*red(?:en|e)\b|chatten|unterhalten|kontakt|telefonieren|klaren|schreiben|verbunden)"
_HAND_ON = (
    r"(?:connect|transfer|trasnfer|put|pass|hand|forward|switch|patch|get|route|redirect|escalate|refer|take"
    r"|bring|loop"
    r"|conect|prepoj\w*|spojte|spoj|predej\w*|prepn\w*|presmeruj\w*"
    r"|sujunk\w*|perjunk\w*|perduok\w*|nukreipk\w*|pakviesk\w*"
    r"|verbind\w*|stell\w*|leit\w*|ubergeb\w*|hol\w*|gib|geben|gebt)"
)
_ME = r"(?:me|us|this|it|him|her|my|mi|mne|nas|ho|mane|mus|mums|mich|mir|uns|das|sie mich|in)"
_GIVE = (
    r"(?:want|wanna|need|give me|gimme|get me|find me|send me|bring me|have|prefer|like|demand|require"
    r"|expect|asked for"
    r"|asking for|chci|chceme|potrebuj\w*|dejte(?: mi)?|zadam|prosim|chtel\w*|rad[ai]? by\w*"
    r"|noriu|norime|norec\w*|reik\w*|duokit\w*|duok|prasau|pageidau\w*|gal\w*"
    r"|will|mochte|brauche\w*|geben sie mir|gib mir|gebt mir|hatte gern|verlange|wunsche)"
)
_POLITE = (
    r"(?:please|pls|plz|thanks|thank you|now|right now|asap|today|already|just|only|a|an|the|your|any|some"
    r"|one|hi|hello"
    r"|yes|no|ok|okay|sorry|live|real|actual|support|service|customer|care|here|prosim|hned|jen|proste"
    r"|dekuji|zakaznicka"
    r"|zivy|ziveho|skutecneho|zakaznicky|prasau|dabar|aciu|gyva|tikra|tik|klientu|bitte|jetzt|sofort|danke"
    r"|ein|eine|einen"
    r"|einem|echten|echter|nur|der|die|den|und)"
)
_THIRD = (
    r"(?:seller|host|driver|landlord|landlady|tenant|courier|owner|doctor|dentist|neighbour|another customer|taxi|cab"
    r"|uber|prodejc\w*|prodavajic\w*|ridic\w*|kuryr\w*|majitel\w*|hostitel\w*|lekar\w*|pronajimatel\w*|soused\w*"
    r"|pardavej\w*|vairuotoj\w*|kurjer\w*|savinink\w*|seiminink\w*|gydytoj\w*|kaimyn\w*"
    r"|verkaufer\w*|fahrer\w*|kurier\w*|vermieter\w*|gastgeber\w*|besitzer\w*|arzt\w*|nachbar\w*)"
)
_SERVICE = (
    r"(?:service|support|company|bank|bot|chatbot|robot|hotline|app|website|site|chat|shop|store|airline|insurance"
    r"|answers?|replies|help|experience|sluzb\w*|podpor\w*|firm\w*|spolecnost\w*|linka|appk\w*|aplikac\w*|odpoved\w*"
    r"|pristup\w*|paslaug\w*|imon\w*|pagalb\w*|programel\w*|atsakym\w*|aptarnavim\w*|botas"
    r"|kundenservice|firma|laden|antwort\w*|hilfe|unternehmen|verein|auskunft)"
)
_YOU = (
    r"(?:you|your|you're|youre|u|ur|yourself|vy|vas|vam|vami|jste|vase\w*|jus|jusu|jums|jumis|esate|ihr"
    r"|euch|euer\w*|eure\w*|sie|ihnen|ihre\w*)"
)
_BAD = (
    r"(?:useless|pathetic|terrible|awful|horrible|hopeless|worst|garbage|rubbish|crap|joke|disgrac\w*"
    r"|shame\w*|incompeten\w*"
    r"|ridiculous|outrageous|unacceptable|pointless|worthless|disappoint\w*|dissatisf\w*|appall\w*|lousy"
    r"|poor|bad|sucks?"
    r"|stupid|dumb|idiot\w*|moron\w*|waste|scandal\w*|insult\w*|nonsense|frustrat\w*|annoy\w*|fed up|sick of|hate"
    r"|k nicemu|hrozn\w*|strasn\w*|priser\w*|ostud\w*|hanb\w*|neschopn\w*|smesn\w*|nechutn\w*|neprijateln\w*|zklam\w*"
    r"|nespokojen\w*|hloup\w*|blb\w*|pitom\w*|idiot\w*|nesmysl\w*|nastvan\w*|skandal\w*|otresn\w*"
    r"|katastrof\w*|zoufal\w*"
    r"|nenavid\w*|vtip|tragick\w*|tragedie"
    r"|niekam\w*|siaubing\w*|baisu\w*|baisi\w*|geda|geding\w*|nusivyl\w*|nepatenkint\w*|kvail\w*|idiot\w*|nesamon\w*"
    r"|neprofesional\w*|apgailetin\w*|juoking\w*|pasityciojim\w*|skandal\w*|blogiausi\w*|blog\w*|nekenc\w*"
    r"|tragisk\w*|beviltisk\w*"
    r"|nutzlos\w*|schrecklich\w*|furchtbar\w*|schlecht\w*|schlimmst\w*|katastroph\w*|lacherlich\w*"
    r"|unverschamt\w*|peinlich\w*"
    r"|inakzeptabel|entt?ausch\w*|unzufrieden\w*|dumm\w*|blod\w*|idiot\w*|unfahig\w*|frech\w*|skandal\w*"
    r"|witz|armselig\w*"
    r"|unsinn|mies\w*|hass\w*|unmoglich\w*|sinnlos\w*|zum kotzen)"
)
_REPEAT = (
    r"(?:again|still|(?:second|third|fourth|fifth|sixth|tenth|umpteenth) time|three times|twice"
    r"|over and over|every time"
    r"|how many times|how often|same|keep|keeps|once more|already|opet|zase|znovu|porad|potreti|podruhe"
    r"|poctvrte|popate"
    r"|kolikrat|stejn\w*|dokola|trikrat|dvakrat|uz|vel|vis|vis dar|trecia\w*|antra\w*|ketvirta\w*|kiek kartu|tas pats"
    r"|ta pati|ta pat\w*|du kartus|tris kartus|jau|wieder|immer|immer noch|schon|zum (?:zweiten|dritten"
    r"|vierten|funften|x) mal|wie oft"
    r"|dreimal|zweimal|standig|dauernd|dasselbe|dieselb\w*)"
)
_SAY = (
    r"(?:ask\w*|told|tell\w*|said|say\w*|explain\w*|repeat\w*|wr(?:ote|ite|itten|iting)|answer\w*|repl\w*"
    r"|read\w*|understand\w*"
    r"|listen\w*|rikal\w*|rekl\w*|psal\w*|pisu|ptam|ptal\w*|vysvetl\w*|opakuj\w*|odpov\w*|cte\w*|nectete"
    r"|nerozum\w*|rozumi\w*"
    r"|sakiau|sakau|rasau|rasiau|klausiu|klausiau|aisk\w*|kartoj\w*|atsak\w*|skait\w*|neskait\w*|nesuprant\w*"
    r"|gesagt|sage|frage|gefragt|schreibe|geschrieben|erklar\w*|wiederhol\w*|antwort\w*|lest|lesen|liest|versteh\w*)"
)

_SOURCES: dict[str, str] = {
    "talk to one": rf"\b{_TALK_EN}\b {_GAP2}(?:to|with|w|na|ot)\b {_GAP4}{_WHO}\b"
    rf"|\b(?:contact|reach|reaching|contacting|get hold of|through to|in touch with|discuss \w+ with) {_GAP4}{_WHO}\b"
    rf"|\b{_TALK_CS} {_GAP4}se?\b {_GAP4}{_WHO}\b|\bse? {_GAP2}{_WHO} {_GAP4}{_TALK_CS}"
    rf"|\b{_TALK_LT} {_GAP4}su {_GAP4}{_WHO}\b|\bsu {_GAP2}{_WHO} {_GAP4}{_TALK_LT}"
    rf"|\b{_TALK_DE} {_GAP4}mit {_GAP4}{_WHO}\b|\bmit {_GAP4}{_WHO} {_GAP4}{_TALK_DE}",
    "talk to third": rf"\b(?:{_TALK_EN}|message|write|contact|{_TALK_CS}|{_TALK_LT}|{_TALK_DE}|mit|su"
    rf"|se?)\b {_GAP4}{_THIRD}\b",
    "pass me to one": rf"\b{_HAND_ON} {_ME}\b {_GAP4}(?:to|with|through|over|on|onto|in|k|na|s|se|su|i|prie|an"
    rf"|zu|mit|durch|weiter)?"
    rf" ?{_GAP4}{_WHO}\b|\b{_ME} {_GAP2}{_GAP4}{_WHO} {_GAP2}(?:verbind\w*|durchstell\w*|weiterleit\w*"
    rf"|weiterverbind\w*|prepoj\w*|sujung\w*|perjung\w*)",
    "pass me": rf"^{_GAP4}(?:be )?{_HAND_ON} {_ME}\b|\b(?:put|get) (?:me|us) through\b|\bhand ?(?:off|over)\b"
    rf"|\btransfer me\b"
    rf"|\bto be (?:connected|transferred|put through)|\b(?:prepoj|sujung|perjung|durchstell|weiterverb"
    rf"|verbunden werden)\w*",
    "want one": rf"\b{_GIVE} {_GAP2}(?:to a |a |an |the |some |any |your |ein\w* |mit )?(?:real |live "
    rf"|actual |other |different )*{_PERSON}\b",
    "bare": rf"^(?:{_POLITE} ){{0,4}}{_WHO}(?: {_WHO}| {_POLITE}){{0,4}}$",
    "is one there": r"\b(?:is|are) there (?:\w+ ){0,2}?(?:human|person|someone|somebody|anyone|anybody"
    r"|people|agents?|staff|manager)\w*"
    r"\b|\b(?:anyone|anybody|any human|any agent|someone|somebody) (?:there|here|around|available|free|online)\b"
    r"|\bje tam (?:nekdo|clovek|zivy)|\bar (?:yra|ten yra|cia yra) (?:kas nors|zmog\w+|gyv\w+|darbuotoj\w+)"
    r"|\bist (?:da|dort|hier) (?:jemand|ein mensch|irgendwer)|\bgibt es (?:da|hier|bei euch"
    r"|bei ihnen)? ?(?:jemand\w*|einen menschen)",
    "no machine": rf"\b(?:don't|do not|not|won't|refuse|rather not|no|no more|stop|enough|tired of|sick of"
    rf"|without|skip|bypass|instead of|uneasy"
    rf"|not comfortable|uncomfortable|hate|prefer not|turn off|off) {_GAP4}{_GAP2}{_MACHINE}\b"
    rf"|\b(?:nechci|nebudu|zadn\w+|nemluv\w*|ne s|bez|dost|vypnet\w*) {_GAP4}{_MACHINE}|\b(?:nenoriu"
    rf"|nekalbesiu|jokiu|be|ne su|uzteks|isjunk\w*) {_GAP4}{_MACHINE}"
    rf"|\b(?:nicht|kein\w*|ohne|genug|statt|ungern|schluss) {_GAP4}{_MACHINE}",
    "call me": r"\b(?:call|ring|phone|contact) (?:me|us|my \w+)\b|\bcall ?back\b|\bget in touch with me\b"
    r"|\b(?:zavola\w+|ozv\w+) (?:mi|se mi|nekdo)|\bnekdo (?:mi )?(?:zavola|ozve)|\bpaskambin\w+ man"
    r"|\bman (?:kas nors )?paskambin|\bruf\w* (?:mich|sie mich)|\bruckruf|\bmich (?:jemand )?(?:zuruck ?ruf"
    r"|anruf|zuruckruf)",
    "call them": r"\b(?:call|ring|phone|contact) (?:my|him|her|them)\b"
    r"|\b(?:give|gave) (?:me|us|her|him|them|my \w+) a (?:ring|call|bell|buzz|shout)\b|\bdrop (?:me|us) a line\b"
    r"|\b(?:za)?(?:vola|vole|brnkn|cinkn)\w+ (?:\w+ )?(?:mi|mne|nam|ji|mu|jim|jemu|na|moj\w*|manzel\w*)\b|\bozv\w+ se\b"
    r"|\b(?:pa)?skambin\w+ (?:man|mums|jai|jam|jiems|mano|del)\b|\b(?:man|mums|jai|jam) (?:\w+ )?paskambin\w*"
    r"|\bsusisiek\w* su man\w*|\batsiliep\w*|\bruf\w* (?:\w+ ){0,6}?(?:an|zuruck|durch)\b|\b(?:anruf|ruckruf)\w*"
    r"|\bmeld\w* (?:\w+ ){0,2}?(?:sich|dich|euch)\b|\b(?:sich|sich jemand|wer) (?:\w+ ){0,3}?melde[nt]?\b",
    "by voice": r"\b(?:over|on|by|via) (?:the )?(?:phone|telephone|voice|video)\b|\bin person\b|\bface to face\b"
    r"|\b(?:po|do|pres) telefonu?\b|\btelefonicky|\bosobne|\bustne\b|\bhlasem\b|\btvari v tvar"
    r"|\btelefonu\b|\basmenisk\w*|\bzodziu\b|\bbalsu\b|\bgyvai\b|\bakis i aki"
    r"|\b(?:am|per|ubers?) telefon\b|\btelefonisch|\bmundlich|\bpersonlich|\bvon mensch zu mensch|\bans telefon"
    r"|\ban (?:die strippe|den apparat|der strippe)|\bam (?:apparat|horer)",
    "does one read": r"\b(?:anyone|anybody|someone|somebody|a soul|human|people|person|body) (?:\w+ )?(?:read\w*"
    r"|listen\w*|look\w*|awake|alive|home|behind)\b"
    r"|\b(?:cte|ctete|sedi|posloucha|nakoukne) (?:\w+ ){0,3}?(?:nekdo|clovek|ziv\w+)"
    r"|\bnekdo (?:\w+ ){0,2}?(?:cte|sedi)\b"
    r"|\bskaito (?:\w+ ){0,3}?(?:kas|zmogus|gyv\w+)|\b(?:kas|kas nors|zmogus) (?:\w+ ){0,2}?(?:skaito|sedi|klauso)"
    r"|\b(?:liest|sitzt|schaut|hort) (?:\w+ ){0,4}?(?:jemand|irgendwer|einer|wer|mensch)\b"
    r"|\b(?:jemand|irgendwer|wer) (?:\w+ ){0,3}?(?:liest|sitzt|da)\b",
    "rather": r"\b(?:rather|sooner|prefer|happier|easier|better|kinder)\b"
    r"|\b(?:radsi|radeji|lepsi|klidnejsi|jednodussi)\b"
    r"|\b(?:verciau|geriau|mieliau|ramiau|paprasciau|priimtin\w+)\b|\b(?:lieber|besser|wohler|eher|einfacher)\b",
    "whom to ask": r"\bwh(?:o|om) (?:do|should|must|can|would|have|is it) (?:i|we|you)?\b.*"
    r"\b(?:speak|talk|see|turn|contact|go)\b"
    r"|\b(?:s kym|za kym|na koho|ke komu)\b|\b(?:su kuo|i ka|pas ka)\b (?:\w+ ){0,2}?(?:reik|kalb|kreip|eiti|gal)\w*"
    r"|\b(?:an wen|zu wem|mit wem|bei wem)\b",
    "call me a name or a cab": r"\bcall (?:me|us) (?!back|please|now|today|about|on|at|when|later|regarding|asap)\w+",
    "hours of one": r"\b(?:hours?|when|what time|until when|opening|weekends?|sundays?|saturdays?|how many"
    r"|how much|how long|phone number"
    r"|number of|email|address|name of|hiring|earn|salary|kdy|hodiny|kolik|cislo|telefon|adresa|jmeno|kada"
    r"|valandos|laikas|kiek"
    r"|numeris|vardas|telefonas|wann|uhr|zeiten|wie ?viele|nummer|adresse|name|bis wann)\b.*\b" + _WHO + r"\b"
    r"|\b" + _WHO + r"\b.*\b(?:hours?|working|open|opens|visit|arrive"
    r"|jmenuje|jmeno|hodiny|dirba|valandos|vardas|arbeitszeit\w*|name|erreichbar)\b",
    "i am one": rf"\b(?:i'm|i am|im|we are|i work as|as|jsem|pracuji jako|jako|esu|dirbu|kaip|ich bin"
    rf"|wir sind|arbeite als|als) (?:a |an |the |ein\w* )?(?:\w+ )?{_PERSON}\b",
    "are you one": rf"\b(?:are you|you are|you're|is this|am i|would you|could you be|can you be|do i|jsi"
    rf"|jste|mluvim|pisu|ar tu|ar jus|esi|jus|ar as|kalbu|bist du"
    rf"|sind sie|du bist|spreche ich|rede ich|schreibe ich|ist das) {_GAP4}(?:{_PERSON}|{_MACHINE})\b",
    "no need for one": rf"\b(?:no need|don't need|do not need|don't want|do not want|not necessary"
    rf"|isn't necessary|don't transfer|don't connect|don't call"
    rf"|rather not|nepotrebuj\w*|neni potreba|netreba|neprepojujte|nereikia|nenoriu|neperjunk\w*"
    rf"|brauche (?:ich )?kein\w*|nicht notig|will nicht|mochte nicht) {_GAP4}"
    rf"(?:{_PERSON}|me|phone|call\w*|talk\w*)\b",
    "my own one": rf"\b(?:my|our|muj|moje|nase|mano|musu|mein\w*|unser\w*) (?:\w+ )?{_PERSON}\b",
    "past one": r"\b(?:spoke|spoken|talked|told me|called me|said|asked me|got off|contacted|rekl\w*"
    r"|mluvil\w*|volal\w*|kalbejau|sake|skambino|gesprochen|gesagt|angerufen)\b",
    "topic not person": r"\b(?:talk|speak|discuss|chat|converse) (?:about|regarding|on)\b|\b(?:mluvit"
    r"|bavit) o\b|\bkalbeti apie\b|\b(?:sprechen|reden) (?:uber|wir)\b",
    "another one": rf"\b(?:another|second|other|different|else's|jin\w+|druh\w+|kit\w+"
    rf"|ander\w+) {_GAP2}(?:{_PERSON}|account|konto|ucet)\b",
    "someone else": r"\b(?:someone|somebody|anyone|anybody) else\b|\bnekym jinym|\bnekdo jiny"
    r"|\bkuo nors kitu|\bkitu (?:zmogumi|darbuotoju)|\bjemand\w* ander",
    "bad you": rf"\b{_YOU} {_GAP4}{_BAD}\b|\b{_BAD} {_GAP2}{_YOU}\b",
    "bad service": rf"\b{_SERVICE} {_GAP4}{_BAD}\b|\b{_BAD} {_GAP2}{_SERVICE}\b",
    "bad this": rf"^(?:{_GAP2})?(?:this|that|it|it's|its|that's|what|how|to|tohle|toto|je to|tai|cia|das|es"
    rf"|was fur|so) {_GAP4}{_BAD}\b",
    "bare bad": rf"^(?:[\w']+ ){{0,2}}?{_BAD}(?: [\w']+)?$",
    "third party bad": rf"\b(?:he|she|they|his|her|their|my \w+|brother|neighbours?|film|movie|match|game"
    rf"|weather|politicians?|on|ona|oni|jeho|jeji|muj|moje|soused\w*"
    rf"|film\w*|pocasi|jis|ji|jie|mano|filmas|oras|er|mein\w*|wetter|nachbarn?)\b.*\b{_BAD}\b",
    "said before": rf"\b{_REPEAT}\b.*\b{_SAY}\b|\b{_SAY}\b.*\b{_REPEAT}\b",
    "you don't": r"\b(?:you|u|nobody|no one|noone|none of you) (?:\w+ )?(?:don't|do not|never|can't|cannot"
    r"|won't|keep|refuse|ignore|promised|answers?|calls?|cares?|listens?|responds?|replies)\b"
    r"|\bare you even\b|\bdo you even\b|\bdid you even\b|\b(?:nikdo|nic) (?:\w+ )?ne\w+|\b(?:vy )?ne(?:ctete"
    r"|rozumite|umite|delate|posloucha\w*|odpovida\w*|pomahate)\b"
    r"|\bniekas ne\w+|\bne(?:skaitote|suprantate|atsakote|klausote|mokate|padedate)\b|\bniemand \w+|\b(?:ihr"
    r"|sie|du) (?:\w+ ){0,2}(?:nicht|nie|nichts|kein\w*|nur|immer)\b",
    "time lost": r"\b(?:wait\w*|been|for|after|cekam\w*|uz|laukiu|jau|warte\w*|seit"
    r"|nach) (?:\w+ ){0,4}?(?:hours?|days?|weeks?|months?|years?|hodin\w*|dn[iu]|dny|tyd\w*|mesic\w*"
    r"|valand\w*|dien\w*|savait\w*|menes\w*|stunden?|tagen?|wochen?|monat\w*)\b",
    "threat": r"\b(?:never (?:again|use|buy|order|book|come)|leaving|cancel(?:l?ing)? everything|lawyer"
    r"|court|regulator|ombudsman|sue|newspaper\w*|competitor|elsewhere|last time i"
    r"|bad review|one star|done with|report you|consequences|pravnik\w*|soud\w*|advokat\w*|konkurenc\w*|uz nikdy"
    r"|naposled\w*|inspekc\w*|hvezdick\w*|odchazim|koncim"
    r"|advokat\w*|teism\w*|konkurent\w*|niekada|skusi\w*|zvaigzdut\w*|iseinu"
    r"|anwalt\w*|gericht\w*|konkurrenz|nie wieder|verbraucher\w*|einem stern)\b",
    "thanks for nothing": r"\b(?:thanks|thank you|thx) (?:\w+ ){0,3}?(?:for nothing|a bunch)|\b(?:great"
    r"|brilliant|wonderful|fantastic|lovely|well done|bravo|congrat\w*|super|skvel\w*|gratuluj\w*|vyborne"
    r"|puiku|saunu|sveikinu"
    r"|toll|prima|glanzleistung|gluckwunsch|na super|na toll|bravo)\b.*\b(?:again|another|nothing|still|same"
    r"|lost|wrong|zase|nic|opet|stejn\w*|vel|nieko|tas pats|wieder|nichts|noch|schon)\b",
}
PHRASES = {name: re.compile(source) for name, source in _SOURCES.items()}
NAMES: tuple[str, ...] = tuple(PHRASES)
_NOT_WORDS = re.compile(r"[^\w']+")


def found(folded: str) -> list[float]:
    """Return 1.0 for each of ``NAMES`` that occurs in a folded text, else 0.0."""
    plain = _NOT_WORDS.sub(" ", folded).strip()
    return [float(bool(pattern.search(plain))) for pattern in PHRASES.values()]
