//! Whether JSON is what its published schema says: just the keywords that our schemas use, and a failure
//! for any other, so that a check that does not understand cannot pass.

use serde_json::{Map, Value};
use std::path::PathBuf;

/// Keywords that say nothing about validity.
const NOTES: [&str; 7] = ["$schema", "title", "description", "default", "$defs", "format", "deprecated"];

/// Fails unless the value fits `snapshots/schema/NAME.json`.
#[track_caller]
pub(crate) fn conforms(name: &str, value: &Value) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../snapshots/schema/{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let root: Value = serde_json::from_str(&text).unwrap();
    if let Err(why) = check(&root, &root, value, name) {
        panic!("{why}\nin {value:#}");
    }
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let rules = match schema {
        Value::Bool(true) => return Ok(()),
        Value::Object(rules) => rules,
        _ => return Err(format!("{at}: a schema that allows nothing: {schema}")),
    };
    for (rule, says) in rules {
        if !NOTES.contains(&rule.as_str()) {
            keyword(root, rules, rule, says, value, at)?;
        }
    }
    Ok(())
}

fn keyword(
    root: &Value,
    rules: &Map<String, Value>,
    rule: &str,
    says: &Value,
    value: &Value,
    at: &str,
) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("{at}: {why}: {says} against {value}"));
    match rule {
        "$ref" => {
            let pointer = says.as_str().unwrap_or_default().trim_start_matches('#');
            let target = root.pointer(pointer).ok_or_else(|| format!("{at}: no {pointer}"))?;
            check(root, target, value, at)
        }
        "type" => {
            let fits = match says {
                Value::Array(kinds) => kinds.iter().any(|kind| is_kind(kind, value)),
                kind => is_kind(kind, value),
            };
            if fits { Ok(()) } else { wrong("not of the type") }
        }
        "const" if says == value => Ok(()),
        "enum" if says.as_array().is_some_and(|all| all.contains(value)) => Ok(()),
        "const" | "enum" => wrong("not one of the values"),
        "minimum" if value.as_i64().zip(says.as_i64()).is_none_or(|(has, least)| has >= least) => Ok(()),
        "maximum" if value.as_i64().zip(says.as_i64()).is_none_or(|(has, most)| has <= most) => Ok(()),
        "minimum" | "maximum" => wrong("out of range"),
        "required" => {
            let missing = |name: &&Value| name.as_str().is_none_or(|name| value.get(name).is_none());
            match says.as_array().into_iter().flatten().find(missing) {
                Some(name) if value.is_object() => Err(format!("{at}: {name} is missing in {value}")),
                _ => Ok(()),
            }
        }
        "properties" => {
            let known = says.as_object().into_iter().flatten();
            for (name, schema) in known {
                if let Some(field) = value.get(name) {
                    check(root, schema, field, &format!("{at}.{name}"))?;
                }
            }
            Ok(())
        }
        "additionalProperties" => {
            let known = rules.get("properties").and_then(Value::as_object);
            let others = value
                .as_object()
                .into_iter()
                .flatten()
                .filter(|(name, _)| known.is_none_or(|k| !k.contains_key(*name)));
            for (name, field) in others {
                check(root, says, field, &format!("{at}.{name}"))?;
            }
            Ok(())
        }
        "items" => {
            for (nth, item) in value.as_array().into_iter().flatten().enumerate() {
                check(root, says, item, &format!("{at}[{nth}]"))?;
            }
            Ok(())
        }
        "anyOf" | "oneOf" => {
            let tries: Vec<_> =
                says.as_array().into_iter().flatten().map(|schema| check(root, schema, value, at)).collect();
            let fitting = tries.iter().filter(|tried| tried.is_ok()).count();
            match (rule, fitting) {
                ("anyOf", 1..) | ("oneOf", 1) => Ok(()),
                _ => {
                    let why: Vec<String> = tries.into_iter().filter_map(Result::err).collect();
                    Err(format!("{at}: fits {fitting} of the shapes: {}", why.join("; ")))
                }
            }
        }
        "allOf" => {
            says.as_array().into_iter().flatten().try_for_each(|schema| check(root, schema, value, at))
        }
        other => Err(format!("{at}: this check does not know the keyword `{other}`")),
    }
}

fn is_kind(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap_or_default() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}
