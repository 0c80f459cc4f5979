//! One cell: a run against a server that does one thing wrong, and what must be true of it afterwards.

use super::lab::Lab;
use super::shapes::{Case, Money, Plan, Server, Wait, Want};
use super::wires::Place;
use crate::outbox::{Next, Outbox};
use crate::resolve::Asked;
use crate::submit;
use plyrum_billing_client::{MicroRub, Quality};
use plyrum_fake_provider::{DeafPort, Door, FakeProvider, OAuth, Reply, Request, Script, Setup};
use plyrum_ledger::{Attempt, AttemptState, Outcome};
use plyrum_protocol::{Channel, Frame, FrameBody, RunId, RunResult, Submit, SubmitOptions, Submitted};
use plyrum_providers::Endpoint;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpSocket;
use tokio::sync::Semaphore;

/// The gate that a server waits at until what it said was shown.
pub(super) const SHOWN: &str = "shown";

/// Longest that one request may take. The limits that shapes are about are a second and a half at most, all others a minute:
/// what ends by then was ended by the right one, or needed none.
const ATTEMPT_MS: u64 = 45_000;
/// A run that has no end by then has none: three tries, and the waits between.
const IN_TIME: Duration = Duration::from_mins(4);

/// 100 × 3.00 + 10 × 15.00 = 450 micro-USD; × 80.1234 = 36 055.53; upward.
const REPORTED: MicroRub = MicroRub::new(36_056);

/// What became of a cell.
#[derive(Debug)]
pub(super) enum Verdict {
    /// As it must be, in the table's words.
    Is(String),
    /// There is no such cell, and why.
    CannotBe(&'static str),
    /// In the table's words, and what is wrong.
    Wrong(String, String),
}

/// Runs a cell, and where it is asked again once more with a server that mends.
pub(super) async fn run(lab: &Lab, shape: usize, plan: &Plan, turns: &Arc<Semaphore>) -> Verdict {
    let first = async {
        let _turn = turns.acquire().await.unwrap();
        once(lab, shape, 0, plan, false).await
    };
    let again = async {
        if !plan.mends() {
            return None;
        }
        let _turn = turns.acquire().await.unwrap();
        Some(once(lab, shape, 1, plan, true).await)
    };
    let (first, again) = tokio::join!(first, again);
    match (first, again) {
        ((word, Err(why)), _) => Verdict::Wrong(word, why),
        ((_, Ok(())), Some((word, Err(why)))) => Verdict::Wrong(word, format!("when it mends: {why}")),
        ((word, Ok(())), _) => Verdict::Is(word),
    }
}

async fn once(lab: &Lab, shape: usize, run: usize, plan: &Plan, mends: bool) -> (String, Result<(), String>) {
    let place = lab.case.place;
    let stage = Stage::set(place, plan, mends);
    let endpoint = stage.endpoint(lab.case, plan);
    let (model, ends) = lab.connect(shape, run, endpoint);
    let id = RunId::new(format!("ab{shape:03}{run}")).unwrap();
    let following = tokio::time::timeout(IN_TIME, follow(lab, &id, model, plan, &stage));
    let Ok(seen) = following.await else {
        return ("no end".to_owned(), Err(format!("no end within {IN_TIME:?}")));
    };
    let books = Books::of(lab, &id).await;
    let ends = ends.ends();
    let word = word(&seen.result, &ends, &books);
    let wanted = if mends { plan.mended() } else { plan.expected() };
    let checked = seen
        .check(&wanted, &ends)
        .and_then(|()| books.check(&wanted, &seen.result))
        .and_then(|()| stage.check(place, &wanted, books.attempts.len()));
    (word, checked)
}

/// What must be true of a run.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) want: Want,
    /// All the text that is shown, in the order of the attempts.
    pub(super) shown: String,
    /// Of each attempt.
    pub(super) money: Vec<Money>,
    pub(super) wait: Wait,
}

/// What a follower of a run saw.
struct Seen {
    result: RunResult,
    texts: BTreeMap<(String, Channel), String>,
    waits: Vec<u64>,
    broken: Option<String>,
}

