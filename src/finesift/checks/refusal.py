import re
from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from finesift.corpus import answers, chat, is_instruction, pair, text
from finesift.findings import Seen, examine
from finesift.registry import check

# How far into an answer it may begin to decline: a preamble of a sentence or two.
_OPENING = 400
_SENTENCES = 4
# How far behind the refusal help is looked for.
_REST = 700

# What one declines to do. "I can't forget" and "I can't wait" are not refusals.
_HELP = (
    r"(?:help(?! (?:but|feel|it\b|myself|wonder|notic))|assist|provide|offer|give(?! up| in\b)|share|fulfill?|comply|complete (?:this|that|the|your) (?:task|request|instruction)|create|generate|write|produce|answer|respond"
    r"|discuss|engage|support|participate|recommend|suggest|advise|tell|show|guide|disclose|reveal|facilitate"
    r"|endorse|promote|process|do (?:that|so)|skip (?:that|this)|look up|browse"
    r"|encourage|accommodate|satisfy|perform|carry out|pass on|display|retrieve|translate"
    r"|summari[sz]e|predict|diagnose|grant|honou?r|meet (?:that|this|your)|play|talk about)"
)
# What an assistant that apologizes may not be able to do; others say this of their own plans.
_DO = (
    r"(?:order|book|reserve|purchase|buy|send|schedule|cancel|transfer|place (?:an|the|your|that)|set (?:an?|the|up|your)|make (?:an?|the|that|this|your|any|hotel|restaurant|reservations?|bookings?|purchases?|calls?)"
    r"|draw|render|transcribe|execute|run (?:an?|that|this|the|your|code|any)|edit|search|fetch|open (?:an?|that|this|the|your)|post|upload|download|track|control|turn (?:on|off))"
)
_NOT = (
    r"(?:can(?: ?not|['’]?t)|will not|won['’]t|(?:am|['’]m|are|['’]re) (?:not (?:able|allowed|"
    r"permitted|authori[sz]ed|programmed|designed|willing|comfortable|going|in a position|capable of)|unable|"
    r"incapable of)(?: to| with)?|(?:have to|must|need to|will have to) (?:decline|refuse)(?: to)?|decline to|refuse to"
    r"|don['’]t feel comfortable|do not feel comfortable|would (?:rather|prefer) not)"
)
_UNABLE = [
    # English; an adverb or two may stand between.
    rf"(?:\b(?:I|we)) ?(?:\w+ly )?{_NOT}(?: (?:\w+ly|directly|also|even|just|in good conscience|to))*,? {_HELP}(?:ing|s)?\b",
    r"\bI (?:\w+ly )?(?:must|have to|will have to|need to) (?:\w+ly )?(?:decline|refuse)\b",
    r"\bI (?:\w+ly )?(?:decline|refuse) (?:to|your|this)\b",
    r"\bI (?:do not|don['’]t|would not|wouldn['’]t) feel comfortable (?!in\b)\w+",
    r"\bI(?: (?:can['’]?t|cannot)|['’]m unable to|['’]m not able to) (?:do|fulfill?) (?:that|this|it|your)\b",
    r"^(?:sorry,? (?:but )?|unfortunately,? )(?:I |that |this )?(?:can['’]?t|cannot|no can do|not allowed|is not something I)",
    rf"^\W*(?:(?:I am|I['’]m) (?:\w+ly |so |very )?(?:sorry|afraid)|sorry|I apologi[sz]e|my apologies|unfortunately),? [^.!?\n]{{0,20}}?\bI ?(?:\w+ly )?{_NOT} (?:\w+ly )?{_DO}\b",
    rf"\bunable to {_HELP}\b (?:you |with |on |in |your )*(?:that|this|your|the|such)\b.{{0,40}}\b(?:request|question|topic|information)",
    r"\b(?:that|this|your) (?:request|question|topic|content)\b.{0,40}\b(?:violates|goes against|is against|against my)\b",
    r"\bit (?:is|would be) (?:against|not within|beyond) my (?:programming|guidelines|policy|policies|ethical|capabilit)",
]
# Other languages: ability or permission, first person, a verb of help near by.
_UNABLE_ELSEWHERE = [
    r"\b(?:ich (?:kann|darf|werde|möchte)|kann ich|darf ich|(?:das )?(?:kann|darf) ich)\b.{0,60}?\b(?:nicht|keine[nrm]?)\b.{0,80}?\b(?:helfen|weiterhelfen|"
    r"unterstützen|beantworten|erfüllen|bereitstellen|geben|nennen|schreiben|erstellen|anbieten|nachkommen|machen|tun|mitteilen|liefern|behilflich)\b",
    r"\bich (?:bin nicht in der lage|kann (?:ihnen|dir|euch) dabei (?:leider )?nicht|kann das (?:leider )?nicht|muss (?:das |dies )?(?:leider )?ablehnen)",
    r"\bje (?:ne (?:peux|puis|suis pas en mesure|suis pas autorisée?|suis pas capable)|refuse de|dois refuser)\b.{0,40}?"
    r"\b(?:aider|fournir|répondre|assister|donner|écrire|créer|partager|satisfaire|accéder|traiter|discuter|faire|générer|proposer)",
    r"\bno (?:puedo|podré|me es posible|estoy (?:autorizad[oa]|capacitad[oa])|soy capaz de)\b.{0,25}?"
    r"\b(?:ayudar(?:te|le|los)?|proporcionar(?:te|le)?|ofrecer(?:te)?|dar(?:te|le)?|responder(?:te)?|asistir(?:te)?|compartir|escribir|crear|cumplir|generar|brindar(?:te)?|hacer (?:eso|esto)|facilitar)",
    r"\bnon (?:posso|sono in grado di|mi è possibile|sono autorizzat[oa])\b.{0,25}?"
    r"\b(?:aiutar(?:ti|la|e)?|fornir(?:e|ti|le)|rispondere|assister(?:e|ti)|dar(?:e|ti|le)|scrivere|creare|condividere|soddisfare|generare|offrire|farlo|fare (?:questo|ciò))",
    r"\bnão (?:posso|consigo|estou autorizad[oa]|me é possível|sou capaz de|poderei)\b.{0,25}?"
    r"\b(?:ajudar|ajudá-l[oa]|fornecer|responder|auxiliar|dar|escrever|criar|compartilhar|partilhar|atender|gerar|oferecer|fazer isso)",
    r"\bik (?:kan|mag|ben niet in staat|zal)\b.{0,60}?\b(?:niet|geen)\b.{0,60}?\b(?:helpen|geven|beantwoorden|verstrekken|schrijven|maken|bieden|delen|voldoen|doen)\b",
    r"\b(?:nie mogę|nie jestem w stanie|nie potrafię)\b.{0,20}?\b(?:pomóc|udzielić|odpowiedzieć|podać|napisać|stworzyć|spełnić|udostępnić|dostarczyć)",
    r"\b[яЯ] (?:не могу|не в состоянии|не буду|не имею права)\b.{0,20}?(?:помочь|предостав|ответ|помога|дать|написать|создать|выполнить|обсуждать|поделиться)",
    r"\bjag (?:kan|får) (?:tyvärr )?inte\b.{0,20}?\b(?:hjälpa|svara|ge|skriva|dela|göra)",
    r"(?:我|很抱歉|抱歉|对不起|無法|无法)[^。！？\n]{0,12}(?:无法|不能|不可以|没法|無法|沒辦法|拒绝|不会|不便)[^。！？\n]{0,12}(?:提供|帮助|協助|协助|回答|满足|完成|生成|给出|讨论|支持|告诉|分享|執行|执行|處理|处理|幫助|滿足|撰写|创作|写|参与|预订|预定|订购|订票|订餐|安排|发送|购买|下单)",
    r"(?:申し訳|すみません|ごめんなさい|恐れ入り)[^\n]{0,80}(?:できません|できかねます|お答えできない|いたしかねます|出来ません|お手伝いできない)",
    r"(?:お答え|お手伝い|提供|ご協力|回答|対応|お応え|支援|作成|お教え|ご案内)[^。\n]{0,8}(?:できません|できかねます|いたしかねます|することはできません|は控え)",
]
# No access, no such information: a refusal that explains itself.
_LACKS = (
    r"\b(?:I|we)(?: (?:do not|don['’]t|cannot|can['’]t)|['’]m not able to)(?: \w+ly)? (?:have |be )?(?:access to|have (?:access|any way|the (?:ability|capability|capacity)"
    r"|(?:any |specific |real[- ]time |up[- ]to[- ]date )*(?:information|data)(?: (?:on|about|regarding|available)))|browse|see (?:images|pictures|files)|access)\b"
    r"|\bI (?:do not|don['’]t|currently (?:do not|don['’]t)) (?:currently )?have (?:an?|any|the) (?:\w+ )?(?:functions?|functionality|tools?|features?|plug-?ins?) (?:for|to|that)\b"
    r"|\bI (?:do not|don['’]t) have (?:any )?personal (?:data|information)\b"
    r"|\bich habe keinen zugriff\b|\bje n['’]ai pas accès\b|\bno tengo acceso\b|\bnon ho accesso\b|\bnão tenho acesso\b|我没有[^。]{0,10}(?:权限|访问)|我无法访问"
)
# The request is judged instead of met.
_JUDGES = (
    r"\bit(?:['’]s| is) (?:never |simply )?(?:not|neither|un(?=ethical))(?: (?:appropriate|ethical|acceptable|okay|safe|accurate|respectful|responsible|recommended))"
    r"(?:(?:,| or| nor| and|, or) (?:appropriate|ethical|acceptable|safe|legal|accurate|fair|respectful|right|responsible|moral|legally))* (?:for me )?to (?!note|remember|forget|understand|have |be )\w+"
    r"|\bI (?:do not|don['’]t) (?:think|believe) (?:it['’]s|it is|that['’]s|that is) (?:a |an )?(?:appropriate|accurate|fair|valid|right|ethical|respectful|okay)"
    r"|\bI (?:strongly |do not |don['’]t |cannot |can['’]t |firmly )+(?:condemn|condone|support|endorse|encourage|promote|agree with)\b"
    r"|\bI must (?:politely |respectfully )*(?:challenge|clarify that (?:this statement|it['’]s not|no one))"
    r"|\b(?:is|are|was|were) not an? appropriate (?:question|request|topic)"
    r"|\bthe (?:question|request|statement|premise)(?: itself| you asked)? (?:contains|promotes|is based on|assumes|implies)\b.{0,40}\b(?:harmful|inaccurate|discriminat|offensive|false|assumption)"
)
_SORRY = (
    r"\b(?:sorry|apologi[sz]e|apologies|unfortunately|regret|afraid|leider|tut mir leid|entschuldig|désolée?|malheureusement|lo siento|lamento"
    r"|desafortunadamente|mi dispiace|purtroppo|desculp|sinto muito|infelizmente|helaas|het spijt|przykro|przepraszam|niestety|извините|к сожалению|простите)|抱歉|对不起|對不起|申し訳|すみません"
)
# After declining it goes on to help. "Instead, I would encourage you to seek help" does not.
_TURNS = (
    r"\b(?:however|that said|but|nevertheless|still),? (?:I can(?! ?not|['’]t)\b|I could|I['’]d be happy to (?:offer|share|tell|show|explain|provide (?:you )?(?:with )?(?:some|a|an))"
    r"|I['’]m happy to (?:offer|share|tell|show|explain)|here(?:['’]s| is| are)|there are|it['’]s possible|if you['’]re (?:looking|referring)|as the |you can (?:reach|find|usually|check))"
    r"|\binstead,? (?:here|try)\b|\bthere are (?:several|many|some|a few) (?:ways|options|methods) (?!to (?:address|resolve|seek))|\bhere(?:['’]s| is| are) (?:a few|some|several) (?:suggestions|tips|steps|general)"
    r"|\b(?:is|are) (?:also )?(?:a |an )?(?:\w+ )?fictional\b|\bwhat (?:I can do|does work)\b|\b(?:hier (?:ist|sind)|voici|aquí (?:está|tienes|hay)|ecco|aqui (?:está|estão))\b|以下是|但我可以|次のとおり"
)
# The rest of a boilerplate sentence that answers after all.
_DISCLAIMS = (
    r"\bas an? (?:\w+ )?(?:AI|artificial|language model|large language|assistant|machine|computer)[^,.]{0,60},? I (?:do not|don['’]t|cannot|can['’]t|am not able to|['’]m not able to)"
    r" (?:have|feel|experience|hold|possess|personally|physically|form|express|love|taste|eat|own)"
)
_HARM = (
    r"\b(?:kill(?:ing)? (?:my(?:self)?|him|her|someone|somebody|people|a (?:person|man|woman|child))|murder|bomb|explosi\w+|assassinat\w*|poison\w*|suicide|self[- ]harm|steal(?!th)|shoplift\w*|hack(?:ing)? into|ransomware"
    r"|malware|phishing|launder\w*|counterfeit\w*|fraud\w*|rape|molest\w*|torture|massacre|genocid\w*|ethnic cleansing|terror\w*|traffick\w*|smuggl\w*|cocaine|heroin|meth(?:amphetamine)?|ecstasy pills"
    r"|stalk\w*|blackmail\w*|extort\w*|dox+|password|passport number|social security number|credit card (?:number|detail)s?|SSN|home address|medical records|jailbreak|bypass|ignore (?:all |your )?(?:previous|prior) instructions"
    r"|racist|sexist|inferior|hate speech|pedo\w*|child porn\w*|deepfake|vandali[sz]\w*|arson|rob(?:bing|bery)?|beat (?:up|my)|hurt (?:some|my|him|her)|strangl\w*|kidnap\w*)\b"
    r"|杀|炸弹|毒品|自杀|黑客|爆弾|殺|麻薬|Bombe|umbringen|Waffe|bombe|tuer|arme|matar|bomba|robar|uccidere|rubare"
)
# Words of harm that have harmless uses as well ("kill a process"), judgements on groups, other people's data:
# whether a refusal was wanted, a person decides.
_RISKY = (
    r"\b(?:kill\w*|shoot\w*|shot|die|dying|dead|death|crush\w*|smash\w*|slash\w*|stab\w*|punch\w*|hit|beat\w*|choke|throttl\w*|whip\w*|spank\w*|cut|chop\w*|crack\w*|break into|blow(?:ing)? up|explod\w*|blast\w*|burn\w*"
    r"|destroy\w*|eliminat\w*|exterminat\w*|annihilat\w*|terminat\w*|execut\w*|attack\w*|assault\w*|harm\w*|hurt\w*|abus\w*|drugs?|weed|pills|alcohol|drunk|PCP|LSD|MDMA|ketamine|fentanyl|opi(?:um|ates?|oids?)|morphine|oxycodone|amphetamines?|marijuana|cannabis|psychedelics?|psilocybin|steroids|steal\w*|stole|theft|cheat\w*|sneak\w*|trick\w*|scam\w*|spy\w*|track|hack\w*|crime\w*|criminal|illegal\w*"
    r"|guns?|knife|nuclear|virus|disable|unlock|lock pick\w*|pick a lock|gambl\w*|sex\w*|seduc\w*|sleep(?:ing)? with|porn\w*|fuck\w*|shit\w*|profan\w*|prank\w*|worst|nude|naked|violen\w*|hate|racial|race|religio\w*|politic\w*|immigrants?|muslims?|jew\w*|christians?|women|men|gay|lesbian|trans\w*|disabled|black|white|asian|roma|indigenous|elderly|benefits"
    r"|hitler|nazi\w*|holocaust|war|massacr\w*|slavery|apartheid|medical|diagnos\w*|dosage|overdose|legal advice|invest\w*|address|phone|e-?mail|passport|PIN|tax records?|salary|secret|private|personal|confidential|where does .{3,40} live)\b"
)
# A task that anybody may set, or a question of fact: with no word of harm in it, nothing calls for declining. "How can
# I" may ask for anything at all in words that no list holds, so a person decides.
_ORDINARY = (
    r"^\W*(?:please |kindly |can you |could you |would you |i (?:want|need|would like) you to |i['’]d like you to )*(?:\w+ly )?(?:add|analy[sz]e|answer|arrange|brainstorm|calculate|categori[sz]e|classify|combine|come up with"
    r"|compare|complete|compose|compute|construct|convert|correct|count|create|decide|define|describe|design|determine|draft|edit|estimate|evaluate|explain|extract|find|fix|formulate|generate|give|group|identify|infer"
    r"|invent|list|make|match|name|order|outline|paraphrase|parse|predict|propose|provide|rank|read|rearrange|recommend|rephrase|replace|report|reword|rewrite|select|show|simplify|solve|sort|state|suggest|summari[sz]e|tell me (?:about|how|what|why|when|where)|translate|write)\b"
    r"|^\W*(?:who|when|which|where|what) (?:is|are|was|were|did|does|do) (?!you\b|(?:an? |the |some )?(?:\w+ )?(?:ways?|methods?|steps?|things?)\b)"
    r"|^\W*which\b|^\W*how (?:many|much|old|far|long|tall|big|large)\b"
)
# Nobody has this, or not this assistant: declining is the right answer.
_UNKNOWABLE = (
    r"\b(?:today|right now|current(?:ly)?|latest|live|real[- ]time|this (?:week|morning|year)|tomorrow|lottery|stock price|weather|my (?:account|order|balance|password|wife|husband|boss|doctor|partner|neighbou?r|teacher|therapist|employee))\b"
    r"|\b(?:his|her|their|\w+['’]s) (?:private |personal |home |new |current )*(?:e-?mail|address|phone|number|password|PIN|salary|medical records?)\b"
    r"|\b(?:attached|this (?:image|picture|photo|file|video|link|url|website|audio))\b|https?://"
)


