"""The rounds of folders.sh: peers take turns on one server, each whole process is measured with its children; what
the server was asked is counted by the server. Each peer has a target of its own, filled before the rounds."""

import json, os, pathlib, shutil, socket, ssl, statistics, subprocess, sys, tempfile, threading, time, urllib.request

promote, fake, script = sys.argv[1:4]
rounds, count = int(sys.argv[4]), int(sys.argv[5])
BUCKET = "bench"
median = statistics.median


class Server:
    """The stand-in, and a door with TLS for gsutil, which knows no other."""

    def __init__(self, folder):
        self.process = subprocess.Popen([fake, "--bucket", BUCKET, "--until-eof"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        lines = dict(self.process.stdout.readline().rstrip("\n").split("=", 1) for _ in range(3))
        self.address = lines["ENDPOINT"]
        self.port = int(self.address.rsplit(":", 1)[1])
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.door = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.tls_port = self.door.getsockname()[1]
        threading.Thread(target=self.open_door, args=(context,), daemon=True).start()

    def open_door(self, context):
        while True:
            plain, _ = self.door.accept()
            threading.Thread(target=self.let_through, args=(context, plain), daemon=True).start()

    def let_through(self, context, plain):
        try:
            outside = context.wrap_socket(plain, server_side=True)
            inside = socket.create_connection(("127.0.0.1", self.port))
        except OSError:
            return
        def pour(source, sink):
            try:
                while piece := source.recv(65536):
                    sink.sendall(piece)
                sink.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        threading.Thread(target=pour, args=(outside, inside), daemon=True).start()
        pour(inside, outside)

    def forget(self):
        urllib.request.urlopen(urllib.request.Request(f"{self.address}/_fake/requests", method="DELETE")).read()

    def asked(self):
        return json.load(urllib.request.urlopen(f"{self.address}/_fake/requests"))


def measured(command, env, cwd):
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            os.chdir(cwd)
            log = os.open(os.path.join(cwd, "last.log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.execvpe(command[0], command, env)
        finally:
            os._exit(127)
    _, status, usage = os.wait4(child, 0)
    if status != 0:
        sys.exit(f"failed: {' '.join(command)}\n{pathlib.Path(cwd, 'last.log').read_text(errors='replace')[-4000:]}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def quiet(command, env, cwd):
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}")
    return done.stdout.strip()


def render(folder, version):
    """Writes all files anew, with new times: `version` tells the content of a file by its number."""
    shutil.rmtree(folder, ignore_errors=True)
    for number in range(count):
        path = folder / f"team{number % 30:02}" / f"service-{number:05}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"service: {number}\nversion: {version(number)}\n" + "setting: value\n" * 40)


class Peers:
    """The tools, each with a target of its own and the command that brings it to the rendered folder."""

    def __init__(self, home, server):
        self.home, self.server = home, server
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        kept["HOME"] = str(home)
        self.env = {**kept, "NO_COLOR": "1", "PROMOTE_ACTOR": "bench", "STORAGE_EMULATOR_HOST": server.address}
        self.rendered = home / "rendered"
        self.project = home / "project"
        self.project.mkdir()
        (self.project / "promote.toml").write_text(
            'project = "bench"\nenvironments = ["prod"]\nauto = false\nsource = "releases/{sha}/"\n'
            f'target = "gs://{BUCKET}/promote/"\nprune = true\n')
        quiet(["git", "init", "-q"], self.env, self.project)
        rclone = subprocess.check_output([script, "tool", "rclone"], text=True).strip()
        go = {"RCLONE_CONFIG": "/dev/null", "RCLONE_GCS_ANONYMOUS": "true", "RCLONE_GCS_ENDPOINT": f"{server.address}/storage/v1/"}
        folder = str(self.rendered)
        self.rows = {
            "rclone sync --checksum --fast-list": (
                [rclone, "sync", "--checksum", "--fast-list", folder, f":gcs:{BUCKET}/rclone"], {**self.env, **go}),
        }
        if shutil.which("gsutil"):
            host = ["-o", "Credentials:gs_json_host=localhost", "-o", f"Credentials:gs_json_port={server.tls_port}",
                    "-o", "Boto:https_validate_certificates=False", "-o", f"GSUtil:state_dir={home}/gsutil"]
            command = ["gsutil", *host, "-q", "-m", "rsync", "-r", "-c", "-d", folder, f"gs://{BUCKET}/gsutil"]
            self.rows["gsutil -m rsync -r -c -d"] = (command, {**kept, "BOTO_CONFIG": "/dev/null", "CLOUDSDK_CORE_PASS_CREDENTIALS_TO_GSUTIL": "false"})
        if shutil.which("gcloud"):
            cloud = {"CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{server.address}/", "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
                     "CLOUDSDK_CORE_PROJECT": "bench", "CLOUDSDK_CORE_DISABLE_PROMPTS": "1", "CLOUDSDK_CONFIG": f"{home}/gcloud"}
            command = ["gcloud", "storage", "rsync", "-r", "--checksums-only", "--delete-unmatched-destination-objects", folder, f"gs://{BUCKET}/gcloud"]
            self.rows["gcloud storage rsync -r --checksums-only"] = (command, {**kept, **cloud})
        self.slow = self.rows.keys() - {"rclone sync --checksum --fast-list"}

    def release(self):
        """Publishes what was rendered as a new release, and gives the command that brings the target to it."""
        names = ["-c", "user.name=b", "-c", "user.email=b@example.com"]
        quiet(["git", *names, "commit", "-q", "--allow-empty", "-m", "release"], self.env, self.project)
        commit = quiet(["git", "rev-parse", "HEAD"], self.env, self.project)
        published = measured([promote, "publish", str(self.rendered), "--commit", commit, "--no-move", "--yes"], self.env, self.project)
        return [promote, "to", "prod", commit, "--yes"], published

    def round(self, version, results, far=None):
        """Renders, and has everybody bring its target to that; `far`, the address of a proxy, leaves out those who take
        minutes there."""
        render(self.rendered, version)
        command, published = self.release()
        rows = {"promote to prod": (command, self.env), **self.rows}
        if far:
            moved = lambda env: {key: value.replace(self.server.address, far) for key, value in env.items()}
            rows = {name: (row, moved(env)) for name, (row, env) in rows.items() if name not in self.slow}
        for name, (row, env) in rows.items():
            cwd = self.project if row is command else self.home
            self.server.forget()
            figures = measured(row, env, cwd)
            asked = self.server.asked()
            results.setdefault(name, []).append((*figures, len(asked), sum(one["length"] for one in asked)))
        results.setdefault("promote publish, to the local folder", []).append((*published, 0, 0))


def table(title, results):
    print(f"\n### {title}\n\n| tool | requests | bytes sent | wall s | wall / rclone | cpu s | peak MB |\n|---|---|---|---|---|---|---|")
    base = results["rclone sync --checksum --fast-list"]
    for name, mine in results.items():
        figure = lambda i: median(one[i] for one in mine)
        ratio = median(one[0] / other[0] for one, other in zip(mine, base))
        print(f"| {name} | {figure(3):.0f} | {figure(4):.0f} | {figure(0):.2f} | {ratio:.2f} | {figure(1):.2f} | {max(one[2] for one in mine):.0f} |", flush=True)


with tempfile.TemporaryDirectory() as home:
    home = pathlib.Path(home)
    server = Server(home)
    peers = Peers(home, server)
    load = os.getloadavg()[0]
    filled, nothing, little = {}, {}, {}
    peers.round(lambda number: 1, filled)
    table(f"{count} files, all new, 1 round, load {load:.1f}", filled)
    for number in range(rounds):
        peers.round(lambda file: 1 + number if file % 100 == 0 else 1, little if number else {})
        peers.round(lambda file: 1 + number if file % 100 == 0 else 1, nothing)
    peers.round(lambda file: 1 + rounds if file % 100 == 0 else 1, little)
    table(f"{count} files rendered anew with the same bytes, {rounds} rounds", nothing)
    table(f"{count} files rendered anew, 1 % of them changed, {rounds} rounds", little)
    delay = pathlib.Path(__file__).with_name("delay.py")
    proxy = subprocess.Popen([sys.executable, delay, server.address.removeprefix("http://"), "50"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    far, away = f"http://127.0.0.1:{int(proxy.stdout.readline())}", {}
    for _ in range(rounds):
        peers.round(lambda file: 1 + rounds if file % 100 == 0 else 1, away, far)
    table(f"{count} files rendered anew with the same bytes, 50 ms away, {rounds} rounds", away)
    proxy.stdin.close()
    server.process.stdin.close()
