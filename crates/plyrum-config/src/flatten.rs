//! The merged configuration as a list: each key, its value, and where it came from.
//!
//! For `plyrum config show`. It works on text and knows no section, so a key that a
//! domain adds shows up by itself. Values that could be secrets are hidden here, before
//! anybody can print them.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::{HIDDEN, literal, locate, secrecy};

/// One source of values, the weakest first in a list of layers.
#[derive(Debug, Clone, Copy)]
pub enum Layer<'a> {
    /// Shipped inside the program.
    BuiltIn {
        /// TOML text.
        text: &'a str,
    },
    /// A file.
    File {
        /// As it is to be printed before the line number: `config.toml`.
        name: &'a str,
        /// TOML text.
        text: &'a str,
    },
    /// One value from outside any file, such as a variable of the environment.
    Value {
        /// As it is to be printed: `PLYRUM_LANG`.
        origin: &'a str,
        /// The key's path.
        key: &'a [&'a str],
        /// The value, a string.
        value: &'a str,
    },
}

/// One line of `plyrum config show`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Dotted, quoted where TOML needs quotes: `models."lab/fast".name`.
    pub key: String,
    /// As TOML text on one line, or [`HIDDEN`].
    pub value: String,
    /// `built in`, `config.toml:7`, `PLYRUM_LANG`.
    pub origin: String,
}

