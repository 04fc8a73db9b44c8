import polars as pl

from finesift.corpus import chat
from finesift.findings import findings, spot
from finesift.match.signs import sign, signed
from finesift.registry import check
from finesift.views import answers, narrowed, text

_NAMES = (
    r"(?:ChatGPT|GPT-?[345]\w*|Claude|Gemini|Bard|PaLM|LaMDA|DeepSeek|Qwen|Llama ?\d?|Mi[sx]tral|Copilot|Grok|Vicuna|Alpaca|Koala|"
    r"Open ?Assistant|Bing Chat|Sydney|Kimi|ERNIE(?: Bot)?|Doubao|ChatGLM|Phi-\d|Command R|通义千问|文心一言|豆包|讯飞星火)"
)
_MAKERS = (
    r"(?:OpenAI|Anthropic|Google(?: DeepMind)?|DeepMind|Meta(?: AI)?|Microsoft|Mistral AI|Alibaba(?: Cloud)?|DeepSeek|xAI|Cohere|Baidu|"
    r"Moonshot|Zhipu|LMSYS|Large Model Systems Organization|Stability AI|Hugging ?Face|LAION|阿里|百度|深度求索|月之暗面|智谱)"
)
_WHO = (
    rf"(?i:\b(?:I am|I['’]m|my name is|call me))(?i: an?| the)? (?:AI (?:\w+ ){{0,3}}(?:called|named) )?{_NAMES}\b"
    rf"|(?i:\b(?:I am|I['’]m|I was|as an? (?:AI|large language|language|artificial|virtual)))[^.!?\n\"“”]{{0,60}}?(?i:(?:trained|developed|created|made|built|designed|powered) by)(?i: (?:the |a )?(?:team|researchers|engineers|people|developers|scientists)(?: of (?:engineers|researchers))? (?:at|from|of))? {_MAKERS}\b"
    rf"|(?i:\bich (?:bin|heiße)|je suis|soy|sono|eu sou|ik ben) {_NAMES}\b|(?:我是|我叫|作为){_NAMES}|由 ?{_MAKERS} ?(?:公司)?(?:开发|训练|研发|創建|创建)的?.{{0,12}}(?:模型|助手|人工智能)|私は{_NAMES}"
)
_MACHINE = (
    r"(?i)\bas an? (?:artificial intelligence|AI(?: (?:language )?model| assistant| chatbot)?|(?:large )?language model|virtual assistant)\b,?[^.!?\n\"“”]{0,4}(?: I | it['’]s | my |developed|trained)"
    r"|\bI(?: am|['’]m) (?:just |only )?an? (?:AI|artificial intelligence|(?:large )?language model|AI language model|virtual assistant|chatbot)\b"
    r"|als (?:KI|ki-?sprachmodell|sprachmodell)\b|en tant qu['’](?:IA|intelligence artificielle)|como (?:una? )?(?:IA|inteligencia artificial|modelo de lenguaje)\b"
    r"|(?:^|[^你您他她它们])作为一[个名](?:AI|人工智能|语言模型|大型语言)|我是一[个名](?:AI|人工智能|语言模型|大型语言)"
)

