"""Serves the crew: POST / {"topic"} → report, POST /stream → events, GET /healthz."""

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from research_crew.graph import graph
from research_crew.models import model_name

MAX_BODY_BYTES = 64 * 1024


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self.answer(200, {"status": "ok", "model": model_name()})
        else:
            self.answer(404, {"error": "POST / or /stream, GET /healthz"})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY_BYTES:
            self.close_connection = True
            return self.answer(413, {"error": f"over {MAX_BODY_BYTES} bytes"})
        try:
            topic = json.loads(self.rfile.read(length))["topic"].strip()
        except (ValueError, KeyError, TypeError, AttributeError):
            topic = ""
        if not topic:
            return self.answer(400, {"error": 'send {"topic": "what to research"}'})
        print(f"research: {len(topic)} characters, model {model_name()}", flush=True)
        if self.path == "/stream":
            return self.stream(topic)
        if self.path != "/":
            return self.answer(404, {"error": "POST / or /stream, GET /healthz"})
        report = graph.invoke({"topic": topic})
        self.answer(200, {"report": report["draft"], "facts": report["facts"], "model": model_name()})

    def stream(self, topic: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for update in graph.stream({"topic": topic}, stream_mode="updates"):
            for step, values in update.items():
                self.wfile.write(f"event: {step}\ndata: {json.dumps(values)}\n\n".encode())
                self.wfile.flush()
        self.wfile.write(b"event: done\ndata: {}\n\n")
        self.close_connection = True

    def answer(self, status: int, body: dict) -> None:
        data = json.dumps(body).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Access lines come from the gateway."""


def main() -> None:
    port = int(os.environ.get("PORT", "8080"))
    server = ThreadingHTTPServer(("0.0.0.0", port), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"research-crew listens on {port}, model {model_name()}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
