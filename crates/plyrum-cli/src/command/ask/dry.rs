//! A plan before it is paid: its steps, what they can cost, and why it is this one.

use super::notices;
use crate::text::{say, told, words};
use plyrum_billing_client::MicroRub;
use plyrum_protocol::DryRun;

/// All of a dry run.
pub(super) fn text(plan: &DryRun) -> String {
    let mut text = format!("{}\n", say!("dry-plan", plan = &plan.plan));
    for step in &plan.steps {
        text += &format!("  {:<12} {:<10} {}\n", step.step, step.role.as_str(), step.model);
    }
    text += &format!("{}\n", price(plan));
    if !plan.unpriced.is_empty() {
        text += &format!("{}\n", say!("dry-unpriced", models = plan.unpriced.join(", ")));
    }
    if let Some(check) = &plan.check {
        text += &format!("{}\n", say!("dry-check", file = &check.file, command = &check.command));
    }
    for reason in &plan.reasons {
        text += &format!("{}\n", say!("because", reason = &*told(reason)));
    }
    for told in notices::passed_over(&plan.resting) {
        text += &format!("{told}\n");
    }
    text
}

/// What it can cost, in a line.
fn price(plan: &DryRun) -> String {
    let (low, high) = (plan.price_low_micro_rub, plan.price_high_micro_rub);
    if !plan.unpriced.is_empty() && high == MicroRub::ZERO {
        return say!("dry-price-unknown");
    }
    say!("dry-price", price = price_range(low, high, plan.unpriced.len()))
}

/// What a plan can cost; models without a price are in neither figure.
pub(super) fn price_range(low: MicroRub, high: MicroRub, unpriced: usize) -> String {
    let high_told = words().charged(high, unpriced);
    if unpriced > 0 && high == MicroRub::ZERO {
        return high_told;
    }
    say!("price-range", low = words().rub(low), high = high_told)
}
