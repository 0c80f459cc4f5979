//! The filter line: `kind=tool tool=run run=3f9a since=7d words`, as `plyrum audit search` takes it.

/// Which records are looked for; what is not named may be anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Their kind, or its beginning up to a dot.
    pub kind: Option<String>,
    /// Their tool.
    pub tool: Option<String>,
    /// The run, or the beginning of its id.
    pub run: Option<String>,
    /// From when on: a date, a time, or a span back from now.
    pub since: Option<String>,
    /// Text anywhere in them.
    pub text: Option<String>,
}

impl AuditFilter {
    /// What a line says. What is no filter is text.
    #[must_use]
    pub fn of(line: &str) -> Self {
        let mut filter = Self::default();
        let mut words = Vec::new();
        for word in line.split_whitespace() {
            let place = match word.split_once('=') {
                Some(("kind", _)) => &mut filter.kind,
                Some(("tool", _)) => &mut filter.tool,
                Some(("run", _)) => &mut filter.run,
                Some(("since", _)) => &mut filter.since,
                _ => {
                    words.push(word);
                    continue;
                }
            };
            *place =
                word.split_once('=').map(|(_, value)| value.to_owned()).filter(|value| !value.is_empty());
        }
        filter.text = (!words.is_empty()).then(|| words.join(" "));
        filter
    }

    /// The line that says it.
    #[must_use]
    pub fn said(&self) -> String {
        let named = [("kind", &self.kind), ("tool", &self.tool), ("run", &self.run), ("since", &self.since)];
        let named = named.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?)));
        named.chain(self.text.clone()).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_it_filters_and_back() {
        let filter = AuditFilter::of("kind=tool  два слова tool=run since=7d");
        assert_eq!(filter.kind.as_deref(), Some("tool"));
        assert_eq!(filter.text.as_deref(), Some("два слова"));
        assert_eq!(filter.said(), "kind=tool tool=run since=7d два слова");
        assert_eq!(AuditFilter::of(&filter.said()), filter);
        assert_eq!(
            AuditFilter::of("a=b run="),
            AuditFilter { text: Some("a=b".into()), ..AuditFilter::default() }
        );
    }
}
