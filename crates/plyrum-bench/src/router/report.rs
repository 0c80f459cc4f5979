//! How figures are put down.

use plyrum_protocol::view::{RouterFigure, RouterReport};

/// Notes figures down.
pub(super) trait Note {
    /// One figure, to four places.
    fn add(&mut self, name: impl Into<String>, value: f64, rows: usize) -> Aim<'_>;
}

/// What the figure that was just noted should reach.
pub(super) struct Aim<'a>(Option<&'a mut RouterFigure>);

impl Note for RouterReport {
    fn add(&mut self, name: impl Into<String>, value: f64, rows: usize) -> Aim<'_> {
        let value = (value * 10_000.0).round() / 10_000.0;
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        self.figures.push(RouterFigure { name: name.into(), value, rows, at_least: None, at_most: None });
        Aim(self.figures.last_mut())
    }
}

impl Aim<'_> {
    pub(super) fn at_least(self, least: f64) {
        if let Some(figure) = self.0 {
            figure.at_least = Some(least);
        }
    }

    pub(super) fn at_most(self, most: f64) {
        if let Some(figure) = self.0 {
            figure.at_most = Some(most);
        }
    }
}
