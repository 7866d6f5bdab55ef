//! Waiting for an address to say something.

use super::server::{Server, answer, elsewhere};
use super::*;
use promote_core::port::wire::Wire;

async fn wait(
    steps: &SystemSteps,
    url: &str,
    expect: Option<&str>,
    timeout: Duration,
) -> (StepReport, Vec<String>) {
    let heard = Heard::default();
    let action = StepAction::Http { url: template(url), expect: expect.map(template) };
    let report = steps.run(&step(action), &context(), timeout, &heard).await;
    (report, heard.lines())
}

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn it_is_asked_until_it_says_what_is_expected() {
    let (_base, steps) = runner(&[]);
    let server = Server::new(vec![
        answer("502 Bad Gateway", "\u{1b}[31mno\nsecond line"),
        answer("200 OK", "version 0000000"),
        answer("200 OK", "version a93be01"),
    ])
    .await;
    let (report, lines) = wait(&steps, &format!("{}/version", server.url), Some("{sha:7}"), LONG).await;
    assert_eq!((report.end, report.summary.as_str()), (StepEnd::Succeeded, "says a93be01"));
    assert_eq!(lines, ["502 Bad Gateway: \\u{1b}[31mno", "200 OK: version 0000000"]);
    assert_eq!(server.asked(), 3);
}

#[tokio::test]
async fn an_expected_text_in_an_error_does_not_count() {
    let (_base, steps) = runner(&[]);
    let server = Server::new(vec![answer("500 Oops", "a93be01")]).await;
    let (report, _) = wait(&steps, &server.url, Some("{sha:7}"), SHORT).await;
    assert_eq!(report.end, StepEnd::Failed);
    assert!(report.summary.contains("500 Internal Server Error: a93be01"), "{}", report.summary);
    assert!(server.asked() > 1);
}

#[tokio::test]
async fn without_an_expected_text_any_good_answer_will_do() {
    let (_base, steps) = runner(&[]);
    let server = Server::new(vec![answer("204 No Content", "")]).await;
    let (report, _) = wait(&steps, &server.url, None, LONG).await;
    assert_eq!((report.end, report.summary.as_str()), (StepEnd::Succeeded, "answers 204 No Content"));
}

#[tokio::test]
async fn another_host_is_not_followed_and_the_same_one_is() {
    let (_base, steps) = runner(&[]);
    let other = Server::new(vec![answer("200 OK", "a93be01")]).await;
    let server = Server::new(vec![elsewhere(&other.url)]).await;
    let (report, _) = wait(&steps, &server.url, Some("{sha:7}"), SHORT).await;
    assert_eq!(report.end, StepEnd::Failed, "{}", report.summary);
    assert!(report.summary.contains("is not followed"), "{}", report.summary);
    assert_eq!(other.asked(), 0);
    let same = Server::new(vec![elsewhere("/there"), answer("200 OK", "a93be01")]).await;
    assert_eq!(wait(&steps, &same.url, Some("{sha:7}"), LONG).await.0.end, StepEnd::Succeeded);
}

#[tokio::test]
async fn on_the_wire_an_address_from_a_variable_is_told_by_its_host_alone() {
    let server = Server::new(vec![answer("200 OK", "well")]).await;
    let hook = format!("{}/services/T024/B024/canary?sig=geheim", server.url);
    let (_base, steps) = runner(&[("HOOK_URL", &hook), ("API_TOKEN", "token-in-a-path")]);
    let told = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let listening = promote_core::port::wire::listen({
        let told = std::rc::Rc::clone(&told);
        move |wire| {
            if let Wire::Asked { host, path, .. } = wire {
                told.borrow_mut().push(format!("http://{host}{path}"));
            }
        }
    });
    wait(&steps, "$HOOK_URL", None, LONG).await;
    wait(&steps, &format!("{}/token-in-a-path/ready", server.url), None, LONG).await;
    drop(listening);
    assert_eq!(*told.borrow(), [format!("{}/…", server.url), format!("{}/***/ready", server.url)]);
}

#[tokio::test]
async fn only_https_and_this_machine_are_asked() {
    let (_base, steps) = runner(&[("HOOK_URL", "http://internal.example/?s=secret-in-here")]);
    for (url, wanted) in [
        ("http://billing.example/version", "only https"),
        ("http://127.evil.example/", "only https"),
        ("ftp://127.0.0.1/", "only https"),
        ("no address", "can't be read"),
        ("$HOOK_URL", "only https"),
        ("$UNSET_URL", "`UNSET_URL` is not set"),
    ] {
        let (report, lines) = wait(&steps, url, None, SHORT).await;
        assert_eq!(report.end, StepEnd::Errored, "{url}");
        assert!(report.summary.contains(wanted), "{url}: {}", report.summary);
        assert!(!format!("{report:?}{lines:?}").contains("secret-in-here"));
    }
}

#[tokio::test]
async fn a_huge_answer_is_looked_at_only_at_its_beginning() {
    let (_base, steps) = runner(&[]);
    let late = format!("{}a93be01", "x".repeat(1024 * 1024));
    let server = Server::new(vec![answer("200 OK", &late)]).await;
    let (report, _) = wait(&steps, &server.url, Some("{sha:7}"), Duration::from_secs(2)).await;
    assert_eq!(report.end, StepEnd::Failed, "{}", report.summary);
}

#[tokio::test]
async fn an_interruption_ends_the_wait() {
    let (_base, steps) = runner(&[]);
    let server = Server::new(vec![answer("200 OK", "no")]).await;
    let stop = steps.interruption.clone();
    let stopper = async {
        while server.asked() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        stop.interrupt();
    };
    let ((report, _), ()) = tokio::join!(wait(&steps, &server.url, Some("yes"), LONG), stopper);
    assert_eq!(report.end, StepEnd::Interrupted);
}
