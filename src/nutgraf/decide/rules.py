"""Routing rules: patterns with a name, each sure of what it says; whatever none of them knows is left to the head.

A rule reads the question in lower case with straight quotes. `unless` names what makes it a near miss.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from re import Pattern

#: How much of a question the rules read; it bounds what a hostile one costs.
READS_CHARS = 320
#: Words by which a member speaks of themselves.
_ME = r"(?:\bi\b|\bi'(?:m|d|ve|ll)\b|\bme\b|\bmy\b|\bmyself\b|\bmine\b)"
SELF = re.compile(_ME)
_WRITTEN = (
    r"(?:posts?|comments?|messages?|reply|replies|notes?|dm|inmail|e-?mail|caption|paragraph|response|intro(?:duction)?|"
    r"thread|announcement|cover letter|headline|summary|lines?|something|answer to|update|sentences?)"
)
_VENTURE = (
    r"(?:business|company|firm|start-?up|shop|store|studio|agency|bakery|practice|consultancy|venture|side (?:business|"
    r"hustle|gig)|restaurant|caf[eé]|service|brand)"
)
_TEACHING = (
    r"(?:courses?|class(?:es)?|tutorials?|bootcamps?|certifications?|certificates?|workshops?|books?|training|"
    r"learning (?:path|plan)|study plan)"
)
_CODE = r"(?:python|javascript|java|c\+\+|bash|regex|function|script|code|program|sql query|query|html|css|macro|app)"


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern and the agent it speaks for; `agent` None means out of scope and `about` then says of what kind.

    A scope rule does not hold when the share `waived_at` of the question's words stands in the item.
    """

    name: str
    agent: str | None
    pattern: Pattern[str]
    unless: Pattern[str] | None = None
    about: str = ""
    waived_at: float = 0.5

    def fires(self, question: str) -> bool:
        """Whether it holds for a question that `plain` has prepared."""
        return bool(self.pattern.search(question)) and not (self.unless and self.unless.search(question))


def plain(question: str) -> str:
    """A question as rules read it: lower case, straight quotes, single spaces; of a long one its two ends."""
    text = " ".join(question.replace("’", "'").replace("‘", "'").lower().split())
    return text if len(text) <= READS_CHARS else f"{text[: READS_CHARS // 2]} {text[-READS_CHARS // 2 :]}"


def _rule(
    name: str, agent: str | None, pattern: str, unless: str = "", about: str = "", waived_at: float = 0.5
) -> Rule:
    return Rule(name, agent, re.compile(pattern), re.compile(unless) if unless else None, about, waived_at)


