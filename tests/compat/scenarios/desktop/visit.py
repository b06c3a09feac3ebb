# SPDX-License-Identifier: Apache-2.0
"""A page that has a browser compute, and send what came of it to the server that the page is from."""

import http.server
import queue
import threading

from box import WORK

EXPECTED = ["hot loop 499999500000", "WebAssembly 42", "worker 5050", "style rgb(1, 2, 3)", "canvas 10,20,30", "regexp 3"]


class Page:
    def __init__(self):
        self.answers = queue.Queue()
        page = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer((WORK / "page.html").read_bytes() if self.path == "/" else b"")

            def do_POST(self):
                page.answers.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.answer(b"")

            def answer(self, body):
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, browser, seconds=180):
        """What the page found, or the end of a browser that did not get so far."""
        for _ in range(seconds):
            try:
                return self.answers.get(timeout=1)
            except queue.Empty:
                if browser.poll() is not None:
                    return f"the browser ended with {browser.returncode}"
        return "no answer"
