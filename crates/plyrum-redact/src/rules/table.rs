//! The table of shapes, one rule a line, by the trade of whoever issues them. Sources: the providers' own
//! key formats and the kinds that gitleaks and `TruffleHog` know. Order matters only between rules that can
//! begin at the same byte: the more specific first.
//!
//! Three ways to name a secret: by a *lead* of its own (`ghp_…`), by the *text before it* that stays
//! (`Bearer …`), or *near* the vendor's name in an assignment (`ALGOLIA_API_KEY=…`).

mod business;
mod cloud;
mod code;
mod connect;
mod finance;
mod messages;
mod models;
mod named;
mod russia;

use super::check::Check::{self, Random};
use super::class::{Class, is_word};
use super::cursor::{Cursor, Found, Stop};
use super::generic::{self, Promise};
use super::scan::Context;
use super::token::{self, Run};
use super::{curl, dsn, header, jwt, marked, near, pem, userinfo};

/// A kind of secret and how to find it.
#[derive(Debug)]
pub(super) struct Rule {
    /// Appears in the marker.
    pub(super) name: &'static str,
    /// Literal text every match begins with.
    pub(super) lead: &'static str,
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    /// Lead and run are the secret.
    Token(Run),
    /// As `Token`, of one length only.
    Exact(Run),
    /// As `Token`, and nothing that could belong to it follows.
    Whole(Run),
    /// The run is the secret; the lead stays.
    Value(Run),
    /// As `Value`, and nothing that could belong to it follows.
    WholeValue(Run),
    /// As `Value`, and the lead may stand within a word.
    Tail(Run),
    /// The lead is a vendor's name in an identifier; the run behind `=`, `:` … is the secret.
    Near(Run),
    /// The lead is a secret's name.
    Generic(Promise),
    Header,
    Userinfo,
    Curl,
    Dsn,
    Jwt,
    Pem,
    Marker,
}

/// Every rule but the generic ones. Markers first: what is redacted is passed by.
pub(super) fn shapes() -> impl Iterator<Item = &'static Rule> {
    static MARKER: [Rule; 1] = [Rule { name: "marker", lead: marked::LEAD, shape: Shape::Marker }];
    let tables: [&'static [Rule]; 9] = [
        &MARKER,
        models::RULES,
        code::RULES,
        cloud::RULES,
        finance::RULES,
        messages::RULES,
        business::RULES,
        russia::RULES,
        connect::RULES,
    ];
    tables.into_iter().flatten()
}

/// Rules by a secret's name alone.
pub(super) fn generic() -> impl Iterator<Item = &'static Rule> {
    named::RULES.iter()
}

impl Rule {
    /// Asks the rule about a text that may begin with its lead.
    pub(super) fn find(&self, mut text: Cursor<'_>) -> Result<Found, Stop> {
        self.pass_lead(&mut text)?;
        match &self.shape {
            Shape::Token(run) => Ok(token::whole(self.lead.len(), token::bounded(run, text)?)),
            Shape::Exact(run) => Ok(token::whole(self.lead.len(), token::exact(run, text)?)),
            Shape::Whole(run) => Ok(token::whole(self.lead.len(), token::whole_run(run, text)?)),
            Shape::Value(run) | Shape::Tail(run) => {
                Ok(token::value(self.lead.len(), token::bounded(run, text)?))
            }
            Shape::WholeValue(run) => Ok(token::value(self.lead.len(), token::whole_run(run, text)?)),
            Shape::Near(run) => near::find(run, text),
            Shape::Generic(promise) => generic::find(*promise, text),
            Shape::Header => header::find(text),
            Shape::Userinfo => userinfo::find(text),
            Shape::Curl => curl::find(text),
            Shape::Dsn => dsn::find(text),
            Shape::Jwt => jwt::find(text),
            Shape::Pem => pem::find(text),
            Shape::Marker => marked::find(text),
        }
    }

    fn pass_lead(&self, text: &mut Cursor<'_>) -> Result<(), Stop> {
        let lead = self.lead.as_bytes();
        if self.is_name() { text.name(lead) } else { text.literal(lead, self.any_case()) }
    }

    /// Whether the lead may stand behind this context, beginning with the byte `first`.
    pub(super) fn may_follow_context(&self, context: Context, first: u8) -> bool {
        match self.shape {
            _ if !is_word(first) => true,
            _ if self.may_stand_within_word() => true,
            Shape::Near(_) | Shape::Generic(_) => context.ends_part(first),
            _ => context.ends_word(),
        }
    }

    /// Whether letters or digits may stand right before the lead.
    pub(super) fn may_stand_within_word(&self) -> bool {
        matches!(self.shape, Shape::Tail(_))
    }

