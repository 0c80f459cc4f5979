//! Stub.
use crate::keymap::Action;
use crate::screen::Look;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

#[derive(Debug, Default)]
pub struct ModelsScreen {}
#[derive(Debug, Clone, PartialEq)]
pub enum ModelsAsk { Load }
#[derive(Debug)]
pub enum ModelsReply { None }
pub trait ModelsSource: Send + Sync {}
pub fn answer(_: &dyn ModelsSource, _: ModelsAsk) -> ModelsReply { ModelsReply::None }
impl ModelsScreen {
    pub fn open(&mut self) -> Vec<ModelsAsk> { Vec::new() }
    pub fn press(&mut self, _: Action) -> Vec<ModelsAsk> { Vec::new() }
    pub fn typed(&mut self, _: char) -> Vec<ModelsAsk> { Vec::new() }
    pub fn is_typing(&self) -> bool { false }
    pub fn is_open_inside(&self) -> bool { false }
    pub fn loaded(&mut self, _: ModelsReply) {}
}
#[derive(Debug)]
pub struct ModelsView<'a> { pub screen: &'a ModelsScreen, pub look: Look<'a> }
impl ModelsView<'_> {
    pub fn draw(&self, _: Rect, _: &mut Buffer) -> Option<Position> { None }
}