/// Merges `layers`: tables key by key, everything else replaced by the later layer. A table
/// directly under a key of `whole` replaces its like of an earlier layer whole (with
/// `["providers"]`, a later `[providers.lab]` leaves nothing of an earlier one).
///
/// Sorted by key. A part of a text that is not TOML is left out: whoever shows a
/// configuration has reported its errors before.
pub fn flatten(layers: &[Layer<'_>], whole: &[&str]) -> Vec<Entry> {
    let mut merged = Merged::default();
    for layer in layers {
        match layer {
            Layer::BuiltIn { text } => merged.add_text(text, whole, &|_| "built in".to_owned()),
            Layer::File { name, text } => {
                merged
                    .add_text(text, whole, &|offset| format!("{name}:{}", locate::position(text, offset).0));
            }
            Layer::Value { origin, key, value } => {
                let path: Vec<String> = key.iter().map(|&part| part.to_owned()).collect();
                let value = string_shown(&path, value);
                merged.set(path, value, (*origin).to_owned());
            }
        }
    }
    merged.entries.into_values().collect()
}

#[derive(Default)]
struct Merged {
    entries: BTreeMap<Vec<String>, Entry>,
}

impl Merged {
    fn add_text(&mut self, text: &str, whole: &[&str], origin: &dyn Fn(usize) -> String) {
        let (document, _) = DeTable::parse_recoverable(text);
        for (key, value) in document.get_ref() {
            if let (true, DeValue::Table(inner)) = (whole.contains(&key.get_ref().as_ref()), value.get_ref())
            {
                for replaced in inner.keys() {
                    self.clear_below(&[key.get_ref().to_string(), replaced.get_ref().to_string()]);
                }
            }
        }
        self.add_table(document.get_ref(), &mut Vec::new(), origin);
    }

    fn add_table(&mut self, table: &DeTable<'_>, path: &mut Vec<String>, origin: &dyn Fn(usize) -> String) {
        for (key, value) in table {
            path.push(key.get_ref().to_string());
            if let DeValue::Table(inner) = value.get_ref() {
                self.add_table(inner, path, origin);
            } else {
                self.set(path.clone(), value_shown(path, value), origin(key.span().start));
            }
            path.pop();
        }
    }

    /// A value replaces a table and the other way round, so neither leaves remains.
    fn set(&mut self, path: Vec<String>, value: String, origin: String) {
        for length in 1..path.len() {
            if let Some(parent) = path.get(..length) {
                self.entries.remove(parent);
            }
        }
        self.clear_below(&path);
        let key = literal::dotted(&path);
        self.entries.insert(path, Entry { key, value, origin });
    }

    fn clear_below(&mut self, path: &[String]) {
        let below: Vec<Vec<String>> = self
            .entries
            .range(path.to_vec()..)
            .map(|(key, _)| key)
            .take_while(|key| key.starts_with(path))
            .cloned()
            .collect();
        for key in below {
            self.entries.remove(&key);
        }
    }
}

fn value_shown(path: &[String], value: &Spanned<DeValue<'_>>) -> String {
    match value.get_ref() {
        DeValue::String(text) => string_shown(path, text),
        _ if secrecy::is_secret_path(path) => HIDDEN.to_owned(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(items) => array_shown(path, items),
        DeValue::Table(table) => table_shown(path, table),
    }
}

fn string_shown(path: &[String], text: &str) -> String {
    let shown = secrecy::shown(path, text);
    if shown == HIDDEN { shown } else { literal::string_text(&shown) }
}

fn array_shown(path: &[String], items: &DeArray<'_>) -> String {
    let items: Vec<String> = items.iter().map(|item| value_shown(path, item)).collect();
    format!("[{}]", items.join(", "))
}

/// A table inside an array; others are listed key by key.
fn table_shown(path: &[String], table: &DeTable<'_>) -> String {
    let pairs: Vec<String> = table
        .iter()
        .map(|(key, value)| {
            let path: Vec<String> = path.iter().cloned().chain([key.get_ref().to_string()]).collect();
            format!("{} = {}", literal::key_text(key.get_ref()), value_shown(&path, value))
        })
        .collect();
    format!("{{ {} }}", pairs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT_IN: Layer<'_> = Layer::BuiltIn { text: "[defaults]\nlang = \"auto\"\nmodel = \"auto\"\n" };

    fn check(layers: &[Layer<'_>], expected: &[&str]) {
        let lines: Vec<String> = flatten(layers, &["whole"])
            .into_iter()
            .map(|e| format!("{} = {}  # {}", e.key, e.value, e.origin))
            .collect();
        assert_eq!(lines, expected);
    }

    fn file(text: &str) -> Layer<'_> {
        Layer::File { name: "config.toml", text }
    }

    #[test]
    fn the_later_layer_wins_key_by_key_and_says_where() {
        let lang = Layer::Value { origin: "PLYRUM_LANG", key: &["defaults", "lang"], value: "ru" };
        check(
            &[BUILT_IN, file("\n[defaults]\nmodel = \"lab/fast\"\n"), lang],
            &["defaults.lang = \"ru\"  # PLYRUM_LANG", "defaults.model = \"lab/fast\"  # config.toml:3"],
        );
    }

    #[test]
    fn every_kind_of_value_is_one_line_of_toml() {
        check(
            &[file(
                "[models.\"lab/fast\"]\ntools = false\nratio = 1.50\nsince = 2026-01-02\nhex = 0xff\n\
                 fallback = [\n \"a\",\n 'b\"',\n]\ntiers = [{ above = 1, price = { input = \"3\" } }]\n",
            )],
            &[
                "models.\"lab/fast\".fallback = [\"a\", \"b\\\"\"]  # config.toml:6",
                "models.\"lab/fast\".hex = 0xff  # config.toml:5",
                "models.\"lab/fast\".ratio = 1.50  # config.toml:3",
                "models.\"lab/fast\".since = 2026-01-02  # config.toml:4",
                "models.\"lab/fast\".tiers = [{ above = 1, price = { input = \"3\" } }]  # config.toml:10",
                "models.\"lab/fast\".tools = false  # config.toml:2",
            ],
        );
    }

    #[test]
    fn a_table_and_a_value_replace_each_other_whole() {
        check(
            &[file("a.b.c = 1\na.d = 2\n"), file("a.b = 3\n")],
            &["a.b = 3  # config.toml:1", "a.d = 2  # config.toml:2"],
        );
        check(&[file("a = 1\n"), file("[a]\nb = 2\n")], &["a.b = 2  # config.toml:2"]);
    }

    #[test]
    fn an_entry_of_a_whole_section_leaves_nothing_of_an_earlier_one() {
        check(
            &[file("[whole.a]\nx = 1\ny = 2\n[whole.b]\nx = 3\n"), file("\n[whole.a]\nx = 4\n")],
            &["whole.a.x = 4  # config.toml:3", "whole.b.x = 3  # config.toml:5"],
        );
    }

    #[test]
    fn what_could_be_a_secret_is_hidden() {
        check(
            &[file(
                "[p.lab]\napi_key = { env = \"LAB_KEY\" }\nproxy = \"http://u:p@h\"\n\
                 [p.lab.headers]\nX-Key = \"abc\"\nX-Num = 5\n\
                 [p.two]\napi_key = \"abc\"\n[p.three]\napi_key = { command = [\"pass\", \"show\"] }\n",
            )],
            &[
                "p.lab.api_key.env = \"LAB_KEY\"  # config.toml:2",
                "p.lab.headers.X-Key = «hidden»  # config.toml:5",
                "p.lab.headers.X-Num = «hidden»  # config.toml:6",
                "p.lab.proxy = \"http://«hidden»@h\"  # config.toml:3",
                "p.three.api_key.command = «hidden»  # config.toml:10",
                "p.two.api_key = «hidden»  # config.toml:8",
            ],
        );
    }
}
