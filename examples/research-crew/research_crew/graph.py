"""Researcher, writer and critic as a LangGraph; the critic may send the writer back, twice."""

from typing import TypedDict

from langgraph.graph import END, START, StateGraph

from research_crew.models import chat

MAX_DRAFTS = 3


class Report(TypedDict, total=False):
    topic: str
    facts: str
    draft: str
    verdict: str
    drafts: int


def research(state: Report) -> Report:
    return {"facts": chat("researcher", state["topic"]), "drafts": 0}


def write(state: Report) -> Report:
    prompt = f"{state['topic']}\nFacts: {state['facts']}\nLast verdict: {state.get('verdict', '-')}"
    return {"draft": chat("writer", prompt), "drafts": state["drafts"] + 1}


def criticise(state: Report) -> Report:
    return {"verdict": chat("critic", f"{state['draft']}\nAnswer ok, or what is missing.")}


def next_step(state: Report) -> str:
    accepted = state["verdict"].strip().lower().startswith("ok")
    return END if accepted or state["drafts"] >= MAX_DRAFTS else "write"


graph = (
    StateGraph(Report)
    .add_node("research", research)
    .add_node("write", write)
    .add_node("criticise", criticise)
    .add_edge(START, "research")
    .add_edge("research", "write")
    .add_edge("write", "criticise")
    .add_conditional_edges("criticise", next_step, ["write", END])
    .compile()
)
