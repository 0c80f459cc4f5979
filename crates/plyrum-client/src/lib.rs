//! The client's side of the socket: find the daemon or start it, make typed calls, follow frames.
//!
//! A client holds nothing of its own: no keys, no prices, no run. What it shows comes from frames, and a
//! gap in them is noticed here ([`Follower`]) and mended by attaching again.
//!
//! Knows the socket and the protocol; not the vendors, not the terminal.

mod connection;
mod enclose;
mod fault;
mod follow;
mod holder;
mod launch;
mod replace;
mod status;

pub use connection::{Client, Event, FrameLine};
pub use enclose::{Content, Enclosed, upload};
pub use fault::of_config;
pub use follow::{Follower, Step};
pub use holder::{Holder, is_held};
pub use launch::{Launch, Reached, connect, connect_or_start, reach, silent};
pub use status::{status, trouble};
