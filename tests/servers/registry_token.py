#!/usr/bin/env python3
"""A docker-registry with bearer tokens, and the token server it sends its clients to, as one process group.

Users: `tester` may do everything, `reader` may pull, `target-only` may do everything in repositories below `target/`
and nothing elsewhere; the password of each is the one given. Without a name, repositories below `public/` may be
pulled. The refresh token `refresh-` and the password stands for `tester`. Only Python's standard library is used;
openssl makes the key and signs.
"""

import base64
import http.server
import json
import os
import pathlib
import secrets
import subprocess
import sys
import threading
import time
import urllib.parse

SERVICE = ISSUER = "promote-tests"


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def may(user, kind, name, action):
    if kind != "repository":
        return False
    if user == "tester" or (user == "target-only" and name.startswith("target/")):
        return True
    return action == "pull" and (user == "reader" or (user is None and name.startswith("public/")))


class Tokens(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self):
        error = {"code": "UNAUTHORIZED", "message": "the name or the password is wrong"}
        self.answer(401, {"errors": [error]})

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        user = None
        header = self.headers.get("Authorization", "")
        if header.startswith("Basic "):
            user, _, password = base64.b64decode(header[6:]).decode().partition(":")
            if password != PASSWORD or user not in ("tester", "reader", "target-only"):
                return self.refuse()
        return self.grant(user, query.get("scope", []))

    def do_POST(self):
        length = int(self.headers.get("Content-Length", "0"))
        form = urllib.parse.parse_qs(self.rfile.read(length).decode())
        if form.get("grant_type") != ["refresh_token"] or form.get("refresh_token") != ["refresh-" + PASSWORD]:
            return self.refuse()
        return self.grant("tester", form.get("scope", [""])[0].split())

    def grant(self, user, scopes):
        access = []
        for scope in scopes:
            kind, name, actions = (scope.split(":", 2) + ["", ""])[:3]
            granted = [action for action in actions.split(",") if may(user, kind, name, action)]
            if granted:
                access.append({"type": kind, "name": name, "actions": granted})
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": SERVICE, "sub": user or "", "exp": now + 300, "nbf": now - 10, "iat": now,
                  "jti": secrets.token_hex(8), "access": access}
        head = {"typ": "JWT", "alg": "RS256", "x5c": [CERTIFICATE]}
        text = f"{encoded(json.dumps(head).encode())}.{encoded(json.dumps(claims).encode())}"
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", KEY], input=text.encode(),
                                   stdout=subprocess.PIPE, check=True).stdout
        self.answer(200, {"token": f"{text}.{encoded(signature)}", "expires_in": 300})

    def log_message(self, form, *values):
        print(f"token: {form % values}", flush=True)


def main():
    global KEY, CERTIFICATE, PASSWORD
    config, folder, port, PASSWORD = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    KEY = str(folder / "key.pem")
    certificate = folder / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=promote-tests",
                    "-keyout", KEY, "-out", certificate], check=True, stderr=subprocess.DEVNULL)
    CERTIFICATE = "".join(certificate.read_text().splitlines()[1:-1])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Tokens)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os._exit(subprocess.run(["docker-registry", "serve", config]).returncode)


main()
