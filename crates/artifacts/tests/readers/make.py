"""Writes archives as packers of all kinds make them, each below the folder that is given."""
import io, os, shutil, subprocess, sys, zipfile

out = sys.argv[1]
tree = os.path.join(out, "tree")
os.makedirs(os.path.join(tree, "dir", "deep"))
for name, content in {"a.txt": b"alpha" * 40, "dir/b.bin": bytes(range(256)) * 8, "dir/deep/c": b"", "index.js": b"x = 1\n"}.items():
    with open(os.path.join(tree, name), "wb") as file:
        file.write(content)
os.chmod(os.path.join(tree, "index.js"), 0o755)


def python(name, *, method, wide=False, stream=False, comment=b""):
    target = io.BytesIO()
    if stream:
        target.seekable = lambda: False
        target.tell = None
        target = type("Pipe", (), {"write": target.write, "flush": lambda self: None, "buffer": target})()
    with zipfile.ZipFile(target, "w", method) as archive:
        archive.comment = comment
        for file in ("a.txt", "dir/b.bin", "dir/deep/c", "index.js"):
            info = zipfile.ZipInfo(file, (2026, 11, 30, 12, 0, 0))
            info.compress_type = method
            info.external_attr = 0o100644 << 16
            with open(os.path.join(tree, file), "rb") as source, archive.open(info, "w", force_zip64=wide) as member:
                shutil.copyfileobj(source, member)
        last = zipfile.ZipInfo("dir/ä.txt", (2026, 11, 30, 12, 0, 0))
        archive.writestr(last, b"name", compress_type=method)
    with open(os.path.join(out, name), "wb") as file:
        file.write((target.buffer if stream else target).getvalue())


python("python-stored.zip", method=zipfile.ZIP_STORED)
python("python-deflated.zip", method=zipfile.ZIP_DEFLATED, comment=b"4f2e7d0c")
python("python-wide.zip", method=zipfile.ZIP_DEFLATED, wide=True)
python("python-streamed.zip", method=zipfile.ZIP_DEFLATED, stream=True)
python("python-streamed-wide.zip", method=zipfile.ZIP_DEFLATED, stream=True, wide=True)


def run(*command, **options):
    subprocess.run(command, cwd=tree, check=True, stdout=subprocess.DEVNULL, **options)


run(sys.argv[2], "-a", "-cf", "../bsdtar.zip", ".")
run(sys.argv[2], "-a", "-cf", "../bsdtar-names.zip", "a.txt", "dir", "index.js")
if shutil.which("zip"):
    run("zip", "-q", "-r", "../info-zip.zip", ".")
    with open(os.path.join(out, "info-zip-streamed.zip"), "wb") as pipe:
        subprocess.run("zip -q -r - . | cat", shell=True, cwd=tree, check=True, stdout=pipe)
if shutil.which("jar"):
    run("jar", "--create", "--file", "../java.zip", ".")
shutil.rmtree(tree)