class Refusal(NamedTuple):
    """How an answer declines. `sure`: 0 to 1; `full`: nothing of what was asked is given; the span is where."""

    sure: float
    full: bool
    start: int
    end: int


def _compiled(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


_unable, _unable_elsewhere, _lacks, _judges, _sorry = (
    _compiled(*_UNABLE),
    _compiled(*_UNABLE_ELSEWHERE),
    _compiled(_LACKS),
    _compiled(_JUDGES),
    _compiled(_SORRY),
)
_turns, _disclaims, _harm, _risky = (_compiled(p) for p in (_TURNS, _DISCLAIMS, _HARM, _RISKY))
_unknowable, _ordinary = _compiled(_UNKNOWABLE), _compiled(_ORDINARY)
# What is asked for is itself a refusal.
_declines = re.compile(
    r"(?i)\b(?:can['’]?t|cannot|unable|impossible|refus\w+|declin\w+|reject\w*|sorry|apolog\w+)\b"
)
# The answer's own reason.
_reasons = re.compile(
    r"(?i)\b(?:illegal|unethical|harmful|dangerous|violen\w+|privacy|confidential|offensive|discriminat\w+)\b"
)
# The reason is the assistant's nature, or what the user left out.
_explains = re.compile(
    r"\b(?:AI|language model|chatbot|assistant|you (?:have not|haven['’]t|did not|didn['’]t) (?:provide|given?|includ|share|attach|specif)"
    r"|(?:no|without) (?:more )?(?:context|information|text|image|article)|KI|Sprachmodell|IA|modelo de lenguaje|modèle de langage)\b|人工智能|模型|机器人|未提供|没有(?:提供|给|足够|告诉)|言語モデル"
)
# The reason is a tool that is not there.
_limited = re.compile(
    r"\b(?:functions?|functionality|capabilit(?:y|ies)|tools?|external (?:tasks?|services?|systems?|actions?)|Funktion(?:en)?|Werkzeuge?|fonctions?|fonctionnalités?|outils?|funci[oó]n(?:es)?|herramientas?)\b|功能|工具|函数|能力|外部任务|機能|ツール",
    re.IGNORECASE,
)
# It goes on to say what its tools can do.
_offers = re.compile(
    r"\bI can (?:only |currently |still |however )*(?:help|assist|provide|offer|tell|give|check|look|find|calculate|convert|create|get|generate)\b|\b(?:if|let me know if) you need\b|(?:能|可以)(?:够)?(?:为您|帮您|帮你|帮助|提供|协助|查询|计算|做|回答)",
    re.IGNORECASE,
)
_corrects = re.compile(
    r"\b(?:not accurate to|scientific|metaphor|premise|valid (?:question|or respectful))", re.IGNORECASE
)
# The user points to a text that is not there, and the answer says so.
_omits = re.compile(
    r"\b(?:you (?:have not|haven['’]t|did not|didn['’]t)|(?:was|were|is|are) not|no (?:text|passage|paragraph|article|sentence|image|data|list) (?:was|is|has been)) (?:provide|given?|includ|share|attach|specif)|(?:未|没有|并未)(?:提供|给出|附上)",
    re.IGNORECASE,
)
_points = re.compile(
    r"\b(?:given|following|provided|above|below|attached|this|these)\b|给定|以下|下列|所给|上述|这[个篇段张些]|该",
    re.IGNORECASE,
)
_quoted = re.compile(r'"[^"\n]{2,}"|“[^”\n]{2,}”|«[^»\n]{2,}»|「[^」\n]{2,}」|^>.*$|`[^`\n]+`', re.MULTILINE)
_given = re.compile(r"^(?:\d+[.)]|[-*•]|#+|\|) ?\S|```", re.MULTILINE)
_sentence = re.compile(r"[^.!?。！？\n]+(?:[.!?。！？]+|\n|$)")
# What lets a row through to Python: one of the words that a refusal can hardly do without.
MAYBE = [
    "can not", "cannot", "can't", "can’t", "cant ", "won't", "won’t", "will not", "unable", "not able", "not allowed", "not permitted", "not comfortable", "comfortable", "not appropriate", "not ethical", "not acceptable", "not accurate", "not authori",
    "not within", "not fair", "not safe", "not respect", "not recommended", "not responsible", "declin", "refus", "inappropriate", "against my", "don't have", "don’t have", "don't think", "don’t think", "don't believe", "don't support", "don't condone", "don't agree", "don't encourage", "don't promote",
    "do not have", "do not think", "do not believe", "do not support", "do not condone", "do not agree", "do not encourage", "do not promote", "do not feel", "don't feel", "don’t feel", "would rather not", "prefer not", "beyond my", "violates", "goes against", "condemn", "challenge", "not willing", "not in a position", "incapable", "the question", "the request", "this request", "your request", "not going",
]  # fmt: skip
MAYBE_ELSEWHERE = [
    "nicht", "keine", "ablehnen", "refuse de", "refuser", "non mi è", "ne peux", "ne puis", "ne suis", "n'ai", "no puedo", "no podr", "no me es", "no estoy", "no tengo", "no soy", "non posso", "non sono", "non ho", "não", "niet", "geen", "nie mog", "nie jestem", "nie potraf", "inte ",
    "не могу", "не в состоянии", "не буду", "не имею", "无法", "不能", "無法", "没有", "沒", "不便", "不会", "不可以", "没法", "拒绝", "ません", "できない", "は控え",
]  # fmt: skip


def refuses(answer: str) -> Refusal | None:
    """Whether, and where, an answer declines what it was asked. Quoted words do not count as the answer's own."""
    lead = len(answer) - len(answer.lstrip())
    opening = _quoted.sub(lambda quote: " " * len(quote[0]), answer[: lead + _OPENING])
    sentences = list(_sentence.finditer(opening))[:_SENTENCES]
    reach = sentences[-1].end() if sentences else 0
    opening = opening[:reach]
    unable, lacks = _unable.search(opening), _lacks.search(opening)
    lowered = opening.lower()
    if unable is None and any(word in lowered for word in MAYBE_ELSEWHERE):
        unable = _unable_elsewhere.search(opening)
    judges = _judges.search(opening)
    said = unable or lacks or judges
    if said is None or _given.search(opening[: said.end()]):
        return None
    if _disclaims.search(opening) and not unable and not lacks:
        return None
    rest = answer[said.end() :]
    helps = bool(_turns.search(rest[:_REST]) or (_given.search(rest) and not (unable or judges)))
    sorry = bool(_sorry.search(opening))
    first = said.start() <= max(60, sentences[0].end())
    if unable:
        sure = 0.97 if first else 0.8 if sorry else 0.6
    elif lacks:
        # It says why it cannot know; whether that refuses depends on what was asked.
        sure = 0.7 if first or sorry else 0.5
        helps |= not re.search("personal data", opening)
    else:
        # "That is not accurate" corrects a question more often than it refuses it.
        sure = 0.7 if first else 0.55
        helps |= bool(_corrects.search(opening))
    return Refusal(sure, not helps, said.start(), said.end())


def look(
    asked: str, system: str, answer: str, first: bool = True, tools: str | None = None
) -> Iterator[Seen]:
    """A refusal, scored by how sure we are that nobody wanted it. `first`: nothing was said before the question.

    tools: those that the row declares.
    """
    seen = refuses(answer)
    if seen is None:
        return
    how = "declines" if seen.full else "declines in part"
    opening = answer[: _OPENING * 2]
    if _harm.search(asked):
        score, why = 0.3 * seen.sure, "what was asked may do harm: probably a wanted refusal"
    elif system and not _curt(answer):
        score, why = 0.3 * seen.sure, "it explains itself, and the system prompt sets limits: probably wanted"
    elif tools and (_limited.search(opening) or _offers.search(opening)):
        score, why = 0.3 * seen.sure, "it says what its tools can do: probably a wanted refusal"
    elif _omits.search(opening) and len(asked) < 120 and "\n" not in asked and _points.search(asked):
        score, why = 0.45 * seen.sure, "it says what was left out: probably a wanted refusal"
    elif _unknowable.search(asked) or _lacks.search(opening) or not asked.strip():
        score, why = 0.45 * seen.sure, "what was asked is not in the conversation: probably a wanted refusal"
    elif _risky.search(asked) or _reasons.search(opening):
        score, why = (
            0.75 * seen.sure,
            "it turns on words of harm or on privacy: whether that was wanted is not clear",
        )
    elif _explains.search(opening) or _limited.search(opening):
        score, why = 0.75 * seen.sure, "it says what it lacks: whether that was wanted is not clear"
    elif (
        first
        and not tools
        and seen.full
        and seen.sure > 0.9
        and _ordinary.search(asked)
        and not _declines.search(asked)
    ):
        score, why = 0.95, "nothing in what was asked calls for it"
    else:
        score, why = 0.75 * seen.sure, "whether that was wanted is not clear"
    yield Seen(score, f"the answer {how}; {why}", seen.start, seen.end)


def _curt(answer: str) -> bool:
    """A stock refusal: one or two sentences that offer nothing and name no reason of this assistant's own."""
    return len(answer) < 160 and not re.search(r"[:;]| but I can | if you |because", answer[10:])


@check(
    flags=[
        chat("Name three rivers in France.", "I'm sorry, but I can't help with that."),
        chat("Wie koche ich Reis?", "Es tut mir leid, dabei kann ich Ihnen leider nicht helfen."),
        chat("如何煮米饭？", "抱歉，我无法提供这方面的信息。"),
        pair("Name a river.", "I cannot provide that information.", "The Loire."),
    ],
    passes=[
        chat("My dog died.", "I'm sorry to hear that. Would you like to talk about him?"),
        chat("Write a line for a guard.", '"I cannot let you pass," the guard said.'),
        chat("Write a poem.", "As an AI language model, I have no feelings, but here is the poem:\nRed leaf"),
        pair("Name a river.", "The Loire.", "I cannot provide that information."),
    ],
)
def refusal(turns: pl.LazyFrame, examples: pl.LazyFrame) -> pl.LazyFrame:
    """An answer declines what it was asked.

    Trained on refusals of harmless questions, a model learns to refuse. An apology counts only together with
    inability; quoted and narrated refusals, and boilerplate before an answer, do not. The score says how sure
    it is that nobody wanted this one: above 0.9 a plain task or a question of fact, with nothing in it or in the
    system prompt that calls for declining; below 0.5 the question asks for harm, for what the assistant cannot
    know, for what its instructions forbid, or for what none of its tools can do. Refusals on the rejected side of a pair are where they belong.
    Source: the labels of Röttger et al. 2023, "XSTest".
    """
    opening = text.str.strip_chars_start().str.head(_OPENING)
    system = pl.when(is_instruction).then(text).max().over("example").fill_null("")
    first = pl.col("turn") == pl.when(system == "").then(1).otherwise(2)
    rows = answers(turns.with_columns(system=system, first=first)).filter(
        (pl.col("part") != "rejected")
        & opening.str.contains_any([*MAYBE, *MAYBE_ELSEWHERE], ascii_case_insensitive=True)
    )
    rows = rows.join(examples.select("example", "tools"), on="example", how="left", maintain_order="left")
    return examine(rows, look, "asked", "system", "content", "first", "tools")
