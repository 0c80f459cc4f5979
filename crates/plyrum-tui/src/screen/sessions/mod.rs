//! Stub.
use crate::keymap::Action;
use crate::screen::Look;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

#[derive(Debug, Default)]
pub struct SessionsScreen {}
#[derive(Debug, Clone, PartialEq)]
pub enum SessionsAsk { Load }
#[derive(Debug)]
pub enum SessionsReply { None }
pub trait SessionsSource: Send + Sync {}
pub fn answer(_: &dyn SessionsSource, _: SessionsAsk) -> SessionsReply { SessionsReply::None }
impl SessionsScreen {
    pub fn open(&mut self) -> Vec<SessionsAsk> { Vec::new() }
    pub fn press(&mut self, _: Action) -> Vec<SessionsAsk> { Vec::new() }
    pub fn typed(&mut self, _: char) -> Vec<SessionsAsk> { Vec::new() }
    pub fn is_typing(&self) -> bool { false }
    pub fn is_open_inside(&self) -> bool { false }
    pub fn loaded(&mut self, _: SessionsReply) -> Option<plyrum_protocol::SessionId> { None }
}
#[derive(Debug)]
pub struct SessionsView<'a> { pub screen: &'a SessionsScreen, pub look: Look<'a> }
impl SessionsView<'_> {
    pub fn draw(&self, _: Rect, _: &mut Buffer) -> Option<Position> { None }
}
