//! Providers: how each is, whether it answers, what it serves, and which servers this machine has.

use super::Visitor;
use super::lists::cut;
use crate::context::Context;
use crate::{clock, keys, ollama};
use plyrum_catalog::{Catalog, ListedModel, Origin, ProviderEntry, ProviderId, Wire, is_of_this_machine};
use plyrum_config::Paths;
use plyrum_protocol::{Empty, ErrorKind, Fault, Listing, Page, ProviderChoice, ProviderRef, view};
use plyrum_providers::{Endpoint, ErrorClass, Listed, Provider, ProviderError, ProxyOrigin, Timeouts};
use plyrum_settings::ModelsFile;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// The providers, and how each is.
pub(super) async fn list(visitor: &mut Visitor, page: Page) -> Result<Listing<view::ProviderRow>, Fault> {
    let context = visitor.daemon.context(None).await?;
    let rows = context.catalog.providers.values().map(|entry| row(&context, &visitor.daemon.paths, entry));
    Ok(cut(rows, &page, |row| &row.provider))
}

fn row(context: &Context, paths: &Paths, entry: &ProviderEntry) -> view::ProviderRow {
    let id = entry.id.as_str();
    let why_not = context.why_not_provider(id).map(|unusable| unusable.why);
    let lane = context.lane_of(id);
    let way = context.way_of(id);
    let entry = &*ollama::placed(entry);
    let models = context.catalog.models.values().filter(|model| model.provider == entry.id);
    view::ProviderRow {
        provider: id.to_owned(),
        kind: entry.kind.as_str().to_owned(),
        base_url: entry.base_url.clone(),
        key: keys::place_of(entry, paths),
        ready: why_not.is_none() && lane.is_none_or(|lane| lane.open_until.is_none()),
        why_not,
        models: models.count() as u64,
        running: lane.map_or(0, |lane| lane.running),
        waiting: lane.map_or(0, |lane| lane.waiting),
        limit: entry.max_concurrency,
        failures: lane.map_or(0, |lane| lane.failures),
        resting_until: lane.and_then(|lane| lane.open_until),
        is_probing: lane.is_some_and(|lane| lane.is_probing),
        proxy: way.proxy.map(proxy),
        ca_files: ca_files(&way.ca_files),
        version: context.version_of(id),
        origin: match entry.origin {
            Origin::User => "config.toml",
            Origin::Shipped | Origin::Listed => "built in",
        }
        .to_owned(),
    }
}

fn proxy(proxy: plyrum_providers::ProxyWay) -> view::ProxyView {
    let origin = match proxy.origin {
        ProxyOrigin::Configuration => "config.toml",
        ProxyOrigin::Environment => "environment",
    };
    view::ProxyView { address: proxy.address, origin: origin.to_owned() }
}

fn ca_files(files: &[std::path::PathBuf]) -> Vec<String> {
    files.iter().map(|file| file.display().to_string()).collect()
}

/// Asks for its list of models, which costs nothing.
pub(super) async fn test(visitor: &mut Visitor, asked: ProviderRef) -> Result<view::ProviderTested, Fault> {
    let context = visitor.daemon.context(None).await?;
    let provider = usable(&context, &asked.provider)?;
    let began = Instant::now();
    let listed = provider.list().await.map_err(|error| match error.status {
        Some(404 | 405) => Fault::new(ErrorKind::NotFound, error.message),
        _ => refused(&asked.provider, &error),
    })?;
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let version = provider.version().await.map_err(|error| refused(&asked.provider, &error))?;
    let way = provider.way();
    Ok(view::ProviderTested {
        provider: asked.provider,
        models: listed.len() as u64,
        ms,
        proxy: way.proxy.map(proxy),
        ca_files: ca_files(&way.ca_files),
        version,
    })
}

fn usable(context: &Context, id: &str) -> Result<Arc<dyn Provider>, Fault> {
    let Some(entry) = context.registry.get(id) else {
        let known = context.catalog.providers.keys().map(ProviderId::as_str);
        return Err(crate::resolve::not_found("provider", id, known, "plyrum providers list"));
    };
    match &entry.provider {
        Ok(provider) => Ok(Arc::clone(provider)),
        Err(unusable) => {
            let hint = match &unusable.key_variable {
                Some(name) => {
                    format!("plyrum providers login {id}, or export {name}=… and run `plyrum daemon restart`")
                }
                None => "check the provider's entry: plyrum config show".to_owned(),
            };
            Err(Fault::new(ErrorKind::Auth, format!("{id} cannot be used: {}", unusable.why)).hint(hint))
        }
    }
}

fn refused(id: &str, error: &ProviderError) -> Fault {
    let kind = match error.class {
        ErrorClass::Auth => ErrorKind::Auth,
        ErrorClass::Config => ErrorKind::Config,
        ErrorClass::Quota => ErrorKind::ProviderQuota,
        ErrorClass::Timeout => ErrorKind::Timeout,
        _ => ErrorKind::ProviderUnavailable,
    };
    // Most messages say whose they are by themselves.
    let says_whose = error.message.starts_with(&format!("provider `{id}`"));
    Fault::new(kind, if says_whose { error.message.clone() } else { format!("{id}: {}", error.message) })
}

