//! Shapes of secrets nobody told us about.
//!
//! The scan goes from left to right. Where a rule's *lead* (`sk-ant-`, `Bearer `, `://` …) begins, the
//! rules with that lead are asked in the table's order; the first that matches wins, and the scan goes
//! on behind the match. A rule sees only what follows its lead, says [`Stop::Need`] while more text
//! could change its mind, and makes up its mind within [`RULE_MAX_BYTES`].
//!
//! Two strengths share the scan: [`Strength::Screen`] knows the shapes, [`Strength::Records`] also takes
//! what merely stands behind a secret's name (`password = …`), which a reader of a live screen would find
//! too often wrong.
//!
//! Three properties keep redacted text stable when it is redacted again. A marker is passed as a whole:
//! nothing in it is looked at. A rule that refuses a run of characters also refuses what is left of the run
//! when a marker cuts it: either its check only ever asks for *more* of something, or it refuses every run
//! that a marker follows. And no rule's characters include the marker's own `«` and `»`.

mod check;
mod class;
mod curl;
mod cursor;
mod dsn;
mod generic;
mod header;
mod jwt;
mod leads;
mod marked;
mod near;
mod pem;
mod scan;
mod table;
mod token;
mod userinfo;

use std::sync::LazyLock;

use crate::marker::Marker;
use leads::Leads;
use scan::Scanner;

pub(crate) use scan::Context;

/// The most text a rule looks at before it decides: a PEM block with its begin line.
pub(crate) const RULE_MAX_BYTES: usize = pem::BODY_MAX_BYTES + 256;

/// How much is taken for a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strength {
    /// Shapes: for what people read while it streams.
    Screen,
    /// Shapes, and values behind a secret's name: for audit and logs.
    Records,
}

static SCREEN: LazyLock<Leads> = LazyLock::new(|| Leads::new(table::shapes()));
static RECORDS: LazyLock<Leads> = LazyLock::new(|| Leads::new(table::shapes().chain(table::generic())));

impl Strength {
    fn leads(self) -> &'static Leads {
        match self {
            Self::Screen => &SCREEN,
            Self::Records => &RECORDS,
        }
    }

    /// The whole text redacted, or nothing if it holds no match.
    pub(crate) fn redact(self, text: &str, marker: &Marker) -> Option<String> {
        let scan = Scanner::new(self.leads(), marker).scan(text, Context::default(), true);
        (!scan.is_clean()).then(|| {
            let mut out = String::with_capacity(text.len());
            scan.write(text, &mut out);
            out
        })
    }

    /// Writes what is decided about `text` to `out` and returns how many of its bytes are done with.
    pub(crate) fn advance(
        self,
        text: &str,
        marker: &Marker,
        context: &mut Context,
        end_of_text: bool,
        out: &mut String,
    ) -> usize {
        let scan = Scanner::new(self.leads(), marker).scan(text, *context, end_of_text);
        scan.write(text, out);
        *context = scan.context_at(text.as_bytes(), scan.decided());
        scan.decided()
    }
}

/// Names of all rules.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    table::shapes().chain(table::generic()).map(|rule| rule.name)
}

/// Names of all rules for shapes: one for each kind of secret.
pub(crate) fn kinds() -> std::collections::BTreeSet<&'static str> {
    table::shapes().filter(|rule| !rule.is_marker()).map(|rule| rule.name).collect()
}
