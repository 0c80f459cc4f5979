//! What a model is told of the form that its answer must have.
//!
//! Not every wire has a field for a schema, and those that have one do not all keep to it, so the form is always told in
//! words as well. The words stand at the end of the prompt, the one message that is new in every run: what stands
//! before it is what a run without a form would have said, and a provider meets what it has cached of the conversation.

use crate::spec::AnswerForm;

/// Bytes that a wire puts around a schema in its own field, the form's name included, at most.
const AROUND: u64 = 128;
/// Bytes of what did not fit that a model is told.
const MAX_WHY: usize = 4096;

/// What follows the prompt.
pub(crate) fn instruction(form: &AnswerForm) -> String {
    format!(
        "\n\nAnswer with JSON alone: one value that fits the JSON Schema below, with no words and no code fence \
         around it.\n<json-schema>\n{}\n</json-schema>",
        form.schema
    )
}

/// What follows the prompt where answers are counted: two that say the same must be seen to say the same. In a block of its
/// own, so that the offline extractor does not take it for a text to quote.
pub(crate) const MARKED: &str = "\n\n<answer-form>End with a line of its own that begins with \"Answer:\" (in Russian \
\"Ответ:\") and contains the final answer alone: a number without words, a letter, or a name.</answer-form>";

/// What follows an answer that does not fit.
pub(crate) fn repair(why: &str) -> String {
    let (why, _) = why.split_at(why.floor_char_boundary(MAX_WHY));
    format!(
        "Your answer does not fit the JSON Schema: {why}\nAnswer again with JSON alone that fits it. Keep what was \
         right."
    )
}

/// Bytes of a form in a request: in words and in the wire's own field.
pub(crate) fn bytes(form: &AnswerForm) -> u64 {
    instruction(form).len() as u64 + field_bytes(form)
}

/// Bytes of it in the wire's own field.
pub(crate) fn field_bytes(form: &AnswerForm) -> u64 {
    form.schema.to_string().len() as u64 + AROUND
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn the_words_hold_the_schema_and_the_errors_are_cut() {
        let form = AnswerForm { schema: Arc::new(serde_json::json!({ "type": "object" })) };
        assert!(instruction(&form).ends_with("<json-schema>\n{\"type\":\"object\"}\n</json-schema>"));
        assert!(repair(&"я".repeat(MAX_WHY)).len() < MAX_WHY + 200);
    }
}
