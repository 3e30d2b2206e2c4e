"""Words of temper in four languages, by what they do: swear, belittle, blame, despair, mock, threaten, wait in vain.

Stems and idioms on folded text, with word boundaries before each. Whether the temper is meant for the bot and its
company shows in whom the same clause speaks to or about; both together are the evidence the heads weigh.
"""

from __future__ import annotations

import re

_STEMS: dict[str, tuple[str, ...]] = {
    "swears": (
        # English, Czech, Lithuanian, German
        (
            r"fuck\w*|goodness'? sake|f+ck|fck\w*|wtf|ffs|shit\w*|bullshit|crap\w*|damn\w*|goddamn\w*|bloody"
            r"|hell\b|arse\w*|ass\b|asshole\w*"
            r"|bastards?|pissed|piss off|screw (?:you|this)|bollocks|bugger|for (?:god|christ|heaven|fuck)'?s? ?sake"
        ),
        (
            r"kurv\w*|do prdele|prdel\w*|sakra\w*|hovno|hovn\w*|nasrat|nasran\w*|jdete (?:do|nekam|k)"
            r"|do haje|do pytle"
            r"|debil\w*|kret[ei]n\w*|hajzl\w*|svin[ei]\w*|zatracen\w*|krucinal|ksakru|krava\b"
        ),
        (
            r"sud(?:as|o|u|ai)\w*|velni\w*|velniop|po velniu|po galais|blet\w*|blia\w*|nachui|eik(?:it"
            r"|ite)? (?:po|tu|jus|sau|na)"
            r"|rupuz\w*|gyvul\w*|sukin\w*|knis\w*|uzknis\w*|uzpis\w*"
        ),
        (
            r"scheiss\w*|scheis\w*|verdammt\w*|verflucht\w*|kacke|arsch\w*|fick\w*|verpiss\w*|leck mich"
            r"|konnt mich|sau(?:laden|stall|bande)"
            r"|drecks?\w*|verarsch\w*|mist\b|zur holle|himmelherrgott|zum teufel"
        ),
    ),
    "insults": (
        (
            r"idiots?|idiotic|morons?|imbeciles?|stupid\w*|dumb\w*|brainless|braindead|brain-dead|clowns?"
            r"|amateurs?|crooks?|thie(?:f|ves)"
            r"|liars?|scam\w*|fraud(?:s|sters?)|cheats?|swindl\w*|con (?:artists?|men)|cretins?|losers?"
            r"|fools?\b|muppets?|donkey"
            r"|incompeten\w*|clueless|ignorant|lazy|robbers?|robbery|rip ?off|ripped me off|parrot|monkey"
            r"|own nose|vultures?|half-?wits?|no clue|fleec\w*|taken for a (?:ride|fool)"
        ),
        (
            r"idiot\w*|blb(?:y|e|a|ci|ec|ost)\w*|hlup\w*|hloup\w*|pitom\w*|tup(?:y|a|e|ci|ec)\w*|neschop\w*"
            r"|amater\w*|zlodej\w*|zlodejn\w*"
            r"|podvodn\w*|lhar\w*|lzete|lzi\b|klaun\w*|sasci|sasek|opic\w*|banda|bando|nemozn\w*"
            r"|nesvepravn\w*|kradete|zbojni\w*"
        ),
        (
            r"idiot\w*|kvail\w*|buk(?:as|a|i|ai)\b|debil\w*|vag(?:ys|iai|iate)\w*|suk[cč]i\w*|melag\w*"
            r"|meluoja\w*|apgavik\w*|neisman\w*"
            r"|nevykel\w*|megej\w*|klounai|klouna\w*|gauja|bezdzion\w*|nesugeb\w*|nemokat\w*|tingini\w*"
            r"|apvog\w*|grob\w*"
        ),
        (
            r"idiot\w*|dumm\w*|blod\w*|bescheuert\w*|strohdumm|unfahig\w*|amateur\w*|betrug\w*|lugn\w*|lugt\b"
            r"|diebe?|clown\w*|deppen?|trottel"
            r"|versager|halsabschneider|abzock\w*|ahnungslos\w*|affe\b|verein\b"
            r"|nichtskonner|gauner\w*"
        ),
    ),
    "belittles": (
        (
            r"useless|pointless|worthless|hopeless|pathetic|terrible|horrible|awful|atrocious|appalling|abysmal"
            r"|dreadful|disgrace\w*|disgusting"
            r"|shambles|shameful|shame on|joke|farce|parody|garbage|rubbish|trash|junk|worst|lousy|laughable"
            r"|ridiculous|absurd|nonsense"
            r"|outrage\w*|scandal\w*|unacceptable|unbelievable|inexcusable|shocking|pitiful|poor(?:ly)?|sucks?"
            r"|no (?:help|use)|not help\w*"
            r"|isn't help\w*|never helps?|waste of|wast(?:e|ed|ing)|not good enough|beyond belief|dire\b"
            r"|inadequate|unprofessional|chaos|mess\b|messed up"
            r"|what (?:kind|sort) of (?:service|help|company|support|answer)|what a way|supposed to be"
            r"|gets? worse|worse than|for nothing|nightmare|torture|horror|embarrass\w*|ashamed|so bad|this bad"
            r"|never works?"
            r"|not in a good way|comedy of errors|failure after|beyond me|let (?:you|them) get away"
            r"|makes? no sense|absolute(?:ly)? (?:joke|shambles|disgrace)"
        ),
        (
            r"k nicemu|k vzteku|na nic\b|nanic|zbytecn\w*|hrozn\w*|strasn\w*|priser\w*|otresn\w*|mizern\w*"
            r"|katastrof\w*|ostud\w*|hanb\w*|styd\w*"
            r"|vysmech|vysmiv\w*|parodi\w*|fraska|bordel|bida\b|smesn\w*|nesmysl\w*|kravin\w*|hnus\w*|odporn\w*"
            r"|skandal\w*|neprijateln\w*"
            r"|neomluvitel\w*|neuveritel\w*|nejhors\w*|tragedi\w*|des a|ztrata casu|ztratil\w*|backoru"
            r"|vubec nepom\w*|nepomoh\w*|nic nefunguje|vrchol|zoufal\w*|za nic\b|co je to za"
            r"|neprofesional\w*|nemehl\w*|nefunguje nic"
        ),
        (
            r"nenauding\w*|beprasm\w*|beviltis\w*|siaub\w*|baisu|baisus|apgail\w*|geda|gedos|gedinga|susigesk\w*"
            r"|pasityciojim\w*|tyciojat\w*|parodij\w*|farsas|nesamon\w*|juokin\w*"
            r"|sukt?a nesamone|slyksc?t\w*|skandal\w*|nepriimtin\w*|nepateisinam\w*|neitiketin\w*|blogiausi\w*"
            r"|niekam tik\w*|niekam\b|jokios naudos|nepadeda|nepadejo\w*|visai nepad\w*|laiko gais\w*|gaist\w*"
            r"|sugais\w*"
            r"|chaos\w*|kosmar\w*|izul\w*|uz nieka|nieko verti|kas cia per|koks cia|kokia cia|neprofesional\w*"
            r"|nusisnekej\w*|nervin\w*|pasipiktin\w*"
        ),
        (
            r"nutzlos\w*|sinnlos\w*|zwecklos|wertlos|hoffnungslos|armselig\w*|erbarmlich\w*|schrecklich\w*"
            r"|furchtbar\w*|grauenhaft|katastroph\w*|schande|schamt|peinlich\w*|blamabel"
            r"|witz\b|farce|parodie|trauerspiel|mull\b|schrott|schlimmst\w*|letzte\b|lacherlich\w*|unsinn"
            r"|schwachsinn|quatsch|skandal\w*|unverschamt\w*|inakzeptab\w*|indiskutabel"
            r"|unterirdisch|unter aller|miserab\w*|mies\w*|schlecht\w*|bringt nichts|hilft (?:mir )?(?:uberhaupt"
            r"|gar|kein)\w*|zeitverschwendung|verschwend\w*|armutszeugnis|chaos|zumutung|unmoglich\w*"
            r"|was fur ein\w*|fur nichts|soll das|fuhrt zu nichts|beleidigung|unprofessionell|frech\w*"
        ),
    ),
    "feels": (
        (
            r"angry|furious|fuming|livid|seething|outraged|annoy\w*|frustrat\w*|irritat\w*|infuriat\w*"
            r"|disappoint\w*|disgusted|dissatisf\w*|unhappy|unsatisf\w*|upset|fed up|sick (?:of|and tired)"
            r"|tired of"
            r"|had (?:it|enough)|enough|patience|nerves|hate|insult\w*|insane|mad\b|up the wall|crazy|give up"
            r"|so over|losing it|lose it|end of my (?:tether|rope)|wits' end|appalled|unimpressed"
            r"|let (?:me )?down|betrayed|cheated|fooled|ignored|regret|blood is boiling|ugh+|argh+"
            r"|lost (?:all )?(?:faith|trust)|zero trust|torture|stole my time|calm down|a nerve\b"
        ),
        (
            r"nastva\w*|nastve\w*|nasran\w*|vztekl\w*|zuri\w*|vytac\w*|stve\b|rozcar\w*|zklam\w*|nespokoj\w*"
            r"|mam (?:toho )?dost|dost!|uz dost|plne zuby|po krk|leze na nervy|nervy|trpelivost|nebavi|pohar"
            r"|nenavid\w*|urazk\w*|urazen\w*|k silenstvi|hrabe|vybuchn\w*|vzdavam|podveden\w*|ignoruj\w*|kaslete"
            r"|ukraden\w*|vadi mi"
        ),
        (
            r"pikt\w*|supyk\w*|ipyk\w*|isiut\w*|siut\w*|nervin\w*|nervai|nusivyl\w*|nuvyl\w*|nepatenkint\w*"
            r"|man gana|jau gana|gana\b|uzteks|atsibod\w*|nusibod\w*|kantryb\w*|nekenc\w*|izeid\w*|is proto"
            r"|pasiduodu|apgaut\w*|ignoruo\w*|nerupi|ne motais|sprogsiu"
        ),
        (
            r"wutend|sauer|stinksauer|zornig|genervt|nerv(?:t|en)\b|auf die nerven|argert|arger|enttausch\w*"
            r"|entt?ausch\w*|unzufrieden|frustrier\w*|emport|entsetzt|geduld|nase voll|schnauze voll|satt\b"
            r"|reicht|genug|kragen|ausrasten|durchdreh\w*|dreh gleich|wahnsinn|hasse|beleidig\w*|gebe auf"
            r"|regt mich|im stich|ignorier\w*|egal\b|schlaft ihr"
        ),
    ),
    "repeats": (
        (
            r"(?:second|third|fourth|fifth|sixth|seventh|tenth|hundredth|umpteenth|nth) time|(?:two|three|four"
            r"|five|six|ten|\d+) times|times already|over and over|again and again|how (?:many|often)"
            r"|same (?:answer|reply|link|thing|text|question|useless|rubbish|article|page|old)"
            r"|repeat\w*|keep (?:asking|telling|sending|giving|getting|saying|on)|you keep|keeps|in circles"
            r"|round and round|loop|already (?:told|said|asked|explained|wrote)|just (?:said|told|asked)"
            r"|yet again|once again|every (?:single )?time|each time|as (?:usual|always)|copy and paste"
            r"|brick wall|going nowhere|leading nowhere|nowhere|getting anywhere|not what i (?:asked|said|meant)"
            r"|nothing to do with|don't (?:understand|get) (?:a|anything|it|what)|so often i"
            r"|none of your answers|(?:you|not) (?:even )?(?:read|listen)"
        ),
        (
            r"(?:podruhe|potreti|poctvrte|popate|posest\w*|podesate|po ste)|(?:dvakrat|trikrat|ctyrikrat|petkrat"
            r"|desetkrat|stokrat)|kolikrat|porad dokola|dokola|stejn\w* odpove\w*|zase t\w+ sam\w*|to same"
            r"|t\w+ same? odkaz\w*|opakov\w*|opakuj\w*|uz jsem (?:vam )?(?:to )?(?:rikal\w*|psal\w*|rekl\w*)"
            r"|zase (?:nic|spatne|stejn\w*)|jako vzdy\w*|pokazde|do zdi|nikam nevede|na neco jineho"
            r"|o necem (?:uplne )?jin\w*|toh?le jsem se neptal\w*|jste neodpoved\w*|neodpovi\w*|vubec nerozum\w*"
            r"|nerozumite|nectete|neumite cist"
        ),
        (
            r"(?:antra|trecia|ketvirta|penkta|sesta|desimta) karta|(?:du|tris|keturis|penkis|desimt"
            r"|simta) kart\w*|kiek kartu|tas pats|ta pati|to paties|to paties|tas pacias|vis ta|vis tas"
            r"|vel (?:ne|tas|ta|nieko|pamet\w*)|kartoj\w*|kartoti|jau (?:\w+ )?(?:sakiau|rasiau|klausiau)"
            r"|kaskart|kaip visada|visada tas|ratu|i siena|niekur neveda|apie kita|ne to klaus\w*|nesuprantat\w*"
            r"|neskaitot\w*|skaityti nemokat\w*|neatsakot\w*|nieko nesupran\w*"
        ),
        (
            r"(?:zweiten|dritten|vierten|funften|sechsten|zehnten|hundertsten|x-?ten|xten) mal|(?:zweimal"
            r"|dreimal|viermal|funfmal|zehnmal|hundertmal|tausendmal)|wie oft|immer (?:wieder|das gleiche"
            r"|dasselbe|dieselbe)|schon wieder|wieder (?:falsch|nichts|die|der|das)|dieselb\w*|dasselbe|derselbe"
            r"|die gleiche|das gleiche|wiederhol\w*|im kreis|wie immer|jedes mal|gegen eine wand"
            r"|habe ich (?:schon|nicht)|schon (?:gesagt|geschrieben|erklart)|was anderem"
            r"|versteht (?:ihr )?(?:uberhaupt|nichts|nicht)|lest ihr|nicht lesen|kapiert"
        ),
    ),
    "waits in vain": (
        (
            r"nobody|no one|noone|not a single|never (?:answer|call|reply|respond)\w*|still (?:no|nothing"
            r"|waiting|not|the)|no (?:answer|reply|response)|on hold|cut off|hang up|hung up|ignor\w*|promis\w*"
            r"|excuses?|lie[sd]?\b|lying|lifted a finger|(?:couldn't|don't|doesn't|not) care|give a (?:damn|toss"
            r"|shit|monkey\w*)|runaround|pillar to post|fob\w*|stall\w*|took my money|take my money|vanish\w*"
            r"|asleep|anyone (?:awake|alive|able)|anybody (?:awake|there|able)\?+|how (?:much )?long(?:er)?"
            r"|when on earth|when will you finally|(?:how|who|why|when|where) on earth|left with nothing"
            r"|(?:their|your) jobs?"
            r"|take(?:s)? (?:any )?responsib\w*|blames? the other|how hard can|why is nothing|my money back"
            r"|charged? (?:me|a card)"
        ),
        (
            r"nikdo (?:\w+ )?ne\w+|nikomu nez\w+|ani jeden|bez odpovedi|zadna odpoved|porad (?:nic|cekam)"
            r"|stale (?:nic|cekam)"
            r"|neodpovid\w*|nevol\w*|nezajim\w*|slib\w*|vymluv\w*|nehnul\w*|je to jedno|je vam to|je vsem"
            r"|ignoruj\w*|spite|spi tam|prachy|penize jste|strhavate|odpojil\w*|od certa|jak dlouho|tydny"
            r"|mesic\w*|kdy (?:uz )?konecne|kdy to konecne"
        ),
        (
            r"niekas ne\w+|niekam ne\w+|nei vienas|be atsakymo|jokio atsakymo|vis (?:dar )?(?:laukiu|nieko)"
            r"|neatsak\w*"
            r"|neskambin\w*|nerupi|zadejo\w*|zadat\w*|pasiteisin\w*|nepajudin\w*|ignoruoj\w*|miegat\w*"
            r"|paemet\w* pinig\w*|pinigus (?:nuskaityti|imti|paimti)|atjung\w*|siuntinej\w*|kiek (?:dar )?laukti"
            r"|kada pagaliau|pagaliau"
        ),
        (
            r"niemand|keiner|kein mensch|keine antwort|immer noch (?:nichts|keine?)|noch immer|warteschleife"
            r"|rausgeworfen|rausgeflogen|aufgelegt|ignorier\w*|versproch\w*|versprech\w*|ausred\w*|egal"
            r"|interessiert (?:das |euch |sie )*nicht|ruhrt|schlaft|abbuchen konnt|kassier\w*|pontius"
            r"|wie lange (?:soll|noch|muss)|wann (?:endlich|passiert)|endlich|funkstille"
        ),
    ),
    "mocks": (
        (
            r"thanks for nothing|thanks a bunch|congrat\w*|well done|bravo|genius\w*|how (?:helpful|nice|lovely"
            r"|kind)|very funny|having a laugh|are you (?:kidding|joking|serious|deaf|blind|asleep)|seriously"
            r"|is this a joke|you call (?:this|that)|yeah right|as if|what a surprise|so much for|just (?:great"
            r"|brilliant|what i needed)|brilliant|marvell?ous|fantastic|great job|nice work|keep up"
            r"|do you (?:even|actually|enjoy)|are you even|april fool|speaking (?:a foreign|chinese)|in crayon"
            r"|would it kill|make me laugh|oh (?:joy|great|please|fantastic|wonderful)|be for real|your idea of"
            r"|painted on|that's all you|is that all|how on earth are you"
        ),
        (
            r"no (?:bravo|super|skvele)|bravo|gratuluj\w*|super\b|skvel\w*|vyborne|uzasn\w*|jednicky"
            r"|dekuj\w* za nic|diky za nic|delate (?:si )?(?:legraci|srandu)|legraci\b|srandu|snad vtip|cinsky"
            r"|jasne|normalni|zblaznil\w*|to ma byt|to je ma byt|usmev\w*|ze se neptam"
        ),
        (
            r"sveikinu|saunu|bravo|puiku|nuostabu|zinoma|aciu uz nieka|juokiat\w*|juokaujat\w*|kiniskai"
            r"|isprotej\w*|cia turetu|normalus|rimtai\?|va tai"
        ),
        (
            r"gluckwunsch|bravo|na (?:super|toll|klasse)|super|toll\b|ganz toll|grossartig|prima|klar\b"
            r"|danke (?:fur nichts|auch)|veralbern|verappeln|auf den arm|chinesisch|ist das (?:ein witz"
            r"|euer ernst)|ernst\?|soll das|noch bei trost|ganz bei trost|das nenne ich|spinnt"
        ),
    ),
    "threatens": (
        (
            r"minus (?:five|ten) stars|never (?:again|use|buy|order|book|shop|come|recommend)|lawyer|solicitor"
            r"|court|sue\b|suing|regulator|ombudsman|trading standards|consumer (?:office|protection|rights)"
            r"|police|newspapers?|press\b|social media|bad reviews?|scathing review|expect a review"
            r"|one[- ]star|zero stars|competitor|elsewhere"
            r"|another (?:provider|company|bank|shop)|taking my (?:business|money|custom)|i'm (?:leaving|off"
            r"|done|out|gone)|done with|finished with|last time i|lost a customer|cancelling everything"
            r"|consequences|hear(?:ing)? from|tell every|report you|report (?:this|your)|charge ?back|we're done"
            r"|i'm done|switching to (?:a|another|your)\b|find another"
        ),
        (
            r"nikdy (?:nic|vic|uz)|uz nikdy|pravni\w*|advokat\w*|soud\w*|zalob\w*|inspekc\w*"
            r"|ochran\w* spotrebit\w*|policie|policii|novin\w*|medi\w*|hvezdick\w*"
            r"|konkurenc\w*|jinam|jinde|odchazim|koncim|koncime|rusim vse\w*|rusime|ztratili|naposled\w*"
            r"|nahlasim|nedoporuc\w*|kazdemu reknu|na vsechny site|dohra"
        ),
        (
            r"daugiau niekada|niekada daugiau|advokat\w*|teism\w*|inspekc\w*|vartotoju teis\w*|policij\w*"
            r"|laikrasc\w*|zurnalist\w*|zvaigzdut\w*|konkurent\w*|kitur|iseinu|su jumis baigta|nutrauksiu"
            r"|nutraukiu viska|praradot\w*|paskutini karta|pranesiu|skusiu\w*|papasakosiu|nerekomenduo\w*"
        ),
        (
            r"nie wieder|nie mehr|anwalt\w*|gericht\w*|klage\b|verklag\w*|verbraucherzentrale|verbraucherschutz"
            r"|polizei|presse|zeitung\w*|ein(?:em|en)? stern|sterne?|konkurrenz|woanders"
            r"|anderen anbieter|wechsle|kundige alles|fertig mit|verloren|letzte mal|melde euch|zeige euch an"
            r"|erzahle jedem|im netz|konsequenzen|nachspiel|weiterempfehl\w*"
        ),
    ),
}
_DIRECTED = (
    r"\b(?:you|your|yours|you're|youre|u|ur|yourselves|this (?:bot|chat|company|service|site|app|is)|the bot"
    r"|support|service|customer care|hotline|company|bot|chatbot|answers?"
    r"|vy|vas|vam|vami|vase|vaseho|vasi|vaseho|jste|budete|mate|delate|umite|ten chat|tenhle|tohle|toto|bot"
    r"|robot|podpora|linka|firma|odpoved\w*"
    r"|jus|jusu|jums|jumis|tu|tavo|esate|sitas|cia|pagalba|botas|imone|aptarnavim\w*|atsakym\w*|atsakyk\w*"
    r"|ihr|euch|eure?\w*|sie|ihnen|ihre?\w*|du|dich|dein\w*|dieser (?:bot|chat)|das ist|der bot|hotline"
    r"|laden|firma|antwort\w*)\b"
)
_OTHERS = (
    r"\b(?:he|she|they|him|her|his|hers|them|their|my (?:brother|sister|boss|ex|neighbours?|husband|wife|son"
    r"|daughter|mum|dad|friend|flatmate|landlord)|neighbours?|politicians?|government|film|movie|series|song"
    r"|game|match|team|weather|traffic|winter|the news"
    r"|on|ona|oni|jeho|jeji|jejich|bratr|soused\w*|manzel\w*|sef|film\w*|serial|pisnick\w*|zapas|tym|pocasi"
    r"|politici|pondel\w*"
    r"|jis|ji|jie|jos|jo|ju|brolis|kaimyn\w*|vyras|zmona|filmas|daina|rungtyn\w*|komanda|oras|orai|politikai"
    r"|er|ihm|ihn|seine?\w*|bruder|nachbar\w*|mein mann|meine frau|chef|film\w*|serie|lied|spiel|mannschaft"
    r"|wetter|politiker)\b"
)
_TEMPERS = {
    name: re.compile("|".join(rf"\b(?:{part})" for part in parts), re.IGNORECASE) for name, parts in _STEMS.items()
}
_DIRECTED_AT, _ABOUT_OTHERS = re.compile(_DIRECTED), re.compile(_OTHERS)
_NOT_WORDS = re.compile(r"[^\w'?-]+")
NAMES: tuple[str, ...] = (
    *_TEMPERS,
    *(f"{name}, at you" for name in _TEMPERS),
    *(f"{name}, about others" for name in _TEMPERS),
    "at you",
    "about others",
    "any temper",
    "two tempers",
    "three tempers",
    "tempers at you",
)


def found(folded: str) -> list[float]:
    """Return 1.0 for each of ``NAMES`` that a folded text shows, else 0.0."""
    plain = _NOT_WORDS.sub(" ", folded).strip()
    tempers = [float(bool(pattern.search(plain))) for pattern in _TEMPERS.values()]
    directed, others = float(bool(_DIRECTED_AT.search(plain))), float(bool(_ABOUT_OTHERS.search(plain)))
    count = sum(tempers)
    return [
        *tempers,
        *(temper * directed for temper in tempers),
        *(temper * others for temper in tempers),
        directed,
        others,
        float(count > 0),
        float(count > 1),
        float(count > 2),
        float(count > 0) * directed * (1 - others),
    ]
