//! From files to one value, or to everything that is wrong with them.
//!
//! Each file is checked against its own text, so that every mistake has its line; the
//! layers are merged section by section, the user's over the built-in one. Then the
//! project's files narrow the result.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use plyrum_catalog::{Catalog, CatalogError, PriceBook, Sections};
use plyrum_config::{ConfigError, Diagnostic, Paths, SourceFile, project_files, user_file};

use crate::budgets::BudgetsSection;
use crate::check::Check;
use crate::daemon::DaemonSection;
use crate::defaults::DefaultsSection;
use crate::environment::{Asked, LANG_VARIABLE, asked_lang};
use crate::file::{BillingSection, UserFile};
use crate::moa::MoaSection;
use crate::narrowing::Narrower;
use crate::{
    BUILT_IN, BillingSettings, Budgets, DaemonSettings, Defaults, Fingerprint, Moa, ModelsFile, Narrowing,
    PricesFile,
};

/// The whole configuration, validated.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What a run takes where its request says nothing.
    pub defaults: Defaults,
    /// Providers, models, prices and rates, of no day: [`Catalog::at`] gives the one to charge by.
    pub catalog: Catalog,
    /// The imported prices, those of models that are not configured included.
    pub prices: PriceBook,
    /// The user's own panel.
    pub moa: Moa,
    /// What a new account starts with.
    pub billing: BillingSettings,
    /// Limits in rubles, lowered by the project where it asks for it.
    pub budgets: Budgets,
    /// How the background process lives.
    pub daemon: DaemonSettings,
    /// What else the project forbids.
    pub narrowing: Narrowing,
    /// What the user should hear of though nothing is wrong, one line each.
    pub notes: Vec<String>,
    fingerprint: Fingerprint,
}

impl Settings {
    /// Reads and validates everything that holds for a run in `cwd`. The errors are all
    /// that were found; any of them refuses new runs (exit 3).
    pub fn load(paths: &Paths, cwd: Option<&Path>) -> Result<Self, Vec<Diagnostic>> {
        Self::load_with(paths, cwd, |name| std::env::var_os(name))
    }

    /// The same with another environment than this process's.
    pub fn load_with(
        paths: &Paths,
        cwd: Option<&Path>,
        env: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, Vec<Diagnostic>> {
        // Before reading: a write in between shows at the next look.
        let fingerprint = Fingerprint::take(paths, cwd);
        Self::assemble(&Sources::read(paths, cwd)?, &env, fingerprint)
    }

    /// The state of the files that these settings were read from.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Whether a file was written, added or removed since `fingerprint` was taken.
    pub fn changed(paths: &Paths, fingerprint: &Fingerprint) -> bool {
        !fingerprint.is_current(paths)
    }

    pub(crate) fn assemble(
        sources: &Sources,
        env: &impl Fn(&str) -> Option<OsString>,
        fingerprint: Fingerprint,
    ) -> Result<Self, Vec<Diagnostic>> {
        let built_in = UserFile::parse(Path::new("built in"), BUILT_IN).map_err(|problem| vec![problem])?;
        let user =
            UserFile::parse(&sources.user_path, &sources.user_text).map_err(|problem| vec![problem])?;
        let layers = Layers { sources, built_in, user };
        // Both files are checked before either is refused, so that all mistakes are told at once.
        let (prices, (catalog, listed_problem)) = match sources.prices.book() {
            Ok(prices) => {
                let catalog = layers.catalog(&prices)?;
                (prices, catalog)
            }
            Err(mut problems) => {
                problems.extend(layers.catalog(&PriceBook::default()).err().into_iter().flatten());
                return Err(problems);
            }
        };
        let mut check = Check { sources, catalog: &catalog, problems: Vec::new() };
        let defaults = check.defaults(layers.defaults());
        let moa = check.moa(layers.moa());
        let billing = check.billing(&layers.billing());
        let daemon = check.daemon(&layers.daemon());
        let mut narrower = Narrower::new(&catalog, check.budgets(&layers.budgets()));
        let mut problems = check.problems;
        sources.project.iter().for_each(|file| narrower.apply(file));
        let Narrower { budgets, narrowing, mut notes, problems: widening, .. } = narrower;
        problems.extend(widening);
        notes.extend(listed_problem.map(|problem| problem.to_string()));
        let (Some(mut defaults), Some(billing), true) = (defaults, billing, problems.is_empty()) else {
            return Err(problems);
        };
        match asked_lang(env) {
            Asked::Nothing => {}
            Asked::Lang(lang) => defaults.lang = lang,
            Asked::Unknown(text) => {
                notes.push(format!("{LANG_VARIABLE}={text}: not a language of this program (auto, en, ru)"));
            }
        }
        Ok(Self { defaults, catalog, prices, moa, billing, budgets, daemon, narrowing, notes, fingerprint })
    }
}

/// The texts of all layers that are files.
pub(crate) struct Sources {
    pub(crate) user_path: PathBuf,
    pub(crate) user_text: String,
    pub(crate) prices: PricesFile,
    pub(crate) models: ModelsFile,
    pub(crate) project: Vec<SourceFile>,
}

impl Sources {
    pub(crate) fn read(paths: &Paths, cwd: Option<&Path>) -> Result<Self, Vec<Diagnostic>> {
        let user = user_file(paths).map_err(|error| unreadable(&paths.config_file(), error));
        let project = cwd.map_or(Ok(Vec::new()), |cwd| {
            project_files(cwd).map_err(|error| unreadable(&cwd.join(".plyrum/config.toml"), error))
        });
        let prices = PricesFile::read(paths).map_err(|error| unreadable(&paths.prices_file(), error));
        let models = ModelsFile::read(paths).map_err(|error| unreadable(&paths.models_file(), error));
        match (user, project, prices, models) {
            (Ok(user), Ok(project), Ok(prices), Ok(models)) => Ok(Self {
                user_path: paths.config_file(),
                user_text: user.map(|file| file.text).unwrap_or_default(),
                prices,
                models,
                project,
            }),
            (user, project, prices, models) => {
                let first = user.err().into_iter().chain(project.err());
                Err(first.chain(prices.err()).chain(models.err()).collect())
            }
        }
    }
}

/// A file that cannot be read is as broken as one that cannot be parsed.
fn unreadable(path: &Path, error: ConfigError) -> Diagnostic {
    match error {
        ConfigError::BrokenFile(problem) => problem,
        other => Diagnostic::of_file(path, other.to_string()),
    }
}

struct Layers<'a> {
    sources: &'a Sources,
    built_in: UserFile,
    user: UserFile,
}

