//! JSON Schemas of everything that others may read, generated from the types. The copies under
//! `snapshots/schema/` are compared in a test; `UPDATE_SNAPSHOTS=1` rewrites them.

use crate::{Decision, DryRun, Frame, Hello, RpcError, RunResult, Submit, Submitted, view};
use schemars::{Schema, schema_for};

/// Name and schema of each public shape.
pub fn all() -> Vec<(&'static str, Schema)> {
    vec![
        ("approval-answer", schema_for!(crate::ApprovalReply)),
        ("approvals", schema_for!(Vec<crate::ApprovalRow>)),
        ("attach", schema_for!(crate::Attach)),
        ("attachment-piece", schema_for!(crate::AttachmentPiece)),
        ("audit-pruned", schema_for!(view::AuditPruned)),
        ("audit-verdict", schema_for!(view::AuditVerdict)),
        ("balance", schema_for!(view::Balance)),
        ("budgets", schema_for!(Vec<view::BudgetRow>)),
        ("checks", schema_for!(view::Checks)),
        ("config", schema_for!(Vec<view::ConfigRow>)),
        ("cost-report", schema_for!(view::CostReport)),
        ("daemon-status", schema_for!(view::DaemonStatus)),
        ("dashboard", schema_for!(view::Dashboard)),
        ("decision", schema_for!(Decision)),
        ("dry-run", schema_for!(DryRun)),
        ("error", schema_for!(RpcError)),
        ("explain", schema_for!(view::ExplainReport)),
        ("frame", schema_for!(Frame)),
        ("hello", schema_for!(Hello)),
        ("models", schema_for!(Vec<view::ModelRow>)),
        ("moa-report", schema_for!(view::MoaReport)),
        ("overhead", schema_for!(view::Overhead)),
        ("personas", schema_for!(Vec<view::PersonaRow>)),
        ("plan", schema_for!(view::PlanDetail)),
        ("plans", schema_for!(Vec<view::PlanRow>)),
        ("policy-verdict", schema_for!(view::PolicyVerdict)),
        ("price-diff", schema_for!(view::PriceDiff)),
        ("price-list", schema_for!(view::PriceList)),
        ("price-quote", schema_for!(view::PriceQuote)),
        ("provider-refresh", schema_for!(Vec<view::RefreshRow>)),
        ("provider-scan", schema_for!(view::ProviderScan)),
        ("provider-tested", schema_for!(view::ProviderTested)),
        ("providers", schema_for!(Vec<view::ProviderRow>)),
        ("replay", schema_for!(view::ReplayReport)),
        ("result", schema_for!(RunResult)),
        ("runs", schema_for!(Vec<view::RunRow>)),
        ("session", schema_for!(view::SessionDetail)),
        ("session-deleted", schema_for!(view::SessionDeleted)),
        ("session-hits", schema_for!(view::SessionHits)),
        ("sessions", schema_for!(Vec<view::SessionRow>)),
        ("statusline", schema_for!(view::Statusline)),
        ("submit", schema_for!(Submit)),
        ("submitted", schema_for!(Submitted)),
        ("topped-up", schema_for!(view::ToppedUp)),
        ("transcript", schema_for!(view::Transcript)),
        ("feedback", schema_for!(crate::FeedbackTaken)),
        ("undone", schema_for!(crate::Undone)),
        ("usage", schema_for!(view::UsageReport)),
    ]
}
