//! The filter line: `model=lab/fast persona=coder since=7d`, typed with completion from the rows that are shown.

use plyrum_protocol::view::{Dashboard, DashboardFilter, DashboardPeriod, DashboardQuery};

/// The words before `=`.
pub(super) const KEYS: [&str; 7] = ["model", "provider", "role", "persona", "project", "since", "until"];
/// What a line may be long, in characters: a path and a few names.
const MAX_CHARS: usize = 1000;

/// A line that is being typed. The cursor stands between characters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FilterLine {
    before: Vec<char>,
    after: Vec<char>,
    /// What is wrong with it, once it was tried: a part that is no filter.
    pub(super) wrong: Option<String>,
    /// What Tab offered last, so that the next Tab offers the next one.
    offered: Option<Offered>,
}

/// A completion that stands before the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Offered {
    /// What was typed of it.
    typed: String,
    /// Which of those that fit it is.
    nth: usize,
    /// How long it is.
    chars: usize,
}

impl FilterLine {
    /// The line that says what is asked now.
    pub(super) fn of(query: &DashboardQuery) -> Self {
        let filter = &query.filter;
        let custom = |text: &Option<String>| text.clone().filter(|_| query.period == DashboardPeriod::Custom);
        let parts = [
            ("model", filter.model.clone()),
            ("provider", filter.provider.clone()),
            ("role", filter.role.clone()),
            ("persona", filter.persona.clone()),
            ("project", filter.project.clone()),
            ("since", custom(&query.since)),
            ("until", custom(&query.until)),
        ];
        let said = parts.into_iter().filter_map(|(key, value)| Some(format!("{key}={}", quoted(&value?))));
        let mut before: Vec<char> = said.collect::<Vec<_>>().join(" ").chars().collect();
        if !before.is_empty() {
            before.push(' ');
        }
        Self { before, ..Self::default() }
    }

    pub(super) fn text(&self) -> String {
        self.before.iter().chain(&self.after).collect()
    }

    pub(super) fn before(&self) -> String {
        self.before.iter().collect()
    }

    pub(super) fn type_in(&mut self, c: char) {
        if self.before.len() + self.after.len() < MAX_CHARS && !c.is_control() {
            self.before.push(c);
        }
        self.touched();
    }

    pub(super) fn delete_back(&mut self) {
        self.before.pop();
        self.touched();
    }

    pub(super) fn delete_forward(&mut self) {
        if !self.after.is_empty() {
            self.after.remove(0);
        }
        self.touched();
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(super) fn left(&mut self) {
        self.offered = None;
        if let Some(c) = self.before.pop() {
            self.after.insert(0, c);
        }
    }

    pub(super) fn right(&mut self) {
        self.offered = None;
        if !self.after.is_empty() {
            self.before.push(self.after.remove(0));
        }
    }

    pub(super) fn start(&mut self) {
        self.offered = None;
        let before = std::mem::take(&mut self.before);
        self.after.splice(0..0, before);
    }

    pub(super) fn end(&mut self) {
        self.offered = None;
        self.before.append(&mut self.after);
    }

    fn touched(&mut self) {
        self.wrong = None;
        self.offered = None;
    }

    /// Completes the word before the cursor; again: the next that fits.
    pub(super) fn complete(&mut self, board: Option<&Dashboard>) {
        let (typed, nth, replaced) = if let Some(last) = self.offered.take() {
            (last.typed, last.nth + 1, last.chars)
        } else {
            let typed = last_word(&self.before());
            let chars = typed.chars().count();
            (typed, 0, chars)
        };
        let offers = offers(&typed, board);
        let Some(offer) = offers.get(nth % offers.len().max(1)) else { return };
        self.before.truncate(self.before.len().saturating_sub(replaced));
        self.before.extend(offer.chars());
        self.wrong = None;
        // A key that is complete begins its value: the next Tab is about that.
        self.offered = (offers.len() > 1).then(|| Offered { typed, nth, chars: offer.chars().count() });
    }

    /// The question that it asks; where a part is no filter, that part.
    pub(super) fn query(&self, period: DashboardPeriod) -> Result<DashboardQuery, String> {
        let mut query = DashboardQuery { period, ..DashboardQuery::default() };
        if period == DashboardPeriod::Custom {
            query.period = DashboardPeriod::Month;
        }
        let filter = &mut query.filter;
        for part in words(&self.text()) {
            let (key, value) = part.split_once('=').ok_or_else(|| part.clone())?;
            let slot = match key {
                "model" => &mut filter.model,
                "provider" => &mut filter.provider,
                "role" => &mut filter.role,
                "persona" => &mut filter.persona,
                "project" => &mut filter.project,
                "since" => &mut query.since,
                "until" => &mut query.until,
                _ => return Err(part),
            };
            *slot = Some(value.to_owned());
        }
        if query.since.is_some() || query.until.is_some() {
            query.period = DashboardPeriod::Custom;
        }
        Ok(query)
    }
}

/// What is asked for beside the time, as it would be typed.
pub(super) fn said(filter: &DashboardFilter) -> String {
    let query = DashboardQuery { filter: filter.clone(), ..DashboardQuery::default() };
    FilterLine::of(&query).text().trim_end().to_owned()
}

fn quoted(value: &str) -> String {
    if value.contains([' ', '"']) || value.is_empty() {
        format!("\"{}\"", value.replace('"', ""))
    } else {
        value.to_owned()
    }
}

/// Parts between spaces; quotes keep spaces together.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut inside, mut begun) = (String::new(), false, false);
    for c in text.chars() {
        match c {
            '"' => inside = !inside,
            ' ' if !inside => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
                continue;
            }
            c => word.push(c),
        }
        begun = true;
    }
    if begun {
        words.push(word);
    }
    words
}

