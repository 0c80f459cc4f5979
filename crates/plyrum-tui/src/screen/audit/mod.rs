//! Stub.
use crate::keymap::Action;
use crate::screen::Look;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

#[derive(Debug, Default)]
pub struct AuditScreen {}
#[derive(Debug, Clone, PartialEq)]
pub enum AuditAsk { Load }
#[derive(Debug)]
pub enum AuditReply { None }
pub trait AuditSource: Send + Sync {}
pub fn answer(_: &dyn AuditSource, _: AuditAsk) -> AuditReply { AuditReply::None }
impl AuditScreen {
    pub fn open(&mut self) -> Vec<AuditAsk> { Vec::new() }
    pub fn press(&mut self, _: Action) -> Vec<AuditAsk> { Vec::new() }
    pub fn typed(&mut self, _: char) -> Vec<AuditAsk> { Vec::new() }
    pub fn is_typing(&self) -> bool { false }
    pub fn is_open_inside(&self) -> bool { false }
    pub fn loaded(&mut self, _: AuditReply) {}
}
#[derive(Debug)]
pub struct AuditView<'a> { pub screen: &'a AuditScreen, pub look: Look<'a> }
impl AuditView<'_> {
    pub fn draw(&self, _: Rect, _: &mut Buffer) -> Option<Position> { None }
}
