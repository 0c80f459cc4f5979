use super::*;
use serde_json::json;

fn form(schema: &Value) -> Form {
    Form::new(schema).unwrap()
}

fn refused(schema: &Value) -> String {
    Form::new(schema).unwrap_err().to_string()
}

fn person() -> Form {
    let properties = json!({ "name": { "type": "string" }, "age": { "type": "integer", "minimum": 0 } });
    form(&json!({ "type": "object", "required": ["name"], "properties": properties }))
}

#[test]
fn json_that_fits_is_taken_with_or_without_one_fence_around_it() {
    let text = "{\"name\": \"Ada\"}";
    for written in [
        text.to_owned(),
        format!("\n{text}\n"),
        format!("```json\n{text}\n```"),
        format!("```\n{text}\n```\n"),
        format!("``` JSON\r\n{text}\r\n```"),
    ] {
        let fits = person().check(&written).unwrap();
        assert_eq!((fits.text.as_str(), &fits.value), (text, &json!({ "name": "Ada" })), "{written}");
    }
    assert_eq!(form(&json!(true)).check("3").unwrap().value, json!(3));
    assert_eq!(form(&json!({})).check("\"```\"").unwrap().value, json!("```"));
}

#[test]
fn what_does_not_fit_is_told_with_its_place_and_within_bounds() {
    let why = |text: &str| person().check(text).unwrap_err();
    assert_eq!(why("{}"), "\"name\" is a required property");
    assert_eq!(
        why("{\"name\":1,\"age\":-1}"),
        "at its place /age: -1 is less than the minimum of 0; at its place /name: 1 is not of type \"string\""
    );
    for prose in [
        "Here it is: {\"name\":\"Ada\"}",
        "{\"name\":\"Ada\"} as you wished",
        "```json\n{}\n```\nor\n```json\n{}\n```",
        "",
        "{\"name\":",
    ] {
        assert!(why(prose).starts_with("it is not JSON alone: "), "{prose}: {}", why(prose));
    }
    let many = form(&json!({ "items": { "const": 1 } }));
    let long = json!(vec!["я".repeat(2000); 40]).to_string();
    let told = many.check(&long).unwrap_err();
    assert!(told.len() < MAX_ERRORS * (MAX_ERROR_BYTES + 40), "{} bytes", told.len());
    assert_eq!(told.matches("at its place /").count(), MAX_ERRORS);
}

#[test]
fn a_schema_that_cannot_be_checked_against_is_refused_with_the_reason() {
    assert_eq!(refused(&json!(3)), "it is no JSON Schema: 3 is not of types \"boolean\", \"object\"");
    assert!(
        refused(&json!({ "properties": { "a": { "minimum": "x" } } }))
            .contains("at its place /properties/a/minimum: ")
    );
    assert!(refused(&json!({ "pattern": "(a" })).contains("at its place /pattern: "));
    assert!(refused(&json!({ "$ref": "#/$defs/nowhere" })).contains("/$defs/nowhere"));
    for outside in ["https://example.com/a.json", "file:///etc/passwd", "other.json", "#anchor"] {
        let schema = json!({ "properties": { "a": { "items": { "$ref": outside } } } });
        assert!(
            refused(&schema).starts_with(&format!("`$ref` to {outside}: only references within")),
            "{outside}"
        );
    }
    assert!(refused(&json!({ "const": "x".repeat(MAX_SCHEMA_BYTES) })).contains("this one has 65548"));
    assert_eq!(
        Form::parse("{").unwrap_err().to_string(),
        "it is not JSON: EOF while parsing an object at line 1 column 1"
    );
}

#[test]
fn references_that_read_nothing_may_not_go_on_for_ever() {
    let ring =
        json!({ "a": { "anyOf": [{ "$ref": "#/$defs/b" }] }, "b": { "not": { "$ref": "#/$defs/a" } } });
    for circle in [json!({ "$ref": "#" }), json!({ "allOf": [{ "$ref": "#" }] }), json!({ "$defs": ring })] {
        assert_eq!(Form::new(&circle).unwrap_err(), NoForm::TooDeep, "{circle}");
    }
    let chain = |length: usize, link: fn(&str) -> Value, last: Value| {
        let next = |n: usize| link(&format!("#/$defs/d{}", n + 1));
        let links = (0..length).map(|n| (format!("d{n}"), next(n)));
        let defs: serde_json::Map<String, Value> = links.chain([(format!("d{length}"), last)]).collect();
        json!({ "$defs": defs, "$ref": "#/$defs/d0" })
    };
    let one = |to: &str| json!({ "allOf": [{ "$ref": to }] });
    assert_eq!(Form::new(&chain(1000, one, json!({}))).unwrap_err(), NoForm::TooDeep);
    let two = |to: &str| json!({ "anyOf": [{ "$ref": to }, { "$ref": to }] });
    assert_eq!(Form::new(&chain(20, two, json!({ "type": "integer" }))).unwrap_err(), NoForm::TooDeep);
    // The deepest that is let through, on the deepest answer that is read.
    let nested = chain(30, one, json!({ "items": { "$ref": "#/$defs/d0" } }));
    let answer = format!("{}1{}", "[".repeat(120), "]".repeat(120));
    assert!(form(&nested).check(&answer).is_ok());
}

#[test]
fn a_schema_may_refer_to_itself_where_it_reads_a_part_of_the_answer() {
    let tree = json!({
        "$defs": { "a node": { "type": "object", "properties": { "below": { "items": { "$ref": "#/$defs/a%20node" } } } } },
        "$ref": "#/$defs/a%20node",
        "default": { "$ref": "https://example.com/is/data" },
    });
    let tree = form(&tree);
    assert!(tree.check("{\"below\":[{\"below\":[]},{}]}").is_ok());
    assert!(
        tree.check("{\"below\":[{\"below\":[1]}]}")
            .unwrap_err()
            .starts_with("at its place /below/0/below/0: ")
    );
    assert!(form(&json!({ "items": { "$ref": "#" } })).check("[[[]]]").is_ok());
}