    /// Whether the lead is a name, whose `_` may be spelled otherwise.
    pub(super) fn is_name(&self) -> bool {
        matches!(self.shape, Shape::Near(_) | Shape::Generic(_))
    }

    /// Whether `b` may stand right behind the lead of a match.
    pub(super) fn may_follow(&self, b: u8) -> bool {
        match &self.shape {
            Shape::Token(run) | Shape::Exact(run) | Shape::Whole(run) => run.class.contains(b),
            Shape::Value(run) | Shape::WholeValue(run) | Shape::Tail(run) => run.class.contains(b),
            _ => true,
        }
    }

    /// Whether this is not a secret but the marker of one.
    pub(super) fn is_marker(&self) -> bool {
        matches!(self.shape, Shape::Marker)
    }

    /// Leads that stay and are written in lower case match in any case.
    fn any_case(&self) -> bool {
        matches!(self.shape, Shape::Value(_) | Shape::Header | Shape::Dsn)
            && !self.lead.bytes().any(|b| b.is_ascii_uppercase())
    }
}

const fn token(name: &'static str, lead: &'static str, class: Class, min: usize, check: Check) -> Rule {
    Rule { name, lead, shape: Shape::Token(Run { class, min, max: 512, check }) }
}

const fn exact(name: &'static str, lead: &'static str, class: Class, len: usize) -> Rule {
    Rule { name, lead, shape: Shape::Exact(Run { class, min: len, max: len, check: Random(1) }) }
}

const fn whole(name: &'static str, lead: &'static str, class: Class, len: usize, check: Check) -> Rule {
    Rule { name, lead, shape: Shape::Whole(Run { class, min: len, max: len, check }) }
}

const fn value(name: &'static str, lead: &'static str, class: Class, min: usize, check: Check) -> Rule {
    Rule { name, lead, shape: Shape::Value(Run { class, min, max: 4096, check }) }
}

const fn whole_value(name: &'static str, lead: &'static str, class: Class, len: usize, check: Check) -> Rule {
    Rule { name, lead, shape: Shape::WholeValue(Run { class, min: len, max: len, check }) }
}

const fn tail(name: &'static str, lead: &'static str, class: Class, min: usize, check: Check) -> Rule {
    Rule { name, lead, shape: Shape::Tail(Run { class, min, max: 512, check }) }
}

/// Of one length. A few digits tell a secret from an identifier of that length.
const fn near(name: &'static str, lead: &'static str, class: Class, len: usize) -> Rule {
    between(name, lead, class, len, len)
}

const fn between(name: &'static str, lead: &'static str, class: Class, min: usize, max: usize) -> Rule {
    let check = Random(if min < 24 { 1 } else { 2 });
    Rule { name, lead, shape: Shape::Near(Run { class, min, max, check }) }
}

const fn uuid(name: &'static str, lead: &'static str) -> Rule {
    let run = Run { class: Class::HexDash, min: 36, max: 36, check: Check::Uuid };
    Rule { name, lead, shape: Shape::Near(run) }
}

const fn header(lead: &'static str) -> Rule {
    Rule { name: "header", lead, shape: Shape::Header }
}

const fn named(name: &'static str, lead: &'static str, promise: Promise) -> Rule {
    Rule { name, lead, shape: Shape::Generic(promise) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_rule_s_characters_all_belong_to_words() {
        // otherwise another match could begin within its run and make it match the second time
        for rule in shapes() {
            if let Shape::Exact(run) = &rule.shape {
                assert!((0..=255).all(|b| !run.class.contains(b) || is_word(b)), "{}", rule.name);
            }
        }
    }

    #[test]
    fn names_fit_into_markers() {
        for rule in shapes().chain(generic()) {
            let letters = rule.name.bytes().filter(|b| !b.is_ascii_digit());
            assert!(letters.clone().count() + 2 >= rule.name.len() && rule.name.len() <= 32, "{}", rule.name);
            assert!(letters.clone().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", rule.name);
        }
    }

    #[test]
    fn at_least_two_hundred_kinds_of_key_are_known() {
        let kinds = super::super::kinds();
        assert!(kinds.len() >= 200, "{}", kinds.len());
    }

    #[test]
    fn a_name_begins_and_ends_with_what_is_always_spelled_the_same() {
        for rule in shapes().chain(generic()).filter(|rule| rule.is_name()) {
            let (beginning, _) = rule.lead.as_bytes().split_at(2);
            assert!(
                !beginning.contains(&b'_') && !rule.lead.bytes().any(|b| b.is_ascii_uppercase()),
                "{rule:?}"
            );
        }
    }

    #[test]
    fn no_row_is_there_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for rule in shapes().chain(generic()) {
            assert!(seen.insert(format!("{:?}", (rule.lead, &rule.shape))), "{rule:?}");
        }
    }
}
