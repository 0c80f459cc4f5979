//! Stub.
pub(super) struct Stub;
impl plyrum_tui::screen::audit::AuditSource for Stub {}
impl plyrum_tui::screen::models::ModelsSource for Stub {}
