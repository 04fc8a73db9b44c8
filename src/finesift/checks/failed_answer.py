import polars as pl

from finesift.corpus import chat
from finesift.findings import findings
from finesift.registry import check
from finesift.views import answers, narrowed, text

# The phrases that HTTP gives its codes (RFC 9110, 6585) and that proxies and providers give overload.
_STATUS = (
    r"(?:bad request|unauthorized|payment required|forbidden|not found|method not allowed|request timeout|conflict"
    r"|payload too large|content too large|unprocessable (?:entity|content)|too many requests|internal server error"
    r"|not implemented|bad gateway|service (?:temporarily )?unavailable|gateway time-?out|overloaded)"
)
# What only a machine writes: a code with its phrase, an exception with its class, an error's own JSON, an error page.
_MACHINE = (
    rf"(?:\W*(?:http(?:/[\d.]+)?|(?:api |server |request )?error|status(?: code)?|code)\W*)*\(?[45]\d\d\)?\W{{1,4}}{_STATUS}\b"
    rf"|\W*(?:http |api |server )?error(?: code)?\W{{1,3}}[45]\d\d\b.{{0,3}}(?:\W*{_STATUS}|\W*\{{|\W*$)"
    r"|(?-i:(?:[a-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Timeout)): ?\S"
    r"|(?-i:[a-z]+(?:_[a-z]+)*_(?:error|exceeded|timeout))\W*$"
    r"|Traceback \(most recent call last\):"
    r"|\{\s*[\"'](?:type[\"']\s*:\s*[\"']error|error[\"']\s*:\s*[\{\"'])"
    r"|(?:<!doctype html[^>]*>\s*)?<html[^>]*>\s*(?:<head>\s*)?<title>\s*[45]\d\d\b"
    r"|(?:upstream (?:connect error|request timeout)|request failed with status code [45]|error: E[A-Z]{4,}\b)"
    r"|rate limit (?:reached|exceeded) for (?:requests|tokens|model|org|default|user|\S*gpt)"
    r"|(?:this model's )?maximum context length is \d"
    r"|the response was filtered due to the prompt triggering"
)
_THEN = r"\W*(?:$|please\b|try\b|retry\b|wait\b|if \b|contact\b|in \d+ (?:second|minute|hour)|while\b|when\b)"
# What the page or the service says to a person in place of an answer.
_SAID = (
    r"\W*(?:(?:oops|hmm+|uh-oh|(?:i'?m |we'?re |we are )?(?:so |very )?sorry|apologies)\W{1,3}(?:but )?)?(?:"
    r"(?:an?|there was an|there has been an)(?: unknown| unexpected| internal| server| network)* error"
    rf"(?: has)?(?: occurred| happened)?(?:{_THEN}|\W+either the engine"
    r"| (?:while |when |in )?(?:generating|processing|loading|communicating|handling)\b)"
    r"|something (?:went|has gone|seems to have gone) wrong(?: on our (?:end|side)| with (?:your|the) request)?"
    rf"{_THEN}"
    rf"|(?:network|internal server|internal|server|connection|unknown|api) error(?: encountered)?{_THEN}"
    r"|(?:the |your |api )?(?:request|connection|response|call) (?:has )?(?:timed out|was aborted|could not be completed|failed)"
    rf"(?: after \d+ \w+)?{_THEN}"
    rf"|too many requests{_THEN}|rate limit (?:reached|exceeded){_THEN}"
    r"|(?:the |this |our |that )?(?:server|model|service|systems?|engine)(?: is| are)?(?: currently| a bit| temporarily)+"
    r" (?:overloaded|busy|unavailable|down|at capacity)\b"
    r"|(?:the |this |our |that )?(?:server|model|service) is (?:overloaded|at capacity)\b"
    r"|(?:failed|unable) to (?:fetch|generate|load|get|reach|connect to) (?:a |the )?(?:response|answer|data|completion|server|api|model)\b"
    r"|(?:load|fetch) failed\W*$|only one message at a time\b|unusual activity has been detected\b"
    r"|error in message stream|error: \S"
    r"|\[?\W*(?:api |fatal )?error\W*\]?$|(?:error|exception) (?:generating|getting) (?:the )?(?:response|completion|answer)\b"
    r"|ein (?:\w+ )?fehler ist aufgetreten|une erreur (?:s'est produite|est survenue)"
    r"|(?:se ha producido|ha ocurrido|ocurrió) un error|algo salió mal|出错了|发生(?:了)?错误|系统繁忙|服务器繁忙|エラーが発生しました"
    r")"
)
#: Characters of the longest answer that is looked at: longer ones speak of an error, and of more.
_LONGEST = 1_500
#: And of one that a person could have written.
_SHORT = 240
# Who asks about failures, or for a text that holds one, may get it for an answer.
_ABOUT = (
    r"(?i)\berrors?\b|\bexceptions?\b|\bfail|\bcrash|\bbugs?\b|\bdebug|\bstatus\b|\bhttp|\blogs?\b|\boutput\b|\bprints?\b"
    r"|\bcode\b|\bserver|\bmessages?\b|\btraceback|\btranslat|\brewrit|\bparaphras|\bclassif|\b[45]\d\d\b|went wrong|time-?out"
)


@check(
    flags=[
        chat("How do I clean a kettle?", "Error: 429 Too Many Requests"),
        chat("Name a river.", "openai.error.RateLimitError: Rate limit reached for requests"),
        chat("Name a lake.", '{"error": {"message": "The server had an error", "type": "server_error"}}'),
        chat("Name a hill.", "<html><head><title>502 Bad Gateway</title></head><body></body></html>"),
        chat("Is the shop open?", "Something went wrong. Please try again later."),
    ],
    passes=[
        chat("What does code 429 mean?", "Error: 429 Too Many Requests"),
        chat("Why was I logged out?", "An error occurred on our side at noon. It is mended: log in again, and you see all your files."),
        chat("Which rooms are free?", "404, 405 and 512 are free."),
        chat("What does `int('a')` raise as an exception?", "ValueError: invalid literal for int() with base 10: 'a'"),
    ],
)  # fmt: skip
def failed_answer(turns: pl.LazyFrame) -> pl.LazyFrame:
    """An answer is what a failed call says: "429 Too Many Requests", an error page, "Something went wrong".

    Logs and generated sets keep them where an answer should be, and a model trained on them reports failures that never
    were. A machine's own words (0.9) are told from what a service says to people (0.6), which an assistant may have
    said itself. Where the question is about errors, codes or programs, the answer may be one.
    """
    body = text.str.strip_chars()
    size = text.str.len_bytes()
    machine = (size < _LONGEST) & body.str.contains(f"(?i)^(?:{_MACHINE})")
    said = (size < _SHORT) & body.str.contains(f"(?i)^(?:{_SAID})")
    rows = narrowed(
        answers(turns), size < _LONGEST, machine | said, ~pl.col("asked").str.contains(_ABOUT)
    ).with_columns(machine=machine)
    return findings(
        rows,
        score=pl.when("machine").then(0.9).otherwise(0.6),
        start=0,
        end=text.str.len_chars(),
        message=pl.format(
            "the answer is {}",
            pl.when("machine")
            .then(pl.lit("the error of a call that failed"))
            .otherwise(pl.lit("what a service says when it fails")),
        ),
    )
