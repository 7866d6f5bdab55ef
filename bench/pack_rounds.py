"""The rounds of pack.sh: peers take turns, each whole process is measured with its children, ratios are taken round by
round against `zip -6`, medians are printed. A ratio is only meant between rows of one table."""

import os, shutil, signal, statistics, subprocess, sys, tempfile, time

program, rounds = sys.argv[1], int(sys.argv[2])
# So that the data is removed then, too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
skipped = os.environ.get("BENCH_SKIP", "").split()
sizes = dict(zip(("repo", "mixed", "noise"), map(int, sys.argv[3:6])))


def measured(command, cwd):
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            os.chdir(cwd)
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - start
    if status != 0:
        sys.exit(f"failed: {' '.join(command)}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def peers(kind, data, out):
    zipped = os.path.join(out, "out.zip")
    rows = [
        ("zip -6", ["zip", "-q", "-r", "-X", "-6", zipped, "."], zipped),
        ("promote", [program, "pack", data, zipped], zipped),
        ("promote, 1 thread", [program, "pack", data, zipped, "1"], zipped),
    ]
    if shutil.which("7z") and "7z" not in skipped:
        rows.append(("7z -tzip -mmt2", ["7z", "a", "-tzip", "-mmt2", "-bso0", "-bsp0", zipped, "."], zipped))
    if kind == "noise":
        source = subprocess.check_output(["find", data, "-type", "f"], text=True).split()[0]
        copy = os.path.join(out, "copy")
        rows.append(("cp", ["cp", source, copy], copy))
    return rows


def race(kind, megabytes, work):
    data, out = os.path.join(work, kind), os.path.join(work, "out")
    os.mkdir(out)
    subprocess.check_call([program, "generate", kind, data, str(megabytes)])
    files = sum(len(names) for _, _, names in os.walk(data))
    rows = peers(kind, data, out)
    results = {name: [] for name, _, _ in rows}
    for number in range(rounds + 1):
        for name, command, result in rows:
            if os.path.exists(result):
                os.remove(result)
            # Writing back what the one before left behind would be counted against the next.
            os.sync()
            figures = measured(command, data)
            size = os.path.getsize(result)
            # The first round warms the cache.
            if number > 0 or rounds == 0:
                results[name].append(figures + (size,))
            os.remove(result)
    print(f"\n### {kind}: {megabytes} MB, {files} files, {rounds} rounds, load {os.getloadavg()[0]:.1f}\n", flush=True)
    print("| packer | wall s | wall / zip -6 | cpu / zip -6 | size / zip -6 | peak MB |" + (" wall / cp |" if kind == "noise" else ""))
    print("|---|---|---|---|---|---|" + ("---|" if kind == "noise" else ""))
    median = statistics.median
    for name, _, _ in rows:
        mine, base = results[name], results["zip -6"]
        ratio = lambda i, other=base: median(a[i] / b[i] for a, b in zip(mine, other))
        line = f"| {name} | {median(a[0] for a in mine):.3f} | {ratio(0):.3f} | {ratio(1):.3f} | {ratio(3):.4f} | {max(a[2] for a in mine):.0f} |"
        if kind == "noise":
            line += f" {ratio(0, results['cp']):.2f} |"
        print(line, flush=True)
    shutil.rmtree(data)
    shutil.rmtree(out)


if not shutil.which("7z"):
    print("7z is not installed: left out")
if "7z" in skipped:
    print("7z is left out as asked")
with tempfile.TemporaryDirectory(prefix="promote-bench-") as work:
    for kind, megabytes in sizes.items():
        if megabytes:
            race(kind, megabytes, work)
