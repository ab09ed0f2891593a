"""Word tables for the edits: what changes a claim and what does not."""

from __future__ import annotations

import re
from collections.abc import Sequence


def _both(lines: str) -> dict[str, Sequence[str]]:
    table: dict[str, list[str]] = {}
    for line in re.split(r"[;\n]", lines.strip()):
        group = [part.strip() for part in line.split("|")]
        for side, others in ((0, 1), (1, 0)):
            for word in group[side].split("/"):
                table.setdefault(word.casefold(), []).extend(group[others].split("/"))
    return dict(table)


def _groups(lines: str) -> dict[str, Sequence[str]]:
    table: dict[str, list[str]] = {}
    for line in re.split(r"[;\n]", lines.strip()):
        group = [part.strip() for part in line.split("/") if part.strip()]
        for word in group:
            table.setdefault(word.casefold(), []).extend(other for other in group if other != word)
    return dict(table)


MONTHS = "January February March April May June July August September October November December".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
DIGITS = _groups(
    """
two / three / four / five / six / seven / eight / nine / ten / twelve / twenty
first / second / third / fourth / fifth ; hundreds / thousands / millions / dozens
million / billion / thousand / hundred ; once / twice ; half / a third / a quarter / most
"""
)
UNITS = _groups(
    """
minutes / hours / days / weeks / months / years ; minute / hour / day / week / month / year
daily / weekly / monthly / yearly ; miles / kilometers / meters / feet ; percent / percentage points
pounds / dollars / euros ; morning / afternoon / evening / night ; decade / century / year
"""
)
ANTONYMS = _both(
    """
increase | decrease / decline ; increased | decreased / fell / dropped ; increases | decreases / reduces
increasing | decreasing / falling ; rise | fall / drop ; rose | fell / dropped ; rising | falling
higher | lower ; high | low ; highest | lowest ; more | less / fewer ; most | least ; better | worse
best | worst ; before | after ; above | below ; over | under ; large / big | small ; larger / bigger | smaller
largest / biggest | smallest ; long | short ; longer | shorter ; early | late ; earlier | later
earliest | latest ; first | last ; old | new ; older | younger ; good | bad / poor ; great | terrible
positive | negative ; strong | weak ; stronger | weaker ; easy | difficult / hard ; easier | harder
fast | slow ; faster | slower ; open | closed ; opened | closed ; open to | closed to ; won | lost ; win | lose
winning | losing ; success | failure ; successful | unsuccessful ; succeeded | failed
accepted | rejected / declined ; accept | reject / refuse ; agreed | refused / disagreed ; agree | disagree
approved | rejected / blocked ; supported | opposed ; support | oppose ; supports | opposes
allowed | banned / prohibited ; allow | prohibit / prevent ; allows | prohibits / prevents
include | exclude / omit ; includes | excludes / lacks ; including | excluding / except ; included | excluded
with | without ; start / begin | stop / end ; started / began | stopped / ended ; starting | ending
public | private ; male | female ; man | woman ; men | women ; father | mother ; son | daughter
brother | sister ; husband | wife ; boy | girl ; his | her ; he | she ; north / northern | south / southern
east / eastern | west / western ; left | right ; inside | outside ; indoor | outdoor ; near | far from
many | few ; much | little ; always | never ; often / frequently | rarely / seldom ; usually | rarely
likely | unlikely ; possible | impossible ; able | unable ; safe | dangerous / unsafe ; dangerous | safe
legal | illegal ; guilty | innocent ; alive | dead ; happy | unhappy / sad ; cheap / affordable | expensive
expensive | cheap ; free | paid ; hot | cold ; warm | cool ; full | empty ; full-time | part-time
temporary | permanent ; required | optional ; mandatory | optional ; junior | senior ; buy | sell
bought | sold ; buying | selling ; hired | fired / dismissed ; hire | fire / dismiss ; gained | lost
gain | loss ; profit | loss ; improve | worsen ; improved | worsened ; improves | worsens ; built | destroyed
build | destroy ; create | destroy / remove ; created | removed / destroyed ; added | removed ; add | remove
adds | removes ; found | lost ; love | hate ; loved | hated ; confirmed | denied ; confirm | deny
admitted | denied ; arrived | left ; arrive | leave ; entered | left ; join | leave ; joined | left
import | export ; attack | defend ; attacked | defended ; victory | defeat ; ally | enemy ; friends | enemies
rich | poor ; urban | rural ; domestic | foreign ; internal | external ; simple | complex / complicated
ancient | modern ; major | minor ; majority | minority ; maximum | minimum ; same | different
similar | different ; true | false ; up | down ; forward | backward ; day | night ; morning | evening
summer | winter ; young | old ; friendly | unfriendly / rude ; fresh | stale ; clean | dirty
excellent | poor / mediocre ; praised | criticized ; praise | criticize ; enjoyed | disliked
available | unavailable ; reported | denied / concealed ; known | unknown ; common | rare ; popular | unpopular
visible | invisible ; active | inactive / passive ; voluntary | forced ; encourage | discourage
encouraged | discouraged ; encourages | discourages ; expanded | shrank / reduced ; expand | shrink / reduce
growing | shrinking ; grew | shrank ; sent | received ; send | receive ; gave | took ; lend | borrow
teach | learn ; taught | learned ; ask | answer ; asked | answered ; cause | prevent ; caused | prevented
causes | prevents ; despite | because of ; although | because ; against | for / with ; only | not only
at least | at most ; more than | less than / fewer than ; up to | at least ; since | until
during | before / after ; together | separately ; directly | indirectly ; complete | incomplete / partial
online | offline / in person ; remote | on-site ; remotely | in the office
"""
)
QUANTIFIERS = _groups(
    """
all / some / none of / few / most ; every / no ; both / neither / only one of ; several / all / no / one of the
some / all / no ; any / no ; nobody / everybody / somebody ; no one / everyone / someone
nothing / everything / something ; completely / partly / hardly ; mainly / entirely / rarely
almost / more than ; about / exactly ; around / exactly ; nearly / more than ; only / mostly
"""
)
MODALS = _groups(
    """
may / will / must / cannot ; might / will / must ; could / will / must / cannot ; can / must / cannot
should / must / need not ; must / may / need not ; plans to / has refused to / has already begun to
is expected to / has refused to ; are expected to / have refused to ; hopes to / has managed to
tried to / managed to / refused to ; wants to / refuses to ; possibly / certainly ; probably / certainly
perhaps / certainly ; reportedly / certainly ; allegedly / undoubtedly ; considering / rejecting / finalizing
could be / is ; may be / is / is not ; may have / has / has not ; suggests / proves / disproves
suggested / proved / disproved ; believed / proved / doubted ; expected / guaranteed
"""
)
TENSES = _groups(
    """
is / was / will be ; are / were / will be ; will be / was ; has / had / will have ; will / did
currently / formerly ; now / previously ; recently / long ago ; still / no longer ; today / last year
already / not yet ; continues to / used to ; tomorrow / yesterday ; last / next
this year / last year / next year ; will have / had
"""
)
ADDITIONS = (
    "in {name}",
    "on Monday",
    "last Thursday",
    "for the first time",
    "for {n} years",
    "since {year}",
    "in {year}",
    "according to {name}",
    "together with {name}",
    "at no cost",
    "within {n} days",
    "despite strong criticism",
    "because of budget cuts",
    "after a long dispute",
    "and plans to expand abroad",
    "and won an award for it",
    "which surprised many experts",
    "and will retire next year",
    "with the help of volunteers",
    "as part of a government programme",
    "and is free of charge",
    "and has a doctorate",
    "to save money",
    "in front of {n} guests",
    "with a team of {n} people",
)
SYNONYMS = _groups(
    """
said / stated ; says / states ; also / additionally ; but / however, ; because / since
about / approximately / roughly ; use / utilize ; used / utilized ; uses / utilizes ; help / assist
helps / assists ; show / demonstrate ; shows / demonstrates ; showed / demonstrated ; get / obtain
buy / purchase ; bought / purchased ; make sure / ensure ; need to / have to ; big / large ; many / numerous
lots of / many ; start / begin ; started / began ; starts / begins ; end / finish ; ended / finished
people / individuals ; children / kids ; job / position ; work / labor ; company / firm ; companies / firms
begin / commence ; near / close to ; while / whereas ; although / though ; such as / like
for example / for instance ; in addition / moreover ; more than / over ; under / below ; around / approximately
important / significant ; difficult / hard ; quick / fast ; quickly / rapidly ; large / sizable
smart / intelligent ; build / construct ; built / constructed ; give / provide ; gives / provides
gave / provided ; offers / provides ; offer / provide ; requires / needs ; require / need ; keep / maintain
located / situated ; famous / well-known ; whole / entire ; last / final ; often / frequently
usually / typically ; mainly / mostly ; almost / nearly ; entire / whole ; film / movie ; car / vehicle
house / home ; doctor / physician ; police / police officers ; student / pupil ; students / pupils
teacher / instructor ; goal / aim ; goals / aims ; idea / concept ; answer / reply ; told / informed
tell / inform ; asked / requested ; think / believe ; thinks / believes ; seems / appears ; seem / appear
wants to / would like to ; tried to / attempted to ; try to / attempt to ; died / passed away
born / born originally ; happened / occurred ; happens / occurs ; includes / contains ; choose / select
chose / selected ; improve / enhance ; fix / repair ; reduce / cut ; two / 2 ; three / 3 ; four / 4 ; five / 5
six / 6 ; seven / 7 ; eight / 8 ; nine / 9 ; ten / 10 ; percent / % ; enough / sufficient ; amazing / fantastic
delicious / tasty ; great / wonderful ; restaurant / eatery ; customers / patrons ; staff / employees
workers / employees
"""
)
CONTRACTIONS = _groups(
    """
do not / don't ; does not / doesn't ; did not / didn't ; is not / isn't ; are not / aren't ; was not / wasn't
were not / weren't ; cannot / can't ; could not / couldn't ; will not / won't ; would not / wouldn't
has not / hasn't ; have not / haven't ; it is / it's ; they are / they're ; we are / we're ; you are / you're
"""
)
ATTRIBUTIONS = ("According to the text,", "It is said that", "The source says:", "In short,", "Notably,", "Here,")
ADVERBS = "also however moreover therefore indeed actually really very quite Also However Moreover Therefore".split()
