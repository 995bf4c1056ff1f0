"""The toy's verbs: each prints one line, `serve` answers on two paths."""
# ruff: noqa: T201 - its lines are what is tested

import json
import runpy
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

ANSWERS = {"/readyz": {"ready": True}, "/version": {"model": "toy-model-1"}}


class Handler(BaseHTTPRequestHandler):
    """Answers what is in ANSWERS."""

    def do_GET(self):
        """Answer 200 with JSON, or 404."""
        found = ANSWERS.get(self.path)
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())


verb, *options = sys.argv[1:]
replacement = Path("verbs", f"{verb}.py")
if replacement.is_file():
    runpy.run_path(str(replacement), run_name="__main__")
elif verb == "serve":
    HTTPServer((options[1], int(options[3])), Handler).serve_forever()
else:
    print("about to begin", file=sys.stderr)
    print(f"{verb} went well")