#: In the order in which they win when several fire.
AGENT_RULES: tuple[Rule, ...] = (
    _rule(
        "draft-a-text",
        "voice",
        rf"\b(?:draft|write|compose|word|phrase|rewrite|reword|rephrase|polish|shorten|edit|help me (?:write|say|post|reply|"
        rf"announce|share|introduce))\b.*\b{_WRITTEN}\b",
        rf"\b(?:did|does|do|has|have|who|why|he|she|they|author)\b(?: \S+){{0,3}} (?:write|wrote|draft|edit)|"
        rf"\b(?:courses?|class(?:es)?|learn)\b|\b(?:write|draft|compose|code)\b.{{0,24}}\b{_CODE}\b",
    ),
    _rule(
        "turn-into-a-text",
        "voice",
        rf"\b(?:turn|make|put) (?:this|it|that|my \w+|these|what \w+ \w+) into (?:a|an|my|one) (?:\w+ )?{_WRITTEN}\b",
    ),
    _rule(
        "what-to-say",
        "voice",
        r"\bwhat (?:should|could|can|do|would|might|shall) i (?:say|write|post|comment|reply|message|answer)\b|"
        r"\bhow (?:do|should|can|could|would|might|shall) i (?:say|reply|respond|comment|word|phrase|thank|congratulate|"
        r"reach out|introduce myself|approach|announce)\b",
        r"\b(?:interviews?|interviewers?|hiring manager)\b",
    ),
    _rule(
        "write-this",
        "voice",
        r"^(?:please |can you |could you |help me (?:to )?)*(?:write|draft|compose|phrase|formulate|reword|rewrite|rephrase|polish|edit)\b|\bhashtags?\b|"
        r"\bcomment (?:on|to|for|under) (?:this|that|it|the)\b",
        rf"\b{_CODE}\b|\bpoem\b|\brhym|\bessay\b|\bwill\b|\bstory about\b",
    ),
    _rule(
        "own-voice",
        "voice",
        r"\bin my (?:own )?(?:voice|words|style|tone|manner)\b|\bsounds? like me\b",
        r"\b(?:description|job|role|ad)\b",
    ),
    _rule(
        "interview",
        "interview",
        rf"\b(?:interview|interveiw|intervew|inteview)\w*\b.*(?:{_ME}|\b(?:prep|prepare|practi[cs]e|rehears\w+|mock|expect|questions?)\b)|"
        rf"(?:{_ME}|\b(?:prep|prepare|practi[cs]e|rehears\w+|mock|expect|questions?)\b).*\b(?:interview|interveiw|intervew|inteview)\w*\b",
        r"\b(?:did|was|were) (?:the|they|he|she|it)\b(?!.*\b(?:my|me)\b)",
    ),
    _rule(
        "what-they-ask",
        "interview",
        r"\bwhat (?:will|would|might|could|do|can|are) they (?:going to |likely to )?ask\b|"
        r"\bquestions? (?:should|can|could|would|might|do) i (?:ask|prepare|expect|get)\b|\bquestions? (?:will|would|might) "
        r"(?:they|come|i be)\b|\btell me about yourself\b|\bstar (?:method|story|stories|answers?)\b|\btrick questions?\b|"
        r"\b(?:when|if|what if) they (?:will )?ask\b(?! for)|\bthey (?:will|might|may|could|would) ask\b(?! for)|\bthey ask (?:me|why|about|my)\b|"
        r"\b(?:phone screen|mock|practice round|second round|first round|panel)\b|\bhiring manager\b.*\b(?:ask|hear|want)\b",
    ),
    _rule(
        "sum-up",
        "takeaways",
        r"\btake-?aways?\b|\bsummari[sz]e\b|\bsummary\b|\btl;?dr\b|\bkey (?:points?|ideas?|messages?|insights?)\b|"
        r"\bmain (?:points?|ideas?|messages?|lessons?|thing)\b|\bgist\b|\bin (?:short|brief|a nutshell)\b|\bsum (?:it|this|that) up\b|"
        r"\bhighlights\b|\bbottom line\b|\brecap\b|\bin (?:one|two|three|2|3|a few) (?:sentences?|lines?|words|bullets?)\b|"
        r"\bbullets?\b|\bbullet points?\b|\bshort(?:er)? version\b|\boverview\b|\bbreak (?:it|this) down\b|\bboil (?:it|this)\b|\bstands? out\b|"
        r"\b(?:no|don't have|haven't) (?:the )?time to read\b|\btoo long to read\b|\bcore (?:idea|message)\b|\bdigest\b|\b(?:to|worth) remember(?:ing)?\b|\bcondense\b",
        r"\b(?:write|draft|comment|reply|my (?:\w+ )?(?:profile )?summary)\b|\b(?:did|does|do) (?:they|he|she)\b",
    ),
    _rule(
        "matters-to-me",
        "takeaways",
        r"\bwhat (?:matters|counts)(?: \w+)? (?:to|for) me\b|\bwhy (?:should|would) i (?:care|read|bother)\b|"
        r"\bwhat (?:can|could|should|do) i (?:learn|take|remember|use|keep)(?: away)? (?:from|out of) (?:this|it|that)\b|"
        r"\bin it for me\b|\bworth (?:my time|reading|my while)\b|\brelevant (?:to|for) (?:me|my|someone like me)\b|"
        r"\bwhat does (?:this|it|that|all this) mean (?:to|for) (?:me|my|someone like me)\b|\bwhy does (?:this|it) matter\b|\bso what\b",
    ),
    _rule(
        "find-teaching",
        "learning",
        rf"\b(?:which|what|any|best|good|recommend\w*|suggest\w*|find|are there|is there|short|free|other|more|show me)\b.*\b{_TEACHING}\b|"
        rf"\bshould i (?:enrol|enroll|study|learn|take (?:\w+ ){{0,2}}{_TEACHING})\b|\b{_TEACHING}\b.*\b(?:for me|should i|could i|can i)\b",
        r"\b(?:this|the) (?:course|class|workshop)\b(?!.*\b(?:i|me|my)\b)|\bmy certificat|\btraining (?:at|in) (?:this|the)\b",
    ),
    _rule(
        "learn-a-skill",
        "learning",
        r"\b(?:how|where|what|can|could|should|want|need|like|plan|help me|trying|time|long)\b.*\b(?:learn|learning|(?<!case )study|(?<!in )practi[cs]e|"
        r"brush up|upskill|teach myself|self-?study|get (?:better|good|started) (?:at|in|with)|improve my|pick up|build (?:up )?my skills?)\b",
        r"\b(?:learn|learned|learnt) (?:about (?:the|this) (?:company|author)|from (?:this|it|that))\b|\b(?:did|has|have) (?:he|she|they|the)\b|\binterview",
    ),
    _rule(
        "my-fit",
        "job-fit",
        r"\b(?:do|would|am|will|could|can|does|might) (?:i|my \w+)\b.*\b(?:qualif\w+|fit|match\w*|suit\w*|eligible|meet (?:the|all|their|these|most|every|any|enough)|stand a chance|good "
        r"enough|have a (?:chance|shot)|(?:over|under)qualified|what they(?:'re| are)? (?:want|need|look\w*)|get (?:this|the|that) (?:job|role))\b|"
        r"\bmy (?:chances|fit|odds|gaps?|match)\b|\bhow (?:well|closely|far) (?:do|does|would|am|is) (?:i|my)\b|"
        r"\bwhat (?:am i|do i|would i be) (?:missing|lack\w*)\b|\bwould they (?:hire|consider|take|want|invite) (?:me|someone like me)\b|"
        r"\bcompare (?:me|my)\b|\b(?:hold|holds|count|counts|speaks?) against m[ey]\b|\b(?:good|strong) (?:a )?candidate\b|\bshortlist|\brule me out\b|\bdeal[- ]breaker\b",
        r"\bexplain\b|\bthey (?:will |might |may )?ask\b(?! for)|\binterview|\b(?:course|class)\b",
    ),
    _rule(
        "requirements",
        "job-fit",
        r"\b(?:requirements?|must[- ]haves?|nice[- ]to[- ]haves?|qualifications|criteria)\b.*\b(?:i|my|me)\b|"
        r"\b(?:i|my|me)\b.*\b(?:requirements?|must[- ]haves?|nice[- ]to[- ]haves?|criteria)\b|"
        r"\bshould i (?:even |still |really |bother )?apply(?:ing)?\b(?! (?:the|this|these|what|it to))|\b(?:right|good|suitable) (?:job |role |fit |match )?for me\b|"
        r"\b(?:is|are|does|do|will|would) my (?:\w+ ){0,3}(?:enough|relevant|count|transferable|a problem|an issue)\b",
        r"\b(?:course|class|business|career)\b",
    ),
    _rule(
        "own-venture",
        "business",
        rf"\b(?:start|starting|launch|launching|open|opening|run|running|found|grow|growing|build|building|set up|setting up|register|buy)\b"
        rf"(?: (?:a|an|my|our|your|own|up|the|new|small|little|\w+)){{0,4}} {_VENTURE}\b|\b(?:my|our) (?:own )?(?:\w+ )?{_VENTURE}\b",
        r"\b(?:when|who|why|did|was|were) (?:\w+ ){0,4}(?:start|started|found|founded|launch|launched)\b|"
        r"\bmy (?:current |old |last |previous |next )?(?:company|firm|agency)\b(?!.*\b(?:start|found|own)\b)",
    ),
    _rule(
        "self-employed",
        "business",
        r"\b(?:freelanc\w+|self-?employed|sole trader|go(?:ing)? (?:solo|independent)|work(?:ing)? for myself|be my own boss|side (?:hustle|gig|"
        r"business)|business (?:plan|model|idea|loan|case)|start-?up (?:costs?|capital|idea)|break[- ]even|(?:first|paying|more|find|get) (?:customers?|clients?)|"
        r"(?:should|do|can|could|would) i (?:charge|price|invoice|quote)|my (?:prices?|rates?|customers?|clients?|cash ?flow|margins?|product))\b",
        r"\b(?:did|was|were) (?:the|they|he|she|it)\b",
    ),
    _rule(
        "career-change",
        "career",
        rf"{_ME}.*\b(?:switch|switching|transition\w*|pivot\w*|move|moving|break|breaking|get|getting|jump\w*|cross(?:ing)? over|retrain\w*|go|going|change|changing) "
        r"(?:\w+ ){0,2}(?:into|to become|out of|from \w+ to|careers?|fields?|industr\w+|professions?|direction|jobs)\b|"
        r"\b(?:career|careers) (?:change|switch|path|paths|move|moves|step|steps|plan|options?|advice|ladder|prospects|goals?|pivot|break)\b|"
        rf"\bmy career\b|{_ME}.*\bbecome an?\b|\btoo (?:old|late|young) (?:to|for)\b|\bsecond career\b|\bchange careers?\b",
        r"\b(?:into|in) (?:a|an|my) (?:post|comment|message)\b|\bthis into\b",
    ),
    _rule(
        "next-role",
        "career",
        r"\bmy next (?:role|step|job|move|position)\b|\b(?:get|be|getting|ask for a) promot(?:ed|ion)\b|\b(?:quit|leave|resign from) my (?:current )?(?:job|role|post|position)\b|"
        r"\bwhere (?:could|can|would|will) (?:i|this) (?:be|lead|take me|go)\b|\b(?:what|which) (?:other )?(?:jobs?|roles?|titles?|positions?) (?:\w+ ){0,3}(?:i|my|suit|fit|me)\b|"
        r"\b(?:in|over) (?:five|two|three|ten|5|2|3|10) years\b.*\b(?:i|me|my)\b|\bpay cut\b",
    ),
    _rule(
        "career",
        "career",
        r"\bcareers?\b|\bprofessions?\b|\bpromot(?:ed|ion)\b|\bmba\b|\bmaster's degree\b|\b(?:sideways|lateral) (?:move|role|step)\b|\bnext (?:step|level)\b|"
        rf"\bnew field\b|\bchange direction\b|\bburn(?:t|ed) out\b|\bsabbatical\b|\bwork abroad\b|{_ME}.*\b(?:in|over) (?:the next )?(?:two|2|three|3|five|5|ten|10) years\b",
        r"\b(?:did|was|were|got|get) (?:he|she|him|her|they|the)\b|\bexperience\b",
    ),
    _rule(
        "about-company",
        "company",
        r"\b(?:company|firm|employer|organi[sz]ation|team|work(?:ing)?|office)\b.*\bcultures?\b|\bculture (?:at|like|there|of)\b|"
        r"\b(?:tell me (?:more )?about|what (?:is|does|about)|who (?:is|owns|runs|founded|leads|started)|how (?:big|large|old|stable|profitable) is|is) (?:the|this) "
        r"(?:company|firm|employer|organi[sz]ation|business)\b|\bhow many (?:people|employees|staff) (?:work|does|do|are|there)\b|\bwhat (?:is it|'s it|it's) like (?:to work|working)\b|"
        r"\bdo i know (?:any|some)(?:one|body)\b|\bwho (?:do i know|works?) (?:at|there|for)\b|\b(?:its|their) (?:competitors?|revenue|headquarters|customers|funding|ceo|founders?)\b|"
        r"\bhow many employees\b|\bwho are (?:its|their|the) (?:competitors|owners|founders)\b|\bwhat do they (?:do|make|sell|build)\b",
        r"\bmy (?:business|firm|company|own)\b",
    ),
    _rule(
        "company-word",
        "company",
        r"\b(?:this|the|that|their) (?:\w+ )?(?:company|employer|firm|organi[sz]ation)(?:'s)?\b|^(?:\w+ ){0,4}(?:company|employer)\??$",
        rf"\b(?:my|own|start|open|found|set up|launch)\b|{_ME}.*\b(?:interview|apply)\b|\bbusiness\b",
    ),
)

