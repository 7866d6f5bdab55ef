"""A store that pretends to hold one object of 6 GiB, for copies that no test server has room for. Like S3 it refuses to
copy more than 5 GiB at once. It keeps nothing, checks nothing, and counts requests, connections and how many were open.

`stub_s3.py SIZE` prints its port, then answers each line on its standard input with one JSON line of counts since the
line before, and ends with it."""

import hashlib, json, sys, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

size = int(sys.argv[1])
lock = threading.Lock()
counts = {"requests": 0, "connections": 0}
XML = '<?xml version="1.0" encoding="UTF-8"?>'
ETAG = f'"{hashlib.md5(b"stub").hexdigest()}"'


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        with lock:
            counts["connections"] += 1

    def log_message(self, *_):
        pass

    def answer(self, status=200, body="", **headers):
        body = body.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if self.command != "HEAD" or "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def begin(self):
        with lock:
            counts["requests"] += 1
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return self.path.partition("?")

    def do_HEAD(self):
        path, _, _ = self.begin()
        when = "Thu, 01 Jan 2026 00:00:00 GMT"
        if path.endswith("source.zip"):
            self.answer(Content_Length=str(size), ETag=ETAG, Last_Modified=when, Accept_Ranges="bytes")
        elif path.count("/") > 1 and not path.endswith("/"):
            self.answer(404)
        else:
            self.answer()

    def do_GET(self):
        self.begin()
        self.answer(200, XML + "<Tagging><TagSet/></Tagging>", Content_Type="application/xml")

    def do_PUT(self):
        _, _, query = self.begin()
        part = "partNumber=" in query
        if not part and size > 5 << 30:
            self.answer(400, XML + "<Error><Code>InvalidRequest</Code><Message>too large</Message></Error>")
            return
        kind = "CopyPartResult" if part else "CopyObjectResult"
        at = "<LastModified>2026-01-01T00:00:00.000Z</LastModified>"
        self.answer(200, f"{XML}<{kind}>{at}<ETag>{ETAG}</ETag></{kind}>", Content_Type="application/xml")

    def do_POST(self):
        _, _, query = self.begin()
        if "uploads" in query:
            kind, inner = "InitiateMultipartUploadResult", "<Bucket>b</Bucket><Key>k</Key><UploadId>u1</UploadId>"
        else:
            kind, inner = "CompleteMultipartUploadResult", f"<Bucket>b</Bucket><Key>k</Key><ETag>{ETAG}</ETag>"
        self.answer(200, f"{XML}<{kind}>{inner}</{kind}>", Content_Type="application/xml")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
for _ in sys.stdin:
    with lock:
        print(json.dumps(counts), flush=True)
        counts.update(requests=0, connections=0)