/// Submits and follows to the end; lets the server go on as soon as some of its text is shown.
async fn follow(lab: &Lab, id: &RunId, model: String, plan: &Plan, stage: &Stage) -> Seen {
    let outbox = Outbox::default();
    let workspace = plan.acts.then(|| lab.workspace.path().display().to_string());
    let options =
        SubmitOptions { model: Some(model), plan: Some("direct".to_owned()), ..SubmitOptions::default() };
    let submit = Submit {
        run: id.clone(),
        session: None,
        prompt: String::new(),
        attachments: Vec::new(),
        options,
        workspace,
        client: "faults".to_owned(),
        owner: plyrum_protocol::Owner::Detached,
        dry_run: false,
        compact: None,
    };
    let asked =
        Asked {
            prompt: "Привет, what is new?".to_owned(), attachments: Vec::new(), pictures: Vec::new()
        };
    let accepted = submit::accept(&lab.daemon, submit, asked, &[]).await.unwrap();
    assert!(matches!(accepted.reply, Submitted::Receipt(_)));
    accepted.start(&outbox).unwrap();
    let (mut texts, mut waits, mut broken) = (BTreeMap::<_, String>::new(), Vec::new(), None);
    loop {
        let Next::Write { lines, missed } = outbox.next().await else { panic!("nobody closed it") };
        assert!(missed.is_empty());
        for line in lines {
            let message: serde_json::Value = serde_json::from_str(&line).unwrap();
            let frame: Frame = serde_json::from_value(message["params"].clone()).unwrap();
            match frame.body {
                FrameBody::Delta { attempt, channel, offset, text, .. } => {
                    let shown = texts.entry((attempt.as_str().to_owned(), channel)).or_default();
                    if offset != shown.len() as u64 {
                        broken = Some(format!("text at {offset} after {} bytes", shown.len()));
                    }
                    shown.push_str(&text);
                    stage.shown();
                }
                FrameBody::AttemptRetried { after_ms, .. } => waits.push(after_ms),
                FrameBody::RunFinished { result } => return Seen { result: *result, texts, waits, broken },
                _ => {}
            }
        }
    }
}

impl Seen {
    fn check(&self, wanted: &Expected, ends: &[String]) -> Result<(), String> {
        let shown: String = self.of_channel(Channel::Answer);
        ensure(self.broken.is_none(), || self.broken.clone().unwrap_or_default())?;
        ensure(shown == wanted.shown, || format!("shown {shown:?}, not {:?}", wanted.shown))?;
        // A turn that called a tool has its text on the screen; the answer is what the last turn said.
        let answer =
            self.texts.iter().rfind(|((_, of), _)| *of == Channel::Answer).map(|(_, text)| text.as_str());
        let kept = &self.result.answer;
        ensure(kept == answer.unwrap_or_default(), || format!("kept {kept:?}, shown {shown:?}"))?;
        let error = self.result.error.as_ref().map(|fault| (fault.kind.exit_code(), &fault.message));
        let told = || format!("ends {ends:?}, told {error:?}");
        let exit = error.map_or(0, |(exit, _)| exit);
        let end = ends.last().map_or("", String::as_str);
        let (end_wanted, tries, exit_wanted) = match wanted.want {
            Want::Fin => ("finished", 1, 0),
            Want::Turn | Want::Mended => ("finished", 2, 0),
            Want::Empty => ("finished", 1, 1),
            Want::Cut(class) => (class, 1, 4),
            Want::Fails(class, exit) => (class, 1, exit),
            Want::Again(class) => (class, 3, 4),
        };
        ensure((end, ends.len(), exit) == (end_wanted, tries, exit_wanted), || {
            format!("{}, not {end_wanted} x{tries} ->{exit_wanted}", told())
        })?;
        let repeats = if matches!(wanted.want, Want::Turn) { 0 } else { tries - 1 };
        ensure(self.waits.len() == repeats, || format!("asked again after {:?}: {}", self.waits, told()))?;
        let fits = |ms: u64| match wanted.wait {
            Wait::Jitter => (500..=8000).contains(&ms),
            Wait::Ms(wish) => ms == wish,
        };
        ensure(self.waits.iter().all(|ms| fits(*ms)), || format!("waited {:?}: {}", self.waits, told()))
    }

    fn of_channel(&self, channel: Channel) -> String {
        let mine = self.texts.iter().filter(|((_, of), _)| *of == channel);
        mine.map(|(_, text)| text.as_str()).collect()
    }
}

/// What the ledger says of a run.
struct Books {
    attempts: Vec<Attempt>,
    total: MicroRub,
    is_over: bool,
}

impl Books {
    async fn of(lab: &Lab, id: &RunId) -> Self {
        let attempts = lab.daemon.ledger.attempts_of(id.as_str()).await.unwrap();
        let totals = lab.daemon.ledger.run_totals(id.as_str()).await.unwrap();
        Self { attempts, total: totals.total.cost, is_over: totals.ended_at.is_some() }
    }

