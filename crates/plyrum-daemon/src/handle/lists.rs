//! Plans, personas and models, a page at a time.

use super::Visitor;
use plyrum_catalog::{Model, Origin, PriceState};
use plyrum_protocol::{Fault, Listing, Page, view};

/// Rows of one page.
const PAGE: usize = 256;

/// The plans.
pub(super) async fn plans(visitor: &mut Visitor, page: Page) -> Result<Listing<view::PlanRow>, Fault> {
    let context = visitor.daemon.context(None).await?;
    let rows = context.library.plans.iter().map(|(name, plan)| view::PlanRow {
        plan: name.clone(),
        description: plan.item.description.clone(),
        steps: plan.item.steps.iter().map(|s| s.id.to_string()).collect(),
        origin: plan.origin.clone(),
    });
    Ok(cut(rows, &page, |row| &row.plan))
}

/// The personas.
pub(super) async fn personas(visitor: &mut Visitor, page: Page) -> Result<Listing<view::PersonaRow>, Fault> {
    let context = visitor.daemon.context(None).await?;
    let rows = context.library.personas.iter().map(|(name, persona)| view::PersonaRow {
        persona: name.clone(),
        description: persona.item.description.clone(),
        origin: persona.origin.clone(),
    });
    Ok(cut(rows, &page, |row| &row.persona))
}

/// The models.
pub(super) async fn models(visitor: &mut Visitor, page: Page) -> Result<Listing<view::ModelRow>, Fault> {
    let context = visitor.daemon.context(None).await?;
    let default_output = context.settings.defaults.max_output_tokens;
    let rows = context.catalog.models.values().map(|model| {
        let why_not = context.why_not(&model.id).map(|unusable| unusable.why);
        row(model, why_not, default_output)
    });
    Ok(cut(rows, &page, |row| &row.model))
}

fn row(model: &Model, why_not: Option<String>, default_output: u64) -> view::ModelRow {
    let (currency, rates) = match &model.price {
        PriceState::Known(price) => (Some(price.currency.clone()), Some(price.card.at(0))),
        PriceState::Unknown => (None, None),
    };
    let per_million = |price: Option<plyrum_billing_client::PerMillion>| price.map(|p| p.to_string());
    view::ModelRow {
        model: model.id.to_string(),
        provider: model.provider.to_string(),
        ready: why_not.is_none(),
        why_not,
        only_when_named: model.only_when_named,
        images: model.images,
        image_tokens: model.image_tokens,
        context_tokens: model.context_tokens,
        max_output_tokens: model.max_output_tokens.unwrap_or(default_output),
        currency,
        input_per_million: per_million(rates.as_ref().and_then(|r| r.input)),
        output_per_million: per_million(rates.as_ref().and_then(|r| r.output)),
        origin: match model.origin {
            Origin::Shipped => "built in",
            Origin::Listed => "models.toml",
            Origin::User => "config.toml",
        }
        .to_owned(),
    }
}

/// The page after the cursor. Rows come in order of their names.
pub(super) fn cut<T>(rows: impl Iterator<Item = T>, page: &Page, name: impl Fn(&T) -> &String) -> Listing<T> {
    let after = |row: &T| page.cursor.as_ref().is_none_or(|cursor| name(row) > cursor);
    let mut rows: Vec<T> = rows.filter(after).take(PAGE + 1).collect();
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    Listing { next: rows.last().filter(|_| more).map(|row| name(row).clone()), rows }
}