/// What stands before the cursor since the last space outside quotes, as it is typed.
fn last_word(before: &str) -> String {
    let mut inside = false;
    let mut word = String::new();
    for c in before.chars() {
        match c {
            ' ' if !inside => word.clear(),
            c => {
                inside ^= c == '"';
                word.push(c);
            }
        }
    }
    word
}

fn offers(typed: &str, board: Option<&Dashboard>) -> Vec<String> {
    let Some((key, begun)) = typed.split_once('=') else {
        return KEYS.iter().filter(|key| key.starts_with(typed)).map(|key| format!("{key}=")).collect();
    };
    let begun = begun.replace('"', "");
    let rows = board.and_then(|board| board.group(key)).map(|group| group.rows.as_slice());
    let keys = rows.unwrap_or_default().iter().map(|row| row.key.as_str());
    // A name may be remembered by its middle.
    let fits = |name: &&str| name.contains(begun.as_str());
    keys.filter(fits).map(|name| format!("{key}={} ", quoted(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use plyrum_protocol::view::{DashboardGroup, DashboardRow, DashboardSum};

    fn typed(text: &str) -> FilterLine {
        let mut line = FilterLine::default();
        text.chars().for_each(|c| line.type_in(c));
        line
    }

    #[test]
    fn a_line_asks_what_it_says_and_says_what_it_asks() {
        let line = typed("model=lab/fast  project=\"/my work\" since=7d");
        let query = line.query(DashboardPeriod::Today).unwrap();
        assert_eq!(query.filter.model.as_deref(), Some("lab/fast"));
        assert_eq!(query.filter.project.as_deref(), Some("/my work"));
        assert_eq!((query.period, query.since.as_deref()), (DashboardPeriod::Custom, Some("7d")));
        assert_eq!(FilterLine::of(&query).query(DashboardPeriod::Custom), Ok(query));
    }

    #[test]
    fn no_project_is_said_by_empty_quotes() {
        let query = typed("project=\"\"").query(DashboardPeriod::All).unwrap();
        assert_eq!(query.filter.project.as_deref(), Some(""));
        assert_eq!(said(&query.filter), "project=\"\"");
    }

    #[test]
    fn a_part_that_is_no_filter_is_named() {
        assert_eq!(typed("model=a wat=b").query(DashboardPeriod::All), Err("wat=b".to_owned()));
        assert_eq!(typed("hello").query(DashboardPeriod::All), Err("hello".to_owned()));
    }

    #[test]
    fn tab_completes_keys_and_then_names_from_the_rows_one_after_the_other() {
        let row = |key: &str| DashboardRow { key: key.to_owned(), sum: DashboardSum::default() };
        let group = DashboardGroup {
            by: "model".to_owned(),
            rows: vec![row("lab/fast"), row("lab/slow")],
            ..DashboardGroup::default()
        };
        let board = Dashboard { groups: vec![group], ..super::super::sample::empty() };
        let mut line = typed("mo");
        line.complete(Some(&board));
        assert_eq!(line.text(), "model=");
        let mut line = typed("model=l");
        line.complete(Some(&board));
        assert_eq!(line.text(), "model=lab/fast ");
        let mut line = typed("role=answer model=s");
        line.complete(Some(&board));
        assert_eq!(line.text(), "role=answer model=lab/fast ", "it is in the middle of the name");
        line.complete(Some(&board));
        assert_eq!(line.text(), "role=answer model=lab/slow ");
        line.complete(Some(&board));
        assert_eq!(line.text(), "role=answer model=lab/fast ");
    }

    #[test]
    fn the_cursor_moves_between_characters_of_any_script() {
        let mut line = typed("model=тест");
        line.left();
        line.delete_back();
        line.start();
        line.delete_forward();
        line.end();
        line.type_in('!');
        assert_eq!(line.text(), "odel=тет!");
    }
}