    fn check(&self, wanted: &Expected, result: &RunResult) -> Result<(), String> {
        ensure(self.is_over, || "the run is open in the books".to_owned())?;
        for attempt in &self.attempts {
            let ms = attempt.ms.unwrap_or(u64::MAX);
            ensure(ms <= ATTEMPT_MS, || format!("{} took {ms} ms", attempt.attempt))?;
            ensure(attempt.state == AttemptState::Settled, || {
                format!("{} is {}", attempt.attempt, attempt.state)
            })?;
        }
        let costs = self.attempts.iter().map(|attempt| attempt.cost.unwrap_or_default());
        let sum = costs.fold(MicroRub::ZERO, |sum, cost| sum.checked_add(cost).unwrap());
        let told = result.cost_micro_rub;
        ensure(sum == self.total && sum == told, || {
            format!("rows {sum:?}, the run {:?}, told {told:?}", self.total)
        })?;
        let money: Vec<Option<Money>> = self.attempts.iter().map(paid).collect();
        let expected: Vec<Option<Money>> = wanted.money.iter().copied().map(Some).collect();
        ensure(money == expected, || {
            let rows: Vec<_> = self.attempts.iter().map(|a| (a.quality, a.cost, a.hold)).collect();
            format!("paid {money:?}, not {expected:?}: {rows:?}")
        })
    }
}

/// What kind of row it is, where it is one that may be.
fn paid(attempt: &Attempt) -> Option<Money> {
    let cost = attempt.cost?;
    match attempt.quality? {
        Quality::Reported => (cost == REPORTED).then_some(Money::Reported),
        Quality::Estimated => {
            let is_fair = cost > MicroRub::ZERO && cost <= attempt.hold && attempt.review;
            is_fair.then_some(Money::Estimated)
        }
        Quality::Missing => (cost == MicroRub::ZERO).then_some(Money::Nothing),
    }
}

/// A cell in the table.
fn word(result: &RunResult, ends: &[String], books: &Books) -> String {
    let last = books.attempts.last();
    let end = ends.last().map_or("not sent", String::as_str);
    let is_ok = last.and_then(|attempt| attempt.outcome) == Some(Outcome::Ok);
    let is_cut = last.and_then(|attempt| attempt.outcome) == Some(Outcome::Cut);
    let mut word = match end {
        _ if is_ok => "fin".to_owned(),
        "cut" => end.to_owned(),
        "finished" => "no words".to_owned(),
        class if is_cut => format!("cut {class}"),
        class => class.to_owned(),
    };
    if ends.len() > 1 {
        let times = if is_ok { format!(" +{}", ends.len() - 1) } else { format!(" x{}", ends.len()) };
        word.push_str(&times);
    }
    word.push_str(match last.and_then(|attempt| attempt.quality) {
        Some(Quality::Reported) => " =",
        Some(Quality::Estimated) => " ~",
        Some(Quality::Missing) | None => "",
    });
    if let Some(error) = &result.error {
        write!(word, " ->{}", error.kind.exit_code()).unwrap();
    }
    word
}

/// The other end of a cell.
struct Stage {
    /// Where the request goes, or the proxy on its way.
    fake: Option<FakeProvider>,
    /// Where tokens are lent, or used, when that is not what the cell is about.
    beside: Option<FakeProvider>,
    /// Ports that are kept as they are for as long as the cell runs.
    _deaf: Option<DeafPort>,
    _closed: Option<TcpSocket>,
    origin: String,
    proxy: Option<String>,
    ca: bool,
}

impl Stage {
    fn set(place: Place, plan: &Plan, mends: bool) -> Self {
        let beside = || healthy(place);
        let empty = Self::empty();
        let door = |door: Door, ca: bool| {
            let fake = Setup::new(Script::new()).door(door).spawn();
            let origin = format!("https://{}", fake.address());
            Self { origin, ca, beside: beside(), fake: Some(fake), ..Self::empty() }
        };
        match &plan.server {
            Server::Nameless => {
                Self { origin: "http://nowhere.invalid".to_owned(), beside: beside(), ..empty }
            }
            Server::Closed => {
                // Bound, so that nobody else gets the port, and never listened at.
                let socket = TcpSocket::new_v4().unwrap();
                socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
                let origin = format!("http://{}", socket.local_addr().unwrap());
                Self { origin, _closed: Some(socket), beside: beside(), ..empty }
            }
            Server::Deaf => {
                let deaf = DeafPort::open().unwrap();
                let origin = format!("http://{}", deaf.address());
                Self { origin, _deaf: Some(deaf), beside: beside(), ..empty }
            }
            Server::Certificate { file, is_trusted } => {
                door(Door::Tls { certificates: pem(file), key: pem("key.pem") }, *is_trusted)
            }
            Server::Door(kind) => door(kind.clone(), false),
            Server::Proxy { reply, is_tunnel } => {
                let fake = if *is_tunnel {
                    // Nothing but the proxy's own word is spoken in the open.
                    serve(place, Script::new().always(reply.clone()))
                } else {
                    fake(place, std::slice::from_ref(reply), mends)
                };
                let proxy = Some(format!("http://{}", fake.address()));
                let scheme = if *is_tunnel { "https" } else { "http" };
                Self { origin: format!("{scheme}://api.invalid"), proxy, fake: Some(fake), ..empty }
            }
            Server::Says(replies) => {
                let fake = fake(place, replies, mends);
                Self { origin: fake.origin(), fake: Some(fake), ..empty }
            }
        }
    }

