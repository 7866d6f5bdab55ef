"""The rounds of `images.sh`: images of eight layers on two docker-registries, with name and password. Requests come
from the registries' own logs, round trips in a row from the slope between two distances (see delay.py)."""

import base64, gzip, hashlib, json, os, pathlib, shutil, statistics, subprocess, sys, tempfile, time, urllib.error, urllib.request

ours, rounds = str(pathlib.Path(sys.argv[1]).resolve()), int(sys.argv[2])
here = pathlib.Path(__file__).resolve().parent
server = str(here.parent / "tests" / "servers" / "server")
skopeo = subprocess.check_output([server, "tool", "skopeo"], text=True).strip()
crane = shutil.which("crane")
TOLD = "promote, told how to sign in"
tools = ["skopeo", *(["crane"] if crane else []), "promote", TOLD]
KIND = "application/vnd.oci.image."


def started():
    said = subprocess.check_output([server, "start", "docker-registry", "--owner", str(os.getpid())], text=True)
    return dict(line.split("=", 1) for line in said.splitlines())


near, other = started(), started()
place = {id(it): it["ENDPOINT"].removeprefix("http://") for it in (near, other)}
auth = base64.b64encode(b"tester:secret").decode()


def send(registry, method, path, body=None, kind="application/octet-stream"):
    request = urllib.request.Request(registry["ENDPOINT"] + path if path.startswith("/") else path, body, method=method)
    request.add_header("Authorization", "Basic " + auth)
    request.add_header("Content-Type", kind)
    return urllib.request.urlopen(request)


def blob(registry, repository, data):
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    where = send(registry, "POST", f"/v2/{repository}/blobs/uploads/", b"").headers["Location"]
    send(registry, "PUT", where + ("&" if "?" in where else "?") + "digest=" + digest, data)
    return {"digest": digest, "size": len(data)}


def image(registry, repository, tag):
    layers, plain = [], []
    for n in range(8):
        data = os.urandom(50_000)
        plain.append("sha256:" + hashlib.sha256(data).hexdigest())
        layers.append({"mediaType": KIND + "layer.v1.tar+gzip", **blob(registry, repository, gzip.compress(data))})
    settings = {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": plain}}
    config = {"mediaType": KIND + "config.v1+json", **blob(registry, repository, json.dumps(settings).encode())}
    manifest = {"schemaVersion": 2, "mediaType": KIND + "manifest.v1+json", "config": config, "layers": layers}
    send(registry, "PUT", f"/v2/{repository}/manifests/{tag}", json.dumps(manifest).encode(), KIND + "manifest.v1+json")


marks = 0


def asked(registry):
    """How many requests the registry has answered. One more is sent and its line waited for: the lines before it are
    there then. Such marks are not counted."""
    global marks
    marks += 1
    path = f"/v2/mark/{marks}/manifests/none"
    try:
        send(registry, "GET", path)
    except urllib.error.HTTPError as answer:
        answer.close()
    log = pathlib.Path(registry["DATA"]) / "log"
    while f" {path} " not in (text := log.read_text(errors="replace")):
        time.sleep(0.001)
    return sum('" ' in line and " - - [" in line and " /v2/mark/" not in line for line in text.splitlines())


def distant(address, milliseconds):
    proxy = subprocess.Popen([sys.executable, str(here / "delay.py"), address, str(milliseconds)],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return proxy, "127.0.0.1:" + proxy.stdout.readline().strip()


def command(tool, source, target):
    if tool == "promote":
        return [ours, source, target]
    if tool == TOLD:
        return [ours, source, target, "password"]
    if tool == "crane":
        # Within a repository, its own command for that.
        repository, tag = target.rsplit(":", 1)
        if source.startswith(repository + ":"):
            return [crane, "tag", "--insecure", source, tag]
        return [crane, "copy", "--insecure", source, target]
    return [skopeo, "--insecure-policy", "copy", "--quiet", "--all", "--preserve-digests", "--src-tls-verify=false",
            "--dest-tls-verify=false", "--src-creds=tester:secret", "--dest-creds=tester:secret",
            f"docker://{source}", f"docker://{target}"]


count = 0


def run(tool, case, hosts):
    """One process; returns its seconds and the requests of both registries."""
    global count
    count += 1
    with tempfile.TemporaryDirectory() as folder:
        auths = {"auths": {host: {"auth": auth} for host in hosts}}
        (pathlib.Path(folder) / "config.json").write_text(json.dumps(auths))
        repository = {"retag": "app", "mount": f"other{count}", "stream": f"far{count}"}[case]
        target = hosts[1] if case == "stream" else hosts[0]
        before = asked(near) + asked(other)
        env = {"PATH": os.environ["PATH"], "HOME": folder, "DOCKER_CONFIG": folder}
        began = time.perf_counter()
        done = subprocess.run(command(tool, f"{hosts[0]}/app:sha", f"{target}/{repository}:prod-{count}"), env=env,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        took = time.perf_counter() - began
        if done.returncode != 0:
            sys.exit(f"{tool} failed: {done.stderr}")
        return took, asked(near) + asked(other) - before


image(near, "app", "sha")
print(f"load {os.getloadavg()[0]:.1f}, {rounds} rounds\n")
print("| case | tool | requests | wall ms | wall / skopeo | s at 50 ms | round trips in a row |")
print("|---|---|---|---|---|---|---|")
for case in ("retag", "mount", "stream"):
    walls, requests, slopes, fifty = {}, {}, {}, {}
    for number in range(rounds + 1):
        for tool in tools:
            took, sent = run(tool, case, [place[id(near)], place[id(other)]])
            if number:  # the first round warms up
                walls.setdefault(tool, []).append(took)
                requests.setdefault(tool, []).append(sent)
    far = {}
    for distance in (50, 250):
        proxies = [distant(place[id(it)], distance) for it in (near, other)]
        for tool in tools:
            far[tool, distance] = statistics.median(run(tool, case, [host for _, host in proxies])[0] for _ in range(3))
        for proxy, _ in proxies:
            proxy.stdin.close()
            proxy.wait()
    for tool in tools:
        ratio = statistics.median(a / b for a, b in zip(walls[tool], walls["skopeo"]))
        slope = (far[tool, 250] - far[tool, 50]) / 0.2
        print(f"| {case} | {tool} | {statistics.median(requests[tool]):.0f} | {statistics.median(walls[tool]) * 1000:.1f} "
              f"| {ratio:.2f} | {far[tool, 50]:.2f} | {slope:.1f} |")
