"""A git server over HTTP for tests: `git http-backend` behind basic authentication, on loopback.

    python3 http_server.py ROOT

Prints its port. The first part of a path says how it behaves: `ok` serves; `read` lets nobody push; `cut` carries a
push out and then hangs up without an answer.
User `bot`, password `right`. The log of requests goes to ROOT/requests.log.
"""

import base64
import http.server
import os
import subprocess
import sys
from urllib.parse import urlsplit

ROOT = os.path.abspath(sys.argv[1])
RIGHT = "Basic " + base64.b64encode(b"bot:right").decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            pieces = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def serve(self):
        parts = urlsplit(self.path)
        _, mode, path = parts.path.split("/", 2)
        body = self.body()
        pushing = "git-receive-pack" in self.path
        with open(os.path.join(ROOT, "requests.log"), "a") as log:
            log.write(f"{self.command} {parts.path}\n")
        if self.headers.get("Authorization") != RIGHT:
            return self.answer(401, b"sign in", [("WWW-Authenticate", 'Basic realm="git"')])
        if pushing and mode == "read":
            return self.answer(403, b"you may only read")
        environment = {
            **os.environ,
            "GIT_PROJECT_ROOT": ROOT,
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.receivepack",
            "GIT_CONFIG_VALUE_0": "true",
            "PATH_INFO": "/" + path,
            "QUERY_STRING": parts.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "bot",
            "REMOTE_ADDR": "127.0.0.1",
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, stdout=subprocess.PIPE)
        if mode == "cut" and pushing and self.command == "POST":
            self.close_connection = True
            return self.connection.close()
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n") if ": " in line]
        status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
        self.answer(status, content, [pair for pair in headers if pair[0] != "Status"])

    do_GET = do_POST = serve


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
