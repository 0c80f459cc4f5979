//! The panels in the order in which the keys walk through them, and the pages that a small screen divides them into.

/// A panel of the dashboard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the name is the meaning; `panel/` has a file for each")]
pub enum Panel {
    #[default]
    Now,
    Spans,
    Total,
    Books,
    Model,
    Provider,
    Role,
    Persona,
    Project,
    Session,
    Cache,
    Failures,
    Days,
    Heat,
}

/// What a small screen shows at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Page {
    /// Now, budgets, the period, the account.
    #[default]
    Overview,
    /// By model and all the others.
    Groups,
    /// Caches and failures.
    Waste,
    /// Days and hours.
    Time,
}

impl Page {
    /// From left to right.
    pub const ALL: [Self; 4] = [Self::Overview, Self::Groups, Self::Waste, Self::Time];

    /// The key of its name.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Overview => "usage-page-overview",
            Self::Groups => "usage-page-groups",
            Self::Waste => "usage-page-waste",
            Self::Time => "usage-page-time",
        }
    }
}

impl Panel {
    /// In the order of the keys.
    pub const ALL: [Self; 14] = [
        Self::Now,
        Self::Spans,
        Self::Total,
        Self::Books,
        Self::Model,
        Self::Provider,
        Self::Role,
        Self::Persona,
        Self::Project,
        Self::Session,
        Self::Cache,
        Self::Failures,
        Self::Days,
        Self::Heat,
    ];

    /// Where a small screen has it.
    #[must_use]
    pub const fn page(self) -> Page {
        match self {
            Self::Now | Self::Spans | Self::Total | Self::Books => Page::Overview,
            Self::Model | Self::Provider | Self::Role | Self::Persona | Self::Project | Self::Session => {
                Page::Groups
            }
            Self::Cache | Self::Failures => Page::Waste,
            Self::Days | Self::Heat => Page::Time,
        }
    }

    /// The dimension that it groups by.
    pub(super) const fn by(self) -> Option<&'static str> {
        Some(match self {
            Self::Model => "model",
            Self::Provider => "provider",
            Self::Role => "role",
            Self::Persona => "persona",
            Self::Project => "project",
            Self::Session => "session",
            _ => return None,
        })
    }

    /// The key of its title.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Now => "usage-now",
            Self::Spans => "usage-spans",
            Self::Total => "usage-total",
            Self::Books => "usage-books",
            Self::Model => "usage-by-model",
            Self::Provider => "usage-by-provider",
            Self::Role => "usage-by-role",
            Self::Persona => "usage-by-persona",
            Self::Project => "usage-by-project",
            Self::Session => "usage-by-session",
            Self::Cache => "usage-cache",
            Self::Failures => "usage-failures",
            Self::Days => "usage-days",
            Self::Heat => "usage-heat",
        }
    }

    /// The next one; after the last comes the first.
    #[must_use]
    pub fn next(self) -> Self {
        self.moved(1)
    }

    /// The one before.
    #[must_use]
    pub fn previous(self) -> Self {
        self.moved(Self::ALL.len() - 1)
    }

    fn moved(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|panel| *panel == self).unwrap_or_default();
        Self::ALL.get((at + by) % Self::ALL.len()).copied().unwrap_or_default()
    }
}
