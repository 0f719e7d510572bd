"""Chooses the model: anything that speaks OpenAI's chat format, else a script that says so."""

import json
import os
import urllib.request

TIMEOUT_S = 120


def scripted(role: str, prompt: str) -> str:
    """What each of the crew says without a model. Deterministic."""
    topic = prompt.split("\n", 1)[0][:200]
    lines = {
        "researcher": f"Facts on {topic}: (1) what it is, (2) who uses it, (3) what it costs.",
        "writer": f"{topic}: a short report that rests on three facts.",
        "critic": "ok",
    }
    return lines[role]


def chat(role: str, prompt: str) -> str:
    """One turn of one role. Raises OSError when the provider cannot be reached."""
    base, key = os.environ.get("OPENAI_BASE_URL"), os.environ.get("OPENAI_API_KEY")
    if not base and not key:
        return scripted(role, prompt)
    body = {
        "model": os.environ.get("MODEL", "gpt-5-mini"),
        "messages": [
            {"role": "system", "content": f"You are the {role} of a research crew. Be brief."},
            {"role": "user", "content": prompt},
        ],
    }
    request = urllib.request.Request(
        f"{base or 'https://api.openai.com/v1'}/chat/completions",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {key or 'none'}"},
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
        return json.load(response)["choices"][0]["message"]["content"]


def model_name() -> str:
    if os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_KEY"):
        return f"openai:{os.environ.get('MODEL', 'gpt-5-mini')}"
    return "scripted"
