"""Requests of a batch, or of a log, that have no answer."""

from __future__ import annotations

from finesift.read.conversations.layouts import Load, Record, layout

_REQUESTS = ("body", "params", "request", "input")


@layout(
    "unanswered request",
    reads={
        "custom_id": "r1",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"messages": [{"role": "user", "content": "Name a reef."}]},
        "response": {"status_code": 500},
    },
    leaves={"custom_id": "r1", "messages": [{"role": "user", "content": "Name a reef."}]},
)
def unanswered_request(record: Record, _load: Load) -> Record | None:
    """A line of batch input (`custom_id` and `body` or `params`) without its answer, or one whose answer is an error:
    the messages are read, the error stays in `extra`, and there is nothing to train. Named together, batch input and
    batch output are joined by `custom_id` before."""
    asked = next((name for name in _REQUESTS if isinstance(record.get(name), dict)), None)
    if "custom_id" not in record or "messages" in record or asked is None:
        return None
    inner = record[asked]
    if not isinstance(inner.get("messages"), list) or not inner["messages"]:
        return None
    rest = {
        name: value for name, value in record.items() if name not in (asked, "response", "result", "output")
    }
    failed = next((record[n] for n in ("response", "result", "output") if record.get(n) is not None), None)
    rest |= {name: value for name, value in inner.items() if name not in rest}
    return rest if failed is None else rest | {"failed_status": failed}
