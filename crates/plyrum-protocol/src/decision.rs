//! What the router decided about a prompt, and why. Every figure is an integer so that a decision is the
//! same on every machine.

use crate::Timestamp;
use plyrum_billing_client::MicroRub;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $( $variant:ident $text:literal, )* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum $name {
            $( #[allow(missing_docs, reason = "the word is the meaning")] #[serde(rename = $text)] $variant, )*
        }

        impl $name {
            /// Every value.
            pub const ALL: &'static [$name] = &[$( $name::$variant, )*];

            /// The word used in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $( $name::$variant => $text, )* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words!(
    /// The kind of work that a prompt asks for; `unknown` is an honest answer.
    Intent {
        CodeWrite "code_write", CodeDebugExplain "code_debug_explain", Shell "shell", Math "math",
        Reasoning "reasoning", QaFactual "qa_factual", WriteCreative "write_creative",
        RewriteEdit "rewrite_edit", Summarize "summarize", Translate "translate",
        ExtractClassify "extract_classify", PlanAdvise "plan_advise", Brainstorm "brainstorm",
        DataAnalysis "data_analysis", ChatRoleplay "chat_roleplay", Unknown "unknown",
    }
);
words!(
    /// How careful to be with what the prompt asks to *do*. It can only add caution, never grant anything.
    Risk { Low "low", Elevated "elevated", High "high", }
);
words!(
    /// What shape the answer will have; it picks the combiner of a mixture.
    OutputKind { Discrete "discrete", Code "code", Structured "structured", Prose "prose", }
);
words!(
    /// Language of the prompt by its letters.
    Language { En "en", Ru "ru", Other "other", }
);

/// One attachment, by its measurable side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttachmentFeature {
    /// Its name as the client gave it (`stdin`, a path).
    pub name: String,
    /// Size in bytes of UTF-8.
    pub bytes: u64,
    /// Number of lines.
    pub lines: u64,
}

/// The measurable side of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Features {
    /// Prompt size in bytes of UTF-8.
    pub prompt_bytes: u64,
    /// Number of words in the prompt.
    pub prompt_words: u64,
    /// Whether the prompt holds a fenced code block.
    pub has_code: bool,
    /// What came with it.
    pub attachments: Vec<AttachmentFeature>,
    /// How many pictures came with it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub pictures: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde calls")]
const fn is_none(count: &u64) -> bool {
    *count == 0
}

/// A model that may serve the run, best first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Candidate {
    /// Catalogue id, like `lab/fast`.
    pub model: String,
    /// Expected quality in this domain, 0..=1000; none where nothing is known.
    pub expected_quality_milli: Option<u32>,
    /// What the expected quality rests on; none where nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality_basis: Option<QualityBasis>,
    /// Expected cost of a direct answer; none where the price is not known.
    pub expected_cost_micro_rub: Option<MicroRub>,
    /// Expected time to the whole answer; none where nothing is known.
    pub expected_latency_ms: Option<u64>,
    /// Why it stands where it stands.
    pub reasons: Vec<String>,
}

/// What an expected quality rests on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QualityBasis {
    /// The catalogue or the user states it.
    pub stated: bool,
    /// Recorded answers of the same model that were checked; 0 where it was not measured, or something is stated.
    pub measured: u32,
    /// The person's verdicts on its answers in these fields: good ones.
    pub good: u64,
    /// Bad ones.
    pub bad: u64,
}

/// A model that may not serve the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Excluded {
    /// Catalogue id.
    pub model: String,
    /// Reason codes, like `no_key` or `context_too_small`.
    pub reasons: Vec<String>,
    /// With `breaker_open`: until when its provider is not asked, having failed too often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resting_until: Option<Timestamp>,
}

impl Excluded {
    /// The reason code of a model whose provider failed too often just now.
    pub const RESTING: &str = "breaker_open";

    /// Whether only that its provider rests keeps it from serving: it could otherwise.
    pub fn only_rests(&self) -> bool {
        self.reasons.iter().eq([Self::RESTING])
    }
}

/// The router's decision: deterministic for the same prompt, catalogue, health and budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// Kind of work.
    pub intent: Intent,
    /// Confidence in the intent, 0..=1000.
    pub intent_confidence_milli: u32,
    /// How careful to be.
    pub risk: Risk,
    /// Why the risk is what it is.
    pub risk_reasons: Vec<String>,
    /// Fields of knowledge, several may apply.
    pub domains: Vec<String>,
    /// Shape of the answer.
    pub output_kind: OutputKind,
    /// Language of the prompt.
    pub language: Language,
    /// Measurements.
    pub features: Features,
    /// Models that may serve, best first.
    pub candidates: Vec<Candidate>,
    /// Models that may not, each with its reasons.
    pub excluded: Vec<Excluded>,
    /// Name of the plan to run.
    pub plan: String,
    /// Reason codes of the plan and of the ranking.
    pub reasons: Vec<String>,
    /// Which rules or weights decided (a version or a hash).
    pub router: String,
}
