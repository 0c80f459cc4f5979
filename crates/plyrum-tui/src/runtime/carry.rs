//! Effects that may take time, each on its way to who carries it out. The loop never waits for one.

use super::files;
use super::link::{self, Call, Way};
use super::side::{self, Query};
use super::source::Sources;
use super::wake::Teller;
use super::withdrawn::Withdrawn;
use crate::app::{Effect, Message, Reply};
use crate::conversation::{Answer, Wanted};
use crate::screen::models::{self, ModelsAsk};
use crate::screen::sessions::{Preview, SessionsAsk, SessionsReply};
use crate::screen::usage::{Certainty, LiveFigures};
use crate::transcript::{PastTurn, TranscriptPage};
use plyrum_client::Launch;
use plyrum_config::Paths;
use plyrum_protocol::{ErrorKind, Fault, Hello, SessionId};
use tokio::sync::mpsc;

/// Turns of a preview.
const PREVIEW_TURNS: usize = 20;
/// Characters of a prompt or an answer in a preview.
const PREVIEW: usize = 600;
/// Calls that may wait while the daemon is looked for.
const CALLS: usize = 256;

/// What the carrier needs.
pub(super) struct Means {
    pub(super) paths: Paths,
    pub(super) hello: Hello,
    pub(super) launch: Launch,
    pub(super) sources: Sources,
    pub(super) workspace: Option<String>,
    pub(super) new_id: fn() -> Result<String, Fault>,
    pub(super) client: String,
    pub(super) teller: Teller,
}

/// Carries effects out.
#[derive(Debug)]
pub(super) struct Carrier {
    runtime: tokio::runtime::Handle,
    calls: mpsc::Sender<Call>,
    withdrawn: Withdrawn,
    queries: mpsc::Sender<Query>,
    sources: Sources,
    way: Way,
    teller: Teller,
}

impl Carrier {
    /// Starts both connections. To be called inside a runtime.
    pub(super) fn start(means: Means) -> Self {
        let Means { paths, hello, launch, sources, workspace, new_id, client, teller } = means;
        let way = Way { paths, hello, launch, workspace, client, new_id };
        let (calls, called) = mpsc::channel(CALLS);
        let (queries, queried) = mpsc::channel(CALLS);
        let withdrawn = Withdrawn::default();
        tokio::spawn(link::keep(way.clone(), called, withdrawn.clone(), teller.clone()));
        tokio::spawn(side::keep(way.clone(), std::sync::Arc::clone(&sources.desk), queried, teller.clone()));
        Self { runtime: tokio::runtime::Handle::current(), calls, withdrawn, queries, sources, way, teller }
    }

    pub(super) fn carry_out(&self, effect: Effect) {
        match effect {
            Effect::Submit(order) => self.call(Call::Submit(order)),
            Effect::Withdraw { ticket } => self.withdrawn.add(ticket),
            Effect::Attach { run, after_seq, approve } => self.call(Call::Attach { run, after_seq, approve }),
            Effect::Cancel { run, reason } => self.call(Call::Cancel { run, reason }),
            Effect::FinishNow(run) => self.call(Call::FinishNow(run)),
            Effect::Drop { run, step } => self.call(Call::Drop { run, step }),
            Effect::Answer(reply) => self.call(Call::Answer(reply)),
            Effect::Quote(order) => self.query(Query::Quote(order)),
            Effect::ListApprovals => self.query(Query::Approvals),
            Effect::Models(ModelsAsk::Models) | Effect::ListChoices => self.query(Query::Choices),
            Effect::Rewind { session, turns } => self.query(Query::Rewind { session, turns }),
            Effect::Fork(session) => self.query(Query::Fork(session)),
            Effect::Rename { session, title } => self.query(Query::Rename { session, title }),
            Effect::Undo(run) => self.query(Query::Undo(run)),
            Effect::Sessions(SessionsAsk::Preview(session)) => self.preview(session),
            Effect::Sessions(ask) => self.query(Query::Sessions(ask)),
            effect => self.read(effect),
        }
    }

    /// What was said in a session, in short: the end of its log.
    fn preview(&self, session: SessionId) {
        let sources = self.sources.clone();
        self.blocking(move || {
            let page = sources.transcripts.open(session.as_str());
            let short = |text: &str| text.chars().take(PREVIEW).collect();
            let said = |turn: PastTurn| (short(&turn.prompt), short(turn.answer()));
            let latest = |page: TranscriptPage| {
                let from = page.turns.len().saturating_sub(PREVIEW_TURNS);
                Preview { turns: page.turns.into_iter().skip(from).map(said).collect() }
            };
            let preview = page.map(latest);
            Reply::Sessions(SessionsReply::Preview { session, outcome: preview.map(Box::new) })
        });
    }

