//! The table of shapes. Sources: the providers' own key formats and the public rules of gitleaks and
//! `TruffleHog`. Order matters only between rules with the same lead: the more specific first.

use super::check::Check;
use super::class::{Class, is_word};
use super::cursor::{Cursor, Found, Stop};
use super::token::{self, Run};
use super::{header, pem, userinfo};

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
    /// The run is the secret; the lead stays.
    Value(Run),
    Header,
    Userinfo,
    Pem,
}

impl Rule {
    /// Asks the rule about a text that may begin with its lead.
    pub(super) fn find(&self, mut text: Cursor<'_>) -> Result<Found, Stop> {
        text.literal(self.lead.as_bytes(), self.any_case())?;
        match &self.shape {
            Shape::Token(run) => Ok(token::whole(self.lead.len(), token::bounded(run, text)?)),
            Shape::Exact(run) => Ok(token::whole(self.lead.len(), token::exact(run, text)?)),
            Shape::Value(run) => Ok(token::value(self.lead.len(), token::bounded(run, text)?)),
            Shape::Header => header::find(text),
            Shape::Userinfo => userinfo::find(text),
            Shape::Pem => pem::find(text),
        }
    }

    /// Whether the lead stands at the start of `text`, which may end within it.
    pub(super) fn lead_at(&self, text: &[u8]) -> Result<(), Stop> {
        Cursor::new(text, false).literal(self.lead.as_bytes(), self.any_case())
    }

    /// Whether the lead must not follow a letter, digit or underscore.
    pub(super) fn begins_word(&self) -> bool {
        self.lead.bytes().next().is_some_and(is_word)
    }

    /// Leads that stay and are written in lower case match in any case.
    fn any_case(&self) -> bool {
        matches!(self.shape, Shape::Value(_) | Shape::Header)
            && !self.lead.bytes().any(|b| b.is_ascii_uppercase())
    }
}

const fn token(name: &'static str, lead: &'static str, class: Class, min: usize, check: Check) -> Rule {
    Rule { name, lead, shape: Shape::Token(Run { class, min, max: 512, check }) }
}

const fn exact(name: &'static str, lead: &'static str, class: Class, len: usize) -> Rule {
    Rule { name, lead, shape: Shape::Exact(Run { class, min: len, max: len, check: Random(1) }) }
}

const fn value(name: &'static str, lead: &'static str, class: Class, min: usize, check: Check) -> Rule {
    Rule { name, lead, shape: Shape::Value(Run { class, min, max: 4096, check }) }
}

const fn header(lead: &'static str) -> Rule {
    Rule { name: "header", lead, shape: Shape::Header }
}

use Check::{Any, Dense, Jwt, Random, UserPassword};
use Class::{Alnum, Base32, Base64, Dash, Dotted, Hex, Password, Token68, Word};