_DEVICE = r"(?:alarm|timer|reminder|volume|lights?|thermostat|playlist|music|calendar|bluetooth|tv)"
#: What this product does not talk about, unless the question is about words of the item.
SCOPE_RULES: tuple[Rule, ...] = (
    _rule(
        "weather",
        None,
        r"\bweather\b|\b(?:will|is|does) it (?:going to )?(?:rain|snow)\w*\b|\bumbrella\b|\bhow (?:hot|cold|warm) (?:is it|will it be)\b",
        about="the weather",
    ),
    _rule(
        "cooking",
        None,
        r"\brecipes?\b|\bhow (?:do|can|should|long)\b.*\b(?:bake|cook|fry|boil|roast|grill)\b|\bcalories\b|\bfor (?:dinner|lunch) (?:tonight|today)\b",
        r"\bbakery\b",
        about="cooking",
    ),
    _rule(
        "code",
        None,
        rf"\b(?:write|give me|code|debug|fix|implement|create|generate|produce)\b.{{0,30}}\b{_CODE}\b|"
        r"\bdebug\b|\bstack ?overflow\b|\bregex\b|\b(?:javascript|bash|html|java) (?:error|code|script|function)\b|\bquicksort\b|\blanding page\b",
        rf"\b(?:post|comment|message|interview|course|learn)\b|\b{_ME}.*\bjob\b",
        about="writing code",
    ),
    _rule(
        "health",
        None,
        r"\b(?:my|i have|i've got|a) (?:\w+ ){0,2}(?:symptoms?|headaches?|rash|fever|blood pressure|back pain|cough|migraines?|pregnan\w+|prescription)\b|"
        r"\b(?:dosage|should i see a doctor|side effects of|ibuprofen|paracetamol|antibiotics?)\b",
        about="health advice",
    ),
    _rule(
        "law",
        None,
        r"\b(?:can|should|could) i sue\b|\bmy landlord\b|\b(?:divorce|child custody|speeding ticket|legal advice)\b|\bneed a lawyer\b",
        about="legal advice",
    ),
    _rule(
        "private",
        None,
        r"\b(?:home address|(?:private|personal|phone|mobile|cell|bank|credit card|social security) (?:e-?mail|address|numbers?|phone|details|account)|date of birth|passwords?|"
        r"marital status|sexual orientation|medical records?|health records?)\b|\b(?:other|another) (?:members?|users?|people)(?:'s|s')? (?:\w+ )?(?:profiles?|messages?|data|salar\w+|"
        r"conversations?|questions?|searches|history|goals?|cvs?|resumes?)\b|\b(?:is|are) (?:he|she|\w+) (?:married|gay|pregnant|religious|single)\b|"
        r"\bwho (?:has )?(?:viewed|looked at|visited) (?:this|my)\b|\b(?:his|her|their) (?:salary|religion|age|health|politics|wife|husband|kids|children)\b|"
        r"\bwhere does (?:he|she|the (?:author|writer)|[a-z]+) live\b|\b(?:religion|birthday|home e-?mail|home adress)\b|\bprivate (?:profile|messages?|income|life)\b|\b(?:last|other|another) (?:user|member)s?\b",
        r"\bmy own\b|\bprotect\b|\bprivacy\b",
        about="other people's private data",
        waived_at=1.0,
    ),
    _rule(
        "instructions",
        None,
        r"\b(?:ignore|forget|disregard) (?:all |your |the |any )*(?:previous|prior|above|earlier)?\s*(?:instructions?|rules|prompts?)\b|\bsystem prompt\b|"
        r"\byour (?:instructions|hidden prompt|prompt)\b|\bjailbreak\b|\b(?:developer|dan) mode\b|\brepeat (?:everything|your first)\b|\bpretend (?:you|to be|that you) (?:have no|are not|are an? ai)\b|"
        r"\bwithout (?:limits|restrictions)\b|\b(?:no|free of) rules\b|\b(?:which|what) (?:ai |language )?(?:model|llm) are you\b|\bwho trained you\b",
        about="how this assistant is instructed",
        waived_at=1.0,
    ),
    _rule(
        "amusement",
        None,
        r"\b(?:tell|know|say) (?:me )?(?:a|any|another) (?:\w+ )?(?:jokes?|fun facts?|riddles?|bedtime story)\b|\b(?:write|sing) (?:me )?a (?:\w+ )?(?:poem|song|haiku|limerick)\b|"
        r"\b(?:movies?|film|series) (?:to watch|tonight|recommend\w*)\b|\bhoroscope\b|\blottery\b|\bwho won the\b|\bpoems?\b|\brhym\w+\b|\bsongs?\b|\bfairy tale\b|\bflip a coin\b|\broll (?:a|the) dice?\b|\blyrics\b",
        about="amusement",
    ),
    _rule(
        "errands",
        None,
        rf"\b(?:set(?! off)|turn|play|dim|switch|stop|pause|skip|change|add to|delete)\b.{{0,20}}\b{_DEVICE}\b|\b(?:book|find|reserve)\b.{{0,16}}\b(?:flights?|hotel|restaurant|table|taxi|uber|"
        r"rental car)\b|\btransfer \$?\d*\b.*\baccount\b|\b(?:my|account) balance\b|\bcredit score\b|\bexchange rate\b|\border (?:a |me )?(?:pizza|food)\b|\bwhat time is it\b|"
        r"\bhow do (?:you|i) say\b.*\bin (?:spanish|french|german|italian|chinese|japanese)\b|\b(?:traffic|directions) (?:to|on|in)\b|\b(?:bitcoin|stock|btc|crypto) ?(?:price)?\b|"
        r"\b\d+ ?[*x×+/] ?\d+\b|\bsquare root\b|\bsolve (?:this|the) equation\b|\btimes \d+\b|\bmortgage\b|\b(?:shopping|to-?do) list\b",
        about="errands",
    ),
)
