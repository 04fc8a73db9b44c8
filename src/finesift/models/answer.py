"""Whether an answer declines: in words that patterns know, or by its reproach; weights by tools/build_verdicts.py.

Patterns propose, with the place. Who moralises instead ("It is never acceptable to …") uses none of their words, so a
logistic regression over patterns, where they stand and how far the answer takes up the question, weighs all of it. It was
taught with few labels; see data/verdicts/NOTICE for how much more would help.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from finesift.data import verdicts_folder
from finesift.models.layers import Numbers

#: How far into an answer it may begin to decline: a preamble of a sentence or two.
OPENING = 400
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
_turns, _disclaims = _compiled(_TURNS), _compiled(_DISCLAIMS)
# The reason is the assistant's nature, or what the user left out.
_explains = re.compile(
    r"\b(?:AI|language model|chatbot|assistant|you (?:have not|haven['’]t|did not|didn['’]t) (?:provide|given?|includ|share|attach|specif)"
    r"|(?:no|without) (?:more )?(?:context|information|text|image|article)|KI|Sprachmodell|IA|modelo de lenguaje|modèle de langage)\b|人工智能|模型|机器人|未提供|没有(?:提供|给|足够|告诉)|言語モデル"
)
_corrects = re.compile(
    r"\b(?:not accurate to|scientific|metaphor|premise|valid (?:question|or respectful))", re.IGNORECASE
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


def lacks(opening: str) -> bool:
    """Whether it says that it has no access, or no such information."""
    return _lacks.search(opening) is not None


def reproaches(answer: str) -> bool:
    """Whether an opening has a word of REPROACH."""
    opening = answer.lstrip()[:OPENING].lower()
    return any(word in opening for word in REPROACH)


def refuses(answer: str) -> Refusal | None:
    """Whether, and where, an answer declines what it was asked. Quoted words do not count as the answer's own."""
    lead = len(answer) - len(answer.lstrip())
    opening = _quoted.sub(lambda quote: " " * len(quote[0]), answer[: lead + OPENING])
    sentences = list(_sentence.finditer(opening))[:_SENTENCES]
    reach = sentences[-1].end() if sentences else 0
    opening = opening[:reach]
    unable, lacking = _unable.search(opening), _lacks.search(opening)
    lowered = opening.lower()
    if unable is None and any(word in lowered for word in MAYBE_ELSEWHERE):
        unable = _unable_elsewhere.search(opening)
    judges = _judges.search(opening)
    said = unable or lacking or judges
    if said is None or _given.search(opening[: said.end()]):
        return None
    if _disclaims.search(opening) and not unable and not lacking:
        return None
    rest = answer[said.end() :]
    helps = bool(_turns.search(rest[:_REST]) or (_given.search(rest) and not (unable or judges)))
    sorry = bool(_sorry.search(opening))
    first = said.start() <= max(60, sentences[0].end())
    if unable:
        sure = 0.97 if first else 0.8 if sorry else 0.6
    elif lacking:
        # It says why it cannot know; whether that refuses depends on what was asked.
        sure = 0.7 if first or sorry else 0.5
        helps |= not re.search("personal data", opening)
    else:
        # "That is not accurate" corrects a question more often than it refuses it.
        sure = 0.7 if first else 0.55
        helps |= bool(_corrects.search(opening))
    return Refusal(sure, not helps, said.start(), said.end())


