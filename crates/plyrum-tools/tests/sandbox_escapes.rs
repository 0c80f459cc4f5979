//! Ways out of the sandbox, at each level that this kernel offers: none may have an effect outside.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, all of it")]

#[path = "support/probes.rs"]
#[allow(unreachable_pub, reason = "a module of this test alone")]
mod probes;
#[allow(dead_code, reason = "shared by several tests")]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use plyrum_tools::commands::{Exit, Shell, Spec};
use plyrum_tools::sandbox::{Level, Limits};
use probes::PROBES;
use support::{Yard, offers, run};

/// Tests run at once in one process, each with names of its own.
static NEXT: AtomicU32 = AtomicU32::new(0);
const FILE_BYTES: u64 = 64 << 20;

/// Everything of the host that a probe may reach for.
struct Host {
    yard: Yard,
    id: u32,
    victim: Child,
    tmp: tempfile::TempDir,
    tcp: TcpListener,
    udp: UdpSocket,
    unix: Vec<UnixListener>,
}

impl Host {
    fn new() -> Self {
        let mut yard = Yard::new();
        yard.config.limits = Limits { file_bytes: FILE_BYTES, ..yard.config.limits };
        let id = std::process::id() * 100 + NEXT.fetch_add(1, Ordering::Relaxed);
        let victim = Command::new("sleep")
            .arg("86399")
            .env("VICTIMS_KEY", "s3cr3t-value")
            .current_dir(yard.path("home/other"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let tmp = tempfile::tempdir_in("/tmp").unwrap();
        fs::write(tmp.path().join("kept"), "").unwrap();
        fs::write(tmp.path().join("secret"), "s3cr3t-value").unwrap();
        let tcp = TcpListener::bind("0.0.0.0:0").unwrap();
        tcp.set_nonblocking(true).unwrap();
        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        udp.set_nonblocking(true).unwrap();
        let abstract_name = SocketAddr::from_abstract_name(format!("plyrum-{id}")).unwrap();
        let unix = vec![
            UnixListener::bind(yard.path("home/other/socket")).unwrap(),
            UnixListener::bind(yard.workspace().join("socket")).unwrap(),
            UnixListener::bind_addr(&abstract_name).unwrap(),
        ];
        for listener in &unix {
            listener.set_nonblocking(true).unwrap();
        }
        Self { yard, id, victim, tmp, tcp, udp, unix }
    }

    fn script(&self, probe: &str) -> String {
        let shown = |path: &Path| path.to_str().unwrap().to_owned();
        let words = [
            ("@OUT@", shown(&self.yard.path("home/other"))),
            ("@HIDDEN@", shown(&self.yard.path("home/plyrum"))),
            ("@HOME@", shown(&self.yard.path("home"))),
            ("@WORK@", shown(&self.yard.workspace())),
            ("@PORT@", self.tcp.local_addr().unwrap().port().to_string()),
            ("@UDP@", self.udp.local_addr().unwrap().port().to_string()),
            ("@SOCKET@", shown(&self.yard.path("home/other/socket"))),
            ("@OWN_SOCKET@", shown(&self.yard.workspace().join("socket"))),
            ("@ABSTRACT@", format!("plyrum-{}", self.id)),
            ("@VICTIM@", self.victim.id().to_string()),
            ("@TMP@", shown(self.tmp.path())),
            ("@ID@", self.id.to_string()),
        ];
        let filled = words.iter().fold(probe.to_owned(), |text, (mark, word)| text.replace(mark, word));
        // Literals cannot be handed to `syscall`; copies can.
        let filled = filled.replace("-e '", "-e 'sub c { my ($n, @a) = @_; syscall($n, @a) } ");
        format!("export LC_ALL=C\n{filled}\necho TRIED")
    }

    fn spec(&self, level: Level, script: &str, network: bool) -> Spec {
        let command = self.script(script);
        let shell = Shell { command, cwd: None, timeout_s: None, network: None };
        let key = |name: &str| (name.into(), "s3cr3t-value".into());
        Spec {
            argv: shell.words(),
            env: ["MY_API_KEY", "LD_PRELOAD", "BASH_ENV", "DB_PASSWORD", "PLYRUM_HOME"].map(key).to_vec(),
            masked: Vec::new(),
            network,
            ..self.yard.spec(level, &[])
        }
    }

    /// What must be the same after every probe.
    fn outside(&self) -> BTreeMap<String, String> {
        let mut seen = BTreeMap::new();
        let work = self.yard.workspace();
        look(&self.yard.path("home"), &work, &mut seen);
        look(&work.join(".git"), Path::new(""), &mut seen);
        look(self.tmp.path(), Path::new(""), &mut seen);
        for name in &self.yard.config.protected {
            let path = work.join(name.trim_end_matches('/'));
            seen.insert(format!("{} is there", path.display()), path.symlink_metadata().is_ok().to_string());
        }
        for folder in [
            "/", "/tmp", "/var/tmp", "/dev/shm", "/run", "/etc", "/usr", "/usr/bin", "/var", "/opt", "/root",
            "/boot",
        ] {
            let path = Path::new(folder).join(format!("plyrum-{}", self.id));
            seen.insert(format!("{} is there", path.display()), path.exists().to_string());
        }
        seen
    }

    /// What else went wrong, if anything did.
    fn traces(&mut self) -> Vec<String> {
        let mut found = Vec::new();
        if self.victim.try_wait().unwrap().is_some() {
            found.push("the victim is dead".to_owned());
        }
        if self.tcp.accept().is_ok() {
            found.push("a connection came".to_owned());
        }
        if self.udp.recv(&mut [0; 8]).is_ok() {
            found.push("a datagram came".to_owned());
        }
        found.extend(self.unix.iter().filter(|unix| unix.accept().is_ok()).map(|unix| format!("{unix:?}")));
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let words = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let words = std::str::from_utf8(&words).unwrap_or_default();
            if words.starts_with("sleep\u{0}471") && words.contains(&self.id.to_string()) {
                found.push(format!("{words:?} still runs"));
            }
        }
        for entry in fs::read_dir(self.yard.workspace()).unwrap().flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_file() && (meta.mode() & 0o6000 != 0 || meta.len() > FILE_BYTES) {
                found.push(format!(
                    "{} has mode {:o}, {} bytes",
                    entry.path().display(),
                    meta.mode(),
                    meta.len()
                ));
            }
            let name = entry.file_name();
            if name.to_str().is_some_and(|name| name.starts_with("core")) {
                found.push(format!("{} was dumped", name.display()));
            }
        }
        found
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.victim.kill();
        let _ = self.victim.wait();
    }
}

