//! Stub.
use plyrum_protocol::{ErrorKind, Fault, view};
use plyrum_tui::screen::usage::{ExportFormat, UsageSource};
pub(super) struct Stub;
impl plyrum_tui::screen::audit::AuditSource for Stub {}
impl plyrum_tui::screen::models::ModelsSource for Stub {}
impl UsageSource for Stub {
    fn dashboard(&self, _: &view::DashboardQuery) -> Result<view::Dashboard, Fault> { Err(Fault::new(ErrorKind::Internal, "stub")) }
    fn export(&self, _: ExportFormat, _: &view::Dashboard) -> Result<std::path::PathBuf, Fault> { Err(Fault::new(ErrorKind::Internal, "stub")) }
    fn verify(&self) -> Result<view::Checks, Fault> { Err(Fault::new(ErrorKind::Internal, "stub")) }
}
