"""An endpoint that streams the same answer at once: what is left of the time is the server's own.

python benchmarks/instant_endpoint.py 8765 &
python benchmarks/app_load.py --minutes 1.5 --model "http://127.0.0.1:8765/v1#instant"
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

ANSWER = "结论：发明专利权的期限为二十年，自申请日起计算。依据《专利法》第四十二条。"
app = FastAPI()


@app.post("/v1/chat/completions", response_model=None)
def complete(body: dict[str, Any]) -> StreamingResponse | dict[str, Any]:
    """The answer, whole or in pieces of two characters."""
    if not body.get("stream"):
        return {"choices": [{"message": {"content": ANSWER}, "finish_reason": "stop"}]}
    return StreamingResponse(pieces(), media_type="text/event-stream")


def pieces() -> Iterator[str]:
    """Server-sent events, as OpenAI's."""
    for start in range(0, len(ANSWER), 2):
        delta = {"choices": [{"delta": {"content": ANSWER[start : start + 2]}}]}
        yield f"data: {json.dumps(delta, ensure_ascii=False)}\n\n"
    yield "data: [DONE]\n\n"


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="error")
