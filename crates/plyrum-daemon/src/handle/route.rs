//! What the router would decide, without running anything.

use super::Visitor;
use super::attachments::Enclosed;
use crate::resolve::{Asked, Told, persona, planned};
use crate::{budgets, clock, project};
use plyrum_protocol::{Decision, Fault, RouteQuery};

/// Explains a route.
pub(super) async fn explain(visitor: &mut Visitor, query: RouteQuery) -> Result<Decision, Fault> {
    let Enclosed { attachments, pictures } = visitor.attachments.take(&query.attachments)?;
    let context = visitor.daemon.context(query.workspace.as_deref()).await?;
    let asked = Asked { prompt: query.prompt, attachments, pictures }.redacted(&context);
    let persona = persona(&context, query.options.persona.as_deref())?;
    let project = query.workspace.as_deref().map(project::of);
    let left = budgets::left(&visitor.daemon.ledger, &context.settings, project.as_deref()).await?;
    Ok(planned(&context, &asked, &query.options, &persona, Told::default(), left, clock::now())?.decision)
}
