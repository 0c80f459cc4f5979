//! The form of a run's answer: looked at when the run is taken, and what its answer is checked against.

use crate::context::Context;
use plyrum_engine::{AnswerForm, Verdict};
use plyrum_form::{Fits, Form};
use plyrum_protocol::{ErrorKind, Fault, Submit};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};

/// A check that takes longer is given up. What is usual takes milliseconds; a schema that offers itself twice in one
/// place is tried in every combination, and nothing ends that but this.
const WITHIN: Duration = Duration::from_secs(10);
/// Checks that go on at once, given up or not: each of those keeps a processor until it ends.
static CHECKS: Semaphore = Semaphore::const_new(4);
/// Bytes of an answer's text under a form, as JSON would write it, and of the same as data: both stand in
/// `run.finished`, which is one message.
pub(crate) const MAX_ANSWER_BYTES: u64 = 320 * 1024;
const MAX_VALUE_BYTES: usize = 400 * 1024;

/// The form that a submit asks for, redacted like everything that goes out, if an answer can be checked against it.
pub(crate) async fn taken(context: &Context, submit: &Submit) -> Result<Option<AnswerForm>, Fault> {
    let Some(mut schema) = submit.options.schema.clone() else { return Ok(None) };
    if submit.compact.is_some() {
        return Err(Fault::new(ErrorKind::Usage, "a summary is a text and follows no schema"));
    }
    context.redactor.redact_json(&mut schema);
    let schema = Arc::new(schema);
    let looked_at = Arc::clone(&schema);
    let form = tokio::task::spawn_blocking(move || Form::new(&looked_at)).await;
    match form {
        Ok(Ok(_)) => Ok(Some(AnswerForm { schema })),
        Ok(Err(why)) => Err(Fault::new(ErrorKind::Usage, format!("the schema cannot be used: {why}"))),
        Err(e) => Err(Fault::new(ErrorKind::Internal, e.to_string())),
    }
}

/// A command's output is what it is.
pub(crate) fn not_of_a_command(form: Option<&AnswerForm>, is_command: bool) -> Result<(), Fault> {
    if form.is_none() || !is_command {
        return Ok(());
    }
    Err(Fault::new(ErrorKind::Usage, "a model that carries out commands answers to no schema")
        .hint("take another model, or leave --schema away"))
}

/// Whether an answer fits, found out in a thread that nothing has to wait for, in bounded time.
pub(crate) async fn check(form: AnswerForm, text: String) -> Verdict {
    let checked = async {
        let permit = CHECKS.acquire().await.ok()?;
        let (tell, told) = oneshot::channel();
        let work = move || {
            let _nobody_may_wait_any_more = tell.send(verdict(&form, &text));
            drop(permit);
        };
        std::thread::Builder::new().name("check".to_owned()).spawn(work).ok()?;
        told.await.ok()
    };
    let unknown = |why: String| Verdict::Unknown { why };
    match tokio::time::timeout(WITHIN, checked).await {
        Ok(Some(verdict)) => verdict,
        Ok(None) => unknown("there are not the means to check it now".to_owned()),
        Err(_) => unknown(format!("checking it takes longer than {} s", WITHIN.as_secs())),
    }
}

fn verdict(form: &AnswerForm, text: &str) -> Verdict {
    let form = match Form::new(&form.schema) {
        Ok(form) => form,
        Err(why) => return Verdict::Unknown { why: why.to_string() },
    };
    match form.check(text) {
        Ok(Fits { text, value }) => within_a_message(text, value),
        Err(why) => Verdict::Misfit { why },
    }
}

/// Numbers may be longer as data than as they were written.
fn within_a_message(text: String, value: serde_json::Value) -> Verdict {
    let bytes = value.to_string().len();
    if bytes <= MAX_VALUE_BYTES {
        return Verdict::Fits { text, value };
    }
    Verdict::Misfit { why: format!("it has {bytes} bytes, at most {MAX_VALUE_BYTES} are taken") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn form(schema: serde_json::Value) -> AnswerForm {
        AnswerForm { schema: Arc::new(schema) }
    }

    #[tokio::test]
    async fn an_answer_is_found_to_fit_or_not() {
        let object = form(json!({ "type": "object" }));
        let fits = Verdict::Fits { text: "{}".to_owned(), value: json!({}) };
        assert_eq!(check(object.clone(), "```json\n{}\n```".to_owned()).await, fits);
        let why = "[] is not of type \"object\"".to_owned();
        assert_eq!(check(object, "[]".to_owned()).await, Verdict::Misfit { why });
    }

    #[tokio::test]
    async fn a_value_that_grows_over_a_message_does_not_fit() {
        let text = format!("[{}0]", "1e15,".repeat(60_000));
        let verdict = check(form(json!({})), text).await;
        assert!(matches!(&verdict, Verdict::Misfit { why } if why.contains("at most 409600")), "{verdict:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_without_an_end_is_given_up() {
        let branch = |n: u32| json!({ "items": { "$ref": "#" }, "minItems": n });
        let schema = form(json!({ "anyOf": [branch(0), branch(1)], "type": ["array", "null"] }));
        let deep = format!("{}1{}", "[".repeat(100), "]".repeat(100));
        let verdict = check(schema, deep).await;
        assert!(
            matches!(&verdict, Verdict::Unknown { why } if why.contains("longer than 10 s")),
            "{verdict:?}"
        );
    }
}