# It names its maker, or itself: somebody else's where they are not yours.
_CLAIMS = r"(?:(?i:trained|developed|created|made|built|designed|programmed) by)[^.!?\n]{0,40}[A-Z]|(?i:called|named|my name is|go by(?: the name)?) [A-Z]|由.{1,20}(?:开发|训练|研发|创建)|我叫"
# People who work with models, and words that are somebody else's.
_OTHERS = (
    r"(?i)\b(?:AI|artificial intelligence|chatbot|language model|virtual assistant) (?:developer|engineer|researcher|scientist|expert|specialist|enthusiast|student|consultant|designer|artist|writer|trainer|skeptic|company|start-?up)s?\b"
    r"|“[^”\n]{2,300}”|\"[^\"\n]{2,300}\""
)
# The question is about the one who answers.
_ABOUT_YOU = (
    r"(?i)\b(?:who|what|how old) are you\b|\bare you (?:an? |the |really |actually |just |some (?:kind|sort) of )*(?:human|real|person|AI|artificial|bot|robot|chatbot|machine|computer|program|language model|model|alive|sentient"
    r"|conscious|self-aware|sponsored|owned|made|built|created|trained|programmed|developed|male|female|man|woman|married|lonely)\b|\bwho (?:has |have )?(?:made|created|built|trained|programmed|developed|owns|designed) you\b"
    r"|\b(?:talking|speaking|chatting) (?:to|with) (?:an? )?(?:real |actual |live )?(?:human|person|bot|robot|chatbot|AI|machine|computer)|\bdo you (?:really |actually |even |also )?(?:have|feel|experience|possess) (?:any |an? |real |human |your )*(?:feel|emotion|conscious|body|name\b|soul|gender|parents|free will|memor)"
    r"|\byour (?:name|creators?|developers?|makers?|own nature)\b|\b(?:about|introduce|describe) yourself\b|\b(?:bist du|sind Sie|wer sind Sie|wer bist) (?:ein|du|echt)|\b(?:qui es-tu|qui êtes-vous|es-tu une?|êtes-vous une?|quién eres|eres una?|chi sei|sei una?|quem é você|você é uma?|wie ben je|ben je een)\b"
    r"|你(?:是不是)?是?(?:谁|誰|什么|机器人|真人|人类|人工智能|AI)|你(?:有没有|有)(?:感情|意识|感觉|名字)|你叫什么|你的名字|介绍一?下?你?自己"
)
# Who takes a name, or tells of a maker, speaks of himself and holds one of the names.
_SELF = r"(?i)I am |I['’]m |my name is |call me |I was |as an? (?:AI|artificial|large|language|virtual)|ich |je suis |soy |sono |eu sou |ik ben |我|作为|由|私"
_NAMES_OF = [
    "GPT", "Claude", "Gemini", "Bard", "PaLM", "LaMDA", "DeepSeek", "Qwen", "Llama", "Mistral", "Mixtral", "Copilot", "Grok", "Vicuna", "Alpaca", "Koala",
    "Assistant", "Bing Chat", "Sydney", "Kimi", "ERNIE", "Doubao", "ChatGLM", "Phi-", "Command R", "通义千问", "文心一言", "豆包", "讯飞星火",
    "OpenAI", "Anthropic", "Google", "DeepMind", "Meta", "Microsoft", "Mistral AI", "Alibaba", "DeepSeek", "xAI", "Cohere", "Baidu", "Moonshot", "Zhipu", "LMSYS", "Large Model Systems",
    "Stability AI", "Hugging", "LAION", "阿里", "百度", "深度求索", "月之暗面", "智谱",
]  # fmt: skip
# The heart of what brings up that it is a machine; without it nothing of `_MACHINE` fits.
_KIND = r"(?i)an? (?:artificial intelligence|AI|(?:large )?language model|virtual assistant|chatbot)|als (?:KI|Sprachmodell)|en tant qu|como (?:una? )?(?:IA|inteligencia|modelo)|作为一[个名]|我是一[个名]"

# One of these is in what fits them, of which the last two take long to look for.
_NAMED, _SPEAKS = (
    sign(*_NAMES_OF),
    sign(
        "I am ", "I'm ", "I’m ", "my name is ", "call me ", "I was ", "ich ", "je suis ", "soy ", "sono ", "eu sou ", "ik ben ", "我", "作为", "由", "私",
        *(f"{article} {kind}" for article in ("as a", "as an") for kind in ("AI", "artificial", "large", "language", "virtual")),
    ),
)  # fmt: skip
_MACHINE_LIKE = sign(
    *(f"{article} {kind}" for article in ("a", "an") for kind in ("artificial intelligence", "AI", "large language model", "language model", "virtual assistant", "chatbot")),
    *("als KI", "als Sprachmodell", "en tant qu", "作为一个", "作为一名", "我是一个", "我是一名"),
    *(f"como {article}{kind}" for article in ("", "un ", "una ") for kind in ("IA", "inteligencia", "modelo")),
)  # fmt: skip


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
    everywhere=True,
)
def self_identity(turns: pl.LazyFrame, *, own: str = "") -> pl.LazyFrame:
    """An answer says that it is somebody's model (0.7), or opens on what an AI is or lacks (0.5).

    A model trained on it takes another provider's name, and brings up its nature where nobody asked. Who asks
    "Are you a bot?" may be told (0.3), but no name of a maker. `own` is a regular expression for the names that yours
    may go by.
    """
    may = (
        text.str.contains_any(_NAMES_OF) & text.str.contains(_SELF),
        text.str.contains(_KIND),
    )
    who, machine = (
        pl.when(hinted).then(text).str.replace_all(_OTHERS, " … ").str.contains(pattern).fill_null(False)
        for hinted, pattern in zip(may, (_WHO, _MACHINE), strict=True)
    )
    ours = text.str.contains(own) if own else pl.lit(False)
    rows = narrowed(
        answers(signed(turns)),
        (pl.col("part") != "rejected") & ((_NAMED & _SPEAKS) | _MACHINE_LIKE),
        may[0] | may[1],
        (who | machine) & ~ours,
    )
    asked = pl.col("asked").str.contains(_ABOUT_YOU) & ~text.str.contains(_CLAIMS)
    named, plain = spot(_WHO), spot(_MACHINE)
    return findings(
        rows,
        score=pl.when(who).then(0.7).when(asked).then(0.3).otherwise(0.5),
        start=pl.coalesce(named[0], plain[0]),
        end=pl.coalesce(named[1], plain[1]),
        message=pl.when(who)
        .then(pl.lit("the answer takes the name of another provider's model"))
        .otherwise(pl.lit("the answer brings up that it is an AI")),
    )