/// Asks providers for their lists, all at once, and keeps them.
pub(super) async fn refresh(
    visitor: &mut Visitor,
    asked: ProviderChoice,
) -> Result<Listing<view::RefreshRow>, Fault> {
    let context = visitor.daemon.context(None).await?;
    let paths = visitor.daemon.paths.clone();
    let mut asking = JoinSet::new();
    let ids: Vec<String> = if let Some(id) = asked.provider {
        vec![id]
    } else {
        let hosted = context.catalog.providers.values().filter(|entry| entry.kind != Wire::Offline);
        let ready = hosted.filter(|entry| context.why_not_provider(entry.id.as_str()).is_none());
        ready.map(|entry| entry.id.to_string()).collect()
    };
    for id in ids {
        let provider = usable(&context, &id)?;
        asking.spawn(async move { (id, provider.list().await) });
    }
    let mut rows = Vec::new();
    while let Some(answer) = asking.join_next().await {
        let (id, listed) = answer.map_err(|error| Fault::new(ErrorKind::Internal, error.to_string()))?;
        let is_local = context.catalog.provider(&id).is_some_and(costs_nothing);
        rows.push(match listed {
            Ok(listed) => match kept(&paths, &id, listed, is_local).await {
                Ok(row) => row,
                Err(fault) => view::RefreshRow { why_not: Some(fault.message), ..empty(&id) },
            },
            Err(error) => view::RefreshRow { why_not: Some(error.message), ..empty(&id) },
        });
    }
    rows.sort_by(|a, b| a.provider.cmp(&b.provider));
    Ok(Listing { rows, next: None })
}

/// Whether its models run on this machine, so that nobody asks money for them: an Ollama that was found here, and the servers that
/// there are presets of, as long as they are here. A gateway to others may well stand here under a name of its own.
fn costs_nothing(entry: &ProviderEntry) -> bool {
    if ollama::is_shipped(entry) {
        return ollama::is_here();
    }
    let is_preset = |preset: ProviderEntry| preset.id == entry.id && preset.kind == entry.kind;
    let presets = Catalog::local_presets().unwrap_or_default();
    presets.into_iter().any(is_preset) && entry.base_url.as_deref().is_some_and(is_of_this_machine)
}

fn empty(id: &str) -> view::RefreshRow {
    view::RefreshRow { provider: id.to_owned(), models: 0, added: 0, gone: 0, left_out: 0, why_not: None }
}

/// Writes a provider's list in the place of its last one.
async fn kept(
    paths: &Paths,
    id: &str,
    listed: Vec<Listed>,
    is_local: bool,
) -> Result<view::RefreshRow, Fault> {
    let models: Vec<ListedModel> = listed.into_iter().filter_map(ollama::of_list(id, is_local)).collect();
    let (paths, id) = (paths.clone(), id.to_owned());
    let writing = move || {
        let storage = |error: String| Fault::new(ErrorKind::Storage, error);
        let before = ModelsFile::read(&paths).map_err(|e| storage(e.to_string()))?;
        let before = before.of(&id).map_err(|e| Fault::new(ErrorKind::Config, e.to_string()))?;
        let left_out = ModelsFile::replace(&paths, &id, &models).map_err(|e| storage(e.to_string()))?;
        let has =
            |list: &[ListedModel], model: &ListedModel| list.iter().any(|other| other.name == model.name);
        Ok(view::RefreshRow {
            models: models.len().saturating_sub(left_out) as u64,
            added: models.iter().filter(|model| !has(&before, model)).count().saturating_sub(left_out) as u64,
            gone: before.iter().filter(|model| !has(&models, model)).count() as u64,
            left_out: left_out as u64,
            ..empty(&id)
        })
    };
    let written = tokio::task::spawn_blocking(writing).await;
    written.map_err(|error| Fault::new(ErrorKind::Internal, error.to_string()))?
}

/// How long a server of this machine may take to tell its models.
const LOOK_WITHIN: Duration = Duration::from_millis(1500);

/// Looks at the usual ports of servers. Only a list of models makes one of what listens there.
pub(super) async fn scan(visitor: &mut Visitor, _: Empty) -> Result<Listing<view::FoundRow>, Fault> {
    let context = visitor.daemon.context(None).await?;
    let mut looking = JoinSet::new();
    let presets = Catalog::local_presets().map_err(|errors| {
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Fault::new(ErrorKind::Internal, told.join("; "))
    })?;
    for preset in presets {
        let Some(base_url) = preset.base_url.filter(|url| is_new(&context, url)) else { continue };
        let Some(wire) = plyrum_providers::Wire::named(preset.kind.as_str()) else { continue };
        looking.spawn(look(preset.id.to_string(), wire, base_url));
    }
    let mut rows: Vec<view::FoundRow> = looking.join_all().await.into_iter().flatten().collect();
    rows.sort_by(|a, b| a.preset.cmp(&b.preset));
    Ok(Listing { rows, next: None })
}

/// Whether no provider is there already.
fn is_new(context: &Context, url: &str) -> bool {
    context.catalog.providers.values().all(|entry| entry.base_url.as_deref() != Some(url))
}

async fn look(preset: String, wire: plyrum_providers::Wire, base_url: String) -> Option<view::FoundRow> {
    let timeouts = Timeouts { connect: LOOK_WITHIN, headers: LOOK_WITHIN, ..Timeouts::default() };
    let endpoint = Endpoint { timeouts, ..Endpoint::new(preset.clone(), wire, base_url.clone()) };
    let provider = plyrum_providers::connect_with_clock(endpoint, clock::system).ok()?;
    // Whatever is not that list is not a server of models: nothing to tell of it.
    let listed = provider.list().await.ok()?;
    let models = listed.into_iter().map(|model| model.name).take(64).collect();
    Some(view::FoundRow { preset, base_url, models })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_once_whose_it_is() {
        let told = |message| refused("f", &ProviderError::new(ErrorClass::Server, message)).message;
        assert_eq!(told("provider `f`: status 500"), "provider `f`: status 500");
        assert_eq!(told("no list"), "f: no list");
    }
}
