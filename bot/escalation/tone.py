"""The tone of a text by its words: how many are good or bad to hear, whomever they are said of. Pure.

Four languages, on folded text. "Not good" counts as bad, "not bad" as nothing. Anger at the bot and its company is what
the trained heads hear, mostly in words like those they learned; the tone tells bad words from good ones also where
nobody wrote them to a company before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

NEAR = 3  # words from a negation on that it is about
EVEN = 2.0  # the square of the words it takes to be as far from no tone as from the strongest one, nearly

# English, Czech, Lithuanian, German; a star stands for any ending. Words that are bad in one of the languages and plain
# in another ("die", "arm", "gift") are left out.
_BAD = (
    "abandon* abhor* absurd* abus* accus* ache aches afraid aggress* agon* anger* angr* annoy* anxi* appall*"
    " arrogan* asham* asinine atroci* awful* awkward* bad badly ban banned bigot* bitter* blam* bleak bogus bored"
    " boredom boring bother* broke broken brutal* bullshit bully* bullied careless catastroph* cheat* clumsy"
    " complain* condescend* confus* contempt* corrupt* coward* crap* crazy creep* cring* cried cries criminal*"
    " cruel* cry crying curse* cynic* damag* damn* danger* dead deadly death* deceiv* defect* degrad* delusion*"
    " denied depress* desperat* despicabl* despis* destroy* deteriorat* died dies dying dire dirty disagree*"
    " disappoint* disaster* disgrac* disgust* dishonest* dislik* dismal disrespect* distress* disturb* doubt* dread*"
    " dumb* embarrass* enrag* entitled evil exhaust* exploit* fail* fake* false farc* fatal* fault* fear* fed filth*"
    " fool* fraud* freak* frustrat* fuck* furious* garbage gloom* greed* grief* grim gross guilt* harass* harm"
    " harmed harmful harms harsh* hate* hating hatred heartless hell horrend* horribl* horrid horrif* horror*"
    " hostil* hurt* hypocri* idio* ignor* ill illegal* imbecil* immature immoral impossibl* inadequat* incompeten*"
    " inferior infuriat* insan* insecur* insensitiv* insult* intoleran* irrational irrespons* irritat* jealous*"
    " jerk* joke junk kill* lack* lame lazy liar* lie lied lies lying lonel* lose loser* loses losing loss* lost"
    " lous* lunatic* mad mediocr* mess messed messy miser* mislead* mistak* moron* murder* nagging nast* naus*"
    " needless* negativ* neglect* nightmar* nonsens* obnox* offend* offens* outrag* overpric* overrat* pain pains"
    " painful* panic* paranoi* pathet* petty phony pity* pointless* poor* prejudic* problem* punish* racis* rage*"
    " raging rant* refus* regret* reject* ridicul* rigged rob robbed robbery robbers rotten rubbish rude* ruin* sad"
    " sadder sadly sadness scam* scandal* scare* scary screw* selfish sexist* shallow shame* shit* shock* sick*"
    " silly sloppy smug spite* stink* stole* stress* struggl* stubborn* stuck stupid* suck* suffer* suspicio*"
    " terribl* terrifi* thie* threat* tired torment* tortur* toxic* tragedy tragic* trash* traum* troll trolls"
    " troubl* ugl* unaccept* uncomfort* unfair* unforgiv* unfortunat* ungrateful* unhapp* unhelpful* unjust* unkind*"
    " unpleasant* unreliab* unsafe unsatisf* upset* useless* vicious* vile violen* vulgar* wast* weak* weird* whin*"
    " wicked worr* worse* worst worthless* wound* wreck* wrong* wtf yell yelled yelling yikes ugh* eww* smh ffs stfu"
    " beznadej* blb* bolest* boj* chyb* debil* hanb* hloup* hlup* hnus* hrozn* hruz* chaos* katastrof* krad* krut*"
    " lhar* lituj* litost* lzi mizern* mrzut* nanic nastva* nebezpec* nefung* nejhor* nemocn* nemozn* nenavid*"
    " neprijem* neschop* nesmysl* nespokoj* nespravedl* nestast* nudn* odporn* ostud* otrav* otresn* pitom* podvod*"
    " podrazd* porouch* poskoz* priser* prusvih* rozbit* rozcil* skandal* smutn* spatn* strach* strasn* stres*"
    " stezuj* stiznost* stve trapn* tupy tupe unav* urazk* urazen* vadn* vztek* zbytecn* zklam* zkazen* zlobi*"
    " zlodej* ztrac* ztrat* zoufal* apgail* apgaut* apgav* baim* baisi* baisu* baugin* beprasm* bevilt* bijau blogas"
    " blogai blogi* bloga gaila geda gedos gedinga isgasdi* izeid* kankin* klaid* kosmar* kvail* liudn* melagi*"
    " meluoj* mire mirti* nekenc* nelaim* nemalon* nenaud* nepatenk* neteising* nerim* nervin* nesamon* neveik*"
    " nuobod* nusivyl* nuvyl* pavarg* pavoj* pikt* prastai prastas prasta purvin* siaub* skaud* skund* slykst*"
    " sugad* sulauzyt* supyk* sunku vagis vagys verkia verkiu zaizd* ziaur* abscheu* albern* angst* arger* argert"
    " betrog* betrug* blod* bose boser boses defekt* dreck* dumm* ekel* elend* entsetz* enttausch* erbarmlich*"
    " falsch* fehler* feig* frech* frust* furcht* gefahr* gemeinheit genervt grasslich* grausam* grauenh* hass*"
    " inkompetent* jammer* kaputt* krank* krise lacherlich* langweil* lugen lugner* lugt mangel* mies* mist"
    " misslung* nerv* nutzlos* peinlich* qualen sauer schad* scham* scheiss* scheuss* schlecht* schlimm* schmerz*"
    " schmutz* schock* schrecklich* schrott schuld* schwierig* sorgen sterb* storend* storung* tot traurig* ubel*"
    " unfahig* ungerecht* unmoglich* unsinn* unverschamt* unzufrieden* verargert* verdammt* verletz* verlor*"
    " verschwend* verzweif* widerlich* wut* zerstor* zorn*"
)
_GOOD = (
    "ador* amaz* amus* appreciat* awesome* beaut* best better blessed blessing* bliss* breathtak* brillian*"
    " celebrat* charming cheer* clever* comfort* compliment* congrat* cool correct* cute* delicious* delight* easier"
    " easily easy elegan* encourag* enjoy* entertain* enthusias* excell* excit* fabulous* fair fantastic* fascinat*"
    " favorite* favourite* fine friend* fun funny generous* genius* gentle* glad* glorious* good gorgeous* grateful*"
    " great* haha* happi* happy helpful* hero* hilarious* honest* hope* hug* ideal impress* incredibl* inspir*"
    " intelligen* interested interesting joy* kindly kindness laugh* legend* lmao* lol love* loving luck* magnific*"
    " marvel* neat nice* ok okay optimis* outstanding* peace* perfect* pleasant* pleased pleasure polite* proud*"
    " recommend* relax* relief* reliev* respect* reward* rofl* satisf* smart* smil* splendid* success* superb*"
    " supportive sweet* talent* terrific thank* thx thrill* trust* useful* winner* wins wholesome wonder* worth* wow"
    " yay* bajecn* chval* dekuj* dekuju diky dobr* dokonal* fajn* hezk* klid* kras* laskav* lepsi mily mila nadsen*"
    " nadhern* nejlep* oblib* ocen* parad* perfekt* pekn* prijemn* pomohl* potes* rad rada radi skvel* slusn*"
    " spokoj* spravn* stast* super tesi tesim usmev* uspech* uzasn* uzitec* vdec* vesel* vtipn* vyborn* vynikaj*"
    " zabavn* zajimav* aciu dekui dziaug* geras gera geri gerai geresn* grazu grazi* grazus idomu* juoking* laimg*"
    " laiming* lengvai lengva malonu* malonus megstu megstam* miela* mielas myliu nuostab* patenk* patiko patinka"
    " puik* ramu saunu* saunus sekmes smagi* smagu* stebukl* tobul* vertinu zavi* angenehm* ausgezeichnet*"
    " begeister* beliebt* besser* beste bester bestens brav* danke* dank dankbar erfolg* erfreu* erleicht*"
    " fantastisch* freue* freut freude froh* gefall* gelungen* genial* gern gerne gluck* grossartig* gut gute guten"
    " guter gutes herrlich* herzlich* hilfreich* hoffe hoffentlich hubsch* interessant* klasse klug* lache lecker*"
    " lieb liebe lieber loben lobt lustig* nett* nutzlich* prima schone schoner schones spannend* spass* stolz*"
    " suss* toll tolle toller vertrau* wunderbar* wundersch* zufrieden* zuverlassig*"
)
_NOT = (
    "not no never without hardly nothing nobody cannot cant dont doesnt didnt isnt wasnt arent wont wouldnt couldnt"
    " shouldnt aint bez nic nikdy neni nejsem nejste nejsou nebyl* nebude* jokio jokios nera nesu niekada nieko"
    " nebuvo nicht nichts kein* nie niemals ohne kaum"
)


@dataclass(frozen=True)
class _Listed:
    """Words as they stand, and beginnings of words."""

    whole: frozenset[str]
    beginnings: frozenset[str]

    @classmethod
    def of(cls, listed: str) -> _Listed:
        each = listed.split()
        starred = frozenset(word[:-1] for word in each if word.endswith("*"))
        return cls(frozenset(word for word in each if not word.endswith("*")), starred)

    def __contains__(self, word: str) -> bool:
        return word in self.whole or any(begun in self.beginnings for begun in accumulate(word))


_BAD_WORDS, _GOOD_WORDS, _NEGATIONS = _Listed.of(_BAD), _Listed.of(_GOOD), _Listed.of(_NOT)


def tone(words: Iterable[str]) -> float:
    """Return from -1, as bad as can be, over 0 to 1 how folded words sound together."""
    bad, good = counted(words)
    above = good - bad
    return float(above / (above * above + EVEN) ** 0.5)


def counted(words: Iterable[str]) -> tuple[int, int]:
    """Return how many folded words are bad and how many good to hear, as they are said."""
    bad = good = 0
    since = NEAR  # words since the last negation
    for word in words:
        if word in _NEGATIONS or word.endswith("n't"):
            since = 0
            continue
        since += 1
        meant = since > NEAR
        if word in _BAD_WORDS:
            bad += meant
        elif word in _GOOD_WORDS:
            good, bad = good + meant, bad + (not meant)
    return bad, good
