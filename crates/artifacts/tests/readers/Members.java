import java.io.*;
import java.security.MessageDigest;
import java.util.*;
import java.util.zip.*;

/** Prints what Java's two readers see: `directory` by the archive's directory, `stream` by the headers in between. */
class Members {
    static String digest(InputStream in) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(in.readAllBytes()));
    }

    static String line(ZipEntry entry, InputStream in) throws Exception {
        return entry.getName() + "\0" + (entry.isDirectory() ? "" : digest(in));
    }

    static String seen(boolean stream, String path) {
        var members = new TreeSet<String>();
        try {
            if (stream) {
                try (var zip = new ZipInputStream(new BufferedInputStream(new FileInputStream(path)))) {
                    for (ZipEntry entry; (entry = zip.getNextEntry()) != null;) members.add(line(entry, zip));
                }
            } else {
                try (var zip = new ZipFile(path)) {
                    for (var entry : Collections.list(zip.entries())) members.add(line(entry, zip.getInputStream(entry)));
                }
            }
        } catch (Exception error) {
            return "!" + error.toString().replaceAll("\\s+", " ");
        }
        return String.join("\1", members);
    }

    public static void main(String[] arguments) throws Exception {
        var out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, "UTF-8");
        for (var path : new BufferedReader(new InputStreamReader(System.in)).lines().toList()) {
            out.println(seen(false, path));
            out.println(seen(true, path));
        }
        out.flush();
    }
}