/// Every rule.
#[rustfmt::skip] // one rule a line
pub(super) static RULES: &[Rule] = &[
    // Model providers
    token("anthropic-key", "sk-ant-", Dash, 20, Random(2)),
    token("openrouter-key", "sk-or-", Dash, 20, Random(2)),
    token("openai-key", "sk-proj-", Dash, 20, Random(2)),
    token("openai-key", "sk-svcacct-", Dash, 20, Random(2)),
    token("openai-key", "sk-admin-", Dash, 20, Random(2)),
    token("sk-key", "sk-", Dash, 20, Dense),
    token("google-key", "AIza", Dash, 35, Random(2)),
    token("groq-key", "gsk_", Alnum, 40, Random(2)),
    token("xai-key", "xai-", Alnum, 40, Random(2)),
    token("cerebras-key", "csk-", Alnum, 32, Random(2)),
    token("perplexity-key", "pplx-", Alnum, 40, Random(2)),
    token("huggingface-key", "hf_", Alnum, 30, Random(2)),
    token("replicate-key", "r8_", Alnum, 37, Random(2)),
    token("fireworks-key", "fw_", Alnum, 20, Dense),
    token("nvidia-key", "nvapi-", Dash, 40, Random(2)),
    token("tavily-key", "tvly-", Dash, 20, Dense),
    token("langsmith-key", "lsv2_", Word, 40, Random(2)),
    exact("elevenlabs-key", "sk_", Hex, 48),
    token("yandex-key", "AQVN", Dash, 32, Random(2)),
    token("yandex-iam", "t1.", Dotted, 80, Random(4)),
    token("yandex-oauth", "y0_", Dash, 40, Random(2)),
    // Code hosting and registries
    token("github-token", "ghp_", Alnum, 36, Random(2)),
    token("github-token", "gho_", Alnum, 36, Random(2)),
    token("github-token", "ghu_", Alnum, 36, Random(2)),
    token("github-token", "ghs_", Alnum, 36, Random(2)),
    token("github-token", "ghr_", Alnum, 36, Random(2)),
    token("github-token", "github_pat_", Word, 50, Random(2)),
    token("gitlab-token", "glpat-", Dash, 20, Random(2)),
    token("gitlab-token", "gldt-", Dash, 20, Random(2)),
    token("gitlab-token", "glrt-", Dash, 20, Random(2)),
    token("gitlab-token", "glptt-", Dash, 20, Random(2)),
    token("npm-token", "npm_", Alnum, 36, Random(2)),
    token("pypi-token", "pypi-AgEI", Dash, 40, Any),
    token("docker-token", "dckr_pat_", Dash, 20, Random(2)),
    token("postman-key", "PMAK-", Dash, 50, Random(2)),
    token("linear-key", "lin_api_", Alnum, 32, Random(2)),
    token("sentry-token", "sntrys_", Token68, 40, Random(2)),
    // Clouds and services
    exact("aws-key-id", "AKIA", Base32, 16),
    exact("aws-key-id", "ASIA", Base32, 16),
    token("google-oauth", "GOCSPX-", Dash, 28, Random(1)),
    token("google-oauth", "ya29.", Dotted, 30, Random(2)),
    token("slack-token", "xoxb-", Dash, 20, Random(6)),
    token("slack-token", "xoxp-", Dash, 20, Random(6)),
    token("slack-token", "xoxa-", Dash, 20, Random(6)),
    token("slack-token", "xoxr-", Dash, 20, Random(6)),
    token("slack-token", "xoxs-", Dash, 20, Random(6)),
    token("slack-token", "xoxe-", Dash, 20, Random(6)),
    token("slack-token", "xapp-", Dash, 20, Random(6)),
    value("slack-webhook", "hooks.slack.com/services/", Token68, 20, Random(2)),
    token("stripe-key", "sk_live_", Alnum, 16, Random(1)),
    token("stripe-key", "sk_test_", Alnum, 16, Random(1)),
    token("stripe-key", "rk_live_", Alnum, 16, Random(1)),
    token("stripe-key", "rk_test_", Alnum, 16, Random(1)),
    token("stripe-key", "whsec_", Token68, 24, Random(2)),
    token("sendgrid-key", "SG.", Dotted, 60, Random(4)),
    exact("twilio-key", "SK", Hex, 32),
    exact("mailgun-key", "key-", Hex, 32),
    exact("databricks-token", "dapi", Hex, 32),
    exact("digitalocean-token", "dop_v1_", Hex, 64),
    exact("supabase-token", "sbp_", Hex, 40),
    exact("shopify-token", "shpat_", Hex, 32),
    exact("shopify-token", "shpss_", Hex, 32),
    token("vault-token", "hvs.", Dash, 24, Random(2)),
    token("vault-token", "hvb.", Dash, 24, Random(2)),
    token("grafana-token", "glsa_", Word, 32, Random(2)),
    token("grafana-token", "glc_", Base64, 32, Random(2)),
    token("newrelic-key", "NRAK-", Alnum, 27, Random(2)),
    token("age-key", "AGE-SECRET-KEY-1", Alnum, 50, Any),
    token("figma-token", "figd_", Dash, 36, Random(2)),
    token("notion-token", "ntn_", Alnum, 40, Random(2)),
    value("telegram-token", ":AA", Dash, 32, Random(2)),
    Rule { name: "jwt", lead: "eyJ", shape: Shape::Token(Run { class: Dotted, min: 36, max: 8192, check: Jwt }) },
    // Keys, headers, connection strings
    Rule { name: "private-key", lead: "-----BEGIN ", shape: Shape::Pem },
    header("authorization"),
    header("proxy-authorization"),
    header("x-api-key"),
    header("api-key"),
    header("x-goog-api-key"),
    header("x-auth-token"),
    header("private-token"),
    value("bearer", "bearer ", Token68, 16, Random(3)),
    value("basic", "basic ", Base64, 12, UserPassword),
    value("yandex-key", "api-key ", Token68, 16, Random(3)),
    Rule { name: "url-password", lead: "://", shape: Shape::Userinfo },
    value("connection-password", ";password=", Password, 4, Any),
    value("connection-password", "; password=", Password, 4, Any),
    value("connection-password", ";pwd=", Password, 4, Any),
    value("connection-password", "; pwd=", Password, 4, Any),
    value("azure-key", "accountkey=", Base64, 40, Random(2)),
    value("azure-key", "sharedaccesskey=", Base64, 40, Random(2)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exact_rule_s_characters_all_belong_to_words() {
        // otherwise another match could begin within its run and make it match the second time
        for rule in RULES {
            if let Shape::Exact(run) = &rule.shape {
                assert!((0..=255).all(|b| !run.class.contains(b) || is_word(b)), "{}", rule.name);
            }
        }
    }

    #[test]
    fn names_fit_into_markers() {
        for rule in RULES {
            assert!(rule.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", rule.name);
        }
    }
}