impl Layers<'_> {
    /// The catalogue, and what is wrong with the models of providers' lists, which are then left out.
    fn catalog(&self, prices: &PriceBook) -> Result<(Catalog, Option<Diagnostic>), Vec<Diagnostic>> {
        let mut sections = self.user.sections();
        sections.fx.markup_bps = sections.fx.markup_bps.or_else(|| self.built_in.fx.markup_bps.clone());
        let placed =
            |errors: Vec<CatalogError>| errors.iter().map(|error| self.placed(error)).collect::<Vec<_>>();
        let shipped = Sections::shipped().map_err(|error| placed(vec![error]))?;
        let (listed, problem) = self.sources.models.sections(&shipped, &sections);
        let catalog = Catalog::build_with(&shipped, &listed, &sections, prices).map_err(placed)?;
        Ok((catalog, problem))
    }

    fn placed(&self, error: &CatalogError) -> Diagnostic {
        let (path, text) = (&self.sources.user_path, &self.sources.user_text);
        Diagnostic::from_span(path, text, error.span.clone(), &error.message)
    }

    fn defaults(&self) -> DefaultsSection {
        let (user, base) = (self.user.defaults.clone(), self.built_in.defaults.clone());
        DefaultsSection {
            model: user.model.or(base.model),
            persona: user.persona.or(base.persona),
            plan: user.plan.or(base.plan),
            profile: user.profile.or(base.profile),
            lang: user.lang.or(base.lang),
            max_output_tokens: user.max_output_tokens.or(base.max_output_tokens),
            project_instructions: user.project_instructions.or(base.project_instructions),
            approve: user.approve.or(base.approve),
            max_turns: user.max_turns.or(base.max_turns),
            approval_seconds: user.approval_seconds.or(base.approval_seconds),
            deferred_seconds: user.deferred_seconds.or(base.deferred_seconds),
            hedge_after_seconds: user.hedge_after_seconds.or(base.hedge_after_seconds),
            fallback_max_price_ratio: user.fallback_max_price_ratio.or(base.fallback_max_price_ratio),
        }
    }

    fn moa(&self) -> MoaSection {
        let (user, base) = (self.user.moa.clone(), self.built_in.moa.clone());
        MoaSection {
            proposers: user.proposers.or(base.proposers),
            aggregator: user.aggregator.or(base.aggregator),
        }
    }

    fn billing(&self) -> BillingSection {
        let (user, base) = (&self.user.billing, &self.built_in.billing);
        BillingSection { mode: user.mode.or(base.mode), unpriced: user.unpriced.or(base.unpriced) }
    }

    fn daemon(&self) -> DaemonSection {
        let (user, base) = (self.user.daemon.clone(), self.built_in.daemon.clone());
        DaemonSection { idle_exit: user.idle_exit.or(base.idle_exit) }
    }

    fn budgets(&self) -> BudgetsSection {
        let (user, base) = (self.user.budgets.clone(), self.built_in.budgets.clone());
        BudgetsSection {
            run: user.run.or(base.run),
            session: user.session.or(base.session),
            day: user.day.or(base.day),
            month: user.month.or(base.month),
        }
    }
}