    /// What is read from files.
    fn read(&self, effect: Effect) {
        let sources = self.sources.clone();
        match effect {
            Effect::Figures => self.blocking(move || Reply::Figures(sources.desk.figures())),
            Effect::Live { run, session, context_percent, is_live } => self.blocking(move || {
                let (run_cost, session_cost) = sources.desk.costs(&run, &session).unwrap_or_default();
                Reply::Live(LiveFigures {
                    run_cost,
                    session_cost,
                    context_percent: context_percent.map(|percent| u8::try_from(percent).unwrap_or(u8::MAX)),
                    certainty: if is_live { Certainty::Streaming } else { Certainty::Booked },
                })
            }),
            Effect::OpenSession { asked, reading } => self.blocking(move || {
                let outcome = sources.transcripts.open(&asked).map(Box::new);
                Reply::Opened { asked, reading, outcome }
            }),
            Effect::Turns { session, wanted, number, columns } => self.blocking(move || {
                let laid_out = |page: TranscriptPage| {
                    let answers = page.turns.iter().map(|turn| Answer::laid_out(turn.answer(), columns));
                    let answers = answers.collect();
                    (Box::new(page), answers)
                };
                let page = match &wanted {
                    Wanted::Older(place) | Wanted::Newer(Some(place)) => {
                        sources.transcripts.before(&session, place)
                    }
                    Wanted::Newer(None) | Wanted::Latest => sources.transcripts.open(session.as_str()),
                };
                Reply::Turns { session, wanted, number, outcome: page.map(laid_out) }
            }),
            Effect::LayOut(unlaid) => {
                self.blocking(move || Reply::LaidOut(Box::new(unlaid.lay_out())));
            }
            Effect::Usage(ask) => {
                self.blocking(move || Reply::Usage(super::source::usage(&*sources.usage, ask)));
            }
            Effect::Audit(ask) => {
                let (teller, runtime) = (self.teller.clone(), self.runtime.clone());
                self.blocking(move || {
                    let mut meanwhile = |reply| {
                        let teller = teller.clone();
                        let told = Message::Reply(Reply::Audit(reply));
                        // In its order: what comes next waits for it.
                        runtime.block_on(async move { teller.tell(told).await });
                    };
                    Reply::Audit(crate::screen::audit::answer(&*sources.audit, ask, &mut meanwhile))
                });
            }
            Effect::Models(_) => self.blocking(move || Reply::Models(models::answer(&*sources.models))),
            Effect::ListFiles => {
                let root = self.way.root();
                self.blocking(move || Reply::Files(files::below(&root)));
            }
            Effect::EarlierPrompts => {
                self.blocking(move || {
                    Reply::EarlierPrompts(sources.transcripts.prompts().unwrap_or_default())
                });
            }
            _ => {} // the loop's own
        }
    }

    fn call(&self, call: Call) {
        if let Err(refused) = self.calls.try_send(call) {
            let ticket = match refused.into_inner() {
                Call::Submit(order) => Some(order),
                _ => None,
            };
            let fault = Fault::new(ErrorKind::DaemonUnreachable, "too much waits for the daemon already");
            self.tell(match ticket {
                Some(order) => {
                    Reply::Submitted { ticket: order.ticket, outcome: Err((fault, order)), is_again: false }
                }
                None => Reply::Refused(fault),
            });
        }
    }

    fn query(&self, query: Query) {
        if self.queries.try_send(query).is_err() {
            let fault = Fault::new(ErrorKind::DaemonUnreachable, "too much waits for the daemon already");
            self.tell(Reply::Refused(fault));
        }
    }

    fn tell(&self, reply: Reply) {
        let teller = self.teller.clone();
        self.runtime.spawn(async move { teller.tell(Message::Reply(reply)).await });
    }

    fn blocking(&self, read: impl FnOnce() -> Reply + Send + 'static) {
        let (teller, runtime) = (self.teller.clone(), self.runtime.clone());
        self.runtime.spawn_blocking(move || {
            let reply = read();
            runtime.spawn(async move { teller.tell(Message::Reply(reply)).await });
        });
    }
}
