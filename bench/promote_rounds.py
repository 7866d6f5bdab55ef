"""The rounds of promote.sh: peers take turns, each whole process is measured with its children, ratios are taken round
by round against curl's CopyObject, medians are printed. A ratio is only meant between rows of one table."""

import hashlib, json, os, pathlib, random, signal, statistics, subprocess, sys, tempfile, time, zipfile

promote, bare, script = sys.argv[1:4]
rounds, kind = int(sys.argv[4]), sys.argv[5]
here = pathlib.Path(__file__).parent
# So that everything started here ends then, too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
median = statistics.median
BUCKET = "bench"
SIX_GIB = 6 << 30


def tool(name):
    return subprocess.check_output([script, "tool", name], text=True).strip()


aws, s5cmd = tool("aws"), tool("s5cmd")


def environment(keys):
    """Only what the tools need: neither proxies nor anybody's AWS settings."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    nowhere = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true"}
    return {**kept, **nowhere, "AWS_ACCESS_KEY_ID": keys[0], "AWS_SECRET_ACCESS_KEY": keys[1],
            "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "PROMOTE_ACTOR": "bench", "NO_COLOR": "1"}


def at(env, address):
    return {**env, "AWS_ENDPOINT_URL": address, "S3_ENDPOINT_URL": address}


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
    wall = time.monotonic() - start
    if status != 0:
        said = pathlib.Path(cwd, "last.log").read_text(errors="replace")
        sys.exit(f"failed: {' '.join(command)}\n{said}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def quiet(command, env, cwd, data=None):
    done = subprocess.run(command, env=env, cwd=cwd, input=data, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}\n{done.stdout.decode()}\n{done.stderr.decode()}")
    return done.stdout.decode().strip()


class Child:
    """A helper of this benchmark that prints its port and ends with its standard input."""

    def __init__(self, *command):
        self.process = subprocess.Popen([sys.executable, *map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.address = f"http://127.0.0.1:{self.port}"

    def counts(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def far(address, milliseconds):
    return Child(here / "delay.py", address.removeprefix("http://"), milliseconds)


def copies(address, keys, source, target, digest):
    """The peers: name and command of a plain copy inside the bucket."""
    place = f"s3://{BUCKET}/"
    return {
        "curl CopyObject": ["curl", "-sS", "--fail-with-body", "-X", "PUT", "--aws-sigv4", "aws:amz:us-east-1:s3", "-u", ":".join(keys),
                            "-H", f"x-amz-copy-source: /{BUCKET}/{source}", f"{address}/{BUCKET}/{target}"],
        "s5cmd cp": [s5cmd, "cp", place + source, place + target],
        "aws s3 cp": [aws, "s3", "cp", "--only-show-errors", place + source, place + target],
        "bare copy (library)": [bare, BUCKET, source, target, f"sha256:{digest}"],
    }


class Project:
    """A repository, a configuration, and releases of 1 MB, each made when it is needed."""

    def __init__(self, folder, env, keys):
        self.folder, self.env, self.keys, self.number = folder, env, keys, 0
        pathlib.Path(folder, "promote.toml").write_text(
            'project = "bench"\nenvironments = ["staging", "prod"]\nauto = false\n'
            f'source = "s3://{BUCKET}/releases/{{sha}}.zip"\ntarget = "s3://{BUCKET}/{{env}}.zip"\n')
        quiet(["git", "init", "-q"], env, folder)

    def release(self):
        """A new release that runs in staging: its commit and digest."""
        self.number += 1
        zipped = pathlib.Path(self.folder, "build.zip")
        with zipfile.ZipFile(zipped, "w") as archive:
            archive.writestr("app.bin", random.Random(self.number).randbytes(1 << 20))
        names = ["-c", "user.name=b", "-c", "user.email=b@example.com"]
        quiet(["git", *names, "commit", "-q", "--allow-empty", "-m", f"release {self.number}"], self.env, self.folder)
        commit = quiet(["git", "rev-parse", "HEAD"], self.env, self.folder)
        quiet([promote, "publish", "build.zip", "--commit", commit, "--no-move", "--yes"], self.env, self.folder)
        quiet([promote, "to", "staging", commit, "--yes"], self.env, self.folder)
        return commit, hashlib.sha256(zipped.read_bytes()).hexdigest()


def table(title, results, base, columns):
    print(f"\n### {title}\n")
    if "aws s3 cp" in results and base != "aws s3 cp":
        columns = {"wall / aws s3 cp": {name: f"{median(a[0] / b[0] for a, b in zip(mine, results['aws s3 cp'])):.3f}" for name, mine in results.items()}, **columns}
    print(f"| tool | wall ms | wall / {base} | cpu / {base} | peak MB |" + "".join(f" {name} |" for name in columns))
    print("|---|---|---|---|---|" + "---|" * len(columns))
    for name, mine in results.items():
        ratio = lambda i: median(a[i] / b[i] for a, b in zip(mine, results[base]))
        print(f"| {name} | {median(a[0] for a in mine) * 1000:.1f} | {ratio(0):.2f} | {ratio(1):.2f} | "
              f"{max(a[2] for a in mine):.0f} |" + "".join(f" {figures[name]} |" for figures in columns.values()), flush=True)


def promotions(project, address, count):
    """`count` rounds of everything against this address; the first round only warms up."""
    results = {}
    env = at(project.env, address)
    for number in range(count + 1):
        commit, digest = project.release()
        rows = copies(address, project.keys, f"releases/{commit}.zip", "copied.zip", digest)
        rows["promote to prod (all of it)"] = [promote, "to", "prod", "--yes"]
        for name, command in rows.items():
            figures = measured(command, env, project.folder)
            if number > 0:
                results.setdefault(name, []).append(figures)
    return results


def near_and_far(project, address):
    load = os.getloadavg()[0]
    near = promotions(project, address, rounds)
    walls = {}
    for milliseconds in (50, 400):
        proxy = far(address, milliseconds)
        walls[milliseconds] = promotions(project, proxy.address, max(3, rounds // 3))
        proxy.close()
    wall = lambda results, name: median(a[0] for a in results[name])
    at50 = {name: f"{wall(walls[50], name):.3f} ({median(a[0] / b[0] for a, b in zip(walls[50][name], walls[50]['aws s3 cp'])):.2f})" for name in near}
    # What a round trip costs beyond the work itself is told by the difference of two distances.
    trips = {name: f"{(wall(walls[400], name) - wall(walls[50], name)) / 0.350:.1f}" for name in near}
    table(f"1 MB inside one bucket of {kind}, {rounds} rounds, load {load:.1f}", near, "curl CopyObject",
          {"s at 50 ms (/ aws s3 cp)": at50, "round trips in a row": trips})


def huge(env, folder):
    stub = Child(here / "stub_s3.py", SIX_GIB)
    proxy = far(stub.address, 50)
    results, counts = {}, {}
    for number in range(4):
        rows = copies(proxy.address, ("k", "s"), "source.zip", "target.zip", "0" * 64)
        for name in ("aws s3 cp", "bare copy (library)"):
            stub.counts()
            figures = measured(rows[name], at(env, proxy.address), folder)
            counts[name] = stub.counts()
            if number > 0:
                results.setdefault(name, []).append(figures)
    proxy.close()
    stub.close()
    table("6 GiB at 50 ms, against a stub that keeps nothing, 3 rounds", results, "aws s3 cp",
          {"requests": {name: count["requests"] for name, count in counts.items()},
           "connections": {name: count["connections"] for name, count in counts.items()}})


def starting(env, folder):
    results = {}
    rows = {"curl --version": ["curl", "--version"], "promote --version": [promote, "--version"], "promote --help": [promote, "--help"],
            "s5cmd version": [s5cmd, "version"], "true (the measuring itself)": ["true"]}
    for number in range(4 * rounds + 1):
        for name, command in rows.items():
            figures = measured(command, env, folder)
            if number > 0:
                results.setdefault(name, []).append(figures)
    table(f"Start-up, {4 * rounds} rounds", results, "curl --version", {})


with tempfile.TemporaryDirectory(prefix="promote-bench-") as work:
    said = subprocess.check_output([script, "start", kind, "--owner", str(os.getpid())], text=True)
    server = dict(line.split("=", 1) for line in said.splitlines())
    try:
        keys = (server["ACCESS_KEY"], server["SECRET_KEY"])
        env = environment(keys)
        starting(env, work)
        huge(env, work)
        near_address = server["ENDPOINT"]
        quiet([aws, "s3api", "create-bucket", "--bucket", BUCKET], at(env, near_address), work)
        near_and_far(Project(work, at(env, near_address), keys), near_address)
    finally:
        subprocess.run([script, "stop", server["PID"]], check=False)
