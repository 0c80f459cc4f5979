//! The socket: who may connect, and one task pair per client.

mod client;
mod listen;
mod strangers;

pub(crate) use client::send;
pub(crate) use listen::{Bound, bind, serve};