fn look(path: &Path, not: &Path, seen: &mut BTreeMap<String, String>) {
    let Ok(meta) = fs::symlink_metadata(path) else { return };
    if path == not {
        return;
    }
    let content = if meta.is_file() { fs::read(path).unwrap() } else { vec![] };
    let times = (meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec());
    let state =
        format!("{:o} {} {} {} {times:?} {content:?}", meta.mode(), meta.ino(), meta.uid(), meta.len());
    seen.insert(path.display().to_string(), state);
    if meta.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            look(&entry.unwrap().path(), not, seen);
        }
    }
}

async fn try_all(level: Level, network: bool) {
    let mut host = Host::new();
    if !offers(&host.yard.config, level).await {
        return;
    }
    let runner = host.yard.runner(level);
    let mut escapes = Vec::new();
    let mut tried = 0;
    for (name, script) in PROBES {
        // With the network on, ports of the host are open as a whole.
        if network && (name.contains("port") || name.contains("datagrams")) {
            continue;
        }
        let before = host.outside();
        let finished = run(&runner, host.spec(level, script, network)).await.unwrap();
        let after = host.outside();
        let mut wrong = host.traces();
        wrong.extend(
            after.iter().filter(|(path, state)| before.get(*path) != Some(state)).map(|c| format!("{c:?}")),
        );
        wrong.extend(
            before.keys().filter(|path| !after.contains_key(*path)).map(|path| format!("{path} is gone")),
        );
        for sign in ["ESCAPED", "s3cr3t-value"] {
            if finished.output.contains(sign) {
                wrong.push(format!("it says {sign}: {}", finished.output));
            }
        }
        let broken = ["at -e line", "syntax error"].iter().any(|sign| finished.output.contains(sign));
        if broken || !finished.output.contains("TRIED") {
            wrong.push(format!("it was not tried: {:?} {}", finished.exit, finished.output));
        }
        if std::env::var_os("PROBES_TELL").is_some() {
            println!("== {name}\n{}", finished.output);
        }
        tried += 1;
        if !wrong.is_empty() {
            escapes.push(format!("{name}: {wrong:#?}"));
        }
    }
    println!("{level}, network {network}: {tried} probes, {} escapes", escapes.len());
    assert!(escapes.is_empty(), "{}", escapes.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_gets_out_of_the_full_sandbox() {
    try_all(Level::Full, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_gets_out_of_the_full_sandbox_with_a_network() {
    try_all(Level::Full, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_gets_out_of_the_lower_sandbox() {
    try_all(Level::Lower, false).await;
}

#[tokio::test]
async fn what_builds_need_works_inside() {
    let host = Host::new();
    if !offers(&host.yard.config, Level::Full).await {
        return;
    }
    let script = "set -e; echo a > new; mkdir -p d/e; mv new d/e/n; ln -s d l; ln d/e/n hard; cat l/e/n hard; rm -r d l hard; \
        echo x > /tmp/t; cat /tmp/t; mkfifo /tmp/p; (echo y > /tmp/p &); cat /tmp/p; test -w /dev/null; \
        test ! -t 0; perl -MSocket -e 'socketpair(A, B, AF_UNIX, SOCK_STREAM, 0) or die'; \
        perl -MIO::Socket::INET -e 'my $l = IO::Socket::INET->new(Listen => 1) or die; IO::Socket::INET->new(PeerAddr => q(127.0.0.1), PeerPort => $l->sockport) or die'; \
        git -c safe.directory='*' --version > /dev/null; head -c 8 /dev/urandom > /dev/null; date > /dev/null; kill -0 $$";
    let finished = run(&host.yard.runner(Level::Full), host.spec(Level::Full, script, false)).await.unwrap();
    assert_eq!((finished.exit, finished.output.as_str()), (Exit::Code(0), "a\na\nx\ny\nTRIED\n"));
}
