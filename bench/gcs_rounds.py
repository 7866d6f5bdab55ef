"""The rounds of gcs.sh: peers take turns on the project's own Google Cloud Storage, each whole process is measured with its
children, ratios are taken round by round, medians are printed. A ratio is only meant between rows of one table."""

import json, os, pathlib, random, shutil, signal, statistics, subprocess, sys, tempfile, time, urllib.parse, urllib.request, zipfile

promote, fake, script, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
here = pathlib.Path(__file__).parent
# So that everything started here ends then, too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
median = statistics.median
BUCKET = "bench"
SECONDS = 120
rclone = subprocess.check_output([script, "tool", "rclone"], text=True).strip()
gcloud = shutil.which("gcloud")


def environment(folder):
    """Only what the tools need: neither proxies nor anybody's settings."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**kept, "HOME": folder, "PROMOTE_ACTOR": "bench", "NO_COLOR": "1", "RCLONE_CONFIG": "/dev/null",
            "CLOUDSDK_CONFIG": os.path.join(folder, "gcloud"), "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
            "CLOUDSDK_CORE_PROJECT": "bench", "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
            "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true", "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true"}


def at(env, address):
    return {**env, "STORAGE_EMULATOR_HOST": address, "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{address}/storage/v1/"}


def measured(command, env, cwd):
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            os.chdir(cwd)
            signal.alarm(SECONDS)
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


def quiet(command, env, cwd):
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit(f"failed: {' '.join(map(str, command))}\n{done.stdout.decode()}\n{done.stderr.decode()}")
    return done.stdout.decode().strip()


ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def copies(address, source, target):
    """The peers: name and command of a plain copy inside the bucket."""
    quoted = urllib.parse.quote(source, safe="")
    rows = {
        "curl rewriteTo": ["curl", "-sS", "--fail-with-body", "-X", "POST", "-H", "Content-Length: 0",
                           f"{address}/storage/v1/b/{BUCKET}/o/{quoted}/rewriteTo/b/{BUCKET}/o/{target}"],
        "rclone copyto": [rclone, "copyto", "--gcs-anonymous", "--gcs-endpoint", f"{address}/storage/v1/", "--ignore-times",
                          "--gcs-no-check-bucket", f":gcs:{BUCKET}/{source}", f":gcs:{BUCKET}/{target}"],
    }
    if gcloud:
        rows["gcloud storage cp"] = [gcloud, "storage", "cp", "--quiet", f"gs://{BUCKET}/{source}", f"gs://{BUCKET}/{target}"]
    return rows


class Project:
    """A repository, a configuration, and releases of 1 MB, each made when it is needed."""

    def __init__(self, folder, env):
        self.folder, self.env, self.number = folder, env, 0
        pathlib.Path(folder, "promote.toml").write_text(
            'project = "bench"\nenvironments = ["staging", "prod"]\nauto = false\n'
            f'source = "gs://{BUCKET}/releases/{{sha}}.zip"\ntarget = "gs://{BUCKET}/{{env}}.zip"\n')
        quiet(["git", "init", "-q"], env, folder)

    def release(self):
        """A new release that runs in staging: its commit."""
        self.number += 1
        zipped = pathlib.Path(self.folder, "build.zip")
        with zipfile.ZipFile(zipped, "w") as archive:
            archive.writestr("app.bin", random.Random(self.number).randbytes(1 << 20))
        names = ["-c", "user.name=b", "-c", "user.email=b@example.com"]
        quiet(["git", *names, "commit", "-q", "--allow-empty", "-m", f"release {self.number}"], self.env, self.folder)
        commit = quiet(["git", "rev-parse", "HEAD"], self.env, self.folder)
        quiet([promote, "publish", "build.zip", "--commit", commit, "--no-move", "--yes"], self.env, self.folder)
        quiet([promote, "to", "staging", commit, "--yes"], self.env, self.folder)
        return commit


def promotions(project, address, near, count):
    """`count` rounds of everything against this address; the first round only warms up. Requests are those of the last."""
    results, requests = {}, {}
    env = at(project.env, address)
    for number in range(count + 1):
        commit = project.release()
        rows = copies(address, f"releases/{commit}.zip", "copied.zip")
        rows["promote to prod (all of it)"] = [promote, "to", "prod", "--yes"]
        rows["promote to prod COMMIT"] = [promote, "to", "prod", commit, "--yes"]
        for name, command in rows.items():
            if name.endswith("COMMIT"):
                # The same move again needs somewhere to come from.
                quiet([promote, "rollback", "prod", "--yes", "--reason", "bench"] if number else
                      [promote, "status"], at(project.env, near), project.folder)
                if number:
                    command = [*command, "--override", "rolled-back", "--reason", "bench"]
            ask(urllib.request.Request(f"{near}/_fake/requests", method="DELETE")).close()
            figures = measured(command, env, project.folder)
            requests[name] = len(json.load(ask(f"{near}/_fake/requests")))
            if number > 0:
                results.setdefault(name, []).append(figures)
    return results, requests


def main(work):
    server = subprocess.Popen([fake, "--bucket", BUCKET, "--until-eof"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    near = next(line for line in server.stdout if line.startswith("ENDPOINT=")).split("=", 1)[1].strip()
    proxy = None
    try:
        project = Project(work, at(environment(work), near))
        load = os.getloadavg()[0]
        results, requests = promotions(project, near, near, rounds)
        proxy = subprocess.Popen([sys.executable, here / "delay.py", near.removeprefix("http://"), "50"],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        far, _ = promotions(project, f"http://127.0.0.1:{int(proxy.stdout.readline())}", near, max(3, rounds // 2))
    finally:
        for child in filter(None, (proxy, server)):
            child.stdin.close()
            child.wait()
    base = "gcloud storage cp" if gcloud else "rclone copyto"
    print(f"### 1 MB inside one bucket of the project's own Google Cloud Storage, {rounds} rounds, load {load:.1f}\n")
    print(f"| tool | wall ms | / curl | / {base} | cpu / curl | peak MB | requests | s at 50 ms | / {base} |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, mine in results.items():
        ratio = lambda rows, other, i: median(a[i] / b[i] for a, b in zip(rows[name], rows[other]))
        print(f"| {name} | {median(a[0] for a in mine) * 1000:.1f} | {ratio(results, 'curl rewriteTo', 0):.2f} | "
              f"{ratio(results, base, 0):.3f} | {ratio(results, 'curl rewriteTo', 1):.2f} | {max(a[2] for a in mine):.0f} | "
              f"{requests[name]} | {median(a[0] for a in far[name]):.3f} | {ratio(far, base, 0):.3f} |")


with tempfile.TemporaryDirectory(prefix="promote-bench-") as work:
    main(work)
