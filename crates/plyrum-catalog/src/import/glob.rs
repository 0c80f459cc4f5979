//! `*` and `?`, and nothing else: names of models have brackets, slashes and colons of their own.

/// A pattern for names: `*` is any text, `?` any one character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(Vec<char>);

impl Glob {
    /// Every text is a pattern.
    pub fn new(pattern: &str) -> Self {
        Self(pattern.chars().collect())
    }

    /// Whether the whole name fits. Takes at most pattern × name steps, whatever they are.
    pub fn fits(&self, name: &str) -> bool {
        // Which beginnings of the pattern fit the beginning of the name that was seen.
        let mut fits = vec![false; self.0.len() + 1];
        let close = |fits: &mut Vec<bool>| {
            for (at, c) in self.0.iter().enumerate() {
                if *c == '*' && fits.get(at).copied().unwrap_or(false) {
                    fits.iter_mut().skip(at + 1).take(1).for_each(|next| *next = true);
                }
            }
        };
        fits.iter_mut().take(1).for_each(|start| *start = true);
        close(&mut fits);
        for c in name.chars() {
            let mut next = vec![false; fits.len()];
            for (at, pattern) in self.0.iter().enumerate() {
                if fits.get(at).copied().unwrap_or(false) {
                    let to = match pattern {
                        '*' => at,
                        '?' => at + 1,
                        same if *same == c => at + 1,
                        _ => continue,
                    };
                    next.iter_mut().skip(to).take(1).for_each(|slot| *slot = true);
                }
            }
            close(&mut next);
            fits = next;
        }
        fits.last().copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_name_must_fit() {
        for (pattern, name, fits) in [
            ("openai/*", "openai/gpt-x", true),
            ("openai/*", "azure/openai/gpt-x", false),
            ("*gpt*", "openai/gpt-x", true),
            ("gpt-?", "gpt-4", true),
            ("gpt-?", "gpt-", false),
            ("", "", true),
            ("", "a", false),
            ("**", "", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("модель/*", "модель/быстрая", true),
        ] {
            assert_eq!(Glob::new(pattern).fits(name), fits, "{pattern} {name}");
        }
        assert!(!Glob::new(&"*a".repeat(200)).fits(&"a".repeat(199)), "ends soon");
    }
}
