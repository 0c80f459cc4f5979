//! What the probe runs inside: it tries what must fail and prints one line for each, `name ok` or
//! `name failed why`.

use std::ffi::OsString;
use std::fs;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

const WAIT: Duration = Duration::from_millis(50);

/// `workspace-file expected-to-be-written outside-file hidden-file protected-file socket port`
pub(super) fn run(words: Vec<OsString>) -> ExitCode {
    let words: Vec<PathBuf> = words.into_iter().map(PathBuf::from).collect();
    let [inside, writes, outside, hidden, protected, socket, port] = words.as_slice() else {
        return ExitCode::FAILURE;
    };
    let port = port.to_str().and_then(|text| text.parse().ok()).unwrap_or(1);
    let wrote = fs::write(inside, "x").is_ok();
    say("workspace", wrote == (writes == Path::new("yes")), "the workspace is not as writable as asked");
    say("outside", fs::write(outside, "x").is_err(), "a file outside of the workspace was written");
    say("hidden", fs::read(hidden).map_or(true, |bytes| bytes.is_empty()), "a hidden file was read");
    say("protected", fs::write(protected, "x").is_err(), "a protected file was written");
    let unix = UnixStream::connect(socket).is_err() && UnixDatagram::unbound().is_err();
    say("unix_socket", unix, "a Unix socket could be used");
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    say("network", TcpStream::connect_timeout(&address, WAIT).is_err(), "a local port was reached");
    let sent = UdpSocket::bind("0.0.0.0:0").and_then(|udp| udp.send_to(b"x", "192.0.2.1:9"));
    say("udp", sent.is_err(), "a datagram left");
    say("filter", nix::sys::prctl::get_no_new_privs().unwrap_or(false) && filtered(), "no filter is on");
    say("capabilities", no_capabilities(), "some capability is left");
    ExitCode::SUCCESS
}

fn say(name: &str, ok: bool, otherwise: &str) {
    #[expect(clippy::print_stdout, reason = "the probe reads these lines")]
    {
        println!("{name} {}", if ok { "ok".to_owned() } else { format!("failed {otherwise}") });
    }
}

fn status(name: &str) -> Option<String> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    text.lines().find_map(|line| Some(line.strip_prefix(name)?.trim_start_matches(':').trim().to_owned()))
}

/// Under Landlock `/proc` cannot be read, which proves as much.
fn filtered() -> bool {
    status("Seccomp").is_none_or(|mode| mode == "2")
}

fn no_capabilities() -> bool {
    caps::read(None, caps::CapSet::Effective).is_ok_and(|set| set.is_empty())
        && caps::read(None, caps::CapSet::Permitted).is_ok_and(|set| set.is_empty())
}
