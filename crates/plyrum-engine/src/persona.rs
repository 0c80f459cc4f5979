//! Personas: a system prompt in Markdown, with a few defaults in TOML front matter between `+++` lines.

use plyrum_protocol::Effort;
use serde::Deserialize;
use std::ops::Range;

/// Largest persona file, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// Who answers: a system prompt with defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persona {
    /// Its name, as `--persona` takes it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The same in Russian.
    pub description_ru: Option<String>,
    /// Its model, where it prefers one.
    pub model: Option<String>,
    /// Its plan, where it prefers one.
    pub plan: Option<String>,
    /// Decimal text.
    pub temperature: Option<String>,
    /// How long a model that thinks may think for it.
    pub effort: Option<Effort>,
    /// Its longest answer.
    pub max_output_tokens: Option<u64>,
    /// Models to ask when the first fails.
    pub fallback: Vec<String>,
    /// The system prompt.
    pub prompt: String,
}

/// What is wrong with a persona file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PersonaError {
    /// Bytes of the file that it is about.
    pub span: Option<Range<usize>>,
    /// What is wrong.
    pub message: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FrontMatter {
    name: String,
    description: String,
    description_ru: Option<String>,
    model: Option<String>,
    plan: Option<String>,
    temperature: Option<String>,
    effort: Option<Effort>,
    max_output_tokens: Option<u64>,
    #[serde(default)]
    fallback: Vec<String>,
}

impl Persona {
    /// Reads a persona file.
    pub fn parse(text: &str) -> Result<Self, PersonaError> {
        let wrong = |message: &str| PersonaError { span: None, message: message.to_owned() };
        if text.len() > MAX_BYTES {
            return Err(wrong("a persona file may have at most 64 KiB"));
        }
        let inner =
            text.strip_prefix("+++\n").ok_or_else(|| wrong("a persona file begins with a line `+++`"))?;
        let (front, prompt) =
            inner.split_once("\n+++\n").ok_or_else(|| wrong("the front matter ends with a line `+++`"))?;
        let front: FrontMatter = toml::from_str(front).map_err(|e| PersonaError {
            span: e.span().map(|s| s.start + 4..s.end + 4), // behind the first `+++` line
            message: e.message().to_owned(),
        })?;
        let prompt = prompt.trim().to_owned();
        if prompt.is_empty() {
            return Err(wrong("the system prompt is empty"));
        }
        let auto = |choice: Option<String>| choice.filter(|c| c != "auto");
        check_temperature(front.temperature.as_deref())?;
        if front.max_output_tokens == Some(0) {
            return Err(wrong("max_output_tokens = 0 leaves no room for an answer: use 1 or more"));
        }
        Ok(Self {
            name: front.name,
            description: front.description,
            description_ru: front.description_ru,
            model: auto(front.model),
            plan: auto(front.plan),
            temperature: front.temperature,
            effort: front.effort,
            max_output_tokens: front.max_output_tokens,
            fallback: front.fallback,
            prompt,
        })
    }
}

/// A temperature is sent as it is written, so it must be a plain decimal in 0..=2.
fn check_temperature(text: Option<&str>) -> Result<(), PersonaError> {
    let Some(text) = text else { return Ok(()) };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |s: &str| !s.is_empty() && s.len() <= 3 && s.bytes().all(|b| b.is_ascii_digit());
    let in_range = matches!(whole, "0" | "1") || (whole == "2" && fraction.bytes().all(|b| b == b'0'));
    if digits(whole) && digits(fraction) && in_range {
        return Ok(());
    }
    Err(PersonaError {
        span: None,
        message: format!("temperature = \"{text}\": use a decimal from \"0\" to \"2\""),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_persona_is_front_matter_and_a_prompt() {
        let persona = Persona::parse(
            "+++\nname = \"coder\"\ndescription = \"Writes code\"\nmodel = \"auto\"\ntemperature = \"0.2\"\n+++\n\nYou write code.\n",
        )
        .unwrap();
        assert_eq!((persona.name.as_str(), persona.prompt.as_str()), ("coder", "You write code."));
        assert_eq!((persona.model, persona.temperature.as_deref()), (None, Some("0.2")));
    }

    #[test]
    fn mistakes_are_named() {
        let unknown =
            Persona::parse("+++\nname = \"a\"\ndescription = \"b\"\nmodle = \"c\"\n+++\nx").unwrap_err();
        assert!(unknown.message.contains("modle"), "{unknown}");
        assert!(unknown.span.unwrap().start >= 4);
        for (text, says) in [
            ("hello", "begins with"),
            ("+++\nname = \"a\"\n", "ends with"),
            ("+++\nname = \"a\"\ndescription = \"b\"\n+++\n \n", "empty"),
            ("+++\nname = \"a\"\ndescription = \"b\"\ntemperature = \"9\"\n+++\nx", "temperature"),
            ("+++\nname = \"a\"\ndescription = \"b\"\nmax_output_tokens = 0\n+++\nx", "1 or more"),
        ] {
            assert!(Persona::parse(text).unwrap_err().message.contains(says), "{text}");
        }
    }
}
