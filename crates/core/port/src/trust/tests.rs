//! Lists of hosts, and the hosts of vendors.

use super::*;

fn host(text: &str) -> Host {
    let split = text.rsplit_once(':').filter(|(name, _)| !name.contains(':') || name.ends_with(']'));
    let (name, port) = split.unwrap_or((text, "443"));
    Host::new(name, port.parse().unwrap())
}

#[test]
fn a_list_allows_what_it_names_and_nothing_beside_it() {
    for (list, name, expected) in [
        ("minio.acme.example", "minio.acme.example", true),
        ("minio.acme.example", "MINIO.acme.example.", true),
        ("minio.acme.example", "minio.acme.example:9000", true),
        ("minio.acme.example:9000", "minio.acme.example:9000", true),
        ("minio.acme.example:9000", "minio.acme.example", false),
        ("minio.acme.example", "evil.minio.acme.example", false),
        ("minio.acme.example", "minio.acme.example.evil", false),
        ("*.acme.example", "minio.acme.example", true),
        ("*.acme.example", "a.b.acme.example:9000", true),
        ("*.acme.example", "acme.example", false),
        ("*.acme.example", "evilacme.example", false),
        ("*.acme.example:9000", "a.acme.example", false),
        ("10.0.0.7:9000", "10.0.0.7:9000", true),
        ("[fd00::1]:9000", "[fd00::1]:9000", true),
        ("[fd00::1]", "[fd00::2]", false),
        (" a.example , b.example,", "b.example", true),
        ("", "a.example", false),
        // This machine needs no word.
        ("", "localhost:9000", true),
        ("", "127.0.0.2:1", true),
        ("", "[::1]:80", true),
        ("", "127.0.0.1.evil.example", false),
        ("", "localhost.evil.example", false),
    ] {
        assert_eq!(Allowed::listed(list).unwrap().has(&host(name)), expected, "{list:?} {name}");
    }
    for bad in [
        "*",
        "*.com",
        "https://a.example",
        "a.example:0",
        "a.example:x",
        "a b",
        "a/b",
        "*a.example",
        "[::1",
        "u@a.example",
        "[::1]x",
    ] {
        assert!(Allowed::listed(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_vendors_own_hosts_are_told_from_its_customers() {
    for (vendor, own) in [
        (
            Vendor::Amazon,
            &[
                "s3.amazonaws.com",
                "s3.eu-central-1.amazonaws.com",
                "s3-eu-west-1.amazonaws.com",
                "s3.dualstack.eu-central-1.amazonaws.com",
                "s3-fips.us-gov-west-1.amazonaws.com",
                "s3-fips.dualstack.us-east-1.amazonaws.com",
                "s3-accelerate.amazonaws.com",
                "s3.cn-north-1.amazonaws.com.cn",
                "bucket.vpce-1a2b3c4d-5e6f.s3.us-east-1.vpce.amazonaws.com",
            ][..],
        ),
        (
            Vendor::Google,
            &[
                "storage.googleapis.com",
                "storage.europe-west3.rep.googleapis.com",
                "storage.mtls.googleapis.com",
                "oauth2.googleapis.com",
                "sts.googleapis.com",
                "iamcredentials.googleapis.com",
                "accounts.google.com",
            ],
        ),
        (Vendor::Github, &["api.github.com", "api.acme.ghe.com"]),
        (Vendor::Gitlab, &["gitlab.com"]),
    ] {
        for name in own {
            assert!(vendor.owns(&host(name)), "{vendor:?} {name}");
            assert!(!vendor.owns(&host(&format!("{name}:8443"))), "{vendor:?} {name}");
            assert!(!vendor.owns(&host(&format!("{name}.evil.example"))), "{vendor:?} {name}");
        }
    }
    for (vendor, others) in [
        (
            Vendor::Amazon,
            &[
                "storage.googleapis.com",
                "abc123.execute-api.us-east-1.amazonaws.com",
                "ec2-1-2-3-4.compute-1.amazonaws.com",
                "evil.elb.us-east-1.amazonaws.com",
                "evil.s3.amazonaws.com",
                "evil.s3-website.eu-central-1.amazonaws.com",
                "s3-website.eu-central-1.amazonaws.com",
                "evils3.amazonaws.com",
                "amazonaws.com",
                "vpce-1.s3.us-east-1.vpce.amazonaws.com",
            ][..],
        ),
        (
            Vendor::Google,
            &[
                "evil.storage.googleapis.com",
                "evilstorage.googleapis.com",
                "storage-evil.p.googleapis.com",
                "evil.run.app",
                "evil.appspot.com",
                "script.google.com",
            ],
        ),
        (
            Vendor::Github,
            &["github.com", "acme.ghe.com", "api.a.b.ghe.com", "api.ghe.com", "evil.github.io", "gitlab.com"],
        ),
        (Vendor::Gitlab, &["evil.gitlab.io", "registry.gitlab.com", "api.github.com"]),
    ] {
        for name in others {
            assert!(!vendor.owns(&host(name)), "{vendor:?} {name}");
        }
    }
}

#[test]
fn a_registrys_password_is_for_its_host_and_its_vendors_server() {
    for (registry, server, expected) in [
        ("registry.acme.example", "registry.acme.example", true),
        ("registry.acme.example:5000", "registry.acme.example:5001", true),
        ("Registry.acme.example", "registry.acme.example", true),
        ("[fd00::1]:5000", "[fd00::1]:5001", true),
        ("registry.acme.example", "auth.acme.example", false),
        ("registry.acme.example", "evil.registry.acme.example", false),
        ("docker.io", "auth.docker.io", true),
        ("registry-1.docker.io", "auth.docker.io", true),
        ("docker.io", "auth.docker.io:8443", false),
        ("quay.io", "auth.docker.io", false),
        ("registry.gitlab.com", "gitlab.com", true),
        ("registry.gitlab.com.evil.example", "gitlab.com", false),
        ("ghcr.io", "ghcr.io", true),
    ] {
        assert_eq!(is_token_server(registry, &host(server)), expected, "{registry} {server}");
    }
}
