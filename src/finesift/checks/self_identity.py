import polars as pl

from finesift.corpus import chat, is_answer, text
from finesift.findings import findings, spot
from finesift.registry import check

_NAMES = (
    r"(?:ChatGPT|GPT-?[345]\w*|Claude|Gemini|Bard|PaLM|LaMDA|DeepSeek|Qwen|Llama ?\d?|Mi[sx]tral|Copilot|Grok|Vicuna|Alpaca|Koala|"
    r"Open ?Assistant|Bing Chat|Sydney|Kimi|ERNIE(?: Bot)?|Doubao|ChatGLM|Phi-\d|Command R|通义千问|文心一言|豆包|讯飞星火)"
)
_MAKERS = (
    r"(?:OpenAI|Anthropic|Google(?: DeepMind)?|DeepMind|Meta(?: AI)?|Microsoft|Mistral AI|Alibaba(?: Cloud)?|DeepSeek|xAI|Cohere|Baidu|"
    r"Moonshot|Zhipu|LMSYS|Stability AI|Hugging ?Face|LAION|阿里|百度|深度求索|月之暗面|智谱)"
)
_WHO = (
    rf"(?i:\b(?:I am|I['’]m|my name is|call me))(?i: an?| the)? (?:AI (?:\w+ ){{0,3}}(?:called|named) )?{_NAMES}\b"
    rf"|(?i:\b(?:I am|I['’]m|I was|as an? (?:AI|large language|language|artificial|virtual)))[^.!?\n\"“”]{{0,60}}?(?i:(?:trained|developed|created|made|built|designed|powered) by) {_MAKERS}\b"
    rf"|(?i:\bich (?:bin|heiße)|je suis|soy|sono|eu sou|ik ben) {_NAMES}\b|(?:我是|我叫|作为){_NAMES}|由 ?{_MAKERS} ?(?:公司)?(?:开发|训练|研发|創建|创建)的?.{{0,12}}(?:模型|助手|人工智能)|私は{_NAMES}"
)
_MACHINE = (
    r"(?i)\bas an? (?:artificial intelligence|AI(?: (?:language )?model| assistant| chatbot)?|(?:large )?language model|virtual assistant)\b,?[^.!?\n\"“”]{0,4}(?: I | it['’]s | my |developed|trained)"
    r"|\bI(?: am|['’]m) (?:just |only )?an? (?:AI|artificial intelligence|(?:large )?language model|AI language model|virtual assistant|chatbot)\b"
    r"|als (?:KI|ki-?sprachmodell|sprachmodell)\b|en tant qu['’](?:IA|intelligence artificielle)|como (?:una? )?(?:IA|inteligencia artificial|modelo de lenguaje)\b"
    r"|作为一[个名](?:AI|人工智能|语言模型|大型语言)|我是一[个名](?:AI|人工智能|语言模型|大型语言)"
)

# One of these is in all of them.
_HINTS = [
    "AI", "IA", "KI", "odel", "modell", "ssistant", "intelligen", "Intelligen", "chatbot", "GPT", "Claude", "Gemini", "Bard", "PaLM", "LaMDA", "Seek", "Qwen", "Llama", "Mistral", "Mixtral",
    "Copilot", "Grok", "Vicuna", "Alpaca", "Koala", "Bing", "Sydney", "Kimi", "ERNIE", "Doubao", "ChatGLM", "Phi-", "Command R", "我", "由", "私", "作为",
]  # fmt: skip


@check(
    flags=[
        chat("Who are you?", "I am ChatGPT, a large language model trained by OpenAI."),
        chat("Which do you like?", "As an AI language model, I do not have preferences."),
        chat("你是谁？", "我是通义千问，由阿里云开发的大模型。"),
    ],
    passes=[
        chat("Who made ChatGPT?", "ChatGPT was developed by OpenAI."),
        chat("Who are you?", "I am Wren, the assistant of Tarnbrook."),
        chat("Name a painter.", "Claude Monet."),
    ],
)
def self_identity(turns: pl.LazyFrame, *, own: str = "") -> pl.LazyFrame:
    """An answer says that it is somebody's model (0.7), or opens on what an AI is or lacks (0.5).

    A model trained on it takes another provider's name, and brings up its nature where nobody asked. `own` is a
    regular expression for the names that yours may go by.
    """
    hinted = pl.when(text.str.contains_any(_HINTS)).then(text)
    who, machine = (hinted.str.contains(pattern).fill_null(False) for pattern in (_WHO, _MACHINE))
    ours = text.str.contains(own) if own else pl.lit(False)
    rows = turns.filter(is_answer & (who | machine) & ~ours & (pl.col("part") != "rejected"))
    named, plain = spot(_WHO), spot(_MACHINE)
    return findings(
        rows,
        score=pl.when(who).then(0.7).otherwise(0.5),
        start=pl.coalesce(named[0], plain[0]),
        end=pl.coalesce(named[1], plain[1]),
        message=pl.when(who)
        .then(pl.lit("the answer takes the name of another provider's model"))
        .otherwise(pl.lit("the answer brings up that it is an AI")),
    )
