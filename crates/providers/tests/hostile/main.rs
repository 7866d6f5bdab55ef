//! Every client against servers that answer as no honest server does: each request ends, with an error of a kind that lets
//! nobody believe anything, with bounded memory, and without a secret at another host.

#![allow(clippy::unwrap_used, reason = "a test that can't go on must fail")]

mod clients;
#[allow(dead_code, reason = "texts are damaged elsewhere")]
#[path = "../../../core/tests/fuzz/damage.rs"]
mod damage;
mod mutated;
mod server;

use clients::{Client, Deed, PASSWORD};
use promote_core::port::ErrorKind;
use server::{Hostile, WAYS, Way};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Far beyond any deadline of a client: who is still at it has none.
const FOR_EVER: Duration = Duration::from_secs(300);

/// How many requests are under way at a time, of all clients together: a machine that is busy with all of them is too slow
/// for a client of little patience.
static ABREAST: Semaphore = Semaphore::const_new(12);

/// The most memory that this process has had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) << 10
}

/// Whether an error of this kind tells the truth about a request that got such an answer.
fn is_true(way: Way, deed: Deed, kind: ErrorKind) -> bool {
    match deed {
        // It changed nothing, so there is no doubt about it.
        Deed::Reads => kind != ErrorKind::Unknown && kind != ErrorKind::NotFound,
        // It arrived, and nothing that came back says that it was turned down: it must not be sent again.
        Deed::Changes if !matches!(way, Way::Circle | Way::Elsewhere) => {
            matches!(kind, ErrorKind::Unknown | ErrorKind::Corrupt)
        }
        Deed::Changes => kind != ErrorKind::NotFound,
    }
}

/// What is wrong with how one request ended.
async fn one(
    client: Client,
    request: &'static str,
    deed: Deed,
    way: Way,
    status: u16,
    other: String,
) -> Option<String> {
    let mut wrong = String::new();
    // Where the machine is too busy for the server to hear of it while the client has patience, nothing was tried.
    for _ in 0..5 {
        let server = Hostile::start(way, status, &other);
        let end = tokio::time::timeout(FOR_EVER, client.ask(&server.host, request)).await;
        wrong = match end {
            Err(_) => "it does not end".to_owned(),
            Ok(Ok(())) => "it was believed".to_owned(),
            Ok(Err(_)) if server.asked() == 0 => {
                wrong = "nobody asked".to_owned();
                continue;
            }
            Ok(Err(error)) if status == 200 && !is_true(way, deed, error.kind) => {
                format!("{:?}: {error}", error.kind)
            }
            Ok(Err(error)) if error.to_string().contains(PASSWORD) => format!("a secret in {error}"),
            Ok(Err(_)) => return None,
        };
        break;
    }
    Some(format!("{client:?} {request}, {way:?} {status}: {wrong}"))
}

async fn all(client: Client) {
    let (other, secret) = clients::witness();
    let mut under_way = tokio::task::JoinSet::new();
    for way in WAYS {
        // What is no answer, or sends elsewhere, has a status of its own.
        let own = [Way::EndlessHead, Way::Silent, Way::Circle, Way::Elsewhere, Way::Noise].contains(&way);
        for status in if own { &[200][..] } else { &[200, 400] } {
            for (request, deed) in client.requests() {
                let other = other.clone();
                under_way.spawn(async move {
                    let _turn = ABREAST.acquire().await;
                    one(client, request, *deed, way, *status, other).await
                });
            }
        }
    }
    let cases = under_way.len();
    let wrong: Vec<String> = under_way.join_all().await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(!secret(), "{client:?}: a secret came to another host");
    assert_eq!(cases, client.requests().len() * 23);
    assert!(peak() < 1 << 30, "{} bytes of memory", peak());
}

#[tokio::test]
async fn s3_bears_every_answer() {
    all(Client::S3).await;
}

#[tokio::test]
async fn gcs_bears_every_answer() {
    all(Client::Gcs).await;
}

#[tokio::test]
async fn a_registry_client_bears_every_answer() {
    all(Client::Registry).await;
}

#[tokio::test]
async fn a_registrys_token_server_may_answer_anything() {
    all(Client::TokenServer).await;
}

#[tokio::test]
async fn quays_api_may_answer_anything() {
    all(Client::QuayApi).await;
}

#[tokio::test]
async fn who_signs_tokens_may_answer_anything() {
    all(Client::Identity).await;
}

#[tokio::test]
async fn codepipeline_bears_every_answer() {
    all(Client::CodePipeline).await;
}

#[tokio::test]
async fn a_forge_client_bears_every_answer() {
    all(Client::Forge).await;
}
