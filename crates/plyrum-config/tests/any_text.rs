//! Whatever a file holds, it is reported or listed: nothing panics, nothing leaks.

use std::path::Path;

use plyrum_config::{Diagnostic, Layer, flatten};
use proptest::prelude::*;

/// Text that is nearly TOML, so that the parsers get deeper than the first byte.
fn nearly_toml() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("[a.b]\n".to_owned()),
        Just("[[t]]\n".to_owned()),
        Just("key = ".to_owned()),
        Just("{ x = 1, y = \"я\" }\n".to_owned()),
        Just("\"\"\"".to_owned()),
        Just("= [1, 2".to_owned()),
        Just("\r\n".to_owned()),
        "\\PC{0,8}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_listed_or_reported(text in nearly_toml(), offset in 0_usize..200) {
        let file = Path::new("config.toml");
        for entry in flatten(&[Layer::File { name: "config.toml", text: &text }], &["a"]) {
            prop_assert!(!entry.value.contains('\n'));
        }
        let placed = Diagnostic::from_span(file, &text, Some(offset..offset + 1), "wrong");
        prop_assert!(placed.line >= 1 && placed.line <= text.matches('\n').count() + 1);
        if let Err(error) = toml::from_str::<toml::Table>(&text) {
            let shown = Diagnostic::from_toml(file, &text, &error).to_string();
            prop_assert!(!shown.contains('\n'), "{shown}");
        }
    }

    #[test]
    fn a_key_never_shows_wherever_its_value_stands(secret in "[a-zA-Z0-9\"\\\\ -]{4,40}", wrong in any::<bool>()) {
        #[derive(Debug, serde::Deserialize)]
        struct File { #[expect(dead_code, reason = "deserialised for its errors")] api_key: u32 }
        let literal = toml::Value::String(format!("zq{secret}")).to_string();
        let text = if wrong { format!("api_key = {literal}\n") } else { format!("api_key = [{literal}]\n") };
        let error = toml::from_str::<File>(&text).unwrap_err();
        let shown = Diagnostic::from_toml(Path::new("c"), &text, &error).to_string();
        prop_assert!(!shown.contains("zq"), "{shown}");
        let listed = format!("{:?}", flatten(&[Layer::File { name: "c", text: &text }], &["a"]));
        prop_assert!(!listed.contains("zq"), "{listed}");
    }
}
