//! Rules that are not met, drift, and deployments that fail.

use crate::stage::{Next, Stage};
use insta::assert_snapshot;

#[test]
fn a_rule_that_is_not_met_blocks_and_can_be_overridden_with_a_reason() {
    let mut stage = Stage::ready();
    stage.tell("promote to prod --yes");
    stage.tell("promote plan prod");
    stage.tell("promote explain prod");
    stage.tell("promote to prod --yes --override soak");
    stage.tell("promote to prod --yes --override soack --reason x");
    stage.tell("promote to prod --yes --override soak --reason \"INC-123: payments are down\"");
    stage.tell("promote history prod -n 1");
    assert_snapshot!(stage.transcript());
}

#[test]
fn drift_is_shown_and_not_overwritten() {
    let mut stage = Stage::ready();
    stage.tamper("shop/prod.zip", "something else");
    stage.days(3);
    stage.tell("promote status prod");
    stage.tell("promote verify");
    stage.tell("promote to prod --yes");
    stage.tell("promote to prod aaaa --yes --override drift --reason repair");
    stage.tell("promote verify prod");
    assert_snapshot!(stage.transcript());
}

#[test]
fn a_deployment_that_fails_is_not_passed_over() {
    let mut stage = Stage::ready();
    stage.days(3);
    stage.step(Next::Fails);
    stage.tell("promote to prod --yes");
    stage.tell("promote status prod");
    stage.tell("promote to prod --yes");
    stage.step(Next::TimesOut);
    stage.tell("promote resume prod --yes --timeout 5m");
    stage.tell("promote resume prod --yes");
    stage.tell("promote resume prod --yes");
    stage.tell("promote history prod -n 2");
    assert_snapshot!(stage.transcript());
}

#[test]
fn a_status_names_nobody_whom_it_did_not_read_of() {
    let stage = Stage::ready();
    stage.days(3);
    stage.quietly("promote block bbbb --reason \"loses invoices\"");
    let (_, out, _) = stage.run("promote status");
    assert!(out.contains("bbbbbbb is blocked: ") && !out.contains("by somebody"), "{out}");
    let (_, out, _) = stage.run("promote plan prod");
    assert!(out.contains("bbbbbbb was blocked by alice: loses invoices"), "{out}");
}