# How reproach is worded, and how help is.
_MANNERS = {
    "wrong": r"\b(?:illegal|unethical|harmful|dangerous|immoral|inhumane|a crime|criminal offen[cs]e|against the law|serious (?:crime|consequences))\b",
    "never right": r"\b(?:never|not|neither|un)[- ]?(?:\w+ ){0,2}(?:acceptable|appropriate|ethical|okay|ok|respectful|justified|right|moral\w*|inherently|condone\w*|legal)\b",
    "important": r"\b(?:it['’]?s|it is) (?:important|crucial|essential|vital|always important|also important|never)\b",
    "must not": r"\b(?:should not|shouldn['’]t|must not|do not deserve|no (?:benefits|justification|reason|excuse|evidence|scientific))\b",
    "values": r"\b(?:respect|dignity|equal(?:ly|ity)?|regardless of|discriminat\w+|prejudice|stereotyp\w+|bias\w*|human rights|values?)\b",
    "elsewhere": r"\b(?:seek|reach out|contact|consult\w*|professional help|therapist|counsel\w+|hotline|authorities|mental health|support line)\b",
    "instead": r"\b(?:instead|rather than|alternative\w*|consider)\b",
    "not I": r"\b(?:I|we)\b.{0,20}\b(?:not|n['’]t|cannot|unable|must|can['’]t)\b",
    "as an AI": r"\bAs an? (?:AI|artificial|language model|assistant)\b",
    "violence": r"\b(?:violence|violent|hurt\w*|harm\w*|murder|kill\w*|abuse|crime|illegal\w*|theft|steal\w*|privacy|consent|permission|law)\b",
    "list": r"(?:^|\n)\s*(?:1[.)]|[-*•])\s",
    "steps": r"\b(?:first|second|next|then|finally|step|follow these|here (?:is|are)|there are (?:several|many|a few|some))\b",
    "denies": r"\b(?:was|were|is|are) not\b",
    "there is no": r"\bthere (?:is|are|were|was) no\b",
    "explains": r"\b(?:fictional|metaphor|expression|refers to|game|movie|character|defined as|means)\b",
    "opens with no": r"^\W*(?:no\b|sorry|I['’]?m sorry|I apolog|unfortunately)",
    "condemns": r"\b(?:offensive|inappropriate|hateful|condemn\w*|tragic|atrocit\w*)\b",
    "consequences": r"\bcan (?:be|lead to|result in|cause)\b.{0,40}\b(?:serious|severe|harm\w*|legal|danger\w*|injur\w*|consequences)\b",
}  # fmt: skip
_manners = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _MANNERS.items()}
#: Openings without one of these do not moralise: what lets a row through to Python, beside MAYBE.
REPROACH = [
    "illegal", "unethical", "immoral", "inhumane", "a crime", "against the law", "acceptable", "not appropriate", "inappropriate",
    "justif", "inherently", "condone", "should not be", "shouldn't be", "must not", "dignity", "discriminat", "stereotyp", "human rights",
    "violation", "condemn", "no benefits", "violence",
]  # fmt: skip
_content = re.compile(r"\w{4,}")


def _reads(asked: str, answer: str) -> dict[str, float]:
    """What is known of an answer to a request, by name: 0 or 1 where it is a pattern."""
    body = answer.strip()
    sentences = [found[0] for found in re.finditer(r"[^.!?\n]+[.!?\n]*", body[:900])]
    places = {
        "first": "".join(sentences[:1])[:250],
        "opening": "".join(sentences[:3])[:500],
        "body": body[:900],
    }
    seen = refuses(answer)
    opening = places["opening"]
    asked_words, said_words = (set(_content.findall(text.lower())) for text in (asked, places["first"]))
    reads = {
        "refuses": seen is not None,
        "refuses, full": bool(seen and seen.full),
        "refuses, sure": seen.sure if seen else 0.0,
        "unable": bool(_unable.search(opening)),
        "lacks": bool(_lacks.search(opening)),
        "judges": bool(_judges.search(opening)),
        "sorry": bool(_sorry.search(opening)),
        "turns": bool(_turns.search(places["body"])),
        "disclaims": bool(_disclaims.search(opening)),
        "corrects": bool(_corrects.search(opening)),
        "nature": bool(_explains.search(opening)),
        "length": float(np.log1p(len(body))) / 7,
        "takes up": len(asked_words & said_words) / max(1, len(asked_words)),
    }
    return {name: float(value) for name, value in reads.items()} | {
        f"{name}, {place}": float(bool(pattern.search(text)))
        for place, text in places.items()
        for name, pattern in _manners.items()
    }


def features(asked: Sequence[str], answers: Sequence[str]) -> tuple[list[str], Numbers]:
    """The names, and float32 [N, names]."""
    rows = [_reads(*pair) for pair in zip(asked, answers, strict=True)]
    return list(rows[0]), np.array([list(row.values()) for row in rows], np.float32)


@cache
def _weights() -> dict[str, float]:
    weights: dict[str, float] = json.loads((verdicts_folder() / "answer.json").read_bytes())
    return weights


def declining(asked: str, answer: str) -> float:
    """How likely it is, 0 to 1, that an answer declines in whole or in part, whether it says so or moralises."""
    weights = _weights()
    logit = weights["bias"] + sum(weights[name] * value for name, value in _reads(asked, answer).items())
    return float(1 / (1 + np.exp(-logit)))
