//! A command's sandbox: what it may reach is decided here, before it runs, by the kernel.
//!
//! | level | made of | what it is good for |
//! |---|---|---|
//! | [`Level::Full`] | bubblewrap and a seccomp filter | anything that a policy or a person allows |
//! | [`Level::Lower`] | Landlock and a stricter seccomp filter | commands that only read |
//! | [`Level::None`] | limits and a clean environment, no more | only what a person approved, each time |
//!
//! Nothing here is `unsafe`, so nothing can run between `fork` and `exec`: the program executes itself again
//! ([`inner_main`]) to set limits and filters on itself before it becomes the command.
//!
//! Decisions, each with a probe in `tests/escapes.rs`:
//! - **Unix sockets cannot be made**, network on or off: a read-only mount does not stop a `connect` to a
//!   socket that lies in it, and a socket of the host may lie anywhere. `socketpair` of streams is allowed;
//!   of datagrams not, since those can be connected again elsewhere. The price: programs that listen on a
//!   Unix socket of their own fail inside.
//! - **Mount points**: what is protected and missing is made by us on the host, empty, noted beforehand, and
//!   bound read-only on itself; see [`clean_up_leftovers`].
//! - **Root inside is nobody special**: a user namespace of its own, every capability dropped.
//!
//! Only Linux has levels; elsewhere the level is `None` and the probe says "untested".

#[cfg(target_os = "linux")]
mod bubblewrap;
mod config;
mod environment;
#[cfg(target_os = "linux")]
mod filter;
mod inner;
#[cfg(target_os = "linux")]
mod landlocked;
mod level;
mod mount_points;
mod note;
mod places;
mod probe;

pub use config::{Config, Helper, Limits, usual_protected, usual_secrets};
pub use inner::inner_main;
pub use level::Level;
pub use mount_points::clean_up_leftovers;
pub use probe::{Check, Probed, probe};

#[cfg(target_os = "linux")]
pub(crate) use bubblewrap::{Wrapped, arguments as bubblewrap_arguments};
pub(crate) use environment::allowed as allowed_environment;
#[cfg(target_os = "linux")]
pub(crate) use inner::stage_arguments;
pub(crate) use inner::{FAILED, MARK, Stage};
#[cfg(target_os = "linux")]
pub(crate) use landlocked::readable;
pub(crate) use mount_points::{Guard as MountGuard, MountPoints};
pub use places::PlaceError;
pub(crate) use places::{Instead, Places};

/// bubblewrap, if it is installed where systems put programs.
pub(crate) fn find_bubblewrap() -> Option<std::path::PathBuf> {
    #[cfg(target_os = "linux")]
    return bubblewrap::find();
    #[cfg(not(target_os = "linux"))]
    None
}