    fn empty() -> Self {
        Self {
            fake: None,
            beside: None,
            _deaf: None,
            _closed: None,
            origin: String::new(),
            proxy: None,
            ca: false,
        }
    }

    fn endpoint(&self, case: Case, plan: &Plan) -> Endpoint {
        let place = case.place;
        // With a fault at the lender, the answer's server is the one beside; else the other way round.
        let beside = self.beside.as_ref().or(self.fake.as_ref());
        let faulty_lender = || match &self.fake {
            Some(fake) if self.proxy.is_none() && self.beside.is_none() => fake.oauth_url(),
            _ => format!("{}/api/v2/oauth", self.origin),
        };
        let lender = match (place.is_lent(), place.is_lender) {
            (false, _) => None,
            (true, true) => Some(faulty_lender()),
            (true, false) => beside.map(FakeProvider::oauth_url),
        };
        let origin = match (place.is_lender, &self.beside) {
            (true, Some(beside)) => beside.origin(),
            _ => self.origin.clone(),
        };
        let mut endpoint = place.endpoint(&origin, case.is_whole, lender);
        endpoint.proxy.clone_from(&self.proxy);
        endpoint.ca_file = self.ca.then(|| tls_dir().join("ca.pem"));
        (plan.limits)(&mut endpoint.timeouts);
        endpoint
    }

    /// Some of the answer's text was shown.
    fn shown(&self) {
        if let Some(fake) = &self.fake {
            fake.release(SHOWN);
        }
    }

    /// The server saw each try once, and no other request.
    fn check(&self, place: Place, wanted: &Expected, attempts: usize) -> Result<(), String> {
        let Some(fake) = &self.fake else { return Ok(()) };
        let requests = fake.requests();
        let is_for_a_token = |request: &&Request| request.path_alone().ends_with("/oauth");
        let tokens = requests.iter().filter(is_for_a_token).count();
        let asked = requests.len() - tokens;
        let is_beyond_http = self.origin.starts_with("https:") && self.proxy.is_none();
        let is_tunnel = self.origin.starts_with("https:") && self.proxy.is_some();
        let (tokens_wanted, asked_wanted) = match (place.is_lent(), place.is_lender) {
            _ if is_beyond_http => (0, 0),
            (true, true) if is_tunnel => (0, attempts),
            (true, true) => (attempts, usize::from(matches!(wanted.want, Want::Mended))),
            // One token serves all tries.
            (true, false) => (1, attempts),
            (false, _) => (0, attempts),
        };
        ensure((tokens, asked) == (tokens_wanted, asked_wanted), || {
            format!(
                "the server saw {asked} requests and lent {tokens} tokens, not {asked_wanted} and {tokens_wanted}"
            )
        })
    }
}

/// A server with nothing wrong, where the wire needs a second one.
fn healthy(place: Place) -> Option<FakeProvider> {
    place.is_lent().then(|| serve(place, Script::new().always(super::shapes::good())))
}

fn fake(place: Place, replies: &[Reply], mends: bool) -> FakeProvider {
    let script = match replies {
        [fault] if place.is_lender => of_token(fault, mends),
        [fault] if mends => Script::new().then(fault.clone()).then(super::shapes::good()),
        [fault] => Script::new().always(fault.clone()),
        several => several.iter().fold(Script::new(), |script, reply| script.then(reply.clone())),
    };
    serve(place, script)
}

/// A server of a wire's kind: where no token is asked for, giving some out would change what is spoken.
fn serve(place: Place, script: Script) -> FakeProvider {
    let setup = Setup::new(script);
    if place.is_lent() { setup.oauth(OAuth::new()).spawn() } else { setup.spawn() }
}

/// The fault where tokens are lent; everything else is well.
fn of_token(fault: &Reply, mends: bool) -> Script {
    let script = Script::new().always(super::shapes::good()).for_path("/oauth", fault.clone());
    if mends { script.for_path("/oauth", Reply::usual()) } else { script }
}

fn tls_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../plyrum-providers/tests/tls")
}

fn pem(name: &str) -> String {
    std::fs::read_to_string(tls_dir().join(name)).unwrap()
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
