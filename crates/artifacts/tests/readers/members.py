"""Prints what Python's reader sees in each archive named on standard input: a line of JSON for each."""
import hashlib, json, sys, zipfile

for path in sys.stdin.read().splitlines():
    try:
        with zipfile.ZipFile(path) as archive:
            members = [[info.filename, "" if info.is_dir() else hashlib.sha256(archive.read(info)).hexdigest(),
                        info.header_offset] for info in archive.infolist()]
            # libarchive prints no content for a symbolic link.
            links = {info.filename for info in archive.infolist()
                     if info.create_system == 3 and info.external_attr >> 28 == 0o12}
            in_file = sorted((m for m in members if m[1] and m[0] not in links), key=lambda member: member[2])
            content = hashlib.sha256(b"".join(archive.read(name) for name, _, _ in in_file)).hexdigest()
        print(json.dumps({"members": sorted(m[:2] for m in members), "content": content}))
    except Exception as error:
        print(json.dumps({"error": repr(error)}))
