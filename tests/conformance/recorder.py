"""A small server that speaks as OpenAI does and keeps what it is sent."""

import base64
import json
import re
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TEXT = '{"word": "yes"}'


def chat(body):
    message = {"role": "assistant", "content": TEXT}
    usage = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    whole = {"id": "c", "object": "chat.completion", "created": 1, "model": body["model"], "choices": [choice], "usage": usage}
    if not body.get("stream"):
        return whole, None
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
    chunks = [
        {**head, "choices": [{"index": 0, "delta": message, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {**head, "choices": [], "usage": usage},
    ]
    return None, "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"


def responses(body):
    content = [{"type": "output_text", "text": TEXT, "annotations": []}]
    output = [{"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": content}]
    usage = {"input_tokens": 5, "output_tokens": 3, "total_tokens": 8}
    whole = {"id": "r", "object": "response", "status": "completed", "model": body["model"], "output": output, "usage": usage}
    if not body.get("stream"):
        return whole, None
    place = {"item_id": "m", "output_index": 0, "content_index": 0}
    events = [
        {"type": "response.created", "response": {**whole, "status": "in_progress", "output": [], "usage": None}},
        {"type": "response.output_text.delta", **place, "delta": TEXT},
        {"type": "response.completed", "response": whole},
    ]
    return None, "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


def embeddings(body):
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    vectors = [[float(len(text)), 1.0, 0.5] for text in texts]
    if body.get("encoding_format") == "base64":
        vectors = [base64.b64encode(struct.pack("<3f", *vector)).decode() for vector in vectors]
    data = [{"object": "embedding", "index": n, "embedding": vector} for n, vector in enumerate(vectors)]
    return {"object": "list", "model": body["model"], "data": data, "usage": {"prompt_tokens": 3, "total_tokens": 3}}, None


ANSWERS = {"/v1/chat/completions": chat, "/v1/responses": responses, "/v1/embeddings": embeddings}


class Recorder:
    def __init__(self):
        # What was sent: (path, body), the content of uploaded files, the bodies that made batches.
        self.seen, self.files, self.batches = [], [], []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_POST(self):
                raw = self.rfile.read(int(self.headers.get("content-length", 0)))
                whole, stream = recorder.answer(self.path, raw)
                self.say(404 if whole is None and stream is None else 200, whole, stream)

            def do_GET(self):
                # Lists of batches and files: nothing is there but what was just sent.
                self.say(200, {"object": "list", "data": [], "has_more": False}, None)

            def say(self, status, whole, stream):
                text = stream if stream is not None else json.dumps(whole or {"error": {"message": "no such path"}})
                self.send_response(status)
                self.send_header("content-type", "text/event-stream" if stream is not None else "application/json")
                self.send_header("content-length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path, raw):
        if path == "/v1/files":
            part = re.search(rb'name="file".*?\r\n\r\n(.*?)\r\n--', raw, re.DOTALL)
            self.files.append(part[1].decode())
            return {"id": f"file-{len(self.files)}", "object": "file", "purpose": "batch", "bytes": len(part[1])}, None
        body = json.loads(raw)
        if path == "/v1/batches":
            self.batches.append(body)
            return {"id": f"batch_{len(self.batches)}", "object": "batch", "status": "validating", **body}, None
        self.seen.append((path, body))
        return ANSWERS[path](body) if path in ANSWERS else (None, None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
